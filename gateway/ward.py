"""Which plugins are in quarantine, and what waits for them.

A transport or criterion is judged at each endpoint for itself: what one source's data or answers bring about there
stops nobody else. An observer is judged as a whole. Nothing goes out past a plugin that is in quarantine, and nothing
is decided without it: the endpoint's events wait in the store, due as they were.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeAlias

import structlog

from gateway.alerts import Alerts
from gateway.conf.pacing import QuarantineSettings
from gateway.contained import Fault
from gateway.metrics import Metrics
from gateway.model import Attempt
from gateway.observe import fault
from gateway.quarantine import WELL, Health, Policy

# Bounds how many attempts an endpoint may have under way: none, one for a probe, or None: as many as ever.
Bind: TypeAlias = Callable[[str, int | None], None]


@dataclass(frozen=True, slots=True)
class Patient:
    """A plugin that is not well. endpoint: None for an observer; until: when it is, or was, let try again."""

    plugin: str
    endpoint: str | None
    state: str
    until: datetime
    why: str


class Ward:
    """Hears of every fault, and keeps those in quarantine that make too many.

    rules: those of the present conf; bind: told what it allows an endpoint; now: UTC; clock: monotonic seconds.
    """

    def __init__(
        self,
        metrics: Metrics,
        alerts: Alerts,
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.bind: Bind = lambda endpoint, most: None
        self.rules = QuarantineSettings()
        self._metrics = metrics
        self._alerts = alerts
        self._now = now
        self._clock = clock
        self._health: dict[tuple[str, str | None], Health] = {}
        self._why: dict[str | None, dict[str, str]] = {}  # by endpoint and plugin, as long as one is not well
        self._timers: dict[tuple[str, str | None], asyncio.TimerHandle] = {}

    def hear(self, found: Fault) -> None:
        """A plugin made a fault."""
        if found.kind == "slow" and found.seconds < self.rules.budget:
            return
        self._metrics.plugin_faults.labels(found.plugin, found.hook, found.kind).inc()
        said = _said(found)
        structlog.get_logger().warning(
            "plugin.failed", plugin=found.plugin, endpoint=found.endpoint, kind=found.kind, error=said
        )
        key = (found.plugin, found.endpoint)
        before = self._health.get(key, WELL)
        self._health[key] = after = before.failed(self._clock(), self.rules.policy)
        if after.until is not None and after is not before:
            self._shut(key, self.rules.policy, said)

    def heed(self, made: Attempt) -> None:
        """An attempt was recorded: a plugin that is probed may have done well in it."""
        for plugin in tuple(self._why.get(made.endpoint, ())):
            key = (plugin, made.endpoint)
            if _did_well(plugin, made) and self._health[key].did_well(self._clock()) is WELL:
                self._let_go(key)

    def held(self, endpoint: str) -> str | None:
        """Why nothing goes to an endpoint, or only one event at a time, in words; None where all is well."""
        found = self._why.get(endpoint)
        return "; ".join(found.values()) if found else None

    @property
    def resting(self) -> Collection[str]:
        """The observers that are told nothing."""
        if None not in self._why:
            return ()
        return [name for name in self._why[None] if self._state((name, None)) == "quarantined"]

    def release(self, plugin: str | None = None) -> int:
        """Let a plugin, or all of them, try again as if nothing had been; from how many places it was kept."""
        keys = [(name, at) for at, names in self._why.items() for name in names if plugin in (None, name)]
        for key in keys:
            self._let_go(key)
        for key in [key for key in self._health if plugin in (None, key[0])]:
            del self._health[key]
        return len(keys)

    def __iter__(self) -> Iterator[Patient]:
        for endpoint, names in self._why.items():
            for plugin, why in names.items():
                key = (plugin, endpoint)
                left = timedelta(seconds=(self._health[key].until or 0.0) - self._clock())
                yield Patient(plugin, endpoint, self._state(key), self._now() + left, why)

    def close(self) -> None:
        """Look after nobody any more."""
        for timer in self._timers.values():
            timer.cancel()

    def _state(self, key: tuple[str, str | None]) -> str:
        """Of one that is not well: a moment may pass between the end of its time and its being let go."""
        return "quarantined" if self._health[key].state(self._clock()) == "quarantined" else "probing"

    def _shut(self, key: tuple[str, str | None], policy: Policy, last: str) -> None:
        plugin, endpoint = key
        why = f"the plugin {plugin} is in quarantine, since it keeps failing: {last}"
        self._why.setdefault(endpoint, {})[plugin] = why
        self._wait(key, policy.pause, self._probe)
        if endpoint is not None:
            self.bind(endpoint, 0)
        place = "" if endpoint is None else f"{endpoint}: "
        rest = "it is told nothing" if endpoint is None else "the events there wait"
        structlog.get_logger().error("plugin.quarantined", plugin=plugin, endpoint=endpoint, error=last)
        self._alerts.raise_(
            "quarantine",
            f"{endpoint or ''} {plugin}".strip(),
            f"{place}{why} ({rest} for {policy.pause:g} s, or until: feedback-gateway plugins --release {plugin})",
        )

    def _probe(self, key: tuple[str, str | None]) -> None:
        self._wait(key, self._health[key].within, self._let_go)
        self._bound(key[1])

    def _let_go(self, key: tuple[str, str | None]) -> None:
        plugin, endpoint = key
        self._timers.pop(key).cancel()
        self._health.pop(key, None)
        names = self._why[endpoint]
        del names[plugin]
        if not names:
            del self._why[endpoint]
        structlog.get_logger().info("plugin.released", plugin=plugin, endpoint=endpoint)
        self._bound(endpoint)

    def _bound(self, endpoint: str | None) -> None:
        """Let go at an endpoint what those who are left there allow."""
        if endpoint is None:
            return
        states = {self._state((plugin, endpoint)) for plugin in self._why.get(endpoint, ())}
        self.bind(endpoint, 0 if "quarantined" in states else 1 if states else None)

    def _wait(
        self,
        key: tuple[str, str | None],
        seconds: float,
        then: Callable[[tuple[str, str | None]], None],
    ) -> None:
        if key in self._timers:
            self._timers[key].cancel()
        # A little later than needed: a timer may be early by a rounding.
        self._timers[key] = asyncio.get_running_loop().call_later(seconds + 0.01, then, key)


def _said(found: Fault) -> str:
    """What a plugin did, without the words of its error: they may quote a lead or a secret."""
    hook = f"`{found.hook}`"
    match found.kind:
        case "late":
            return f"{hook} gave no answer in time"
        case "slow":
            return f"{hook} held up everybody for {found.seconds:.1f} s"
        case "wrong":
            return f"{hook} gave something else than it must"
    return f"{hook} raised {fault(found.error) if found.error is not None else 'an error'}"


def _did_well(plugin: str, made: Attempt) -> bool:
    """Whether a plugin did in an attempt what was asked of it."""
    if made.transport == plugin:
        return made.response is not None and made.outcome.rule != "a plugin failed"
    return any(vote.name == plugin and vote.verdict not in ("error", "skipped") for vote in made.votes)
