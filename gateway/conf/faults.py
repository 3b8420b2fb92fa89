"""What pydantic found wrong, as sentences with a place: what is wrong (what would be right)."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.conf.document import Path, shown
from gateway.contained import form, is_interrupt
from gateway.nearest import nearest

Model = TypeVar("Model", bound=BaseModel)
# Where a fault is told: path, sentence, and whether the key (not its value) is meant.
Tell = Callable[[Path, str, bool], None]

_WHOLE = ("is not a whole number", "write one such as 8")
_NUMBER = ("is not a number", "write one such as 2 or 1.5")
_BOOLEAN = ("is neither true nor false", "write true or false")
_KEYS = ("stands where keys belong", "write `key: value`, one a line")
_LIST = ("is not a list", "write [a, b], or each behind a dash")
_MUST_BE: Mapping[str, tuple[str, str]] = {
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE,
    "float_type": _NUMBER, "float_parsing": _NUMBER, "decimal_type": _NUMBER, "decimal_parsing": _NUMBER,
    "bool_type": _BOOLEAN, "bool_parsing": _BOOLEAN,
    "dict_type": _KEYS, "mapping_type": _KEYS, "model_type": _KEYS, "model_attributes_type": _KEYS,
    "list_type": _LIST, "tuple_type": _LIST,
}  # fmt: skip
_BOUNDS: Mapping[str, tuple[str, str, str]] = {
    "greater_than_equal": ("is too small", "at least", "ge"),
    "greater_than": ("is too small", "more than", "gt"),
    "less_than_equal": ("is too large", "at most", "le"),
    "less_than": ("is too large", "less than", "lt"),
}


def validate(
    model: type[Model],
    data: Any,
    path: Path,
    tell: Tell,
    context: Mapping[str, Any],
    also: Iterable[str] = (),
) -> Model | None:
    """Validate data against a model, telling every fault; None where there was one.

    path: of the data in its file; also: further keys that would have been right beside the model's own.
    """
    try:
        return model.model_validate(data, context=dict(context))
    except ValidationError as error:
        for fault in _without_echoes(error.errors(include_url=False)):
            inner = _in_data(fault["loc"], data)
            if fault["type"] == "missing":
                inner = (*inner, fault["loc"][-1])
            tell((*path, *inner), _sentence(fault, model, inner, also), fault["type"] == "extra_forbidden")
    except BaseException as error:
        if is_interrupt(error):
            raise
        tell(
            path,
            f"this cannot be checked: {model.__name__} failed with {form(error)} (a fault in the plugin)",
            False,
        )
    return None


def validate_partly(
    model: type[Model],
    data: Any,
    path: Path,
    tell: Tell,
    context: Mapping[str, Any],
    stand_ins: Mapping[str, Any],
) -> tuple[Model | None, frozenset[str]]:
    """As `validate`, but where there are faults, what is left without the faulty keys: so one fault hides no other.

    stand_ins: for keys that are required. Returns the model and the faulty keys; it is whole where there are none.
    """
    faulty: set[str] = set()

    def note(where: Path, text: str, key: bool) -> None:
        faulty.update(str(part) for part in where[len(path) : len(path) + 1])
        tell(where, text, key)

    whole = validate(model, data, path, note, context)
    if whole is not None or not isinstance(data, Mapping):
        return whole, frozenset(faulty)
    rest = {key: value for key, value in data.items() if key not in faulty}
    return validate(model, {**stand_ins, **rest}, path, lambda *_: None, context), frozenset(faulty)


def _without_echoes(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """The faults but for those that call a list too short of which faulty elements were taken out."""
    outer = {fault["loc"][:size] for fault in faults for size in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in outer]


def _in_data(loc: Sequence[str | int], data: Any) -> Path:
    """The part of a pydantic location that stands in the data: it also names union branches and validators."""
    found: list[str | int] = []
    for part in loc:
        if part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data)):
            data = data[part]
            found.append(part)
    return tuple(found)


def _sentence(fault: ErrorDetails, model: type[BaseModel], inner: Path, also: Iterable[str]) -> str:
    kind, given, facts = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys(model, inner[:-1]) | (set(also) if len(inner) == 1 else set())
        return f"unknown key{nearest(str(inner[-1]), known)}"
    if kind == "missing":
        return f"{inner[-1]} is missing (it is required here)"
    if kind in ("value_error", "assertion_error"):
        return str(facts["error"])
    if kind == "string_type":
        return _not_text(given)
    if kind in _MUST_BE:
        wrong, right = _MUST_BE[kind]
        return (
            f"{shown(given)} {wrong} ({right})"
            if given is not None
            else f"nothing stands here ({right}, or leave it out)"
        )
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", facts["expected"])
        near = nearest(given if isinstance(given, str) else "", choices) or f" (write {facts['expected']})"
        return f"{shown(given)} is unknown here{near}"
    if kind in _BOUNDS:
        wrong, right, bound = _BOUNDS[kind]
        return f"{shown(given)} {wrong} ({right} {facts[bound]:g})"
    if kind in ("string_too_short", "too_short") and isinstance(given, Collection) and not given:
        return f"nothing stands here ({'write some text' if kind == 'string_too_short' else _LIST[1]})"
    text = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"{shown(given)} does not fit ({text})"


def _not_text(given: Any) -> str:
    if given is None:
        return "nothing stands here (write some text, or leave it out)"
    quoted = isinstance(given, (bool, int, Decimal))
    return f"{shown(given)} is not text ({'put it in quotes' if quoted else 'write one text'})"


def _keys(model: Any, inner: Path) -> set[str]:
    for part in (part for part in inner if isinstance(part, str)):
        field = next(
            (f for name, f in getattr(model, "model_fields", {}).items() if part in (name, f.alias)), None
        )
        model = _model_in(field.annotation) if field is not None else None
    return {f.alias or name for name, f in getattr(model, "model_fields", {}).items()}


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(
        (m for part in getattr(annotation, "__args__", ()) if (m := _model_in(part)) is not None), None
    )
