"""Event to values: what goes where, before any encoding. Compiled once at load, pure at run time.

The rules of a tree: its order is the mapping's. A template that renders to nothing leaves its key out
(`blank: omit`) or is sent empty (`blank: empty`). A literal is always sent, even an empty one. Lists are
closed up: missing and null elements go, while 0, false and empty text stay.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.errors import RenderError
from gateway.mapping.headers import Header
from gateway.mapping.leaves import Leaf
from gateway.mapping.rows import ConfPath, Rows, Tables, Tell
from gateway.mapping.urls import Url
from gateway.model import Secret, Values
from gateway.templates.tree import SECRETS

# What a trial takes for an attempt's moment and chance.
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_SOME_CHANCE = "0" * 32


class MappingError(ValueError):
    """Everything that is wrong in one endpoint's url, mappings and headers, as (conf path, sentence) pairs."""

    def __init__(self, problems: Sequence[tuple[ConfPath, str]]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{'.'.join(path)}: {text}" for path, text in self.problems))


@dataclass(frozen=True, slots=True)
class Mapper:
    """How one endpoint maps events.

    The texts of its secrets are kept beside it, for its signatures alone: a changed secret makes another Mapper.
    """

    _url: Url
    _headers: tuple[Header, ...]
    _mapping: Rows
    _extras: tuple[Rows, ...]
    _fill: bool
    _secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def compile(
        cls,
        *,
        url: str,
        mapping: Mapping[str, Any] | None,
        headers: Mapping[str, Any],
        blank: Literal["omit", "empty"],
        send_ascii: bool,
        attributes: bool | Collection[str],
        tables: Tables,
        extras: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> "Mapper":
        """Compile an endpoint's address, mapping and headers, and the further mappings of its transport.

        attributes: whether `name@attribute` in a key names an attribute, or the mappings in which it does; tables: what
        `lookup` may read; extras: by conf key. Raises MappingError with every problem. Where it signs, `with_secrets`
        follows.
        """
        problems: list[tuple[ConfPath, str]] = []

        def tell(path: ConfPath, text: str) -> None:
            problems.append((path, text))

        def rows(key: str, written: Mapping[str, Any]) -> Rows:
            marked = attributes if isinstance(attributes, bool) else key in attributes
            return Rows.compile(key, written, tables, attributes=marked, send_ascii=send_ascii, tell=tell)

        address = _compiled_url(url, tables, tell)
        tree = rows("mapping", mapping or {})
        further = tuple(rows(key, written) for key, written in (extras or {}).items() if written)
        fields = _compiled_headers(headers, tables, tell)
        if problems or address is None:
            raise MappingError(problems)
        return cls(address, fields, tree, further, blank == "empty")

    def with_secrets(self, secrets: Mapping[Secret, str]) -> "Mapper":
        """The same Mapper, able to sign with the secrets that its `readers` name."""
        texts: dict[str, Any] = {found.name: text for found, text in secrets.items() if found.kind == "file"}
        texts["env"] = {found.name: text for found, text in secrets.items() if found.kind == "env"}
        return replace(self, _secrets=texts)

    def map(self, scope: Mapping[str, Any]) -> Values:
        """The values for one event, of the moment and chance in its scope.

        Raises RenderError, whose key is the dotted conf path.
        """
        scope = {**scope, SECRETS: self._secrets}
        left_out: list[str] = []
        return Values(
            url=self._address(scope),
            headers=self._fields(scope),
            tree=self._mapping.tree(scope, left_out, fill=self._fill),
            extras={rows.key: rows.tree(scope, left_out, fill=self._fill) for rows in self._extras},
            left_out=tuple(left_out),
            now=scope.get("now"),
            random=scope.get("random", ""),
        )

    def shape(self) -> Values:
        """The values of a trial: `x` for every template, `***` for every secret, nothing left out."""
        headers = ((header.name, header.sample()) for header in self._headers)
        return Values(
            self._url.sample,
            tuple((name, value) for name, value in headers if value is not None),
            self._mapping.shape(),
            extras={rows.key: rows.shape() for rows in self._extras},
            now=_SOME_TIME,
            random=_SOME_CHANCE,
        )

    def readers(self) -> Iterator[tuple[str, Url | Leaf]]:
        """What reads variables, by dotted conf path."""
        yield "url", self._url
        for header in self._headers:
            yield f"headers.{header.name}", header.leaf
        for rows in (self._mapping, *self._extras):
            for row in rows.rows:
                yield row.path, row.leaf

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


def _compiled_url(text: str, tables: Tables, tell: Tell) -> Url | None:
    try:
        return Url.compile(text, tables)
    except ValueError as error:
        tell(("url",), str(error))
        return None


def _compiled_headers(headers: Mapping[str, Any], tables: Tables, tell: Tell) -> tuple[Header, ...]:
    found: dict[str, Header] = {}
    for name, value in headers.items():
        try:
            header = Header.compile(name, value, tables)
        except ValueError as error:
            tell(("headers", name), str(error))
            continue
        twin = found.setdefault(name.lower(), header)
        if twin is not header:
            tell(("headers", name), f"the header {name} stands here as {twin.name} too (keep one)")
    return tuple(found.values())
