"""What may be posted as an event: a parsed post to an Event, or everything that is wrong with it at once."""

import random
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway.errors import EventError
from gateway.jsontext import JsonError, loads
from gateway.model import TYPES, Event
from gateway.nearest import nearest
from gateway.paths import is_blank

ID_PATTERN = r"[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}"
ID_RULE = "1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot"
# Seeded by the system once: ids must differ, not be secret, and a system call for each would be a cost for nothing.
_CHANCE = random.Random()  # noqa: S311  see above
_ID = re.compile(ID_PATTERN)
_SHOWN = 140
_OBJECTS = ("lead", "flow", "recipient", "submission")


def parse_event(text: str, received_at: datetime) -> Event:
    """An Event of one posted JSON text. Raises EventError naming every wrong field."""
    try:
        body = loads(text)
    except JsonError as error:
        raise EventError([("", f"not JSON as it is taken here: {error}")]) from None
    return read_event(body, text, received_at)


def read_event(body: Any, text: str, received_at: datetime) -> Event:
    """An Event of a parsed post; text: what it was parsed from. Raises EventError naming every wrong field."""
    if not isinstance(body, Mapping):
        raise EventError(
            [("", f"an event is a JSON object, not {_kind(body)} (at least `type` and `source`)")]
        )
    errors = list(_errors(body))
    if errors:
        raise EventError(errors)
    flow = body.get("flow")
    return Event(
        id=new_id() if body.get("id") is None else body["id"],
        type=body["type"],
        source=body["source"],
        flow=flow.get("id") if isinstance(flow, Mapping) else None,
        body=body,
        text=text,
        received_at=received_at,
    )


def new_id() -> str:
    """An id for an event that was posted without one: in order of time, which keeps the store's index compact."""
    return f"{time.time_ns() // 1_000_000:012x}{_CHANCE.getrandbits(80):020x}"


def _errors(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _type(body)
    if body.get("source") is None:
        yield "/source", "is missing (the id of the source that sold the lead)"
    else:
        yield from _id("/source", body["source"])
    if body.get("id") is not None:
        yield from _id("/id", body["id"])
    for name in _OBJECTS:
        if not isinstance(body.get(name), Mapping) and not is_blank(body.get(name)):
            yield f"/{name}", f"is {_kind(body[name])} (write an object, or leave it out)"
    flow = body.get("flow")
    if isinstance(flow, Mapping) and flow.get("id") is not None:
        yield from _id("/flow/id", flow["id"])
    if not isinstance(body.get("reason"), str) and not is_blank(body.get("reason")):
        yield "/reason", f"is {_kind(body['reason'])} (write text, or leave it out)"
    yield from _timestamp(body.get("timestamp"))


def _type(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = body.get("type")
    if given is None:
        yield "/type", "is missing (return or conversion)"
    elif not isinstance(given, str):
        yield "/type", f"is {_kind(given)} (write return or conversion)"
    elif given not in TYPES:
        yield "/type", f"{given[:_SHOWN]!r} is neither return nor conversion{nearest(given, TYPES)}"


def _id(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        yield pointer, f"is {_kind(value)} (write it as text: {ID_RULE})"
    elif not _ID.fullmatch(value):
        yield pointer, f"{value[:_SHOWN]!r} cannot be used ({ID_RULE})"


def _timestamp(value: Any) -> Iterator[tuple[str, str]]:
    if is_blank(value):
        return
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        yield "/timestamp", "cannot be read (write RFC 3339 such as 2026-11-23T09:15:00Z, or leave it out)"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
