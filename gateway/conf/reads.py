"""What an endpoint reads of its events, with the place of each in its file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias, TypeGuard

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


# A conf path, a variable's path, and whether it may well be missing.
Read: TypeAlias = tuple[Path, str, bool]


def reads(route: Route, criteria: Mapping[str, Any]) -> Iterator[Read]:
    """Every variable of an endpoint's address, mappings, headers and criteria; criteria: as they stand in the conf."""
    for key, mapped in route.mapper.readers():
        yield from _each(tuple(key.split(".", 1)), mapped)
    for asked in route.criteria:
        name = asked.criterion.name
        for path, reader, optional in _readers(asked.settings, criteria.get(name), ("criteria", name), False):
            yield from _each(path, reader, optional)


def doubts(route: Route, criteria: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What the settings of the criteria doubt of themselves, each with its conf path; criteria: as in `reads`."""
    for asked in route.criteria:
        name = asked.criterion.name
        yield from _doubts(asked.settings, criteria.get(name), ("criteria", name))


def _doubts(value: Any, data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if _is_reader(value):
        return
    if isinstance(value, Settings) and value.doubt is not None:
        yield path, value.doubt
    for key, child in _parts(value):
        yield from _doubts(child, *_below(data, path, key))


def _each(path: Path, reader: Reader, optional: bool = False) -> Iterator[Read]:
    for variable in sorted(reader.variables):
        yield path, variable, optional or variable in reader.optional


def _readers(value: Any, data: Any, path: Path, optional: bool) -> Iterator[tuple[Path, Reader, bool]]:
    """The readers in a settings model. data: what the conf has there; what it does not have is where the rest is."""
    if _is_reader(value):
        yield path, value, optional
        return
    optional = optional or getattr(value, "heeds_blanks", False)
    for key, child in _parts(value):
        yield from _readers(child, *_below(data, path, key), optional)


def _below(data: Any, path: Path, key: Segment) -> tuple[Any, Path]:
    """What the conf has below a key, and where; what it does not have is where the rest is."""
    if key in data if isinstance(data, dict) else isinstance(data, list) and key in range(len(data)):
        return data[key], (*path, key)
    return data, path


def _is_reader(value: Any) -> TypeGuard[Reader]:
    return isinstance(getattr(value, "variables", None), frozenset)


def _parts(value: Any) -> Iterable[tuple[Segment, Any]]:
    """What a settings model, or a part of one, is made of, by the names that the conf has for it."""
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, (list, tuple)):
        return enumerate(value)
    fields = getattr(type(value), "model_fields", None)
    if fields is not None:
        return [(field.alias or name, getattr(value, name)) for name, field in fields.items()]
    return [(name, getattr(value, name)) for name in getattr(value, "__dataclass_fields__", ())]
