"""A checked syntax tree, compiled by Jinja2 and run within its bounds."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Template as Compiled
from jinja2 import nodes

from gateway.errors import RenderError
from gateway.templates.allowed import too_deep
from gateway.templates.filters import Tables
from gateway.templates.sandbox import Sandbox
from gateway.templates.syntax import parse
from gateway.templates.text import joined, plain
from gateway.templates.tree import lone_expression

_RESULT = "result"
_UNLIKE = "values of different kinds cannot be compared (turn text into a number with | float)"
# A tree of so few parts is never too deep for Python's compiler, which takes longer than all the rest of a load.
SURE = 24


class Program:
    """A compiled template. lone: it is one expression, whose value keeps its type."""

    __slots__ = ("_compiled", "_make", "lone")

    def __init__(self, lone: bool, make: Callable[[], Compiled]) -> None:
        self.lone = lone
        self._make = make
        self._compiled: Compiled | None = None

    @classmethod
    def compile(
        cls, tree: nodes.Template, finalize: Callable[[Any], str], tables: Mapping[str, Any]
    ) -> "Program":
        """Compile a tree that `syntax.parse` checked; a small one only once it is run.

        finalize: how a printed value becomes text. Raises ValueError with the sentence to show.
        """
        is_sure = sum(1 for _ in tree.find_all(nodes.Node)) <= SURE
        program = cls(lone_expression(tree) is not None, lambda: _compiled(tree, finalize, tables))
        if not is_sure:
            program.compiled()
        return program

    @property
    def is_late(self) -> bool:
        """Whether it is compiled only once it is run."""
        return self._compiled is None

    def compiled(self) -> Compiled:
        """What Jinja2 makes of it; made once. Raises ValueError with the sentence to show."""
        if self._compiled is None:
            try:
                made = self._compiled = self._make()
            except (RecursionError, MemoryError, SyntaxError):
                raise too_deep() from None
            self._make = lambda: made  # the tree can go
        return self._compiled

    def run(self, scope: Mapping[str, Any]) -> Any:
        """Render; raises RenderError with a sentence, and nothing else."""
        try:
            compiled = self._compiled or self.compiled()
            context = compiled.new_context(dict(scope))
            pieces = compiled.root_render_func(context)
            if not self.lone:
                return joined(pieces).strip()
            next(pieces, None)  # an assignment prints nothing: this runs it to its end
            return plain(context.vars[_RESULT])
        except ValueError as error:
            raise RenderError(str(error)) from None
        except TypeError:
            raise RenderError(_UNLIKE) from None
        except RecursionError:
            raise RenderError("a value nests too deeply to be rendered") from None


def _compiled(tree: nodes.Template, finalize: Callable[[Any], str], tables: Mapping[str, Any]) -> Compiled:
    lone = lone_expression(tree)
    if lone is not None:
        assign = nodes.Assign(nodes.Name(_RESULT, "store", lineno=1), lone, lineno=1)
        tree = nodes.Template([assign], lineno=1)
    return Sandbox(finalize, Tables(tables).lookup).from_string(tree)


def late(text: str, lone: bool, finalize: Callable[[Any], str]) -> Program:
    """The program of a small template that was compiled before, and needs no tables."""
    return Program(lone, lambda: _compiled(parse(text.strip(), {}), finalize, {}))
