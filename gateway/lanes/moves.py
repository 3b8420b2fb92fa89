"""Keeps what waits where the present conf wants it: a reload may give an event another endpoint."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from gateway.conf.model import Conf, Route
from gateway.errors import StoreError, StoreUnavailable
from gateway.model import Event, Type
from gateway.store import Store, Summary

T = TypeVar("T")
# What moves together: source, flow and type.
Group: TypeAlias = tuple[str, str | None, Type]

PAUSE = 1.0  # seconds before the store is asked again for what it could not do


def group_of(event: Event | Summary) -> Group:
    """What an event moves with."""
    return event.source, event.flow, event.type


def home_of(conf: Conf, group: Group) -> str:
    """The endpoint that a conf gives to a group; one that is not there holds what waits for it."""
    way = conf.way(*group)
    return way.endpoint.id if isinstance(way, Route) else way.endpoint


class Moves:
    """Moves what waits. wake: told an endpoint where something may be due; lost: told when the store cannot go on."""

    def __init__(
        self,
        store: Store,
        conf: Callable[[], Conf],
        now: Callable[[], datetime],
        wake: Callable[[str], None],
        lost: Callable[[Exception], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._store = store
        self._conf = conf
        self._now = now
        self._wake = wake
        self._lost = lost
        self._spawn = spawn
        self._wanted: set[Group] = set()
        self._moving: set[Group] = set()
        self._stopping = False

    def stop(self) -> None:
        """Ask no more for what the store cannot do right now: at the next start everything is moved anew."""
        self._stopping = True

    def is_home(self, event: Event | Summary, endpoint: str) -> bool:
        """Whether an event belongs to this endpoint; where it does not, it and its like are moved on."""
        group = group_of(event)
        if home_of(self._conf(), group) == endpoint:
            return True
        self._wanted.add(group)  # once more, where it is being moved already: this one may have come too late
        if group not in self._moving:
            self._spawn(self._move(group))
        return False

    async def assign(self, is_due: Callable[[str], bool]) -> set[str]:
        """Have all that waits follow the present conf; the endpoints where something waited.

        is_due: whether what waits at `SOURCE` or `SOURCE@FLOW` becomes due at once.
        """
        waiting = await self._persist(self._store.backlog) or []
        for one in waiting:
            group = (one.source, one.flow, one.type)
            home = home_of(self._conf(), group)
            if home != one.endpoint or is_due(home.rpartition("/")[0]):
                await self._move(group)
        return {one.endpoint for one in waiting}

    async def _move(self, group: Group) -> None:
        self._moving.add(group)
        home = ""
        while group in self._wanted or home != home_of(self._conf(), group):
            self._wanted.discard(group)
            home = home_of(self._conf(), group)
            await self._persist(lambda to=home: self._store.move(*group, to, self._now()))  # type: ignore[misc]
        self._moving.discard(group)
        self._wake(home)

    async def _persist(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Ask the store until it can; None where it never can, or everything stops."""
        while not self._stopping:
            try:
                return await ask()
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            except StoreError as error:
                self._lost(error)
                break
        return None
