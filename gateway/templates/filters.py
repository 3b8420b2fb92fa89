"""The closed list of filters. Blank values stay blank; what cannot be done raises ValueError."""

import base64 as base64_codec
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from gateway import jsontext
from gateway.paths import is_blank
from gateway.patterns import MAX_MATCHES, Pattern
from gateway.templates import arithmetic, dates, numbers, phones
from gateway.templates.hashes import ALGORITHMS, digest, signed
from gateway.templates.text import MAX_OUTPUT, bounded, encoded, joined, plain, shown, to_text, too_long

_WORDS = re.compile(r"([-\s({\[<]+)")


def lower(value: Any) -> str | None:
    """In lower case."""
    return None if value is None else bounded(to_text(value).lower())


def upper(value: Any) -> str | None:
    """In upper case."""
    return None if value is None else bounded(to_text(value).upper())


def title(value: Any) -> str | None:
    """Every word with a capital."""
    return None if value is None else bounded("".join(map(str.capitalize, _WORDS.split(to_text(value)))))


def trim(value: Any) -> str | None:
    """Without white space at both ends."""
    return None if value is None else to_text(value).strip()


def replace(value: Any, old: Any, new: Any) -> str | None:
    """Every `old` replaced by `new`."""
    if value is None:
        return None
    text, before, after = to_text(value), replaceable(old), to_text(new)
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_OUTPUT:
        raise too_long()
    return bounded(text.replace(before, after))


def replaceable(old: Any) -> str:
    """The text that `replace` looks for; raises ValueError where there is none."""
    text = to_text(old)
    if not text:
        raise ValueError("replace was asked to replace empty text (say what to replace)")
    return text


def join(value: Any, separator: Any = "") -> str | None:
    """The elements of a list as one text; null elements go."""
    if not isinstance(value, (list, tuple)):
        return None if value is None else to_text(value)
    return joined((to_text(element) for element in value if element is not None), to_text(separator))


def default(value: Any, fallback: Any = "", boolean: Any = False) -> Any:
    """The fallback where the value is blank; with `boolean`, also where it is 0 or false."""
    return fallback if is_blank(value) or (boolean and not value) else value


def first(value: Any) -> Any:
    """The first element of a list, or character of a text."""
    return value[0] if isinstance(value, (list, str)) and value else None


def last(value: Any) -> Any:
    """The last element of a list, or character of a text."""
    return value[-1] if isinstance(value, (list, str)) and value else None


def length(value: Any) -> int:
    """How many elements, or characters of the text."""
    return len(value) if isinstance(value, (list, dict)) else len(to_text(value))


def rounded(value: Any, precision: Any = 0, method: Any = "common") -> Any:
    """Rounded to so many places: `common` (halves away from zero), `ceil` or `floor`."""
    return None if is_blank(value) else arithmetic.rounded(value, precision, method)


def integer(value: Any, default: Any = None) -> Any:
    """The whole part of a number, also of one written as text; `default` where it is none."""
    return _converted(arithmetic.truncated, value, default)


def decimal(value: Any, default: Any = None) -> Any:
    """A number, also from text, exactly as written; `default` where it is none."""
    return _converted(arithmetic.number, value, default)


def absolute(value: Any) -> Any:
    """A number without its sign."""
    return None if is_blank(value) else arithmetic.absolute(value)


def substring(value: Any, start: Any, end: Any = None) -> str | None:
    """The characters from one position to another, counted from 1, the end included."""
    if value is None:
        return None
    begin = position(start)
    return to_text(value)[begin - 1 : None if end is None else position(end)]


def position(value: Any) -> int:
    """A position in a text; raises ValueError for anything below 1."""
    found = arithmetic.whole(value, "a position")
    if found < 1:
        raise ValueError(f"positions count from 1, not from {found}")
    return found


def extract(value: Any, pattern: Any) -> str | None:
    """All matches of a pattern (or of its one group), joined by a blank."""
    if value is None:
        return None
    wanted = extraction(pattern)
    matches = wanted.quick_matches(bounded(to_text(value)))
    if matches is None:
        raise ValueError(f"the pattern {wanted.text} takes too long in a text of this length (narrow it)")
    if len(matches) > MAX_MATCHES:
        raise ValueError(f"the pattern {wanted.text} matches more than {MAX_MATCHES:,} times (narrow it)")
    return joined(filter(None, (match.group(wanted.groups) for match in matches)), " ") or None


@lru_cache(maxsize=512)
def extraction(pattern: Any) -> Pattern:
    """The pattern of `extract`; raises ValueError with the sentence to show."""
    compiled = Pattern.compile(pattern)
    if compiled.groups > 1:
        raise ValueError(f"the pattern {pattern} has {compiled.groups} groups (write all but one as (?:…))")
    return compiled


def required(value: Any, _variable: str = "a value", _table: str | None = None, _key: Any = None) -> Any:
    """The value itself; where it is blank the event is parked with a sentence that names the variable.

    _table, _key: where the value was looked up, and what for.
    """
    if not is_blank(value):
        return value
    if _table is not None and not is_blank(_key):
        raise ValueError(f"the table {_table} has nothing for {shown(_key)} (add it, or a default)")
    raise ValueError(f"{_variable} is required, and is blank")


def base64(value: Any) -> str | None:
    """The UTF-8 bytes of a text in base64."""
    return None if value is None else bounded(base64_codec.b64encode(encoded(to_text(value))).decode("ascii"))


def urlencode(value: Any) -> str | None:
    """Percent-encoded UTF-8; letters, digits and - . _ ~ stay."""
    return None if value is None else bounded(quote(encoded(to_text(value)), safe=""))


def json(value: Any) -> str:
    """The value as compact JSON text."""
    return bounded(jsontext.dumps(plain(value)))


class Tables:
    """The tables that `lookup` reads, each value to value. Keys are compared exactly, then without case."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._exact = tables
        self._folded: dict[str, dict[str, Any]] = {}

    def lookup(self, value: Any, table: Any, default: Any = None) -> Any:
        """What a table says for a value; `default` where it says nothing."""
        key = to_text(value).strip()
        exact = self._exact[table]
        if key in exact:
            return exact[key]
        if table not in self._folded:  # made once, and only where it is needed: tables can be long
            self._folded[table] = {to_text(name).casefold(): meant for name, meant in exact.items()}
        return self._folded[table].get(key.casefold(), default)


def _converted(convert: Callable[[Any], Any], value: Any, default: Any) -> Any:
    if is_blank(value):
        return default
    try:
        return convert(value)
    except ValueError:
        if default is None:
            raise
        return default


FILTERS: Mapping[str, Callable[..., Any]] = {
    "lower": lower,
    "upper": upper,
    "title": title,
    "trim": trim,
    "replace": replace,
    "join": join,
    "default": default,
    "first": first,
    "last": last,
    "length": length,
    "round": rounded,
    "int": integer,
    "float": decimal,
    "abs": absolute,
    "substring": substring,
    "extract": extract,
    "required": required,
    "date": dates.formatted,
    "shift": dates.shifted,
    "number": numbers.formatted,
    "phone": phones.formatted,
    **{name: digest(name) for name in ALGORITHMS},
    "hmac": signed,
    "base64": base64,
    "urlencode": urlencode,
    "json": json,
}
