"""What a criterion answered, as a vote that can be weighed, stored and shown."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Literal, TypeVar

from gateway.contained import form
from gateway.model import Defer, Json, Park, Pass, Veto, Vote

T = TypeVar("T")


# A deferral past that is a slip (of the unit, say), and would never be noticed.
FURTHEST = timedelta(days=366)
_LONGEST = 1000  # characters of a value that is shown as seen
_MOST = 50  # elements of one


def as_vote(name: str, verdict: object, now: datetime) -> Vote:
    """The vote of the criterion `name`; what cannot be weighed is an error that says what would be right.

    A pass that is over already is not one: it may go, but not any more, so a person must decide.
    """
    match verdict:
        case Pass(None, marks) if _are_marks(marks):
            return Vote(name, "pass")
        case Pass(datetime() as until, marks) if _are_marks(marks) and (end := _in_utc(until)):
            if end > now:
                return Vote(name, "pass", until=until)
            over = f"it might go until {end:%Y-%m-%d %H:%M:%S} UTC, which is over"
            return Vote(name, "park", over, until)
        case Veto(str(reason), str() | None as rule, seen):
            return _against(name, "veto", reason, rule, seen)
        case Park(str(reason), str() | None as rule, seen):
            return _against(name, "park", reason, rule, seen)
        case Defer(datetime() as until, str(reason), str() | None as rule, seen) if _is_ahead(until, now):
            return replace(_against(name, "defer", reason, rule, seen), until=until)
        case Defer():
            right = f"a moment to come, within {FURTHEST.days} days and with its time zone, and a reason are right"
        case Pass():
            right = "a moment with its time zone, or none, and a tuple of texts as marks are right"
        case _:
            right = "Pass, Veto, Defer or Park is right"
    return Vote(name, "error", f"the criterion {name} answered {form(verdict)} ({right})")


def marks_of(verdict: object) -> tuple[str, ...]:
    """What a pass lays claim to."""
    return verdict.marks if isinstance(verdict, Pass) and _are_marks(verdict.marks) else ()


def shown(seen: object, depth: int = 5) -> Json:
    """A value as it is kept with a vote: JSON, and its beginning where there is much of it, whatever a plugin gave."""
    match seen:
        case None | bool() | int():
            return seen
        case Decimal() if seen.is_finite():
            return seen
        case str():
            short = seen if len(seen) <= _LONGEST else f"{seen[: _LONGEST - 1]}…"
            return short.encode(errors="replace").decode()  # a lone surrogate can neither be stored nor shown
        case dict() if depth:
            return {_name(key): shown(value, depth - 1) for key, value in _first(seen.items())}
        case list() | tuple() if depth:
            return [shown(value, depth - 1) for value in _first(seen)]
    return shown(form(seen))


def _name(key: object) -> str:
    """A key of an object that is shown."""
    return str(shown(key if isinstance(key, str) else form(key)))


def _first(many: Iterable[T]) -> Iterator[T]:
    return islice(many, _MOST)


def _against(
    name: str, verdict: Literal["veto", "park", "defer"], reason: str, rule: str | None, seen: object
) -> Vote:
    return Vote(name, verdict, shown(reason), rule=shown(rule), seen=shown(seen))


def _are_marks(marks: object) -> bool:
    return isinstance(marks, tuple) and all(isinstance(mark, str) for mark in marks)


def _is_ahead(until: datetime, now: datetime) -> bool:
    at = _in_utc(until)
    return at is not None and now < at <= now + FURTHEST


def _in_utc(moment: datetime) -> datetime | None:
    """The moment in UTC; None where it names no time zone, or lies outside of the calendar."""
    try:
        return None if moment.utcoffset() is None else moment.astimezone(UTC)
    except OverflowError:
        return None
