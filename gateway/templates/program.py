"""A checked syntax tree, compiled by Jinja2 and run within its bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template as Compiled
from jinja2 import nodes

from gateway.errors import RenderError
from gateway.templates.allowed import too_deep
from gateway.templates.filters import Tables
from gateway.templates.sandbox import Sandbox
from gateway.templates.text import joined, plain
from gateway.templates.tree import lone_expression

_RESULT = "result"
_UNLIKE = "values of different kinds cannot be compared (turn text into a number with | float)"


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled template. lone: it is one expression, whose value keeps its type."""

    lone: bool
    compiled: Compiled

    @classmethod
    def compile(
        cls, tree: nodes.Template, finalize: Callable[[Any], str], tables: Mapping[str, Any]
    ) -> "Program":
        """Compile a tree that `syntax.parse` checked; finalize: how a printed value becomes text."""
        lone = lone_expression(tree)
        if lone is not None:
            assign = nodes.Assign(nodes.Name(_RESULT, "store", lineno=1), lone, lineno=1)
            tree = nodes.Template([assign], lineno=1)
        try:
            compiled = Sandbox(finalize, Tables(tables).lookup).from_string(tree)
        except (RecursionError, MemoryError, SyntaxError):
            raise too_deep() from None
        return cls(lone is not None, compiled)

    def run(self, scope: Mapping[str, Any]) -> Any:
        """Render; raises RenderError with a sentence, and nothing else."""
        try:
            context = self.compiled.new_context(dict(scope))
            pieces = self.compiled.root_render_func(context)
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
