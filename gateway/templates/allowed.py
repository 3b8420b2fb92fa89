"""What may be written in a template, judged node by node of its syntax tree."""

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from gateway.jsontext import MAX_DIGITS
from gateway.nearest import nearest
from gateway.templates import arguments, slips
from gateway.templates.sandbox import TESTS
from gateway.templates.tree import PLACED

MAX_DEPTH = 40
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If),
    *(nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const, nodes.List, nodes.Tuple),
    *(nodes.Filter, nodes.Test, nodes.Keyword, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg, nodes.Pos),
)
_INSTEAD: Mapping[type[nodes.Node], tuple[str, str]] = {
    nodes.Call: ("a call", "use a filter: {{ value | filter }}"),
    nodes.For: ("{% for %}", "map the list as it is, or use | join"),
    nodes.Assign: ("{% set %}", "write the expression where it is used"),
    nodes.AssignBlock: ("{% set %}", "write the expression where it is used"),
    nodes.With: ("{% with %}", "write the expression where it is used"),
    nodes.FilterBlock: ("{% filter %}", "use {{ value | filter }}"),
    nodes.Macro: ("{% macro %}", "write the expression where it is used"),
    nodes.CallBlock: ("{% call %}", "write the expression where it is used"),
    nodes.Block: ("{% block %}", "a template stands alone here"),
    nodes.Extends: ("{% extends %}", "a template stands alone here"),
    nodes.Include: ("{% include %}", "a template stands alone here"),
    nodes.Import: ("{% import %}", "a template stands alone here"),
    nodes.FromImport: ("{% from %}", "a template stands alone here"),
    nodes.ScopedEvalContextModifier: ("{% autoescape %}", "the transport encodes every value"),
    nodes.Slice: ("a slice [a:b]", "use | substring(start, end)"),
    nodes.Dict: ("an object {...}", "use | lookup(table)"),
    nodes.Pow: ("**", "+ - * / are known"),
    nodes.Mod: ("%", "+ - * / are known"),
    nodes.FloorDiv: ("//", "use / and then | int"),
}
# Tests that are known elsewhere.
_TESTS_MEANT = {
    "empty": "blank",
    "null": "none",
    "list": "sequence",
    "object": "mapping",
    "iterable": "sequence",
}


def check(node: nodes.Node, tables: Mapping[str, Any], depth: int = 0) -> None:
    """Raise ValueError, with the sentence to show, where a tree holds what may not be written."""
    if depth > MAX_DEPTH:
        raise too_deep()
    if isinstance(node, nodes.Dict) and (right := _secret_meant(node)):
        raise ValueError(f"a secret is written as a variable in a template ({right})")
    if not isinstance(node, _ALLOWED):
        construct, instead = _INSTEAD.get(type(node), (type(node).__name__, "values, filters, and inline if"))
        raise ValueError(f"{construct} is not allowed in a template ({instead})")
    if isinstance(node, nodes.Name) and node.name == "self":
        raise ValueError("the variable self cannot be read in a template (post it under another name)")
    if isinstance(node, nodes.Name) and node.name in PLACED:
        raise ValueError(f"there is no variable {node.name!r} (did you mean {PLACED[node.name]!r}?)")
    if isinstance(node, nodes.Const):
        _check_constant(node.value)
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise ValueError(
            f"there is no test {node.name!r}{nearest(_TESTS_MEANT.get(node.name, node.name), TESTS)}"
        )
    if isinstance(node, nodes.Filter):
        if node.name not in arguments.CALLABLE:
            raise ValueError(
                f"there is no filter {node.name!r}{slips.filter_meant(node.name, arguments.CALLABLE)}"
            )
        arguments.check(node, tables)
    for child in node.iter_child_nodes():
        check(child, tables, depth + 1)


def _secret_meant(node: nodes.Dict) -> str | None:
    """What to write in place of `{file: NAME}`; None for any other object."""
    match node.items:
        case [nodes.Pair(key=nodes.Name(name=("file" | "env") as kind), value=nodes.Name(name=name))]:
            return f"write {arguments.secret_path(kind, name)}"
        case [nodes.Pair(key=nodes.Name(name=("file" | "env") as kind))]:
            return f"write {arguments.secret_path(kind, 'NAME')}"
    return None


def _check_constant(value: Any) -> None:
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS:,} digits")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("a number is larger than any (write fewer digits)")


def too_deep() -> ValueError:
    """The error of a template that nests past any use."""
    return ValueError(f"the template nests deeper than {MAX_DEPTH} levels (make it flatter)")
