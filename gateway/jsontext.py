"""JSON text in and out, exactly: no float rounding, no silent repair (RFC 8259, and RFC 7493 for what is refused)."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import simplejson

from gateway.jsonplaces import first_fault, pointer

MAX_DIGITS = 1000
MAX_DEPTH = 64
WHITE = " \t\n\r"  # section 2: nothing else is white space
_STEP = 64 * 1024  # characters in one step of a scan: no other thread has to wait for longer
_SHOWN = 140
_WIDE = Context(prec=MAX_DIGITS + 10)
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_MAY_HOLD_BAD_TEXT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class JsonError(ValueError):
    """Text that is not JSON as we take it; place says where: `line 1 column 5`, or a JSON pointer."""

    def __init__(self, detail: str, place: str = "") -> None:
        self.detail = detail
        self.place = place
        super().__init__(f"{detail} ({place})" if place else detail)

    @property
    def fault(self) -> tuple[str, str]:
        """A JSON pointer and what is wrong there; where none is known an empty one, and the place in the words."""
        return (self.place, self.detail) if self.place.startswith("/") else ("", str(self))


def loads(text: str | bytes) -> Any:
    """Parse one JSON document with exact numbers: int or Decimal, never float.

    Raises JsonError on anything that is not strict JSON, and on duplicate keys, NaN, NUL, lone surrogates,
    more than 64 levels or numbers of more than 1,000 digits.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        value = _decode(decoded)
    except UnicodeDecodeError as error:
        raise JsonError("the text is not UTF-8", f"byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise _at(error) from None
    except RecursionError:
        raise JsonError(f"nested deeper than {MAX_DEPTH} levels") from None
    except JsonError as error:
        found = first_fault(decoded, _integer, _decimal, _constant)
        raise (error if found is None else JsonError(*found)) from None
    _check(value, decoded)
    return value


def is_array(text: str) -> bool:
    """Whether a text begins like an array."""
    return text.startswith("[", _WHITE.match(text, 0, _STEP).end())  # type: ignore[union-attr]


def elements(text: str) -> Iterator[str]:
    """The texts of an array's elements, as they stand there; only `loads` of each says whether it is JSON.

    Raises JsonError where the array itself is broken. Never builds a value, so that the size of one costs nothing.
    """
    at = _after_white(text, _after_white(text, 0) + 1)
    if text.startswith("]", at):
        at += 1
    else:
        before = ","
        while before == ",":
            end = _value_end(text, at)
            yield text[at:end]
            end = _after_white(text, end)
            before = text[end : end + 1]
            if before not in (",", "]"):
                raise _broken("Expecting ',' delimiter", text, end)
            at = _after_white(text, end + 1) if before == "," else end + 1
    at = _after_white(text, at)
    if at != len(text):
        raise _broken("more text follows the JSON document", text, at)


def has_more_values(text: str, most: int) -> bool:
    """Whether a JSON text holds more values than that, without parsing it."""
    return _separators(text) >= most and _separators(_STRING.sub("", text)) >= most


def dumps(value: Any) -> str:
    """Write a value as compact JSON text, non-ASCII as it is, decimals exactly as they were posted."""
    return "".join(_ENCODER.iterencode(value))


def digest(value: Any) -> bytes:
    """A hash of a parsed value: equal for texts that are equal after parsing, whatever their order and spacing."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).digest()


def _decode(text: str) -> Any:
    value, end = _DECODER.raw_decode(text, _WHITE.match(text).end())  # type: ignore[union-attr]
    if _WHITE.match(text, end).end() != len(text):  # type: ignore[union-attr]
        raise json.JSONDecodeError("more text follows the JSON document", text, end)
    return value


def _at(error: json.JSONDecodeError) -> JsonError:
    return JsonError(error.msg, f"line {error.lineno} column {error.colno}")


def _broken(detail: str, text: str, at: int) -> JsonError:
    return _at(json.JSONDecodeError(detail, text, at))


def _separators(text: str) -> int:
    return text.count(",") + text.count("[") + text.count("{")


def _after_white(text: str, at: int) -> int:
    while True:
        end = _WHITE.match(text, at, at + _STEP).end()  # type: ignore[union-attr]
        if end < at + _STEP:
            return end
        at = end


def _value_end(text: str, start: int) -> int:
    """Where the value ends that starts there, by its brackets and quotes alone."""
    first = text[start : start + 1]
    if first == '"':
        return _string_end(text, start)
    if first not in ("{", "["):
        end = _SCALAR.match(text, start, start + _STEP).end()  # type: ignore[union-attr]
        if end == start:
            raise _broken("Expecting value", text, start)
        return end
    at, depth = start, 0
    while at < len(text):
        at = _FLAT.match(text, at, at + _STEP).end()  # type: ignore[union-attr]
        mark = text[at : at + 1]
        if mark == '"':  # of a string that goes beyond the step
            at = _string_end(text, at)
        elif mark in _DEEPER:
            depth += _DEEPER[mark]
            at += 1
            if depth == 0:
                return at
            if depth > MAX_DEPTH:
                raise JsonError(f"nested deeper than {MAX_DEPTH} levels")
    raise _broken("the array does not end", text, len(text))


def _string_end(text: str, start: int) -> int:
    at, end = start, start + 1
    while at < end:
        at, end = end, _IN_STRING.match(text, end, end + _STEP).end()  # type: ignore[union-attr]
        if text.startswith('"', end):
            return end + 1
    raise _broken("Unterminated string starting at", text, start)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonError(f"the key {twice[:_SHOWN]!r} stands twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise JsonError(f"a number has more than {MAX_DIGITS:,} digits")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > MAX_DIGITS:
        raise JsonError(f"a number has more than {MAX_DIGITS:,} digits")
    try:
        number = Decimal(digits)
    except InvalidOperation:  # an exponent past what the machine counts with
        number = None
    if number is None or abs(number.adjusted()) > MAX_DIGITS:
        raise JsonError(f"a number has more than {MAX_DIGITS:,} digits")
    return number


def _constant(name: str) -> Any:
    raise JsonError(f"{name} is not JSON (leave the field out, or send null)")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        exact = value.normalize(_WIDE)
        return simplejson.RawJSON(
            f"{exact or Decimal(0):f}" if exact == exact.to_integral_value() else str(exact)
        )
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _check(value: Any, text: str) -> None:
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise JsonError(f"nested deeper than {MAX_DEPTH} levels")
    if _MAY_HOLD_BAD_TEXT.search(text) or (not text.isascii() and _BAD_TEXT.search(text)):
        place = _place_of_bad_text(value)
        if place is not None:
            raise JsonError("text holds a NUL or a lone surrogate", pointer(reversed(place)))


def _depth(value: Any) -> int:
    level, deepest = [value], 0
    while level:
        deepest += 1
        children = [child for node in level if isinstance(node, dict) for child in node.values()]
        children += [child for node in level if isinstance(node, list) for child in node]
        level = [child for child in children if isinstance(child, (dict, list))]
    return deepest


def _place_of_bad_text(value: Any) -> list[str | int] | None:
    """The keys that lead there, innermost first. Built on the way back: a text may hold many values, and long keys."""
    if isinstance(value, str):
        return [] if _BAD_TEXT.search(value) else None
    if isinstance(value, dict):
        if any(_BAD_TEXT.search(key) for key in value):
            return []
        children: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        return None
    for key, child in children:
        place = _place_of_bad_text(child)
        if place is not None:
            place.append(key)
            return place
    return None


_WHITE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_IN_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(r'[^ \t\n\r,"\[\]{}]*+')
_FLAT = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_DEEPER = {"{": 1, "[": 1, "}": -1, "]": -1}
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)
_ENCODER = simplejson.JSONEncoder(
    ensure_ascii=False, use_decimal=True, separators=(",", ":"), allow_nan=False, namedtuple_as_object=False
)


_CANONICAL = simplejson.JSONEncoder(
    ensure_ascii=False,
    use_decimal=False,
    default=_plain,
    separators=(",", ":"),
    sort_keys=True,
    allow_nan=False,
)
