"""Values as text and as plain JSON, and the bound on how much text a template may make."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gateway import jsontext

MAX_OUTPUT = 64 * 1024


def to_text(value: Any) -> str:
    """A value as a template prints it: nothing for None, plain decimals, JSON for lists and objects."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (datetime, date)):
        return iso(value)
    return jsontext.dumps(plain(value))


def plain(value: Any) -> Any:
    """A value as JSON data: dates become ISO 8601 text. Raises ValueError for what has no place in JSON."""
    if value is None or isinstance(value, (str, bool, int, Decimal)):
        return value
    if isinstance(value, (datetime, date)):
        return iso(value)
    if isinstance(value, dict):
        return {to_text(key): plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(child) for child in value]
    raise ValueError(f"a {type(value).__name__} has no place in JSON")


def iso(moment: date) -> str:
    """ISO 8601 to the second (`2026-11-23T09:15:00Z`), or the day alone for a date."""
    if isinstance(moment, datetime):
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat()


def shown(value: Any) -> str:
    """A value as a sentence quotes it: the beginning of its text."""
    written = to_text(value)
    return repr(written if len(written) <= 40 else written[:40] + "…")


def joined(parts: Iterable[str], separator: str = "") -> str:
    """Parts put together, with no more work than the bound allows.

    Raises ValueError past 64 KiB.
    """
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + len(separator)
        if size - len(separator) > MAX_OUTPUT:
            raise too_long()
        kept.append(part)
    return bounded(separator.join(kept))


def bounded(text: str) -> str:
    """The text itself; raises ValueError where it takes more than 64 KiB in UTF-8."""
    if len(text) * 4 > MAX_OUTPUT and len(text.encode("utf-8", "surrogatepass")) > MAX_OUTPUT:
        raise too_long()
    return text


def too_long() -> ValueError:
    """The error of a template that makes too much text."""
    return ValueError(f"the text is longer than {MAX_OUTPUT // 1024} KiB (map a shorter value)")


def encoded(text: str) -> bytes:
    """A text in UTF-8; raises ValueError with the sentence to show."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds a lone surrogate (it cannot be written as UTF-8)") from None
