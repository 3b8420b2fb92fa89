"""One mapping of an endpoint, compiled: its keys in order, and the tree that they make of an event."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.errors import RenderError
from gateway.mapping.leaves import Leaf, in_ascii, is_templated, leaf, sample, to_ascii
from gateway.mapping.trees import Grower, Place, beside_attributes, conflicts, place
from gateway.model import Tree
from gateway.paths import is_blank

Tables: TypeAlias = Mapping[str, Mapping[str, Any]]
ConfPath: TypeAlias = tuple[str, ...]
# Where a problem is told: its conf path, and the sentence.
Tell: TypeAlias = Callable[[ConfPath, str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One key of a mapping.

    path: its dotted conf path; templated: it depends on the event; element: it is a list element; markup: names that
    begin with `@` or `#` mean something to the transport, and may come from the conf only.
    """

    path: str
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
            raise RenderError(str(error), self.path) from None
        if value.__class__ is list and None in value:
            value = [element for element in value if element is not None]
        if self.markup and value.__class__ in (dict, list):
            _must_be_plain(value, self.path)
        return to_ascii(value) if self.ascii else value

    def is_missing(self, value: Any) -> bool:
        """Whether there is nothing to send: null in a list, nothing but blanks elsewhere; a literal is meant."""
        return value is None if self.element else self.templated and is_blank(value)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one mapping. key: the conf key that it stands under."""

    key: str
    rows: tuple[Row, ...]
    grower: Grower

    @classmethod
    def compile(
        cls,
        key: str,
        mapping: Mapping[str, Any],
        tables: Tables,
        *,
        attributes: bool,
        send_ascii: bool,
        tell: Tell,
    ) -> "Rows":
        """Compile a mapping, telling everything that is wrong with it."""
        read: list[tuple[str, Place, Leaf]] = []
        for name, value in mapping.items():
            try:
                found = leaf(value, tables)
                read.append((name, place(name, attributes=attributes), found))
            except ValueError as error:
                tell((key, name), str(error))
        places = [where for _, where, _ in read]
        if attributes:
            places = beside_attributes(places)
        names = [name for name, _, _ in read]
        for name, text in conflicts(zip(names, places, strict=True)):
            tell((key, name), text)
        rows = tuple(
            _row(f"{key}.{name}", where, found, send_ascii, attributes)
            for (name, _, found), where in zip(read, places, strict=True)
        )
        return cls(key, rows, Grower.plan(row.place for row in rows))

    def tree(self, scope: Mapping[str, Any], left_out: list[str], *, fill: bool) -> Tree:
        """The tree for one event; the keys that were blank are added to left_out, or with fill sent empty.

        Raises RenderError, whose key is the dotted conf path.
        """
        return self.grower.grow(self._filled(scope, left_out, fill))

    def shape(self) -> Tree:
        """The tree of a trial: `x` for every template, `***` for every secret, nothing left out."""
        samples = ((row.place, sample(row.leaf)) for row in self.rows)
        return self.grower.grow(
            (where, value) for where, value in samples if value is not None or isinstance(where[-1], str)
        )

    def _filled(
        self, scope: Mapping[str, Any], left_out: list[str], fill: bool
    ) -> Iterator[tuple[Place, Any]]:
        for row in self.rows:
            value = row.read(scope)
            if not row.is_missing(value):
                yield row.place, value
            elif row.templated and fill:
                yield row.place, value if isinstance(value, (list, dict)) else ""
            elif row.templated:
                left_out.append(row.path.removeprefix("mapping."))


def _row(path: str, where: Place, found: Leaf, ascii_only: bool, attributes: bool) -> Row:
    templated = is_templated(found)
    return Row(
        path,
        where,
        leaf=in_ascii(found) if ascii_only else found,
        templated=templated,
        element=isinstance(where[-1], int),
        ascii=ascii_only and templated,
        markup=attributes and templated,
    )


def _must_be_plain(value: Any, path: str) -> None:
    """Posted values are data: they cannot name attributes or markup."""
    for name in _names(value):
        if name.startswith(("@", "#")):
            text = f"the posted object holds the name {name!r}, which only the conf may use (map its parts)"
            raise RenderError(text, path)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _names(child)
