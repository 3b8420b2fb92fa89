"""Dot paths into JSON data: `lead.phones.0`, `{contact.email}`, `errors.*.message`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

# A name, or an index into a list.
Segment: TypeAlias = str | int


class _Missing(Enum):
    MISSING = "missing"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = _Missing.MISSING
_MAX_INDEX_DIGITS = 9
_OBJECT = (dict, Mapping)  # the common one first: the other is asked for at length


def is_blank(value: Any) -> bool:
    """Whether a value counts as not given: None, text of nothing but white space, an empty list or object."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, (list, dict, tuple, Mapping)) and not value)


def split(path: str) -> tuple[Segment, ...]:
    """Cut a dot path into its segments: digits are an index, `{…}` is one literal name, whatever it holds.

    Raises ValueError with the sentence to show.
    """
    segments: list[Segment] = []
    rest = path
    while True:
        if rest.startswith("{"):
            name, closed, rest = rest[1:].partition("}")
            if not closed or not name:
                raise ValueError(f"the path {path!r} has a {{ without its }} (write {{the literal name}})")
            segments.append(name)
        else:
            end = next((at for at, char in enumerate(rest) if char in ".{}"), len(rest))
            segments.append(_segment(rest[:end], path))
            rest = rest[end:]
        if not rest:
            return tuple(segments)
        if rest.startswith("."):
            rest = rest[1:]
        elif not rest.startswith("{"):
            raise ValueError(f"the path {path!r} cannot be read at {rest!r} (write a.b)")


def _segment(text: str, path: str) -> Segment:
    if not text:
        raise ValueError(f"the path {path!r} has an empty part (write names with single dots between them)")
    is_index = text.isascii() and text.isdecimal() and len(text) <= _MAX_INDEX_DIGITS
    return int(text) if is_index and (text == "0" or text[0] != "0") else text


def join(segments: Iterable[Segment]) -> str:
    """The dot path that `split` would cut into these segments."""
    return ".".join(str(part) if isinstance(part, int) else _written(part) for part in segments)


def _written(name: str) -> str:
    plain = name and not any(char in ".{}" for char in name) and isinstance(_segment(name, name), str)
    return name if plain else f"{{{name}}}"


def find(data: Any, segments: Sequence[Segment]) -> Any:
    """The value at a path, or MISSING. Looks up items only, never attributes; an index counts from 0."""
    for segment in segments:
        if isinstance(data, _OBJECT):
            data = data.get(str(segment), MISSING)
        elif isinstance(data, list) and isinstance(segment, int) and segment < len(data):
            data = data[segment]
        else:
            return MISSING
    return data


def each(data: Any, segments: Sequence[Segment]) -> Iterator[Any]:
    """Every value at a path, one after the other; `*` stands for all elements of a list or values of an object."""
    for at, segment in enumerate(segments):
        if segment == "*":
            children = data.values() if isinstance(data, _OBJECT) else data
            for child in children if isinstance(data, (*_OBJECT, list)) else ():
                yield from each(child, segments[at + 1 :])
            return
        data = find(data, (segment,))
        if data is MISSING:
            return
    yield data


def leaves(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every leaf of a tree with its path, in order."""
    if isinstance(tree, Mapping):
        for key, child in tree.items():
            yield from leaves(child, (*path, key))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for index, child in enumerate(tree):
            yield from leaves(child, (*path, index))
    else:
        yield path, tree
