"""Wires the rooms; the order of the cleanup contexts is the wiring diagram."""

import asyncio
import gc
import random
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from gateway import __version__, answers, http
from gateway.alerts import Alerts
from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Conf, Route
from gateway.conf.prepare import Preparer
from gateway.conf.reload import Reloaded, Reloader, first, keep
from gateway.delivery import Rim, attempt
from gateway.lanes import Lanes
from gateway.model import Attempt, Delivery
from gateway.observe import Metrics, Observer, fault, rule_of, set_up_log, trace
from gateway.registry import Registry
from gateway.store.sqlite import SqliteStore
from gateway.web.application import application
from gateway.web.listeners import KEEP_ALIVE, address_of, listen
from gateway.web.rooms import ROOMS, Rooms

EX_OK, EX_IOERR = 0, 74


def registry() -> Registry:
    """A registry with the core's own `send` and `read` as what every transport falls back on."""
    return Registry([http, answers])


@dataclass(slots=True)
class Daemon:
    """One daemon from start to end."""

    folder: Path
    registry: Registry
    conf: Conf
    metrics: Metrics = field(default_factory=Metrics)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lost: str | None = None
    trouble: str | None = None
    stopped_at: float = 0.0
    store: SqliteStore = field(init=False)
    session: http.Session = field(init=False)
    lanes: Lanes = field(init=False)
    reloader: Reloader = field(init=False)
    preparer: Preparer = field(init=False)
    alerts: Alerts = field(init=False)

    @property
    def folders(self) -> dict[str, str]:
        """Where the conf and the store are."""
        data = data_folder(self.folder, self.conf.gateway)
        return {"conf_folder": str(self.folder.absolute()), "data": str(data)}

    def application(self) -> web.Application:
        """The web application; starting it starts every room, and cleaning it up ends them in reverse order."""
        limits = self.conf.gateway.limits
        app = application(lambda: {host.lower() for host in self.reloader.conf.gateway.hosts}, limits.body)
        app.cleanup_ctx.extend(
            [self._observing, self._storing, self._sending, self._reloading, self._delivering, self._watching]
        )
        app.on_shutdown.append(self._stopping)
        return app

    @property
    def under_way(self) -> int:
        """How many attempts are under way."""
        return sum(self.lanes.under_way(route.endpoint.id) for route in self.reloader.conf.routes())

    async def _observing(self, _: web.Application) -> AsyncIterator[None]:
        self.registry.observe(Observer(self.metrics))
        self.registry.follow(self.conf.gateway.plugins)
        self.alerts = Alerts(_now, self.registry.alerted)
        yield

    async def _storing(self, _: web.Application) -> AsyncIterator[None]:
        data = data_folder(self.folder, self.conf.gateway)
        self.store = await SqliteStore.open(data, on_fatal=self._lose, on_trouble=self._troubled)
        waiting = sum(one.count for one in await self.store.backlog())
        structlog.get_logger().info("store.opened", waiting=waiting)
        yield
        await self.store.close()

    async def _sending(self, _: web.Application) -> AsyncIterator[None]:
        own = [address for listener in self.conf.gateway.listen if (address := address_of(listener))]
        self.session = http.Session.open(self.conf.gateway.network.allow, own)
        yield
        await self.session.close()

    async def _reloading(self, _: web.Application) -> AsyncIterator[None]:
        self.reloader = Reloader(self.folder, self.registry, self.conf, self._swapped, self._told)
        self.preparer = Preparer(self.reloader, self.session, lambda: Files.read(self.folder), self._ready)
        if not any(not problem.warning for problem in self.conf.problems):
            try:
                await asyncio.to_thread(keep, Files.read(self.folder), self.conf)
            except OSError as error:  # such as a full disk: what waits in the store can be sent all the same
                structlog.get_logger().warning("conf.not_kept", error=str(error))
        self._told(self.reloader.last)
        yield
        await self.preparer.close()

    async def _delivering(self, app: web.Application) -> AsyncIterator[None]:
        rim = Rim(
            _now, time.monotonic, lambda: f"{random.getrandbits(128):032x}", random.random, self.session
        )

        async def deliver(delivery: Delivery, route: Route, conf: Conf) -> Attempt:
            return await attempt(delivery, route, conf, rim)

        self.lanes = Lanes(
            self.store, deliver, lambda: self.reloader.conf, _now, self._done, self._failed, self._lose
        )
        app[ROOMS] = Rooms(
            store=self.store,
            lanes=self.lanes,
            reloader=self.reloader,
            alerts=self.alerts,
            metrics=self.metrics,
            now=_now,
            unwell=lambda: self.lost,
            trouble=lambda: self.trouble,
            is_stopping=self.stop.is_set,
        )
        await self.lanes.start()
        self.preparer.follow()
        yield
        spent = time.monotonic() - self.stopped_at
        cut = await self.lanes.drain(self.reloader.conf.gateway.shutdown - spent)
        if cut:
            structlog.get_logger().warning("daemon.drain_cut", attempts=cut)

    async def _stopping(self, _: web.Application) -> None:
        """Before the open requests are waited for: what is drained and who waits for it have the same seconds."""
        self.stop.set()
        self.stopped_at = time.monotonic()
        self.lanes.stop()

    async def _watching(self, _: web.Application) -> AsyncIterator[None]:
        watching = asyncio.create_task(self.reloader.watch())
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    async def _swapped(self, before: Conf) -> None:
        conf = self.reloader.conf
        if conf.gateway.network.allow != before.gateway.network.allow:
            await self.session.allow(conf.gateway.network.allow)
        self.registry.follow(conf.gateway.plugins)
        await self.lanes.conf_changed(before)
        self.preparer.follow()

    def _told(self, reloaded: Reloaded) -> None:
        log = structlog.get_logger()
        for problem in reloaded.problems:
            (log.warning if problem.warning else log.error)("conf.problem", problem=str(problem))
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
            self.alerts.raise_("conf", str(self.folder), said)

    def _ready(self, endpoint: str) -> None:
        self.lanes.wake(endpoint)

    def _done(self, made: Attempt) -> None:
        for whose, error in self.registry.attempted(made).items():
            self.metrics.observer_failures.inc()
            self.alerts.raise_("observer", whose, f"`attempted` of {whose} failed: {fault(error)}")
        outcome, endpoint = made.outcome, made.endpoint
        if made.settled == "parked":
            said = f"{endpoint}: event {made.event.id} is parked by: {rule_of(outcome)} (its story says why)"
            self.alerts.raise_("parked", endpoint, said)
        elif made.response is not None and made.response.status in (401, 403):
            said = f"{endpoint}: credentials refused with status {made.response.status}"
            self.alerts.raise_("credentials", endpoint, said)
        elif outcome.rule in ("a plugin failed", "a criterion failed", "a fault"):
            said = f"{endpoint}: {outcome.rule} at event {made.event.id} (its story says how)"
            self.alerts.raise_("plugin", endpoint, said)

    def _failed(self, endpoint: str, event: str | None, error: BaseException) -> None:
        structlog.get_logger().error(
            "lane.failed", endpoint=endpoint, event_id=event, error=fault(error), trace=trace(error)
        )
        self.alerts.raise_("fault", endpoint, f"{endpoint}: {fault(error)}")

    def _troubled(self, why: str | None) -> None:
        """The store can keep nothing for now, or can again."""
        self.trouble = why
        self.metrics.store_trouble.set(why is not None)
        if why is None:
            structlog.get_logger().info("store.recovered")
        else:
            structlog.get_logger().error("store.trouble", error=why)
            self.alerts.raise_("store", "store", why)

    def _lose(self, error: Exception) -> None:
        """The store cannot go on: stop at once, say why; nothing is acknowledged any more."""
        if self.lost is None:
            self.lost = f"the store cannot go on: {error}"
            structlog.get_logger().critical("store.lost", error=str(error))
            self.stop.set()


async def run(folder: Path) -> int:
    """Run the daemon until it is told to stop. Returns the exit code; raises GatewayError where it cannot start."""
    plugins = registry()
    conf = await asyncio.to_thread(first, folder, plugins)
    set_up_log(conf.gateway.log.format, conf.gateway.log.level)
    daemon = Daemon(folder, plugins, conf)
    runner = web.AppRunner(
        daemon.application(),
        access_log=None,
        keepalive_timeout=KEEP_ALIVE,
        shutdown_timeout=conf.gateway.shutdown,
    )
    _heed_signals(daemon)
    try:
        await runner.setup()
        await listen(runner, conf.gateway.listen)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: walking it in every collection costs a tenth of each event
        structlog.get_logger().info(
            "ready",
            version=__version__,
            listen=list(conf.gateway.listen),
            conf=conf.digest,
            **daemon.folders,
        )
        await daemon.stop.wait()
        structlog.get_logger().info(
            "daemon.stopping",
            why=daemon.lost or "told to",
            under_way=daemon.under_way,
            waits_up_to=f"{daemon.reloader.conf.gateway.shutdown:g}s",
        )
    finally:
        await runner.cleanup()
    structlog.get_logger().info("daemon.stopped")
    return EX_IOERR if daemon.lost else EX_OK


def _heed_signals(daemon: Daemon) -> None:
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[Reloaded]] = set()

    def reload() -> None:
        if daemon.stop.is_set() or not hasattr(daemon, "lanes"):
            return  # starting or stopping: the folder is read at the start anyway
        task = loop.create_task(daemon.reloader.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, daemon.stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload)


def _now() -> datetime:
    return datetime.now(UTC)
