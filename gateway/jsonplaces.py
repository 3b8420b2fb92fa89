"""Where in a JSON text a fault stands that a decoder tells without its place: an equal key, or what is no number."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Parse: TypeAlias = Callable[[str], Any]
Key: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands for a value that cannot be taken."""

    detail: str


class _Pairs(list[tuple[str, Any]]):
    """An object, with all its keys."""


def first_fault(text: str, integer: Parse, decimal: Parse, constant: Parse) -> tuple[str, str] | None:
    """What is wrong first in a text that is JSON by its form, and its JSON pointer; None where nothing is.

    integer, decimal, constant: as a decoder has them; each may raise ValueError.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_Pairs,
        parse_int=_marking(integer),
        parse_float=_marking(decimal),
        parse_constant=_marking(constant),
    )
    try:
        found = next(_faults(decoder.raw_decode(text.lstrip(" \t\n\r"))[0]), None)
    except (ValueError, RecursionError):
        return None
    return None if found is None else (found[0], pointer(reversed(found[1])))


def pointer(path: Iterable[Key]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _marking(parse: Parse) -> Parse:
    def parsed(digits: str) -> Any:
        try:
            parse(digits)
        except ValueError as error:
            return _Fault(str(error))

    return parsed


def _faults(value: Any) -> Iterator[tuple[str, list[Key]]]:
    """What is wrong, with the keys that lead there, innermost first."""
    if isinstance(value, _Fault):
        yield value.detail, []
    elif isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, child in value:
            if key in seen:
                yield f"the key {key[:140]!r} stands twice in one object", [key]
            seen.add(key)
            yield from _below(key, child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _below(index, child)


def _below(key: Key, child: Any) -> Iterator[tuple[str, list[Key]]]:
    if isinstance(child, (_Fault, list)):
        for detail, path in _faults(child):
            path.append(key)
            yield detail, path
