"""What a template reads, told by its syntax tree."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from jinja2 import nodes

from gateway.paths import Segment, join

# What is always there to be read; all else is what was posted beside it.
VARIABLES = frozenset(
    ("lead", "feedback", "source", "flow", "recipient", "submission", "event", "now", "today", "random")
)
# Keys of the posted body that templates read in another place.
PLACED: Mapping[str, str] = {
    "id": "event.id",
    "type": "feedback.type",
    "reason": "feedback.reason",
    "timestamp": "feedback.timestamp",
}
# The variable of secrets: no event fills it.
SECRETS = "secrets"


def lone_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is nothing but `{{ expression }}`."""
    match tree.body:
        case [nodes.Output(nodes=[nodes.TemplateData()])]:
            return None
        case [nodes.Output(nodes=[expression])]:
            return expression
    return None


def path_of(node: nodes.Node) -> tuple[Segment, ...] | None:
    """The segments of a path such as `lead.phones.0` or `lead["e.mail"]`; None for any other expression."""
    segments: list[Segment] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        attribute = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg)
        if not isinstance(attribute, (str, int)) or isinstance(attribute, bool) or attribute == "":
            return None
        segments.append(attribute)
        node = node.node
    return (node.name, *reversed(segments)) if isinstance(node, nodes.Name) else None


def paths(node: nodes.Node) -> Iterator[tuple[Segment, ...]]:
    """Every path that a tree reads, in the order of writing; those of secrets too."""
    path = path_of(node)
    if path is not None:
        yield path
        return
    for child in node.iter_child_nodes():
        yield from paths(child)


def variables(node: nodes.Node) -> list[str]:
    """The dotted paths that a tree reads of an event, in the order of writing, each once."""
    return list(dict.fromkeys(join(path) for path in paths(node) if path[0] != SECRETS))


def optional(tree: nodes.Node) -> set[str]:
    """The paths of which a tree says itself what to do where they are blank: with `default`, or by a test."""
    return set(variables(tree)) - set(_needed(tree))


def _constant(node: nodes.Node) -> Any:
    return node.value if isinstance(node, nodes.Const) else None


def _needed(node: nodes.Node) -> Iterator[str]:
    path = path_of(node)
    if path is not None:
        yield join(path)
        return
    asked = node.node if _heeds_blanks(node) else None
    for child in node.iter_child_nodes():
        if child is not asked:
            yield from _needed(child)


def _heeds_blanks(node: nodes.Node) -> TypeGuard[nodes.Filter | nodes.Test]:
    if isinstance(node, nodes.Filter):
        return node.name == "default"
    return isinstance(node, nodes.Test) and node.name in ("blank", "defined", "undefined", "none")
