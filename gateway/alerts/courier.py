"""One alert to the endpoint that the conf names: mapped, rendered and sent like any event."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeAlias

import structlog

from gateway import jsontext
from gateway.conf.model import Conf, Route
from gateway.metrics import Metrics
from gateway.model import Alert, Attempt, Delivery, Event
from gateway.observe import rule_of

Deliver: TypeAlias = Callable[[Delivery, Route, Conf], Awaitable[Attempt]]


class Courier:
    """Brings alerts to the endpoint of the present conf, if it names one.

    deliver: makes one attempt; nothing of it is stored.
    """

    def __init__(self, deliver: Deliver, conf: Callable[[], Conf], metrics: Metrics) -> None:
        self._deliver = deliver
        self._conf = conf
        self._metrics = metrics

    async def send(self, alert: Alert) -> str | None:
        """Send an alert once; why it was not taken, in words without a secret or a lead, or None."""
        conf = self._conf()
        if conf.alerts is None:
            return None
        event = _as_event(alert)
        made = await self._deliver(Delivery(event, conf.alerts.endpoint.id, key=event.id), conf.alerts, conf)
        return None if made.outcome.kind == "success" else rule_of(made.outcome)

    def lost(self, alert: Alert, why: str) -> None:
        """Note that an alert was not taken."""
        self._metrics.alerts_lost.labels(alert.kind).inc()
        structlog.get_logger().warning("alert.lost", kind=alert.kind, text=alert.text, why=why)


def _as_event(alert: Alert) -> Event:
    """An alert as templates read it. Its id is its idempotency key: the same for every try, and for nothing else."""
    at = alert.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"alert": {"kind": alert.kind, "key": alert.key, "text": alert.text, "at": at}}
    id = sha256(f"{alert.key} {at}".encode()).hexdigest()[:32]
    return Event(id, "return", "alerts", None, body, jsontext.dumps(body), alert.at)
