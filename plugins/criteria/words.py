"""Values of an event as text: as criteria compare it, and as their reasons show it."""

from decimal import Decimal
from typing import Any

from gateway import is_blank

_LONGEST = 200


def text(value: Any) -> str | None:
    """A value as text without white space round it; empty where there is none, None for lists and objects."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def shown(value: Any) -> str:
    """A value as a reason names it: on one line, shortened, `blank` where there is none."""
    if is_blank(value):
        return "blank"
    if isinstance(value, list):
        words = ", ".join(map(shown, value))
    else:
        words = "an object" if isinstance(value, dict) else " ".join(str(text(value)).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
