"""What every part of a rule set can be asked, and the rule itself. The sets stand in tree.py."""

from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway import Finding, RenderError, Settings, Template, is_blank
from plugins.criteria import fields
from plugins.criteria.fields import known, named
from plugins.criteria.rules import forms, operand
from plugins.criteria.rules.operand import UNREADABLE, Scope
from plugins.criteria.words import quoted, shown, text

_UNREAD = ", which cannot be compared with that"
_TOO_LARGE = ", which is too large to be compared"
_UNTOLD = ", which cannot be told for that country"


class Node(Settings):
    """A rule, or a set of them."""

    reason: Annotated[Template, AfterValidator(known)] | None = None
    """What a veto says instead of the generated reason."""

    @abstractmethod
    def holds(self, scope: Scope, now: datetime) -> bool:
        """Whether it holds for an event's variables at that moment. Raises RenderError like its templates."""

    @abstractmethod
    def words(self) -> str:
        """What it asks, as the conf has it."""

    @abstractmethod
    def demand(self, scope: Scope, now: datetime, wanted: bool) -> str:
        """What must be otherwise, where it holds and that is not wanted, or the contrary; with the values seen."""

    @abstractmethod
    def finding(self, scope: Scope, now: datetime) -> Finding:
        """Whether it holds, and each of its parts, also of those that do not matter any more."""

    @abstractmethod
    def leaves(self) -> "Iterator[Rule]":
        """The rules in it."""

    def culprit(self, scope: Scope, now: datetime) -> "Node":
        """Of what does not hold, the part that decides it: one rule where one is enough."""
        return self

    def objection(self, scope: Scope, now: datetime, wanted: bool = True) -> str:
        """Why it is not as wanted: the conf's own reason, or what must be otherwise where there is none."""
        try:
            own = None if self.reason is None else self.reason.render(scope)
        except RenderError:
            own = None
        return self.demand(scope, now, wanted) if is_blank(own) else text(own) or shown(own)

    def fails(self, scope: Scope, now: datetime) -> bool:
        """Whether it was asked and does not hold; what cannot be asked does not fail."""
        return self.asked(scope, now) is False

    def asked(self, scope: Scope, now: datetime) -> bool | None:
        """Whether it holds; None where one of its templates cannot be rendered."""
        try:
            return self.holds(scope, now)
        except RenderError:
            return None

    def seen(self, scope: Scope) -> Any:
        """The value that its rule saw; of several fields, each by its name."""
        found = {named(rule.field): rule.value_of(scope) for rule in self.leaves()}
        return next(iter(found.values()), None) if len(found) < 2 else found


class Rule(Node):
    """One question about one value."""

    field: fields.Field
    """A variable path such as `lead.state`, or a template."""
    op: operand.Name
    """The operator, by its exact name."""
    as_: operand.FormName = Field(default=None, alias="as", validate_default=True)
    """Which format, for `format is valid`."""
    country: operand.Country = None
    """Whose phone numbers, postal codes or states: an ISO 3166 code or a template; US by default."""
    format: operand.Dates = None
    """How dates are written where it is not in ISO 8601: a CLDR pattern such as `MM/dd/yyyy`."""
    value: operand.Value = Field(default=None, validate_default=True)

    @property
    def heeds_blanks(self) -> bool:
        """Whether it asks for just that."""
        return self.op.name in ("is blank", "is not blank")

    def holds(self, scope: Scope, now: datetime) -> bool:
        """The operator's answer; where it cannot be asked of the value, neither it nor its negation holds."""
        answer = self.answer(scope, now)
        return answer is not None and answer is not self.op.negated

    def answer(self, scope: Scope, now: datetime) -> bool | None:
        """What the operator says of the value, before it is negated; None where it cannot be asked."""
        ready = None if self.value is None else self.value.read(scope)
        if ready is UNREADABLE:
            return None
        value = self.field.render(scope)
        return self.op.test(value if self.format is None else self.format.read(value), ready, now)

    def words(self) -> str:
        """The rule as one reads it aloud."""
        return f"{named(self.field)} {self.op.name}{'' if self.value is None else f' {self.value.text}'}"

    def demand(self, scope: Scope, now: datetime, wanted: bool) -> str:
        """What the value must be, and what it was."""
        value = self.field.render(scope)
        against = self._against(scope)
        if self.as_ is not None:
            against = f" {forms.NOUNS[self.as_]}{against.removeprefix(f' as {self.as_}')}"
        unread = "" if is_blank(value) else self._unread(scope, now)
        return f"{named(self.field)} {self.op.demand(wanted)}{against}: it was {quoted(value)}{unread}"

    def _unread(self, scope: Scope, now: datetime) -> str:
        """Why its value could not be asked about, as the end of a sentence."""
        if self.answer(scope, now) is not None:
            return ""
        if self.as_ is not None:
            return _UNTOLD
        readable = self.value is not None and self.value.read(scope) is not UNREADABLE
        return _TOO_LARGE if self.op.takes_any and readable else _UNREAD

    def finding(self, scope: Scope, now: datetime) -> Finding:
        """The rule with what its templates made of its value, and the value it saw."""
        try:
            rule = f"{named(self.field)} {self.op.name}{self._against(scope)}"
            return Finding(rule, self.holds(scope, now), self.field.render(scope))
        except RenderError as error:
            return Finding(f"{self.words()}: {error}", None)

    def _against(self, scope: Scope) -> str:
        return "" if self.value is None else f" {self.value.words(scope)}"

    def leaves(self) -> "Iterator[Rule]":
        """Itself."""
        yield self

    def value_of(self, scope: Scope) -> Any:
        """The field's value; None where its template cannot be rendered."""
        try:
            return self.field.render(scope)
        except RenderError:
            return None
