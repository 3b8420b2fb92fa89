"""Event to values: what goes where, before any encoding. Compiled once at load, pure at run time.

The rules of the tree: its order is the mapping's. A template that renders to nothing leaves its key out
(`blank: omit`) or is sent empty (`blank: empty`). A literal is always sent, even an empty one. Lists are
closed up: missing and null elements go, while 0, false and empty text stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gateway.errors import RenderError
from gateway.mapping.headers import Header
from gateway.mapping.leaves import Leaf, in_ascii, is_templated, leaf, sample, to_ascii
from gateway.mapping.trees import Grower, Place, beside_attributes, conflicts, place
from gateway.mapping.urls import Url
from gateway.model import Values
from gateway.paths import is_blank

Tables: TypeAlias = Mapping[str, Mapping[str, Any]]
ConfPath: TypeAlias = tuple[str, ...]


class MappingError(ValueError):
    """Everything that is wrong in one endpoint's url, mapping and headers, as (conf path, sentence) pairs."""

    def __init__(self, problems: Sequence[tuple[ConfPath, str]]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{'.'.join(path)}: {text}" for path, text in self.problems))


@dataclass(frozen=True, slots=True)
class _Row:
    """One key of a mapping.

    templated: it depends on the event; element: it is a list element; markup: names that begin with `@` or `#` mean
    something to the transport, and may come from the conf only.
    """

    key: str
    place: Place
    leaf: Leaf
    templated: bool
    element: bool
    ascii: bool
    markup: bool

    def read(self, scope: Mapping[str, Any]) -> Any:
        """The value for one event, a list closed up; raises RenderError."""
        try:
            value = self.leaf.render(scope)
        except RenderError as error:
            raise RenderError(str(error), f"mapping.{self.key}") from None
        if value.__class__ is list and None in value:
            value = [element for element in value if element is not None]
        if self.markup and value.__class__ in (dict, list):
            _must_be_plain(value, self.key)
        return to_ascii(value) if self.ascii else value

    def is_missing(self, value: Any) -> bool:
        """Whether there is nothing to send: null in a list, nothing but blanks elsewhere; a literal is meant."""
        return value is None if self.element else self.templated and is_blank(value)


@dataclass(frozen=True, slots=True)
class Mapper:
    """How one endpoint maps events. variables: what each templated conf key reads, by dotted conf path."""

    variables: Mapping[str, frozenset[str]]
    _url: Url
    _headers: tuple[Header, ...]
    _rows: tuple[_Row, ...]
    _grower: Grower
    _fill: bool

    @classmethod
    def compile(
        cls,
        *,
        url: str,
        mapping: Mapping[str, Any] | None,
        headers: Mapping[str, Any],
        blank: Literal["omit", "empty"],
        send_ascii: bool,
        attributes: bool,
        tables: Tables,
    ) -> "Mapper":
        """Compile an endpoint's address, mapping and headers.

        attributes: `name@attribute` in a key names an attribute; tables: what `lookup` may read. Raises
        MappingError with every problem.
        """
        problems: list[tuple[ConfPath, str]] = []
        address = _compiled_url(url, tables, problems)
        rows = _rows(mapping or {}, attributes, send_ascii, tables, problems)
        fields = _compiled_headers(headers, tables, problems)
        if problems or address is None:
            raise MappingError(problems)
        reads = {"url": address.variables}
        reads |= {f"headers.{header.name}": header.leaf.variables for header in fields}
        reads |= {f"mapping.{row.key}": row.leaf.variables for row in rows}
        return cls(
            variables={path: names for path, names in reads.items() if names},
            _url=address,
            _headers=fields,
            _rows=rows,
            _grower=Grower.plan(row.place for row in rows),
            _fill=blank == "empty",
        )

    def map(self, scope: Mapping[str, Any]) -> Values:
        """The values for one event. Raises RenderError, whose key is the dotted conf path."""
        left_out: list[str] = []
        tree = self._grower.grow(self._filled(scope, left_out))
        return Values(self._address(scope), self._fields(scope), tree, tuple(left_out))

    def shape(self) -> Values:
        """The values of a trial: `x` for every template, `***` for every secret, nothing left out."""
        samples = ((row.place, sample(row.leaf)) for row in self._rows)
        tree = self._grower.grow(
            (where, value) for where, value in samples if value is not None or isinstance(where[-1], str)
        )
        headers = ((header.name, header.sample()) for header in self._headers)
        return Values(
            self._url.sample, tuple((name, value) for name, value in headers if value is not None), tree
        )

    def _filled(self, scope: Mapping[str, Any], left_out: list[str]) -> Iterator[tuple[Place, Any]]:
        for row in self._rows:
            value = row.read(scope)
            if not row.is_missing(value):
                yield row.place, value
            elif row.templated and self._fill:
                yield row.place, value if isinstance(value, (list, dict)) else ""
            elif row.templated:
                left_out.append(row.key)

    def _address(self, scope: Mapping[str, Any]) -> str:
        try:
            return self._url.render(scope)
        except RenderError as error:
            raise RenderError(str(error), "url") from None

    def _fields(self, scope: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        found = []
        for header in self._headers:
            try:
                value = header.render(scope)
            except RenderError as error:
                raise RenderError(str(error), f"headers.{header.name}") from None
            if value is not None:
                found.append((header.name, value))
        return tuple(found)


def _must_be_plain(value: Any, key: str) -> None:
    """Posted values are data: they cannot name attributes or markup."""
    for name in _names(value):
        if name.startswith(("@", "#")):
            text = f"the posted object holds the name {name!r}, which only the conf may use (map its parts)"
            raise RenderError(text, f"mapping.{key}")


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _names(child)


def _compiled_url(text: str, tables: Tables, problems: list[tuple[ConfPath, str]]) -> Url | None:
    try:
        return Url.compile(text, tables)
    except ValueError as error:
        problems.append((("url",), str(error)))
        return None


def _rows(
    mapping: Mapping[str, Any],
    attributes: bool,
    ascii_only: bool,
    tables: Tables,
    problems: list[tuple[ConfPath, str]],
) -> tuple[_Row, ...]:
    read: list[tuple[str, Place, Leaf]] = []
    for key, value in mapping.items():
        try:
            found = leaf(value, tables)
            read.append((key, place(key, attributes=attributes), found))
        except ValueError as error:
            problems.append((("mapping", key), str(error)))
    places = [where for _, where, _ in read]
    if attributes:
        places = beside_attributes(places)
    keys = [key for key, _, _ in read]
    problems += ((("mapping", key), text) for key, text in conflicts(zip(keys, places, strict=True)))
    return tuple(
        _row(key, where, found, ascii_only, attributes)
        for (key, _, found), where in zip(read, places, strict=True)
    )


def _row(key: str, where: Place, found: Leaf, ascii_only: bool, attributes: bool) -> _Row:
    templated = is_templated(found)
    return _Row(
        key,
        where,
        leaf=in_ascii(found) if ascii_only else found,
        templated=templated,
        element=isinstance(where[-1], int),
        ascii=ascii_only and templated,
        markup=attributes and templated,
    )


def _compiled_headers(
    headers: Mapping[str, Any], tables: Tables, problems: list[tuple[ConfPath, str]]
) -> tuple[Header, ...]:
    found: dict[str, Header] = {}
    for name, value in headers.items():
        try:
            header = Header.compile(name, value, tables)
        except ValueError as error:
            problems.append((("headers", name), str(error)))
            continue
        twin = found.setdefault(name.lower(), header)
        if twin is not header:
            problems.append(
                (("headers", name), f"the header {name} stands here as {twin.name} too (keep one)")
            )
    return tuple(found.values())
