"""What the daemon says in its log, and counts, of attempts and alerts. Lead data stands in neither."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import structlog

from gateway import jsontext
from gateway.contained import named
from gateway.errors import StoreError
from gateway.hookspecs import hookimpl
from gateway.metrics import Metrics
from gateway.model import Alert, Attempt, Event, Outcome
from gateway.paths import Segment, find, is_blank, split

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, default=repr
)  # made once: one line is written for every attempt
_LONGEST = 200  # characters of a field that is shown
_LEVELS = logging.getLevelNamesMapping()


def set_up_log(format: Literal["console", "json"], level: str) -> None:
    """Write the log to standard error: lines for people, or one JSON object a line."""
    for_people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    structlog.configure(
        processors=[_as_json] if format == "json" else [_stamped, _unsteered, for_people],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _stamped(logger: object, level: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["level"] = level
    event["timestamp"] = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
    if "exc_info" in event:  # of a plugin: our own lines tell no more than where
        structlog.processors.format_exc_info(logger, level, event)
    return event


def _as_json(logger: object, level: str, event: structlog.typing.EventDict) -> str:
    """All in one step: one line is written for every attempt."""
    return _ENCODER.encode(_stamped(logger, level, event))


def _unsteered(logger: object, level: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What stands in a line is unable to steer a terminal, or to look like another line; a traceback has its own."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable() and name != "exception":
            event[name] = _printable(value)
    return event


def rule_of(outcome: Outcome) -> str:
    """What decided, without what stood in the answer: that may quote lead data."""
    return outcome.rule.partition(", where ")[0]


def fault(error: BaseException) -> str:
    """What failed, and where. Never the words of an error that is not ours: they may quote a lead or a secret."""
    if issubclass(type(error), StoreError):  # unlike isinstance it asks nothing of what a plugin raised
        return str(error)
    return f"{named(error)} {_places(error, _as_imported)[-1]}"


def trace(error: BaseException) -> list[str]:
    """The places that an error came through, the last one where it was raised."""
    return _places(error, str)


def _places(error: BaseException, written: Callable[[str], str]) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    found = [f"at {written(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return found or ["at an unknown place"]


def _as_imported(file: str) -> str:
    """A file as an import finds it: alerts and answers go to people whom the folders of this machine are no use."""
    roots = [root for path in sys.path if path and file.startswith(root := os.path.join(path, ""))]
    return file.removeprefix(max(roots, key=len)) if roots else os.path.basename(file)


def _shown(event: Event, paths: Mapping[str, Sequence[Segment]]) -> dict[str, str]:
    """The fields of an event that a person wants in the log, each on one line and unable to steer a terminal."""
    body = event.body
    feedback = {"type": event.type, "reason": body.get("reason"), "timestamp": body.get("timestamp")}
    found = {path: find({**body, "feedback": feedback}, segments) for path, segments in paths.items()}
    return {path: _on_one_line(value) for path, value in found.items() if not is_blank(value)}


def _on_one_line(value: Any) -> str:
    text = value if isinstance(value, str) else jsontext.dumps(value)
    return _printable(text[:_LONGEST])


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class Observer:
    """The built-in observer: a log line and numbers for every attempt and every alert.

    show: the fields of an event that may stand in its lines, as paths that templates read; nothing else does.
    """

    def __init__(self, metrics: Metrics, show: Sequence[str] = ()) -> None:
        self._metrics = metrics
        self._show = {path: split(path) for path in show}
        self._log = (
            structlog.get_logger().bind()
        )  # bound once: the lazy one would be bound anew for every line
        self._attempts = cache(metrics.attempts.labels)
        self._seconds = cache(metrics.seconds.labels)
        self._left_out = cache(metrics.left_out.labels)

    @hookimpl
    def attempted(self, attempt: Attempt) -> None:
        """Log and count an attempt. Reasons stay out of the log: they may quote lead data."""
        outcome, rule = attempt.outcome.kind, rule_of(attempt.outcome)
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
            "rule": rule,
            "network_error": attempt.network_error if rule == attempt.outcome.rule else None,
            "due_at": attempt.due_at.isoformat() if attempt.due_at else None,
            "conf": attempt.conf,
            "shown": _shown(attempt.event, self._show) if self._show else None,
        }
        self._log.info(
            "attempt.finished", **{name: value for name, value in told.items() if value is not None}
        )

    @hookimpl
    def alerted(self, alert: Alert) -> None:
        """Log and count an alert."""
        self._metrics.alerts.labels(alert.kind).inc()
        self._log.warning("alert.raised", kind=alert.kind, text=alert.text)
