"""What may be written in a template: the syntax tree, read by Jinja2, is checked node by node and made ready.

Made ready: floats become decimals, `~` gets its bound, and `required` learns which variable it speaks of.
Everything is refused at load with a sentence that says what to write instead.
"""

import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from gateway.jsontext import MAX_DIGITS
from gateway.nearest import nearest
from gateway.paths import Segment, join
from gateway.templates import dates
from gateway.templates.arithmetic import number
from gateway.templates.filters import FILTERS, Tables, encoder, extraction, position
from gateway.templates.sandbox import DECIMAL, JOINED, TESTS, Sandbox
from gateway.templates.text import to_text

MAX_TEMPLATE = 16 * 1024
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
# What a filter's arguments are checked against at load, where they are written as constants.
_ARGUMENTS: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("extract", "pattern"): extraction,
    ("substring", "start"): position,
    **{("shift", unit): number for unit in ("weeks", "days", "hours", "minutes", "seconds")},
    ("date", "format"): dates.pattern,
    ("date", "timezone"): dates.zone,
    ("date", "locale"): dates.language,
    **{(name, "encoding"): encoder for name in ("md5", "sha1", "sha256", "sha384", "sha512")},
}
# Keys of the posted body that templates read in another place.
PLACED: Mapping[str, str] = {
    "id": "event.id",
    "type": "feedback.type",
    "reason": "feedback.reason",
    "timestamp": "feedback.timestamp",
}
_MUST_BE_QUOTED = {("lookup", "table"), ("extract", "pattern")}
_CALLABLE = {**FILTERS, "lookup": Tables.lookup}
_PARSER = Sandbox(to_text, Tables({}).lookup)


def parse(text: str, tables: Mapping[str, Any]) -> nodes.Template:
    """Read and check a template; raises ValueError with one sentence."""
    if len(text) > MAX_TEMPLATE:
        raise ValueError(f"the template is longer than {MAX_TEMPLATE // 1024} KiB (cut it into several keys)")
    try:
        tree = _PARSER.parse(text)
        _check(tree, tables, 0)
        ready: nodes.Template = _Ready().visit(tree)
    except TemplateSyntaxError as error:
        raise ValueError(_syntax_sentence(text, error)) from None
    except (RecursionError, MemoryError):
        raise too_deep() from None
    return ready


def too_deep() -> ValueError:
    """The error of a template that nests past any use."""
    return ValueError(f"the template nests deeper than {MAX_DEPTH} levels (make it flatter)")


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


def _constant(node: nodes.Node) -> Any:
    return node.value if isinstance(node, nodes.Const) else None


def variables(node: nodes.Node) -> list[str]:
    """The dotted paths that a tree reads, in the order of writing, each once."""
    path = path_of(node)
    if path is not None:
        return [join(path)]
    return list(dict.fromkeys(name for child in node.iter_child_nodes() for name in variables(child)))


def _check(node: nodes.Node, tables: Mapping[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise too_deep()
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
        raise ValueError(f"there is no test {node.name!r}{nearest(node.name, TESTS)}")
    if isinstance(node, nodes.Filter):
        _check_filter(node, tables)
    for child in node.iter_child_nodes():
        _check(child, tables, depth + 1)


def _check_constant(value: Any) -> None:
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS:,} digits")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("a number is larger than any (write fewer digits)")


def _check_filter(node: nodes.Filter, tables: Mapping[str, Any]) -> None:
    if node.name not in _CALLABLE:
        raise ValueError(f"there is no filter {node.name!r}{nearest(node.name, _CALLABLE)}")
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise ValueError(f"* and ** are not allowed in the arguments of {node.name} (write them out)")
    for parameter, argument in _bound(node).items():
        if not isinstance(argument, nodes.Const):
            if (node.name, parameter) in _MUST_BE_QUOTED:
                raise ValueError(f"the {parameter} of {node.name} must be written in quotes, not worked out")
            continue
        if (node.name, parameter) == ("lookup", "table") and argument.value not in tables:
            raise ValueError(f"there is no table {argument.value!r}{nearest(str(argument.value), tables)}")
        if check := _ARGUMENTS.get((node.name, parameter)):
            check(_exact(argument))


def _exact(node: nodes.Const) -> Any:
    """A constant's value, where Jinja2 read a float as the decimal that was written."""
    return Decimal(repr(node.value)) if isinstance(node.value, float) else node.value


def _bound(node: nodes.Filter) -> Mapping[str, nodes.Expr]:
    """The arguments by parameter name; raises ValueError naming how the filter is called."""
    signature = _signature(node.name)
    keywords = {str(pair.key): pair.value for pair in node.kwargs}
    try:
        return signature.bind(*node.args, **keywords).arguments
    except TypeError:
        parameters = signature.parameters.values()
        shown = ", ".join(each.name if each.default is each.empty else f"{each.name}=" for each in parameters)
        raise ValueError(f"the arguments of {node.name} are wrong (write {node.name}({shown}))") from None


@lru_cache(maxsize=64)
def _signature(name: str) -> inspect.Signature:
    """What a person may write between the parentheses."""
    whole = inspect.signature(_CALLABLE[name])
    shown = [each for each in whole.parameters.values() if each.name not in ("self", "value", "_variable")]
    return whole.replace(parameters=shown)


def _syntax_sentence(text: str, error: TemplateSyntaxError) -> str:
    for opened, closed in (("{{", "}}"), ("{%", "%}")):
        if text.count(opened) != text.count(closed):
            return f"the template's braces do not pair (every {opened} needs its {closed})"
    what = (error.message or "it cannot be read").rstrip(".")
    return f"the template cannot be read: {what[:1].lower()}{what[1:]} (write such as {{{{ lead.id }}}})"


class _Ready(NodeTransformer):
    def visit_Const(self, node: nodes.Const) -> nodes.Expr:  # noqa: N802
        value = _exact(node)
        if not isinstance(value, Decimal):
            return node
        return _filter(nodes.Const(str(value), lineno=node.lineno), DECIMAL)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        node.expr2 = node.expr2 or nodes.Const(None, lineno=node.lineno)
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:  # noqa: N802
        return self._list(node.items, node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        return _filter(self._list(node.nodes, node.lineno), JOINED)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Expr:  # noqa: N802
        read = " or ".join(variables(node.node)) if node.node is not None else ""
        self.generic_visit(node)
        if node.name == "required" and read:
            node.args = [nodes.Const(read, lineno=node.lineno)]
        return node

    def _list(self, items: list[nodes.Expr], lineno: int) -> nodes.List:
        return nodes.List([self.visit(item) for item in items], lineno=lineno)


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
