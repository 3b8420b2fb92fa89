"""What a rule holds its field against: the operator, and the value as that operator takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, TypeAdapter, ValidationInfo, WithJsonSchema

from gateway import Template, is_blank
from plugins.criteria.fields import is_template
from plugins.criteria.rules.operators import OPERATORS, Kind, Operator, operator
from plugins.criteria.words import shown

Scope: TypeAlias = Mapping[str, Any]

# What a rule's value is where a template made something of it that the operator cannot read.
UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class Operand:
    """A rule's value: ready since load, or read anew for each event where it holds a template.

    text: as the conf has it; source: the template, or a list with some; kind: how what they make is read.
    """

    text: str
    ready: Any = None
    source: Any = None
    kind: Kind | None = None

    def read(self, scope: Scope) -> Any:
        """The value as the operator takes it; UNREADABLE where a template made something else."""
        if self.kind is None:
            return self.ready
        try:
            return self.kind.read(_rendered(self.source, scope))
        except ValueError:
            return UNREADABLE

    def words(self, scope: Scope) -> str:
        """The value as a reason names it, with what its templates made of it."""
        return self.text if self.kind is None else f"{self.text} ({shown(_rendered(self.source, scope))})"


def _part(value: Any, info: ValidationInfo) -> Any:
    return _TEMPLATE.validate_python(value, context=info.context) if is_template(value) else value


def _operand(value: Any, info: ValidationInfo) -> Operand | None:
    chosen: Operator | None = info.data.get("op")
    if chosen is None:
        return None  # the operator is wrong, and that has been said
    if chosen.kind is None:
        if value is not None:
            raise ValueError(f"`{chosen.name}` takes no value (leave it out)")
        return None
    if is_blank(value):
        raise ValueError(f"`{chosen.name}` needs a value (write {chosen.kind.wants})")
    source = (
        _PARTS.validate_python(value, context=info.context) if isinstance(value, list) else _part(value, info)
    )
    if source == value:
        return Operand(shown(value), chosen.kind.read(value))
    if not chosen.kind.template:
        raise ValueError(f"the value of `{chosen.name}` cannot be a template (write {chosen.kind.wants})")
    return Operand(shown(value), source=source, kind=chosen.kind)


def _rendered(source: Any, scope: Scope) -> Any:
    if isinstance(source, list):
        return [_rendered(part, scope) for part in source]
    return source.render(scope) if isinstance(source, Template) else source


_TEMPLATE = TypeAdapter(Template)
_PARTS = TypeAdapter(list[Annotated[Any, PlainValidator(_part)]])

Name: TypeAlias = Annotated[Operator, PlainValidator(operator), WithJsonSchema({"enum": list(OPERATORS)})]
Value: TypeAlias = Annotated[
    Operand | None,
    PlainValidator(_operand),
    WithJsonSchema(
        {"description": "What to hold the field against; text may be a template. `is blank` takes none."}
    ),
]
