"""Rule sets as the conf writes them, compiled while they are validated: rules under all, any and not.

Every problem is raised at the key that holds it, and one mistyped key is one problem: a node's form is chosen
by its keys before it is validated, so that no branch of a union complains for the others.
"""

from abc import abstractmethod
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, TypeAlias

from pydantic import (
    ConfigDict,
    Field,
    PlainValidator,
    RootModel,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails

from gateway import RenderError, Settings, Template, is_blank
from plugins.criteria import fields
from plugins.criteria.fields import named
from plugins.criteria.rules import operand
from plugins.criteria.rules.operand import UNREADABLE, Scope
from plugins.criteria.words import shown, text

MAX_DEPTH = 64
_DEPTH = "rules.depth"


class Node(Settings):
    """A rule, or a set of them."""

    reason: Template | None = None
    """What a veto says instead of the generated reason."""

    @abstractmethod
    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether it holds for an event's variables at that moment. Raises RenderError like its templates."""

    @abstractmethod
    def story(self, scope: Scope, now: datetime) -> str:
        """What failed where it fails, what held where it holds: in words, with the values seen."""

    def objection(self, scope: Scope, now: datetime) -> str:
        """Why it does not hold: the conf's own reason, or the story where there is none."""
        try:
            own = None if self.reason is None else self.reason.render(scope)
        except RenderError:
            own = None
        return self.story(scope, now) if is_blank(own) else text(own) or shown(own)


class Rule(Node):
    """One question about one value."""

    field: fields.Field
    """A variable path such as `lead.state`, or a template."""
    op: operand.Name
    """The operator, by its exact name."""
    value: operand.Value = Field(default=None, validate_default=True)

    def holds(self, scope: Scope, now: datetime) -> bool:
        """The operator's answer."""
        ready = None if self.value is None else self.value.read(scope)
        return ready is not UNREADABLE and self.op.holds(self.field.render(scope), ready, now)

    def story(self, scope: Scope, now: datetime) -> str:
        """The rule in words, and the value seen."""
        against = "" if self.value is None else f" {self.value.words(scope)}"
        return f"{named(self.field)} {self.op.name}{against}: it was {shown(self.field.render(scope))}"


def _listed(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError("a list of rules belongs here (write each rule behind a dash)")
    return value


def _filled(rules: tuple[Node, ...]) -> tuple[Node, ...]:
    if not rules:
        raise ValueError("an empty `any` can never hold (write at least one rule)")
    return rules


class AllOf(Node):
    """Every rule must hold; an empty list holds."""

    rules: tuple["AnyNode", ...] = Field(alias="all")

    _listed = field_validator("rules", mode="before")(_listed)

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether each holds."""
        return all(rule.holds(scope, now) for rule in self.rules)

    def story(self, scope: Scope, now: datetime) -> str:
        """Those that failed; where all held, all."""
        failed = [rule.objection(scope, now) for rule in self.rules if not rule.holds(scope, now)]
        return _joined(failed or [rule.story(scope, now) for rule in self.rules] or ["an empty `all`"])


class AnyOf(Node):
    """At least one rule must hold."""

    rules: tuple["AnyNode", ...] = Field(alias="any")

    _listed = field_validator("rules", mode="before")(_listed)
    _filled = field_validator("rules")(_filled)

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether one holds."""
        return any(rule.holds(scope, now) for rule in self.rules)

    def story(self, scope: Scope, now: datetime) -> str:
        """Those that held; where none did, all."""
        held = [rule.story(scope, now) for rule in self.rules if rule.holds(scope, now)]
        return _joined(held) if held else f"none of: {_joined([r.objection(scope, now) for r in self.rules])}"


class Not(Node):
    """The rule or set must not hold."""

    rule: "AnyNode" = Field(alias="not")

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether its rule does not hold."""
        return not self.rule.holds(scope, now)

    def story(self, scope: Scope, now: datetime) -> str:
        """What its rule says, turned round."""
        return f"{'not' if self.holds(scope, now) else 'must not hold'}: {self.rule.story(scope, now)}"


class Rules(RootModel["AnyNode"]):
    """A rule set: all, any or not, nested to any depth; a bare list means all."""

    model_config = ConfigDict(frozen=True)


def _node(value: Any, info: ValidationInfo) -> Node:
    """One node, validated by the form that its keys show. Raises ValidationError or ValueError."""
    depth = (info.context or {}).get(_DEPTH, 1)
    if depth > MAX_DEPTH:
        raise ValueError(f"the rules are nested deeper than {MAX_DEPTH} levels (join some of them)")
    context = {**(info.context or {}), _DEPTH: depth + 1}
    if isinstance(value, list):
        return AllOf.model_construct(rules=_LIST.validate_python(value, context=context))
    if not isinstance(value, dict):
        raise ValueError(
            f"{shown(value)} is not a rule (write {{field: lead.state, op: is blank}}, or all, any, not)"
        )
    form = _form(value)
    _refuse_unknown(value, form)
    return form.model_validate(value, context=context)


def _form(value: dict[str, Any]) -> type[Node]:
    sets = [key for key in value if key in _SETS]
    if len(sets) > 1:
        raise ValueError(f"{' and '.join(sets)} stand in one set (nest one in the other)")
    if not value:
        raise ValueError("the rule is empty (write {field: lead.state, op: is blank}, or all, any, not)")
    if sets:
        return _SETS[sets[0]]
    if "field" in value or "op" in value:
        return Rule
    return next((_SETS[near[0]] for key in value if (near := get_close_matches(str(key), _SETS, n=1))), Rule)


def _refuse_unknown(value: dict[str, Any], form: type[Node]) -> None:
    """Name every key that the form does not have, and nothing that may only be missing because of it."""
    known = [field.alias or name for name, field in form.model_fields.items()]
    faults = [
        InitErrorDetails(
            type="value_error",
            loc=(key,),
            input=value[key],
            ctx={"error": ValueError(f"unknown key{_nearest(str(key), known)}")},
        )
        for key in value
        if key not in known
    ]
    if faults:
        raise ValidationError.from_exception_data("rules", faults)


def _nearest(key: str, known: list[str]) -> str:
    near = get_close_matches(key.lower(), known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else f" (there is: {', '.join(known)})"


def _joined(stories: list[str]) -> str:
    """Several stories as one; where one of them has parts itself, brackets keep it together."""
    if len(stories) == 1:
        return stories[0]
    return "; ".join(f"({story})" if "; " in story else story for story in stories)


AnyNode: TypeAlias = Annotated[
    Node, PlainValidator(_node, json_schema_input_type="Rule | AllOf | AnyOf | Not | list[Rules]")
]

_SETS: dict[str, type[Node]] = {"all": AllOf, "any": AnyOf, "not": Not}
for _model in (AllOf, AnyOf, Not, Rules):
    _model.model_rebuild()
_LIST = TypeAdapter(tuple[AnyNode, ...])
