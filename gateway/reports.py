"""What the rooms report: it is logged, counted, and told as an alert where a person must know."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog

from gateway.alerts import Alerts
from gateway.conf.reload import Reloaded
from gateway.contained import Fault
from gateway.metrics import Metrics
from gateway.model import Alert, Attempt, Event
from gateway.observe import fault, trace
from gateway.registry import Registry
from gateway.store import Summary, Swept
from gateway.ward import Ward

_MOST = 100  # problems of one reload that are logged: thousands would hold up the loop, and GET /-/ready has them all


@dataclass(frozen=True, slots=True)
class Reports:
    """Where every room reports to."""

    registry: Registry
    metrics: Metrics
    alerts: Alerts
    ward: Ward

    def attempted(self, made: Attempt) -> None:
        """An attempt was recorded."""
        for found in self.registry.attempted(made, self.ward.resting):
            self._observer_failed(found)
        self.ward.heed(made)
        self.alerts.heed(made)

    def alerted(self, alert: Alert) -> None:
        """A person must know something."""
        for found in self.registry.alerted(alert, self.ward.resting):
            self._observer_failed(found)

    def _observer_failed(self, found: Fault) -> None:
        if found.error is not None:
            self.metrics.observer_failures.inc()
            whose = self.registry.whose(found.plugin)
            self.alerts.raise_("observer", whose, f"`{found.hook}` of {whose} failed: {fault(found.error)}")
        self.ward.hear(found)

    def reloaded(self, folder: str, reloaded: Reloaded) -> None:
        """The conf folder was read."""
        log = structlog.get_logger()
        for problem in sorted(reloaded.problems, key=lambda problem: problem.warning)[:_MOST]:
            (log.warning if problem.warning else log.error)("conf.problem", problem=str(problem))
        if len(reloaded.problems) > _MOST:
            log.warning("conf.problems_left_out", count=len(reloaded.problems) - _MOST)
        self.metrics.reloads.labels(
            "refused" if not reloaded.taken else "partly" if reloaded.faults else "ok"
        ).inc()
        if not reloaded.taken:
            log.error("conf.refused", conf=reloaded.conf.digest, problems=len(reloaded.faults))
        else:
            log.info("conf.loaded", conf=reloaded.conf.digest, sources=len(reloaded.conf.sources))
        if reloaded.faults:
            count = len(reloaded.faults)
            found = "1 problem" if count == 1 else f"{count} problems"
            said = f"{found} in the conf folder, the first: {reloaded.faults[0]}"
            self.alerts.raise_("conf", folder, said)

    def unfinished(self, events: Sequence[Summary]) -> None:
        """The last daemon had begun to send these, and they must not be sent twice: they wait for a person."""
        for event in events:
            structlog.get_logger().warning("event.parked", event_id=event.id, endpoint=event.endpoint)
            said = f"{event.endpoint}: event {event.id} is parked: a daemon ended while it was being sent"
            self.alerts.raise_("parked", event.endpoint, said)

    def misfit(self, endpoint: str, why: str) -> None:
        """What was fetched for an endpoint does not fit its conf."""
        self.alerts.raise_("documents", endpoint, f"{endpoint}: {why}")

    def contradicted(self, event: Event, before: str) -> None:
        """A second recipient speaks about a lead, and nothing in the conf says who is heard."""
        where = event.source if event.flow is None else f"{event.source}, flow {event.flow}"
        said = (
            f"{where}: {before} and another recipient speak about one lead, the latter in event {event.id}"
            " (set the criterion one_voice, which says who is heard)"
        )
        self.alerts.raise_("recipients", where, said)

    def failed(self, where: str, event: str | None, error: BaseException) -> None:
        """A fault in the gateway at an endpoint, or in another place."""
        structlog.get_logger().error(
            "lane.failed", endpoint=where, event_id=event, error=fault(error), trace=trace(error)
        )
        self.alerts.raise_("fault", where, f"{where}: {fault(error)}")

    def swept(self, removed: Swept) -> None:
        """What retention removed."""
        counts = asdict(removed)
        structlog.get_logger().info("retention.swept", **counts)
        for what, count in counts.items():
            self.metrics.removed.labels(what).inc(count)

    def not_swept(self, error: Exception) -> None:
        """Retention could not go on for now."""
        self.failed("retention", None, error)

    def troubled(self, why: str | None) -> None:
        """The store can keep nothing for now, or can again."""
        self.metrics.store_trouble.set(why is not None)
        if why is None:
            structlog.get_logger().info("store.recovered")
        else:
            structlog.get_logger().error("store.trouble", error=why)
            self.alerts.raise_("store", "store", why)


def in_force(reloaded: Reloaded) -> str:
    """Which conf is in force, as a line."""
    count = len(reloaded.faults)
    problems = {0: "", 1: ", 1 problem"}.get(count, f", {count} problems")
    return f"sources: {len(reloaded.conf.sources):,}, conf: {reloaded.conf.digest}{problems}"
