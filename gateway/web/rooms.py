"""What the handlers work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from gateway.alerts import Alerts
from gateway.conf.reload import Reloader
from gateway.lag import Lag
from gateway.lanes import Lanes
from gateway.metrics import Metrics
from gateway.store import Store
from gateway.ward import Ward
from gateway.web.backlogs import Backlogs
from gateway.web.load import Load
from gateway.web.messages import Messages
from gateway.web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of the daemon that the web speaks to.

    unwell: why the daemon cannot go on, or None; trouble: why nothing can be stored for now, or None.
    """

    store: Store
    lanes: Lanes
    reloader: Reloader
    alerts: Alerts
    ward: Ward
    metrics: Metrics
    lag: Lag
    load: Load
    throttle: Throttle
    now: Callable[[], datetime]
    unwell: Callable[[], str | None]
    trouble: Callable[[], str | None]
    is_stopping: Callable[[], bool]
    messages: Messages = field(default_factory=Messages)
    backlogs: Backlogs = field(default_factory=Backlogs)


ROOMS: web.AppKey[Rooms] = web.AppKey("rooms", Rooms)
