"""The values in a request, each with the mapping key that puts it there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from gateway.model import Json
from gateway.paths import Segment, join, split


@dataclass(frozen=True, slots=True)
class Row:
    """One value. key: of the mapping; sample: the value that the sample has there."""

    key: str
    sample: Json


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query or a form. text: as written; value: None where it has no `=`."""

    text: str
    name: str
    value: str | None


def key_of(path: Iterable[Segment]) -> str:
    """The mapping key of a place. Raises ValueError for a name that no key can hold."""
    segments = tuple(path)
    key = join(segments)
    try:
        back = split(key)
    except ValueError:
        back = ()
    if back != segments:
        shown = ".".join(map(str, segments))
        raise ValueError(f"no mapping key can name {shown!r} (a name has at least a character, and no brace)")
    return key


def parameters(text: str) -> list[Parameter]:
    """The parameters of a query or a form, in order (application/x-www-form-urlencoded).

    Raises ValueError where they are no UTF-8.
    """
    found = []
    for part in filter(None, text.split("&")):
        name, equals, value = part.partition("=")
        try:
            texts = _decoded(name), _decoded(value) if equals else None
        except UnicodeDecodeError:
            raise ValueError(f"the parameter {name!r} is no UTF-8 (no transport sends another)") from None
        found.append(Parameter(part, *texts))
    return found


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="strict")


def form_rows(found: Iterable[Parameter]) -> list[Row]:
    """The parameters as rows: dots in names make paths where they can, a name that stands again makes a list."""
    listed = list(found)
    names = Counter(one.name for one in listed)
    seen: Counter[str] = Counter()
    rows = []
    for one in listed:
        path = _place(one.name, names)
        index = (seen[one.name],) if names[one.name] > 1 else ()
        seen[one.name] += 1
        rows.append(Row(key_of((*path, *index)), one.value or ""))
    return rows


def _place(name: str, names: Mapping[str, int]) -> tuple[str, ...]:
    """A name cut at its dots, unless another name is a part of it, or it of another."""
    parts = tuple(name.split("."))
    above = {".".join(parts[:end]) for end in range(1, len(parts))}
    alone = not above & names.keys() and not any(other.startswith(f"{name}.") for other in names)
    return parts if alone and all(parts) and not set(name) & set("{}") else (name,)


def tree_rows(tree: Json) -> tuple[list[Row], list[str]]:
    """The leaves of a JSON document as rows, and notes on what no mapping writes."""
    rows, notes = [], []
    for path, leaf in _leaves(tree, ()):
        if leaf == {} and isinstance(leaf, dict):
            notes.append(f"{key_of(path)} is an empty object, which no mapping writes: it is left out")
        elif leaf is None and isinstance(path[-1], int):
            notes.append(f"{key_of(path)} is a null in a list, which is closed up: it is left out")
        else:
            rows.append(Row(key_of(path), leaf))
    return rows, notes


def _leaves(tree: Any, path: tuple[Segment, ...]) -> Iterator[tuple[tuple[Segment, ...], Any]]:
    if isinstance(tree, dict) and (tree or not path):
        for name, child in tree.items():
            yield from _leaves(child, (*path, name))
    elif isinstance(tree, list) and tree:
        for index, child in enumerate(tree):
            yield from _leaves(child, (*path, index))
    else:
        yield path, tree
