"""A template, read: Jinja2's syntax tree of it, checked and made ready.

Made ready: floats become decimals, `~` gets its bound, and `required` learns which variable it speaks of.
Everything is refused at load with a sentence that says what to write instead.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from gateway.jsontext import MAX_DIGITS
from gateway.templates import allowed, signing, slips
from gateway.templates.arguments import bound, exact
from gateway.templates.filters import Tables
from gateway.templates.operators import doubts
from gateway.templates.sandbox import DECIMAL, JOINED, Sandbox
from gateway.templates.text import to_text
from gateway.templates.tree import variables

MAX_TEMPLATE = 16 * 1024
MAX_NODES = 1000
_PARSER = Sandbox(to_text, Tables({}).lookup)


def parse(text: str, tables: Mapping[str, Any], *, secrets: bool = False) -> nodes.Template:
    """Read and check a template; secrets: they may sign in it. Raises ValueError with one sentence."""
    if len(text) > MAX_TEMPLATE:
        raise ValueError(f"the template is longer than {MAX_TEMPLATE // 1024} KiB (cut it into several keys)")
    try:
        tree = _read(text)
        allowed.check(tree, tables)
        signing.check(tree, allowed=secrets)
        if sum(1 for _ in tree.find_all(nodes.Node)) > MAX_NODES:
            raise ValueError(f"the template has more than {MAX_NODES:,} parts (cut it into several keys)")
        ready: nodes.Template = _Ready().visit(tree)
    except (RecursionError, MemoryError):
        raise allowed.too_deep() from None
    return ready


def doubtful(text: str) -> tuple[str, ...]:
    """What a template that can be read most likely does not mean, each in a sentence."""
    return tuple(doubts(_PARSER.lex(text))) if "|" in text else ()


def _read(text: str) -> nodes.Template:
    if wrong := slips.hyphen(text):
        raise ValueError(wrong)
    try:
        return _PARSER.parse(text)
    except TemplateSyntaxError as error:
        raise ValueError(slips.sentence(text, error.message or "it cannot be read")) from None
    except ValueError:  # Python reads no more digits than 4,300
        raise ValueError(f"a number has more than {MAX_DIGITS:,} digits") from None


class _Ready(NodeTransformer):
    def visit_Const(self, node: nodes.Const) -> nodes.Expr:  # noqa: N802
        value = exact(node)
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
            node.args = [nodes.Const(read, lineno=node.lineno), *_looked_up(node.node)]
        return node

    def _list(self, items: list[nodes.Expr], lineno: int) -> nodes.List:
        return nodes.List([self.visit(item) for item in items], lineno=lineno)


def _looked_up(node: nodes.Node | None) -> list[nodes.Expr]:
    """The table and the key of what `required` asks for, where it is looked up; not twice, as it doubles the work."""
    if not isinstance(node, nodes.Filter) or node.name != "lookup" or node.node is None:
        return []
    within = (each.name for each in node.node.find_all(nodes.Filter))
    return [] if "lookup" in within else [bound(node)["table"], node.node]


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
