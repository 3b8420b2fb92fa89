"""Bugs in how tries are counted, kept and repeated, each to be switched on."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from gateway import delivery
from gateway.model import Attempt
from gateway.store import replaying, sqlite
from gateway.store.sql import QUERIES


def the_clock_on_the_wall_says_how_long_it_took() -> AbstractContextManager[Any]:
    """An hour by the clock is an hour, also where somebody has put it forward."""
    init = delivery.Steady.__init__

    def on_the_wall(self: Any, wall: Any, monotonic: Any) -> None:
        init(self, wall, monotonic)
        self.now, self.at = wall, lambda _: wall()

    return patch.object(delivery.Steady, "__init__", on_the_wall)


def what_must_not_go_twice_is_noted_afterwards() -> AbstractContextManager[Any]:
    """The start of a try is not committed before it is sent."""
    return patch.object(sqlite.SqliteStore, "begin", _nothing)


def what_was_begun_is_due_as_before() -> AbstractContextManager[Any]:
    """A daemon that starts does not look for what the last one was sending."""
    return patch.object(sqlite.SqliteStore, "park_unfinished", _nothing)


def a_lost_answer_is_asked_for_again() -> AbstractContextManager[Any]:
    """`on_unknown: park` is read and forgotten."""
    concluded = delivery._concluded

    def forgetful(made: Any, route: Any, *rest: Any) -> Attempt:
        return concluded(made, replace(route, on_unknown="retry"), *rest)

    return patch.object(delivery, "_concluded", forgetful)


def a_repeated_replay_begins_anew() -> AbstractContextManager[Any]:
    """What broke off is done once more from its start."""
    named = QUERIES["replay"]
    forgetful = named.replace(":job = ''", ":job = :job")
    return patch.object(replaying, "QUERIES", {**QUERIES, "replay": forgetful})


RETRY_BUGS = (
    the_clock_on_the_wall_says_how_long_it_took,
    what_must_not_go_twice_is_noted_afterwards,
    what_was_begun_is_due_as_before,
    a_lost_answer_is_asked_for_again,
    a_repeated_replay_begins_anew,
)


async def _nothing(*_: object) -> None:
    return None
