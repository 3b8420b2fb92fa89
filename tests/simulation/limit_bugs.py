"""Bugs in rates, breakers and pauses, to be switched on like the others."""

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from gateway.breaker import Breaker
from gateway.lanes import Lanes
from gateway.lanes.lane import Lane
from gateway.lanes.pace import Pace
from gateway.lanes.places import Places
from gateway.store.sqlite import SqliteStore


async def _unkept(*_: object) -> None:
    return None


def _nothing(*_: object) -> None:
    return None


def a_pause_is_kept_in_memory_only() -> AbstractContextManager[Any]:
    """The daemon that starts next sends all that waits."""
    return patch.object(SqliteStore, "pause", _unkept)


def a_resume_wakes_nobody() -> AbstractContextManager[Any]:
    """What waits goes on when the next event comes, if one comes."""

    async def quietly(self: Any, endpoint: str) -> None:
        await self._standing.resume(endpoint)

    return patch.object(Lanes, "resume", quietly)


def an_open_breaker_lets_many_probes_through() -> AbstractContextManager[Any]:
    """Once its pause is over, all may begin that there is room for."""
    return patch.object(Breaker, "begin", _nothing)


def a_probe_that_never_went_out_is_waited_for() -> AbstractContextManager[Any]:
    """A criterion stopped it, and nobody took note."""
    return patch.object(Breaker, "end", _nothing)


def an_open_breaker_is_forgotten_by_a_restart() -> AbstractContextManager[Any]:
    """The daemon that starts next begins with a crowd."""
    return patch.object(SqliteStore, "trip", _unkept)


def a_rate_forgets_what_was_taken() -> AbstractContextManager[Any]:
    """Its bucket is always full."""
    return patch.object(Pace, "take", _nothing)


def nobody_waits_for_its_turn() -> AbstractContextManager[Any]:
    """What has no room now is looked at when something else happens."""
    return patch.object(Lane, "await_turn", _nothing)


def a_place_is_leaked_on_error() -> AbstractContextManager[Any]:
    """What was not answered in time does not give its place back."""
    give = Places.give

    def forgetful(self: Places, share: Any) -> None:
        if not share.timed_out:
            give(self, share)

    return patch.object(Places, "give", forgetful)


def a_place_falls_free_and_nobody_is_told() -> AbstractContextManager[Any]:
    """Who waits for it waits on."""
    return patch.object(Places, "_serve", _nothing)


def each_lane_has_its_own_bound_only() -> AbstractContextManager[Any]:
    """All together have as many under way as there are events."""
    return patch.object(Places, "has_room", lambda *_: True)


LIMIT_BUGS = (
    a_pause_is_kept_in_memory_only,
    a_resume_wakes_nobody,
    an_open_breaker_lets_many_probes_through,
    a_probe_that_never_went_out_is_waited_for,
    an_open_breaker_is_forgotten_by_a_restart,
    a_rate_forgets_what_was_taken,
    nobody_waits_for_its_turn,
    a_place_is_leaked_on_error,
    a_place_falls_free_and_nobody_is_told,
    each_lane_has_its_own_bound_only,
)
