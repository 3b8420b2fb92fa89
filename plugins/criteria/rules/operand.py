"""What a rule holds its field against: the operator, and what that operator takes beside it, ready since load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, TypeAdapter, ValidationInfo, WithJsonSchema

from gateway import Template, is_blank
from plugins.criteria.fields import is_template, known
from plugins.criteria.rules import forms, reading
from plugins.criteria.rules.operators import FORM, OPERATORS, Kind, Operator, operator
from plugins.criteria.rules.shapes import Shape
from plugins.criteria.words import nearest, shown

Scope: TypeAlias = Mapping[str, Any]

# What a rule's value is where a template made something of it that the operator cannot read.
UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class Operand:
    """What the operator takes: ready since load, or read anew for each event where it holds a template.

    text: as the conf has it; source: the template, its `render`, or a list with some; reader: how what they make is
    read.
    """

    text: str
    ready: Any = None
    source: Any = None
    reader: Callable[[Any], Any] | None = None

    def read(self, scope: Scope) -> Any:
        """The value as the operator takes it; UNREADABLE where a template made something else, or too much."""
        if self.reader is None:
            return self.ready
        made = _rendered(self.source, scope)
        if any(map(reading.too_large, made if isinstance(self.source, list) else [made])):
            return UNREADABLE
        try:
            return self.reader(made)
        except ValueError:
            return UNREADABLE

    def words(self, scope: Scope) -> str:
        """The value as a reason names it, with what its templates made of it."""
        return self.text if self.reader is None else f"{self.text} ({shown(_rendered(self.source, scope))})"


def _form_name(value: Any, info: ValidationInfo) -> str | None:
    chosen: Operator | None = info.data.get("op")
    if chosen is None or (value is None and chosen.kind is not FORM):
        return None
    if chosen.kind is not FORM:
        raise ValueError(f"`{chosen.name}` takes no `as` (leave it out, or write op: format is valid)")
    if value is None:
        raise ValueError(f"`{chosen.name}` needs to know which (write {FORM.wants})")
    if value not in forms.NAMES:
        raise ValueError(f"{shown(value)} is no format{nearest(str(value), forms.NAMES)}")
    return str(value)


def _country(value: Any, info: ValidationInfo) -> Any:
    if value is None or not {"op", "as_"} <= info.data.keys():
        return None
    asked = info.data["as_"]
    if asked not in forms.OF_A_COUNTRY:
        raise ValueError(f"only {', '.join(forms.OF_A_COUNTRY)} differ by country (leave it out)")
    if is_template(value):
        return _part(value, info)
    forms.form(asked, value)
    return value


def _shape(value: Any, info: ValidationInfo) -> Shape | None:
    if value is None or not {"op", "as_"} <= info.data.keys():
        return None
    chosen: Operator = info.data["op"]
    if not (chosen.kind and chosen.kind.dated) and info.data["as_"] != "date":
        raise ValueError(f"`{chosen.name}` reads no dates (leave the format out)")
    return Shape.compile(value)


def _operand(value: Any, info: ValidationInfo) -> Operand | None:
    if not {"op", "as_", "country", "format"} <= info.data.keys():
        return None  # something before it is wrong, and that has been said
    chosen: Operator = info.data["op"]
    if chosen.kind is None or chosen.kind is FORM:
        if value is not None:
            raise ValueError(f"`{chosen.name}` takes no value (leave it out)")
        return _form(info.data) if chosen.kind else None
    if is_blank(value):
        raise ValueError(f"`{chosen.name}` needs a value (write {chosen.kind.wants})")
    read = _reader(chosen.kind, info.data["format"])
    source = (
        _PARTS.validate_python(value, context=info.context) if isinstance(value, list) else _part(value, info)
    )
    if source == value:
        return Operand(shown(value), read(value))
    if not chosen.kind.template:
        raise ValueError(f"the value of `{chosen.name}` cannot be a template (write {chosen.kind.wants})")
    return Operand(shown(value), source=source, reader=chosen.kind.made or read)


def _reader(kind: Kind, shape: Shape | None) -> Callable[[Any], Any]:
    return kind.read if shape is None else lambda value: kind.read(value, shape)


def _form(told: Mapping[str, Any]) -> Operand:
    name, country = told["as_"], told["country"]
    if isinstance(country, Template):  # it stands in the rule itself, and should be found there only
        return Operand(
            f"as {name} of {country.text}", source=country.render, reader=partial(forms.form, name)
        )
    of = "" if country is None else f" of {country}"
    return Operand(f"as {name}{of}", forms.form(name, country or forms.COUNTRY))


def _part(value: Any, info: ValidationInfo) -> Any:
    return known(_TEMPLATE.validate_python(value, context=info.context)) if is_template(value) else value


def _rendered(source: Any, scope: Scope) -> Any:
    if isinstance(source, list):
        return [_rendered(part, scope) for part in source]
    if isinstance(source, Template):
        return source.render(scope)
    return source(scope) if callable(source) else source


_TEMPLATE = TypeAdapter(Template)
_PARTS = TypeAdapter(list[Annotated[Any, PlainValidator(_part)]])

Name: TypeAlias = Annotated[Operator, PlainValidator(operator), WithJsonSchema({"enum": list(OPERATORS)})]
FormName: TypeAlias = Annotated[
    str | None, PlainValidator(_form_name), WithJsonSchema({"enum": list(forms.NAMES)})
]
Country: TypeAlias = Annotated[Any, PlainValidator(_country), WithJsonSchema({"type": "string"})]
Dates: TypeAlias = Annotated[Shape | None, PlainValidator(_shape), WithJsonSchema({"type": "string"})]
Value: TypeAlias = Annotated[
    Operand | None,
    PlainValidator(_operand),
    WithJsonSchema(
        {"description": "What to hold the field against; text may be a template. `is blank` takes none."}
    ),
]
