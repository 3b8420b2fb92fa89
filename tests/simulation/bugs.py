"""Bugs that would break the promise, each to be switched on: laws that do not find them prove nothing.

Each is written as somebody might really write it, in the place where it would be.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias
from unittest.mock import patch

from gateway import criteria, delivery, retry
from gateway.criteria import past
from gateway.errors import StoreUnavailable
from gateway.lanes import Lanes, moves
from gateway.lanes.clock import WallClock
from gateway.lanes.lane import Lane
from gateway.model import Attempt, Outcome
from gateway.store import Receipt, reading, replaying, rows, sqlite, transaction
from gateway.store.sql import QUERIES
from tests.simulation import world

Bug: TypeAlias = Callable[[], AbstractContextManager[Any]]


def acknowledged_before_the_commit() -> AbstractContextManager[Any]:
    """202 first, the disk afterwards."""
    add = sqlite.SqliteStore.add

    async def early(self: Any, entries: Any) -> Any:
        asyncio.get_running_loop().create_task(_unheard(add(self, entries)))
        return [Receipt(entry.event.id, "added", entry.state) for entry in entries]

    return patch.object(sqlite.SqliteStore, "add", early)


def recorded_before_it_was_sent() -> AbstractContextManager[Any]:
    """Bookkeeping first, the request afterwards."""
    attempt = Lanes._attempt

    async def early(self: Any, lane: Lane, delivery: Any) -> None:
        conf = self._conf()
        if conf.route(lane.endpoint) is not None:
            hoped = Attempt(
                event=delivery.event, endpoint=lane.endpoint, number=delivery.attempts + 1, ms=0.0,
                started_at=self._now(), outcome=Outcome("success"), conf=conf.digest, transport="json",
                settled="delivered", key=delivery.key,
            )  # fmt: skip
            await self._store.record(hoped)
        await attempt(self, lane, delivery)

    return patch.object(Lanes, "_attempt", early)


def tries_counted_in_memory_only() -> AbstractContextManager[Any]:
    """A restart begins to count anew."""
    settle = rows.settle_row
    return patch.object(sqlite, "settle_row", lambda attempt: settle(replace(attempt, tries=0)))


def criteria_asked_after_the_send() -> AbstractContextManager[Any]:
    """The veto comes when the source has the event already."""
    ask = world.Gate.ask

    async def late(self: Any, route: Any, event: Any, *rest: Any) -> Any:
        asked = await ask(self, route, event, *rest)
        return asked if asked.settled != "vetoed" else criteria.Poll(asked.votes)

    return patch.object(world.Gate, "ask", late)


def the_deadline_is_ignored() -> AbstractContextManager[Any]:
    """Retries go on past what `max_age` allows, and the criteria are asked the first time only."""
    ask = world.Gate.ask

    async def once(self: Any, route: Any, event: Any, *rest: Any) -> Any:
        asked = await ask(self, route, event, *rest)
        if getattr(self, "asked", None) is None:
            self.asked = set()
        if event.id in self.asked:
            return criteria.Poll(asked.votes)
        self.asked.add(event.id)
        return replace(asked, deadline=None)

    return patch.object(world.Gate, "ask", once)


def a_clock_put_back_goes_unnoticed() -> AbstractContextManager[Any]:
    """What waits for ten o'clock waits until it is ten o'clock again."""
    return patch.object(WallClock, "heeded", lambda self: self._now())


def a_replay_leaves_no_mark() -> AbstractContextManager[Any]:
    """An event that is sent again is as good as new, also a delivered one."""
    plain = "UPDATE event SET state = 'queued', endpoint = :endpoint, due_at = :due_at, replay = :wish WHERE id = :id"
    plain += " AND (:fresh OR NOT :fresh) AND (:again OR NOT :again)"
    return patch.object(replaying, "QUERIES", {**QUERIES, "replay": plain})


def a_lane_leaks_on_error() -> AbstractContextManager[Any]:
    """The place of an attempt that failed is never given back."""
    unmark = Lanes._unmark

    def kept(self: Any, lane: Lane, delivery: Any) -> None:
        if self.last_kind == "error":
            self._under_way.discard(delivery.event.id)
        else:
            unmark(self, lane, delivery)

    return _both(patch.object(Lanes, "_unmark", kept), _remembering_kinds())


def a_claim_takes_what_is_under_way() -> AbstractContextManager[Any]:
    """The store is asked for what is due, and nobody looks at what was taken already."""
    return _both(
        patch.object(reading, "_array", lambda ids: "[]"),
        patch.object(Lane, "end_claim", _all_of_it),
    )


def a_failed_write_is_forgotten() -> AbstractContextManager[Any]:
    """The record could not be written, so the event is simply due as before."""

    async def careless(store: Any, attempt: Attempt, failed: Any) -> None:
        try:
            async with asyncio.timeout(1):
                await store.record(attempt)
        except (TimeoutError, StoreUnavailable):
            return

    record = transaction._record

    def unless_late(database: Any, jobs: Any) -> None:
        record(database, [job for job in jobs if not job.done.cancelled()])

    return _both(patch("gateway.lanes.record", careless), patch.object(transaction, "_record", unless_late))


def a_known_event_is_due_again() -> AbstractContextManager[Any]:
    """A post that is repeated starts its delivery again."""
    add = transaction._add

    def again(database: Any, jobs: Any) -> None:
        add(database, jobs)
        for receipt in [receipt for job in jobs for receipt in job.answer if receipt.added == "known"]:
            database.execute("UPDATE event SET due_at = received_at WHERE id = ?", (receipt.id,))

    return patch.object(transaction, "_add", again)


def retry_after_is_ignored() -> AbstractContextManager[Any]:
    """A source that asked for patience is asked again at our own pace."""
    return patch.object(retry, "_not_before", lambda outcome, now: now)


def a_lane_has_no_bound() -> AbstractContextManager[Any]:
    """What comes in goes straight on, however much is under way."""
    return patch.object(Lane, "is_idle", lambda self, concurrency: True)


def a_lost_answer_is_a_yes() -> AbstractContextManager[Any]:
    """The request probably arrived, so it probably was taken."""
    concluded = delivery._concluded

    def hopeful(*args: Any) -> Attempt:
        made = concluded(*args)
        if not made.maybe_received:
            return made
        return replace(made, outcome=Outcome("success"), settled="delivered", due_at=None)

    return patch.object(delivery, "_concluded", hopeful)


def a_stop_forgets_what_it_cut_off() -> AbstractContextManager[Any]:
    """What is under way when the patience of a stop ends leaves no trace."""

    async def heedless(store: Any, attempt: Attempt, failed: Any) -> None:
        if attempt.outcome.reason != "the daemon was stopped while this was under way":
            await store.record(attempt)

    return patch("gateway.lanes.record", heedless)


def the_next_due_time_is_not_looked_at() -> AbstractContextManager[Any]:
    """A lane that found nothing due does not ask when something will be."""
    return patch.object(Lane, "expect", lambda self, due_at, now, look: None)


def a_reload_moves_nothing() -> AbstractContextManager[Any]:
    """What waits for an endpoint that is gone waits for ever."""

    async def nothing(self: Any, before: Any) -> None:
        return None

    return _both(
        patch.object(Lanes, "conf_changed", nothing),
        patch.object(moves.Moves, "is_home", lambda self, event, endpoint: True),
    )


def a_cap_counts_only_what_was_delivered() -> AbstractContextManager[Any]:
    """What is in flight takes no place yet."""

    async def delivered(self: Any, since: datetime) -> int:
        return await self._archive.deliveries(self._endpoint, since)

    return patch.object(past.Before, "deliveries", delivered)


def a_fraction_of_a_second_is_dropped() -> AbstractContextManager[Any]:
    """A due time is rounded down to whole minutes when it is stored."""
    exact = rows.due_millis
    return patch.object(rows, "due_millis", lambda moment: exact(moment) // 60_000 * 60_000)


BUGS: tuple[Bug, ...] = (
    acknowledged_before_the_commit,
    recorded_before_it_was_sent,
    tries_counted_in_memory_only,
    criteria_asked_after_the_send,
    the_deadline_is_ignored,
    a_clock_put_back_goes_unnoticed,
    a_replay_leaves_no_mark,
    a_lane_leaks_on_error,
    a_claim_takes_what_is_under_way,
    a_failed_write_is_forgotten,
    a_known_event_is_due_again,
    retry_after_is_ignored,
    a_lane_has_no_bound,
    a_lost_answer_is_a_yes,
    a_stop_forgets_what_it_cut_off,
    the_next_due_time_is_not_looked_at,
    a_reload_moves_nothing,
    a_cap_counts_only_what_was_delivered,
    a_fraction_of_a_second_is_dropped,
)


class _both:  # reads as a word where it is used
    """Several patches as one."""

    def __init__(self, *patches: AbstractContextManager[Any]) -> None:
        self._patches = patches

    def __enter__(self) -> None:
        for one in self._patches:
            one.__enter__()

    def __exit__(self, *error: Any) -> None:
        for one in reversed(self._patches):
            one.__exit__(*error)


def _remembering_kinds() -> AbstractContextManager[Any]:
    init = Lanes.__init__

    def remembering(self: Any, store: Any, deliver: Any, *rest: Any) -> None:
        async def delivered(*args: Any) -> Attempt:
            made: Attempt = await deliver(*args)
            self.last_kind = made.outcome.kind
            return made

        self.last_kind = ""
        init(self, store, delivered, *rest)

    return patch.object(Lanes, "__init__", remembering)


def _all_of_it(lane: Lane, found: Any) -> list[Any]:
    lane.claiming = False
    return list(found)


async def _unheard(work: Any) -> None:
    with suppress(Exception, asyncio.CancelledError):
        await work
