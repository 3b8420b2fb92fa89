"""The shapes that conf keys come in, for the gateway's own models and for every plugin's `settings()`."""

import re
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
# Each unit's letter, and the words that are read as it.
_WORDS = r"ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?"
_DURATION = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*({_WORDS})")
_SIZES = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|)")


class Settings(BaseModel):
    """Base of every settings model: unknown keys are refused, instances are frozen.

    attributes: set to True by a transport in whose mapping keys `name@attribute` addresses an attribute.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )

    attributes: ClassVar[bool] = False


def duration(text: Any) -> float:
    """Seconds of a duration written as `30s`, `2h`, `14d`, `14 days`; raises ValueError with the sentence to show."""
    if isinstance(text, float):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(
            f"{text!s} is not a duration (write a number with its unit: 500ms, 30s, 5m, 2h, 14d)"
        )
    unit = found[2]
    return float(found[1]) * _UNITS["ms" if unit == "ms" else unit[0]]


def size(text: Any) -> int:
    """Bytes of a size written as `64KiB`; raises ValueError with the sentence to show."""
    found = (
        _SIZE.fullmatch(str(text)) if isinstance(text, (str, int)) and not isinstance(text, bool) else None
    )
    if not found:
        raise ValueError(f"{text!s} is not a size (write bytes, or a number with its unit: 64KiB, 1MiB)")
    return int(found[1]) * _SIZES[found[2]]


Duration: TypeAlias = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)?\s*({_WORDS})$", "examples": ["30s", "14d"]}
    ),
]
Size: TypeAlias = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema(
        {"type": ["string", "integer"], "pattern": r"^\d+\s*(B|KiB|MiB|GiB)?$", "examples": ["64KiB"]}
    ),
]
