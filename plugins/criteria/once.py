"""The criterion `once`: the same feedback for the same value is given only once, whatever the event's id."""

import json
from hashlib import sha256
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, RootModel, field_validator

from gateway import Defer, Endpoint, Event, Park, Pass, RenderError, Verdict, Veto, View, hookimpl, is_blank
from plugins.criteria.fields import Field, named
from plugins.criteria.moments import shortly
from plugins.criteria.words import text

_PASS = Pass()


def _listed(value: Any) -> Any:
    if isinstance(value, list) and not value:
        raise ValueError("a variable path, or a list of them, belongs here (write one such as lead.id)")
    return value if isinstance(value, list) else [value]


def _one_or_many(schema: dict[str, Any]) -> None:
    one = schema.pop("items") | {"examples": ["lead.id"]}
    del schema["type"]
    schema["anyOf"] = [one, {"type": "array", "items": one, "minItems": 1}]


class Once(RootModel[tuple[Field, ...]]):
    """What makes two events the same: a variable path or template, or a list of them."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_one_or_many)
    one_at_a_time: ClassVar[Literal["endpoint", "lead"] | None] = "endpoint"

    _list = field_validator("root", mode="before")(_listed)


@hookimpl
def settings() -> type[Once]:
    """A variable path, or a list of them."""
    return Once


@hookimpl
async def veto(event: Event, endpoint: Endpoint, view: View) -> Verdict:
    """Veto what was given under another event id; what is in flight there is waited for."""
    fields: tuple[Field, ...] = view.settings.root
    try:
        values = [field.render(view.scope) for field in fields]
    except RenderError as error:
        return Park(f"it cannot be told whether this was given before: {error}")
    if all(map(is_blank, values)):
        return _PASS
    what = ", ".join(map(named, fields))
    mark = _mark(what, values)
    other = await view.past.given(mark)
    if other is None:
        return Pass(marks=(mark,))
    value = values[0] if len(values) == 1 else values
    if other.state == "delivered":
        reason = f"event {other.id} gave {endpoint.source_name} a {event.type} for the same {what}"
        return Veto(reason, rule=f"once for {what}", seen=value)
    reason = f"event {other.id} is on its way with a {event.type} for the same {what}"
    return Defer(shortly(view.now, event.received_at), reason, rule=f"once for {what}", seen=value)


def _mark(what: str, values: list[Any]) -> str:
    """A digest of what is the same: as long as any other, and no lead data."""
    plain = [text(value) if text(value) is not None else value for value in values]
    return "once:" + sha256(json.dumps([what, plain], default=str).encode()).hexdigest()
