"""Rule sets as the conf writes them, compiled while they are validated: rules under all, any and not.

Every problem is raised at the key that holds it, and one mistyped key is one problem: a node's form is chosen
by its keys before it is validated, so that no branch of a union complains for the others.
"""

from collections.abc import Iterable, Iterator, Mapping
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

from gateway import Finding
from plugins.criteria.rules.node import Node, Rule
from plugins.criteria.rules.operand import Scope
from plugins.criteria.words import nearest, shown

MAX_DEPTH = 64
_DEPTH = "rules.depth"
_MOST_TOLD = 10  # of what failed in one set: nobody reads on
_NEVER = "`not` of an empty `all` never holds"
_NOT_A_LIST = (
    "not: of a list means that not all of them hold "
    "(for none of them write not: {any: [...]}, and not: {all: [...]} where this is meant)"
)
# What other tools call a set, and what to write.
_OTHERS: Mapping[str, str] = {
    **dict.fromkeys(("and", "every", "must", "all of"), "all"),
    **dict.fromkeys(("or", "some", "one", "should", "any of"), "any"),
    **dict.fromkeys(("none", "nor", "none of", "neither", "must not", "not any"), "not: {any: [...]}"),
    "nand": "not: {all: [...]}",
}


def _listed(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError("a list of rules belongs here (write each rule behind a dash)")
    return value


def _filled(rules: tuple[Node, ...]) -> tuple[Node, ...]:
    if not rules:
        raise ValueError("an empty `any` can never hold (write at least one rule)")
    return rules


class _Set(Node):
    """Several rules, or one turned round."""

    def parts(self) -> tuple[Node, ...]:
        """The rules and sets in it."""
        raise NotImplementedError

    def called(self) -> str:
        """What it demands of them."""
        raise NotImplementedError

    def words(self) -> str:
        """What it demands of which."""
        return f"{self.called()}: {_joined(part.words() for part in self.parts())}"

    def finding(self, scope: Scope, now: datetime) -> Finding:
        """Every rule in it, asked."""
        parts = tuple(part.finding(scope, now) for part in self.parts())
        return Finding(self.called(), self.asked(scope, now), parts=parts)

    def leaves(self) -> Iterator[Rule]:
        """Those of its parts."""
        for part in self.parts():
            yield from part.leaves()


class AllOf(_Set):
    """Every rule must hold; an empty list holds."""

    rules: tuple["AnyNode", ...] = Field(alias="all")

    _listed = field_validator("rules", mode="before")(_listed)

    def parts(self) -> tuple[Node, ...]:
        """Its rules."""
        return self.rules

    def called(self) -> str:
        """All."""
        return "all of these" if self.rules else "an empty `all`"

    def words(self) -> str:
        """What it demands of which."""
        return super().words() if self.rules else self.called()

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether each holds."""
        return all(rule.holds(scope, now) for rule in self.rules)

    def culprit(self, scope: Scope, now: datetime) -> Node:
        """The first that failed."""
        failed = next((rule for rule in self.rules if rule.fails(scope, now)), None)
        return self if failed is None else failed.culprit(scope, now)

    def demand(self, scope: Scope, now: datetime, wanted: bool) -> str:
        """Each that failed; where all held, one of them."""
        if wanted:
            return _joined(rule.objection(scope, now) for rule in self.rules if rule.fails(scope, now))
        return _either(rule.objection(scope, now, wanted=False) for rule in self.rules) or _NEVER


class BareList(AllOf):
    """A list without `all` in front of it, which means the same."""


class AnyOf(_Set):
    """At least one rule must hold."""

    rules: tuple["AnyNode", ...] = Field(alias="any")

    _listed = field_validator("rules", mode="before")(_listed)
    _filled = field_validator("rules")(_filled)

    def parts(self) -> tuple[Node, ...]:
        """Its rules."""
        return self.rules

    def called(self) -> str:
        """One."""
        return "at least one of these"

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether one holds."""
        return any(rule.holds(scope, now) for rule in self.rules)

    def culprit(self, scope: Scope, now: datetime) -> Node:
        """All of them together, as each had its chance."""
        return self.rules[0].culprit(scope, now) if len(self.rules) == 1 else self

    def demand(self, scope: Scope, now: datetime, wanted: bool) -> str:
        """One of them; where some held, each of those."""
        if wanted:
            return _either(rule.objection(scope, now) for rule in self.rules)
        held = (rule for rule in self.rules if rule.asked(scope, now))
        return _joined(rule.objection(scope, now, wanted=False) for rule in held)


class Not(_Set):
    """The rule or set must not hold."""

    rule: "AnyNode" = Field(alias="not")

    def parts(self) -> tuple[Node, ...]:
        """What must not hold."""
        return (self.rule,)

    @property
    def doubt(self) -> str | None:
        """Whether it looks like none of several, and is not."""
        return _NOT_A_LIST if isinstance(self.rule, BareList) and len(self.rule.rules) > 1 else None

    def called(self) -> str:
        """Not, and what of."""
        if isinstance(self.rule, AnyOf):
            return "none of these"
        return "not all of these" if isinstance(self.rule, AllOf) and self.rule.rules else "not"

    def words(self) -> str:
        """What must not hold."""
        several = self.rule.parts() if isinstance(self.rule, (AllOf, AnyOf)) else ()
        return f"{self.called()}: {_joined(part.words() for part in several or self.parts())}"

    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether its rule does not hold."""
        return not self.rule.holds(scope, now)

    def demand(self, scope: Scope, now: datetime, wanted: bool) -> str:
        """The contrary of what its rule demands."""
        return self.rule.objection(scope, now, not wanted)


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
        return BareList.model_construct(rules=_LIST.validate_python(value, context=context))
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
    near = (close for key in value for close in get_close_matches(str(key)[:20], _SETS, n=1))
    return _SETS.get(next(near, ""), Rule)


def _unknown(key: Any, known: Iterable[str]) -> str:
    """What to say of a key that is none."""
    word = " ".join(str(key).lower().replace("_", " ").split())
    if word in _OTHERS:
        return f"unknown key (write {_OTHERS[word]})"
    return f"unknown key{nearest(str(key), known)}"


def _refuse_unknown(value: dict[str, Any], form: type[Node]) -> None:
    """Name every key that the form does not have, and nothing that may only be missing because of it."""
    known = [field.alias or name for name, field in form.model_fields.items()]
    right = known if value.keys() & {*_SETS, "field", "op"} else [*_SETS, *known]
    faults = [
        InitErrorDetails(
            type="value_error",
            loc=(key,),
            input=value[key],
            ctx={"error": ValueError(_unknown(key, right))},
        )
        for key in value
        if key not in known
    ]
    if faults:
        raise ValidationError.from_exception_data("rules", faults)


def _joined(several: Iterable[str], between: str = "; ") -> str:
    """Several stories as one; where one of them has parts itself, brackets keep it together."""
    stories = list(several)
    if len(stories) == 1:
        return stories[0]
    kept = between.join(f"({story})" if "; " in story else story for story in stories[:_MOST_TOLD])
    return kept if len(stories) <= _MOST_TOLD else f"{kept}; and {len(stories) - _MOST_TOLD} more"


def _either(several: Iterable[str]) -> str:
    """Several stories of which one is enough."""
    stories = list(several)
    return ("either " if len(stories) > 1 else "") + _joined(stories, "; or ")


AnyNode: TypeAlias = Annotated[
    Node, PlainValidator(_node, json_schema_input_type="Rule | AllOf | AnyOf | Not | list[Rules]")
]

_SETS: dict[str, type[Node]] = {"all": AllOf, "any": AnyOf, "not": Not}
for _model in (AllOf, AnyOf, Not, Rules):
    _model.model_rebuild()
_LIST = TypeAdapter(tuple[AnyNode, ...])
