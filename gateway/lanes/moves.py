"""Keeps what waits where the present conf wants it: a reload may give an event another endpoint."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from gateway.conf.model import Conf, Route
from gateway.lanes.lane import ByEndpoint
from gateway.lanes.tasks import Tasks
from gateway.model import Event, Type
from gateway.store import Store, Summary

# What moves together: source, flow and type.
Group: TypeAlias = tuple[str, str | None, Type]

_AT_ONCE = 100


def group_of(event: Event | Summary) -> Group:
    """What an event moves with."""
    return event.source, event.flow, event.type


def home_of(conf: Conf, group: Group) -> str:
    """The endpoint that a conf gives to a group; one that is not there holds what waits for it."""
    way = conf.way(*group)
    return way.endpoint.id if isinstance(way, Route) else way.endpoint


def unchanged(before: Conf, now: Conf) -> set[str]:
    """The sources whose files and secrets are as they were, by `SOURCE` or `SOURCE@FLOW`."""
    return {
        key
        for key, source in before.sources.items()
        if key in now.sources
        and (source.content, source.secrets) == (now.sources[key].content, now.sources[key].secrets)
    }


class Moves:
    """Moves what waits. wake: told an endpoint where something may be due."""

    def __init__(
        self,
        store: Store,
        lanes: ByEndpoint,
        conf: Callable[[], Conf],
        now: Callable[[], datetime],
        wake: Callable[[str], None],
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._conf = conf
        self._now = now
        self._wake = wake
        self._tasks = tasks
        self._wanted: set[Group] = set()
        self._moving: set[Group] = set()

    def is_home(self, event: Event | Summary, endpoint: str) -> bool:
        """Whether an event belongs to this endpoint; where it does not, it and its like are moved on."""
        group = group_of(event)
        if home_of(self._conf(), group) == endpoint:
            return True
        self._wanted.add(group)  # once more, where it is being moved already: this one may have come too late
        if group not in self._moving:
            self._moving.add(group)  # at once: what follows may be a whole claim of its like
            self._tasks.spawn(self._move(group))
        return False

    async def follow(self, is_due: Callable[[str], bool]) -> None:
        """Have all that waits follow the present conf, and wake the lanes where it waits.

        is_due: whether what waits at `SOURCE` or `SOURCE@FLOW` becomes due at once.
        """
        waiting = dict.fromkeys(await self._assign(is_due))
        for lane in self._lanes.values():
            # What stands in a row here, and was moved, its new lane could not take: it was known to be held.
            waiting |= {home_of(self._conf(), group_of(delivery.event)): None for delivery in lane.next}
            if lane.next:
                waiting[lane.endpoint] = None
                lane.next.clear()
        for number, endpoint in enumerate(waiting):
            self._wake(endpoint)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _assign(self, is_due: Callable[[str], bool]) -> list[str]:
        """The endpoints where something waited."""
        waiting = await self._tasks.insist(self._store.waiting) or []
        for one in waiting:
            group = (one.source, one.flow, one.type)
            home = home_of(self._conf(), group)
            if home != one.endpoint or is_due(home.rpartition("/")[0]):
                await self._move(group)
        return [one.endpoint for one in waiting]

    async def _move(self, group: Group) -> None:
        self._moving.add(group)
        home = ""
        while group in self._wanted or home != home_of(self._conf(), group):
            self._wanted.discard(group)
            home = home_of(self._conf(), group)
            await self._tasks.insist(lambda to=home: self._store.move(*group, to, self._now()))  # type: ignore[misc]
        self._moving.discard(group)
        self._wake(home)
