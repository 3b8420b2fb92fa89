"""What the daemon tells of itself: the log and the metrics. Lead data stands in neither."""

import json
import logging
import sys
import traceback
from functools import cache, partial
from typing import Any, Literal

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from gateway.errors import StoreError
from gateway.hookspecs import hookimpl
from gateway.model import Alert, Attempt, Outcome

NAME = "feedback_gateway"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the number of lines, and nobody asks for them
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, default=repr
)  # made once: one line is written for every attempt
_LEVELS = logging.getLevelNamesMapping()


def set_up_log(format: Literal["console", "json"], level: str) -> None:
    """Write the log to standard error: lines for people, or one JSON object a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=_as_json)
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _as_json(event: Any, default: Any, **_: Any) -> str:
    return _ENCODER.encode(event)


def rule_of(outcome: Outcome) -> str:
    """What decided, without what stood in the answer: that may quote lead data."""
    return outcome.rule.partition(", where ")[0]


def fault(error: BaseException) -> str:
    """What failed, and where. Never the words of an error that is not ours: they may quote a lead or a secret."""
    if isinstance(error, StoreError):
        return str(error)
    return f"{type(error).__name__} {trace(error)[-1]}"


def trace(error: BaseException) -> list[str]:
    """The places that an error came through, the last one where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"at {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames] or [
        "at an unknown place"
    ]


class Metrics:
    """The numbers of one daemon, for Prometheus. Histograms by transport, counters by endpoint once they count."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, namespace=NAME, registry=self.registry)
        gauge = partial(Gauge, namespace=NAME, registry=self.registry)
        histogram = partial(Histogram, namespace=NAME, registry=self.registry)
        self.events = counter("events", "Events posted, by what became of the post.", ["answer"])
        self.posted = cache(self.events.labels)
        self.attempts = counter("attempts", "Attempts, by endpoint and outcome.", ["endpoint", "outcome"])
        self.left_out = counter(
            "left_out", "Mapping keys that an attempt left out as blank, by endpoint.", ["endpoint"]
        )
        self.seconds = histogram(
            "attempt_seconds", "How long attempts took.", ["transport"], buckets=_BUCKETS
        )
        self.alerts = counter("alerts", "Alerts, by kind.", ["kind"])
        self.alerts_lost = counter(
            "alerts_lost", "Alerts that the endpoint in `alerts` did not take.", ["kind"]
        )
        self.disk_free = gauge(
            "disk_free_bytes", "Room on the data folder's disk, looked at every 5 minutes."
        )
        self.observer_failures = counter("observer_failures", "Observers that raised.")
        self.waiting = gauge("events_waiting", "Events that wait for an attempt.", ["endpoint"])
        self.oldest = gauge("oldest_waiting_seconds", "Age of the oldest event that waits.")
        self.under_way = gauge("attempts_under_way", "Attempts under way right now.")
        self.reloads = counter("conf_reloads", "Reloads of the conf, by result.", ["result"])
        self.loaded_at = gauge("conf_loaded_timestamp_seconds", "When the present conf was taken.")
        self.problems = gauge("conf_problems", "Problems in the conf folder, warnings left out.")
        self.store_trouble = gauge("store_trouble", "1 while nothing can be stored, such as on a full disk.")
        self.removed = counter("removed", "What `retention` or `forget` removed, by what it was.", ["what"])
        self.held = gauge("endpoints_held", "Endpoints that lack something they need.")
        self.paused = gauge("endpoint_paused", "1 for each endpoint that a person paused.", ["endpoint"])
        self.breakers = gauge(
            "breaker_open", "1 for each endpoint whose breaker is not closed.", ["endpoint"]
        )

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)


class Observer:
    """The built-in observer: a log line and numbers for every attempt and every alert."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = (
            structlog.get_logger().bind()
        )  # bound once: the lazy one would be bound anew for every line
        self._attempts = cache(metrics.attempts.labels)
        self._seconds = cache(metrics.seconds.labels)
        self._left_out = cache(metrics.left_out.labels)

    @hookimpl
    def attempted(self, attempt: Attempt) -> None:
        """Log and count an attempt. Reasons stay out of the log: they may quote lead data."""
        outcome = attempt.outcome.kind
        self._attempts(attempt.endpoint, outcome).inc()
        self._seconds(attempt.transport).observe(attempt.ms / 1000)
        if attempt.values is not None and attempt.values.left_out:
            self._left_out(attempt.endpoint).inc(len(attempt.values.left_out))
        told = {
            "event_id": attempt.event.id,
            "endpoint": attempt.endpoint,
            "number": attempt.number,
            "outcome": outcome,
            "state": attempt.settled,
            "status": attempt.response.status if attempt.response else None,
            "ms": round(attempt.ms, 1),
            "rule": rule_of(attempt.outcome),
            "network_error": attempt.network_error,
            "due_at": attempt.due_at.isoformat() if attempt.due_at else None,
            "conf": attempt.conf,
        }
        self._log.info(
            "attempt.finished", **{name: value for name, value in told.items() if value is not None}
        )

    @hookimpl
    def alerted(self, alert: Alert) -> None:
        """Log and count an alert."""
        self._metrics.alerts.labels(alert.kind).inc()
        self._log.warning("alert.raised", kind=alert.kind, text=alert.text)
