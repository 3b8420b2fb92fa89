"""Reasons, or other texts, that a criterion lets through and a mapping then looks up in a table that lacks them."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from jinja2 import nodes

from gateway.conf.document import Path
from gateway.conf.model import Route
from gateway.mapping.leaves import Listed
from gateway.templates import Template, to_text
from gateway.templates.arguments import bound
from gateway.templates.syntax import parse
from gateway.templates.tree import path_of

_PLAIN = ("trim", "lower", "upper", "title")  # what a table's keys are compared without
_NEAR = 0.8

Tables = Mapping[str, Mapping[str, Any]]


class Lookup(NamedTuple):
    """A variable that a template looks up. spared: the template says what to do where the table has nothing."""

    variable: str
    table: str
    spared: bool


def doubts(route: Route, tables: Tables) -> Iterator[tuple[Path, str]]:
    """What to warn of, each with its conf path."""
    found = [(key, each) for key, text in _texts(route) for each in lookups(text, tables)]
    for asked in route.criteria:
        admitted: Mapping[str, Sequence[str]] = getattr(asked.settings, "admits", {})
        for key, lookup in found:
            for index, text in enumerate(admitted.get(lookup.variable, ())):
                right = _right(text, admitted[lookup.variable], lookup, tables[lookup.table])
                if right is not None:
                    wrong = f"the table {lookup.table}, in which {key} looks it up, has no {text!r}"
                    yield ("criteria", asked.criterion.name, index), f"{wrong} ({right})"


def lookups(text: str, tables: Tables) -> Iterator[Lookup]:
    """The variables that a template looks up as they are."""
    if "lookup" not in text or "{{" not in text:
        return
    tree = parse(text.strip(), tables, secrets=True)
    filters = list(tree.find_all(nodes.Filter))
    spared = {id(each.node) for each in filters if each.name == "default"}
    for each in filters:
        variable = _variable(each.node) if each.name == "lookup" else None
        if variable is not None:
            given = bound(each)
            yield Lookup(variable, _table(given["table"]), "default" in given or id(each) in spared)


def _texts(route: Route) -> Iterator[tuple[str, str]]:
    """Every template of an endpoint that is sent, by its conf key."""
    yield "url", route.endpoint.url
    for key, reader in route.mapper.readers():
        for leaf in reader.elements if isinstance(reader, Listed) else (reader,):
            if isinstance(leaf, Template):
                yield key, leaf.text


def _variable(node: nodes.Expr | None) -> str | None:
    while isinstance(node, nodes.Filter) and node.name in _PLAIN:
        node = node.node
    path = None if node is None else path_of(node)
    return None if path is None else ".".join(map(str, path))


def _table(node: nodes.Expr) -> str:
    return str(node.value) if isinstance(node, nodes.Const) else ""


def _right(text: str, admitted: Sequence[str], lookup: Lookup, table: Mapping[str, Any]) -> str | None:
    """What would be right where a table lacks a text; where that is spared, only if it is likely misspelt."""
    keys = {to_text(key).casefold(): to_text(key) for key in table}
    if text.casefold() in keys:
        return None
    others = {other.casefold() for other in admitted}
    near = get_close_matches(text.casefold(), keys.keys() - others, 1, _NEAR)
    if near:
        return f"did you mean {keys[near[0]]!r}?"
    return None if lookup.spared else "add it there, or write a default="
