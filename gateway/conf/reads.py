"""What an endpoint reads of its events, with the place of each in its file."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeGuard

from gateway.conf.document import Path
from gateway.conf.model import Route
from gateway.paths import Segment
from gateway.settings import Settings


class Reader(Protocol):
    """A template, or whatever else is made of some."""

    @property
    def variables(self) -> frozenset[str]:
        """The dotted paths that it reads."""

    @property
    def optional(self) -> frozenset[str]:
        """Those of them that it can do without."""


_PLAIN = {str, int, bool, float, Decimal, NoneType}  # of which no part reads anything
# A conf path, a variable's path, and whether it may well be missing.
Read: TypeAlias = tuple[Path, str, bool]


class Found(NamedTuple):
    """What an endpoint reads, and what the settings of its criteria doubt of themselves, each with its conf path."""

    reads: tuple[Read, ...]
    doubts: tuple[tuple[Path, str], ...]


def look_through(route: Route, criteria: Mapping[str, Any]) -> Found:
    """Every variable of an endpoint's address, mappings, headers and criteria; criteria: as they stand in the conf."""
    reads = [
        read for key, mapped in route.mapper.readers() for read in _each(tuple(key.split(".", 1)), mapped)
    ]
    doubts = []
    for asked in route.criteria:
        name = asked.criterion.name
        for path, value, optional in _walked(asked.settings, criteria.get(name), ("criteria", name)):
            if _is_reader(value):
                reads += _each(path, value, optional)
            elif value.doubt is not None:
                doubts.append((path, value.doubt))
    return Found(tuple(reads), tuple(doubts))


def _each(path: Path, reader: Reader, optional: bool = False) -> Iterator[Read]:
    for variable in sorted(reader.variables):
        yield path, variable, optional or variable in reader.optional


def _walked(value: Any, data: Any, path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """The readers and models in a settings model, each with whether blanks are heeded there, in the conf's order.

    data: what the conf has there.
    """
    ahead = [(value, data, path, False)]
    while ahead:
        value, data, path, optional = ahead.pop()
        if _is_reader(value):
            yield path, value, optional
            continue
        if isinstance(value, Settings):
            yield path, value, optional
        optional = optional or getattr(value, "heeds_blanks", False)
        ahead += [(child, *_below(data, path, key), optional) for key, child in reversed(_parts(value))]


def _below(data: Any, path: Path, key: Segment) -> tuple[Any, Path]:
    """What the conf has below a key, and where; what it does not have is where the rest is."""
    if key in data if isinstance(data, dict) else isinstance(data, list) and key in range(len(data)):
        return data[key], (*path, key)
    return data, path


def _is_reader(value: object) -> TypeGuard[Reader]:
    return _kind(type(value)).may_read and isinstance(getattr(value, "variables", None), frozenset)


def _parts(value: Any) -> list[tuple[Segment, Any]]:
    """What a settings model, or a part of one, is made of, by the names that the conf has for it."""
    kind = _kind(type(value))
    children: Iterable[tuple[Segment, Any]]
    if kind.is_mapping:
        children = value.items()
    elif kind.is_list:
        children = enumerate(value)
    else:
        children = [(shown, getattr(value, name)) for name, shown in kind.fields]
    return [(key, child) for key, child in children if child.__class__ not in _PLAIN]


class _Kind(NamedTuple):
    """What is to be known of a class. fields: each with its name in the conf."""

    fields: tuple[tuple[str, str], ...]
    may_read: bool
    is_mapping: bool
    is_list: bool


def _kind(known: type) -> _Kind:
    if known not in _KINDS:
        fields = getattr(known, "model_fields", None)
        if fields is None:
            names = [(name, name) for name in getattr(known, "__dataclass_fields__", ())]
        else:
            names = [(name, field.alias or name) for name, field in fields.items()]
        may_read = hasattr(known, "variables") or "variables" in dict(names)
        is_mapping, is_list = issubclass(known, Mapping), issubclass(known, (list, tuple))
        _KINDS[known] = _Kind(tuple(names), may_read, is_mapping, is_list)
    return _KINDS[known]


_KINDS: dict[type, _Kind] = {}  # by class: asked for thousands of times in a load
