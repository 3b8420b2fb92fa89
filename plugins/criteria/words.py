"""Values of an event as text: as criteria compare it, and as their reasons show it."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from gateway import is_blank

_LONGEST = 200
_MOST_DIGITS = 1000  # no number that was posted has more


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
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) <= _MOST_DIGITS else str(value)
    return str(value) if value.bit_length() <= 3 * _MOST_DIGITS else text(Decimal(value))


def shown(value: Any) -> str:
    """A value as a reason names it: on one line, shortened, `blank` where there is none."""
    if is_blank(value):
        return "blank"
    if isinstance(value, list):
        words = ", ".join(_beginning(value))
    else:
        words = "an object" if isinstance(value, dict) else " ".join(str(text(value)).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _beginning(value: list[Any]) -> Iterator[str]:
    """Its elements until there is more than is shown, however deep they stand."""
    length = 0
    for element in value:
        if length > _LONGEST:
            return
        words = shown(element)
        length += len(words) + 2
        yield words


def quoted(value: Any) -> str:
    """A value as a reason names what it saw: text in quotes, so that it is told from a number."""
    words = shown(value)
    return f"'{words}'" if isinstance(value, str) and not is_blank(value) else words


def nearest(word: str, known: Iterable[str]) -> str:
    """The nearest right word for a wrong one, or all there are, as the end of a sentence."""
    words = {each.lower(): each for each in known}
    near = get_close_matches(word.lower()[:_LONGEST], words, n=1)
    return f" (did you mean {words[near[0]]!r}?)" if near else f" (there is: {', '.join(words.values())})"
