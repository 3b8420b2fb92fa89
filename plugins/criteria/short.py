"""Settings that may also be written in short: as one text in the place of an object."""

from collections.abc import Callable
from typing import Any


def or_text(*examples: str) -> Callable[[dict[str, Any]], None]:
    """What makes the JSON Schema of the long form one of both."""

    def both(schema: dict[str, Any]) -> None:
        long = dict(schema)
        schema.clear()
        schema["anyOf"] = [{"type": "string", "examples": list(examples)}, long]

    return both
