"""Templates: what operators write as `{{ lead.email }}` in mappings and rules.

A template is checked and compiled at load. Rendering is pure, bounded in time and output, and raises nothing
but RenderError. Posted values are data: they are never parsed as templates, and never escaped here, since the
transport encodes the finished value for its format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from gateway.model import Event, Secret
from gateway.paths import MISSING, find
from gateway.templates import signing, syntax
from gateway.templates.facts import MEMORY, Facts
from gateway.templates.program import Program, late
from gateway.templates.text import to_text
from gateway.templates.tree import PLACED, VARIABLES, lone_expression, optional, path_of, variables

__all__ = ["VARIABLES", "Template", "scope", "to_text"]

_NO_TABLES: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
# Variables that are not JSON: a lone one is turned into text on its way.
_DATES = ("now", "today")


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; equal to another of the same text.

    variables: the dotted paths it reads; optional: those of them for which it says itself what to do where they are
    blank; secrets: those that it signs with; doubts: what it most likely does not mean, in sentences; constant: it
    holds no template at all and is sent as written.
    """

    text: str
    variables: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    optional: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    constant: bool = field(default=True, compare=False, repr=False)
    secrets: frozenset[Secret] = field(default=frozenset(), compare=False, repr=False)
    doubts: tuple[str, ...] = field(default=(), compare=False, repr=False)
    _names: tuple[str, ...] | None = field(default=None, compare=False, repr=False)
    _path: tuple[str | int, ...] | None = field(default=None, compare=False, repr=False)
    _program: Program | None = field(default=None, compare=False, repr=False)

    @classmethod
    def compile(
        cls, text: str, tables: Mapping[str, Mapping[str, Any]] = _NO_TABLES, *, secrets: bool = False
    ) -> "Template":
        """Compile a template; raises ValueError with one sentence, what is wrong (what would be right).

        tables: what `lookup` may read, by name; secrets: whether they may sign in it.
        """
        if "{{" not in text and "{%" not in text:
            if "}}" in text and text.count("{") != text.count("}"):
                raise ValueError("the template's braces do not pair (every {{ needs its }})")
            return cls(text)
        if "lookup" in text:  # what it is, the tables say
            return cls._compiled(text, tables, secrets)
        return _known(text, secrets)

    @classmethod
    def _compiled(cls, text: str, tables: Mapping[str, Mapping[str, Any]], secrets: bool) -> "Template":
        tree = syntax.parse(text.strip(), tables, secrets=secrets)
        reads = frozenset(variables(tree))
        lone = lone_expression(tree)
        path = path_of(lone) if lone is not None else None
        if path is None or path[0] in _DATES:
            return cls(
                text,
                reads,
                frozenset(optional(tree)),
                constant=False,
                secrets=signing.secrets(tree),
                doubts=syntax.doubtful(text),
                _program=Program.compile(tree, to_text, tables),
            )
        return cls(text, reads, constant=False, _names=_plain(path), _path=path)

    @classmethod
    def _recalled(cls, text: str, facts: Facts) -> "Template":
        return cls(
            text,
            frozenset(facts.variables),
            frozenset(facts.optional),
            constant=False,
            doubts=facts.doubts,
            _names=_plain(facts.path),
            _path=facts.path,
            _program=None if facts.path else late(text, facts.lone, to_text),
        )

    @property
    def _facts(self) -> Facts | None:
        """What a Memory may keep of it; None of one that signs, or that is not small."""
        program = self._program
        if self.secrets or (program is not None and not program.is_late):
            return None
        lone = program is None or program.lone
        return Facts(
            tuple(sorted(self.variables)), tuple(sorted(self.optional)), self.doubts, lone, self._path
        )

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The value: of its JSON type if the template is one expression, else trimmed text; None if missing.

        Raises RenderError with a sentence where a value cannot be made.
        """
        if self._names is not None:
            value: Any = scope
            try:
                for name in self._names:
                    value = value[name]
            except (KeyError, TypeError):
                return None
            return value
        if self._path is not None:
            value = find(scope, self._path)
            return None if value is MISSING else value
        return self.text if self._program is None else self._program.run(scope)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(lambda template: template.text)
        return core_schema.with_info_plain_validator_function(_validate, serialization=as_text)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string"}


@lru_cache(1024)
def _known(text: str, secrets: bool) -> Template:
    """A template that needs no tables: thousands of sources have the same few."""
    memory = MEMORY.get()
    facts = None if memory is None else memory.recall(text)
    if facts is not None:
        return Template._recalled(text, facts)
    template = Template._compiled(text, _NO_TABLES, secrets)
    if memory is not None and template._facts is not None:
        memory.note(text, template._facts)
    return template


def _plain(path: tuple[str | int, ...] | None) -> tuple[str, ...] | None:
    """A path that is nothing but names."""
    names = tuple(name for name in path or () if isinstance(name, str))
    return names if names and len(names) == len(path or ()) else None


def scope(event: Event, source_name: str, now: datetime, random: str) -> dict[str, Any]:
    """The variables that templates and rules read for one attempt.

    now: the moment of the attempt, in UTC; random: fresh text of this attempt. Both are recorded with it.
    """
    body = event.body
    variables = dict(body)
    for key in PLACED:
        variables.pop(key, None)
    reason, timestamp = body.get("reason"), body.get("timestamp")
    variables["feedback"] = {"type": event.type, "reason": reason, "timestamp": timestamp}
    variables["event"] = {"id": event.id}
    variables["source"] = {"id": event.source, "name": source_name}
    variables["now"] = now
    variables["today"] = now.date()
    variables["random"] = random
    return variables


def _validate(value: Any, info: ValidationInfo) -> Template:
    if isinstance(value, Template):
        return value
    if not isinstance(value, str):
        written = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        raise ValueError(
            f"{written} is not a template (write a variable such as {{{{ lead.id }}}}, in quotes)"
        )
    context = info.context if isinstance(info.context, Mapping) else {}
    return Template.compile(value, context.get("tables", _NO_TABLES))
