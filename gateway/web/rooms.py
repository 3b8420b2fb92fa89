"""What the handlers work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from gateway.alerts import Alerts
from gateway.conf.reload import Reloader
from gateway.lanes import Lanes
from gateway.observe import Metrics
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of the daemon that the web speaks to.

    unwell: why the daemon cannot go on, or None; trouble: why nothing can be stored for now, or None.
    """

    store: Store
    lanes: Lanes
    reloader: Reloader
    alerts: Alerts
    metrics: Metrics
    now: Callable[[], datetime]
    unwell: Callable[[], str | None]
    trouble: Callable[[], str | None]
    is_stopping: Callable[[], bool]


ROOMS: web.AppKey[Rooms] = web.AppKey("rooms", Rooms)
