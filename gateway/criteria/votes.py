"""What a criterion answered, as a vote that can be weighed, stored and shown."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Literal, TypeVar

from gateway.contained import form, plain, told
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
    return weighed(name, verdict, now)[0]


def weighed(name: str, verdict: object, now: datetime) -> tuple[Vote, tuple[str, ...]]:
    """The vote, and the marks that a pass lays claim to. Nothing of the plugin's own makes is left in either."""
    try:
        return _weighed(name, verdict, now)
    except BaseException as error:  # noqa: BLE001  what it gave may be of its own make, down to its attributes
        return _wrong(name, verdict, f"looking at it failed: {told(error)}"), ()


def _weighed(name: str, verdict: object, now: datetime) -> tuple[Vote, tuple[str, ...]]:
    match verdict:
        case Pass(None, marks) if _are_marks(marks):
            return Vote(name, "pass"), tuple(map(plain, marks))
        case Pass(datetime() as until, marks) if _are_marks(marks) and (end := _in_utc(until)):
            if end > now:
                return Vote(name, "pass", until=end), tuple(map(plain, marks))
            over = f"it might go until {end:%Y-%m-%d %H:%M:%S} UTC, which is over"
            return Vote(name, "park", over, end), ()
        case Veto(str(reason), str() | None as rule, seen):
            return _against(name, "veto", reason, rule, seen), ()
        case Park(str(reason), str() | None as rule, seen):
            return _against(name, "park", reason, rule, seen), ()
        case Defer(datetime() as until, str(reason), str() | None as rule, seen) if (
            at := _in_utc(until)
        ) and _is_ahead(at, now):
            return replace(_against(name, "defer", reason, rule, seen), until=at), ()
        case Defer():
            right = f"a moment to come, within {FURTHEST.days} days and with its time zone, and a reason are right"
        case Pass():
            right = "a moment with its time zone, or none, and a tuple of texts as marks are right"
        case _:
            right = "Pass, Veto, Defer or Park is right"
    return _wrong(name, verdict, right), ()


def _wrong(name: str, verdict: object, right: str) -> Vote:
    return Vote(name, "error", f"the criterion {name} answered {form(verdict)} ({right})")


def shown(seen: object, depth: int = 5) -> Json:
    """A value as it is kept with a vote: JSON, and its beginning where there is much of it, whatever a plugin gave."""
    match seen:
        case None | bool():
            return seen
        case int():
            return seen if type(seen) is int else int(seen)
        case Decimal() if Decimal.is_finite(seen):
            return seen if type(seen) is Decimal else Decimal(seen)
        case str():
            seen = plain(seen)
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
    return isinstance(marks, tuple) and (not marks or all(isinstance(mark, str) for mark in marks))


def _is_ahead(at: datetime, now: datetime) -> bool:
    return now < at <= now + FURTHEST


def _in_utc(moment: datetime) -> datetime | None:
    """The moment in UTC; None where it names no time zone, or lies outside of the calendar."""
    try:
        if moment.utcoffset() is None:
            return None
        found = moment.astimezone(UTC)
    except OverflowError:
        return None
    return found if type(found) is datetime else datetime.fromisoformat(datetime.isoformat(found))
