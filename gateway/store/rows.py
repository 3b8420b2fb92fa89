"""Model to row and back. Times are whole milliseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zlib import crc32

from gateway import jsontext
from gateway.errors import StoreError
from gateway.model import Attempt, Delivery, Event, Voice
from gateway.store import Entry, Pause, Recorded, Summary, Trip, facts

Row: TypeAlias = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND


class DamagedError(StoreError):
    """A stored event that is not what was stored: it must not be sent."""

    def __init__(self, event: str, text: str) -> None:
        self.event = event
        super().__init__(text)


def millis(moment: datetime) -> int:
    """A moment, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def due_millis(moment: datetime) -> int:
    """A moment that something is due at, or that is asked for: rounded up, so that nothing is ever early."""
    return -((_EPOCH - moment) // _MILLISECOND)


def moment(millis: int) -> datetime:
    """The moment of so many milliseconds, or the nearest that there is: no stored row may break a list."""
    return _EPOCH + timedelta(milliseconds=min(max(millis, _FIRST), _LAST))


def entry_row(entry: Entry) -> Row:
    """The columns of the query `add`."""
    event = entry.event
    return (
        event.id,
        event.source,
        event.flow,
        event.type,
        event.lead_id,
        entry.endpoint,
        millis(event.received_at),
        event.text,
        checksum(event.text),
        entry.state,
        entry.outcome,
        facts.storable_text(entry.reason),
        None if entry.due_at is None else due_millis(entry.due_at),
        event.id,
    )


def settle_row(attempt: Attempt) -> Row:
    """The columns of the query `settle`."""
    outcome = attempt.outcome
    return (
        attempt.event.id,
        attempt.number,
        attempt.settled,
        outcome.kind,
        facts.storable_text(outcome.reason),
        None if outcome.price is None else str(outcome.price),
        facts.storable_text(outcome.reference),
        facts.written(outcome.capture) if outcome.capture else None,
        None if attempt.due_at is None else due_millis(attempt.due_at),
        attempt.tries,
        int(attempt.spent * 1000),
        None if attempt.spent_at is None else due_millis(attempt.spent_at),
        attempt.key,
        attempt.endpoint,
        _delivered_at(attempt),
    )


def mark_rows(attempt: Attempt) -> list[Row]:
    """The columns of the query `mark`: none but for a delivered attempt."""
    if attempt.settled != "delivered":
        return []
    marks = dict.fromkeys(facts.storable_text(mark) for mark in attempt.marks)
    return [(attempt.endpoint, mark, attempt.event.id) for mark in marks]


def attempt_row(attempt: Attempt) -> Row:
    """The columns of the query `record`."""
    mapped = None if attempt.values is None else facts.values_text(attempt.values)
    told = facts.attempt_text(attempt)
    return (attempt.event.id, attempt.number, told, mapped, None if mapped is None else checksum(mapped))


def pause_row(endpoint: str, pause: Pause) -> dict[str, Any]:
    """What the query `pause` asks for."""
    by, why = facts.storable_text(pause.by), facts.storable_text(pause.why)
    return {"endpoint": endpoint, "by": by, "since": millis(pause.since), "why": why}


def trip_row(endpoint: str, trip: Trip) -> dict[str, Any]:
    """What the query `trip` asks for."""
    since, until = millis(trip.since), due_millis(trip.until)
    return {"endpoint": endpoint, "since": since, "until": until, "pause": round(trip.pause * 1000)}


def checksum(text: str) -> int:
    """CRC-32 of a text's UTF-8."""
    return crc32(text.encode())


def delivery(row: Row) -> Delivery:
    """One row of the query `due`. Raises DamagedError where it is not what was stored, or cannot be read."""
    name, source, flow, kind, received_at, body, body_sum, *rest = row
    endpoint, state, due_at, attempts, tries, spent, spent_at, key, replay, mapped, mapped_sum = rest
    if checksum(body) != body_sum or (mapped is not None and checksum(mapped) != mapped_sum):
        raise DamagedError(
            name, "it was damaged on disk: its checksum differs (post it again under a new id)"
        )
    try:
        posted = jsontext.loads(body)
        wish = None if replay is None else facts.replay_of(facts.read(replay))
        values = None if mapped is None else facts.values_of(mapped)
    except Exception as error:  # noqa: BLE001  whatever it is, one event must not block its lane
        why = error if isinstance(error, jsontext.JsonError) else type(error).__name__
        raise DamagedError(
            name, f"what is stored of it cannot be read: {why} (post it again under a new id)"
        ) from None
    return Delivery(
        event=Event(name, kind, source, flow, posted, body, moment(received_at)),
        endpoint=endpoint,
        state=state,
        due_at=moment(due_at),
        attempts=attempts,
        tries=tries,
        spent=spent / 1000,
        spent_at=None if spent_at is None else moment(spent_at),
        key=key,
        replay=wish,
        values=values,
    )


def recorded(row: Row) -> Recorded:
    """One row of the query `history`. Raises DamagedError where its text is not what was stored."""
    seq, name, source, flow, kind, received_at, body, body_sum, *rest = row
    endpoint, state, outcome, reason, last, mapped, mapped_sum = rest
    if checksum(body) != body_sum:
        raise DamagedError(name, "it was damaged on disk: its checksum differs")
    try:
        event = Event(name, kind, source, flow, jsontext.loads(body), body, moment(received_at))
        told = None if last is None else facts.read(last)
        values = facts.values_of(mapped) if mapped is not None and checksum(mapped) == mapped_sum else None
    except Exception as error:  # noqa: BLE001  whatever it is, one event must not hide the others
        raise DamagedError(name, f"what is stored of it cannot be read: {type(error).__name__}") from None
    return Recorded(seq, event, endpoint, state, outcome, reason, told, values)


def voice(row: Row) -> Voice:
    """One row of the queries `voices` and `given`."""
    name, kind, endpoint, received_at, state, body, earlier = row
    return Voice(
        name, kind, endpoint, _recipient(body), moment(received_at),
        "delivered" if state == "delivered" else "queued", bool(earlier),
    )  # fmt: skip


def summary(row: Row) -> Summary:
    """The first columns of the queries `list` and `story`, without `seq`."""
    name, source, flow, kind, lead, endpoint, received_at, state, outcome, reason, attempts, due_at = row
    due = None if due_at is None else moment(due_at)
    received = moment(received_at)
    return Summary(name, source, flow, kind, lead, endpoint, received, state, outcome, reason, attempts, due)


def _delivered_at(attempt: Attempt) -> int | None:
    if attempt.settled != "delivered":
        return None
    return millis(attempt.started_at + timedelta(milliseconds=attempt.ms))


def _recipient(body: str) -> str | None:
    try:
        recipient = jsontext.loads(body).get("recipient")
    except (jsontext.JsonError, AttributeError):
        return None  # damaged: it has spoken all the same
    found = recipient.get("id") if isinstance(recipient, dict) else None
    return None if found is None else str(found)
