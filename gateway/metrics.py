"""The numbers of one daemon, for Prometheus. Lead data stands in none."""

import asyncio
from functools import cache, partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

NAME = "feedback_gateway"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the number of lines, and nobody asks for them


class Metrics:
    """Counters, gauges and histograms. Histograms by transport, counters by endpoint once they count."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turn = asyncio.Lock()  # of whoever writes the gauges by endpoint anew
        self.shown: dict[Gauge, set[str]] = {}  # the endpoints that they name by now
        self._counter = partial(Counter, namespace=NAME, registry=self.registry)
        self._gauge = partial(Gauge, namespace=NAME, registry=self.registry)
        self._histogram = partial(Histogram, namespace=NAME, registry=self.registry)
        self._of_the_intake()
        self._of_attempts()
        self._of_endpoints()
        self._of_plugins()
        self._of_the_daemon()

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)

    def _of_the_intake(self) -> None:
        counter, gauge = self._counter, self._gauge
        self.events = counter("events", "Events posted, by what became of the post.", ["answer"])
        self.posted = cache(self.events.labels)
        self.refused = counter(
            "requests_refused", "Requests refused, by the status of the answer.", ["status"]
        )
        self.connections = gauge("intake_connections", "Posters that are connected.")
        self.in_hand = gauge("intake_bytes", "Bytes of posts that are being read, or not on disk yet.")
        self.bound = gauge("intake_bound", "1 for the limit of the intake that is reached.", ["limit"])

    def _of_attempts(self) -> None:
        counter, gauge = self._counter, self._gauge
        self.attempts = counter("attempts", "Attempts, by endpoint and outcome.", ["endpoint", "outcome"])
        self.seconds = self._histogram(
            "attempt_seconds", "How long attempts took.", ["transport"], buckets=_BUCKETS
        )
        self.under_way = gauge("attempts_under_way", "Attempts under way right now.")
        self.left_out = counter(
            "left_out", "Mapping keys that an attempt left out as blank, by endpoint.", ["endpoint"]
        )
        self.tokens = counter(
            "access_tokens",
            "OAuth2 access tokens, by endpoint and what became of them.",
            ["endpoint", "result"],
        )

    def _of_endpoints(self) -> None:
        gauge = self._gauge
        self.waiting = gauge("events_waiting", "Events that wait for an attempt.", ["endpoint"])
        self.oldest = gauge("oldest_waiting_seconds", "Age of the oldest event that waits.")
        self.held = gauge("endpoints_held", "Endpoints that lack something they need.")
        self.paused = gauge("endpoint_paused", "1 for each endpoint that a person paused.", ["endpoint"])
        self.breakers = gauge(
            "breaker_open", "1 for each endpoint whose breaker is not closed.", ["endpoint"]
        )

    def _of_plugins(self) -> None:
        self.plugin_faults = self._counter(
            "plugin_faults",
            "Faults of plugins: raised, wrong (gave something else than it must), late, slow (held up the loop).",
            ["plugin", "hook", "kind"],
        )
        self.quarantine = self._gauge(
            "plugin_quarantine",
            "1 for each plugin that is in quarantine, by endpoint.",
            ["plugin", "endpoint"],
        )
        self.observer_failures = self._counter("observer_failures", "Observers that raised.")

    def _of_the_daemon(self) -> None:
        counter, gauge = self._counter, self._gauge
        self.alerts = counter("alerts", "Alerts, by kind.", ["kind"])
        self.alerts_lost = counter(
            "alerts_lost", "Alerts that the endpoint in `alerts` did not take.", ["kind"]
        )
        self.reloads = counter("conf_reloads", "Reloads of the conf, by result.", ["result"])
        self.loaded_at = gauge("conf_loaded_timestamp_seconds", "When the present conf was taken.")
        self.problems = gauge("conf_problems", "Problems in the conf folder, warnings left out.")
        self.store_trouble = gauge("store_trouble", "1 while nothing can be stored, such as on a full disk.")
        self.disk_free = gauge(
            "disk_free_bytes", "Room on the data folder's disk, looked at every 5 minutes."
        )
        self.removed = counter("removed", "What `retention` or `forget` removed, by what it was.", ["what"])
        self.lag = self._histogram(
            "event_loop_lag_seconds",
            "How late the event loop came to what was due, looked at ten times a second.",
            buckets=_LAGS,
        )
