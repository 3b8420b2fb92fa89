"""Wires the rooms; the order of the cleanup contexts is the wiring diagram."""

import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from gateway import __version__, answers, http, signals
from gateway.alerts import Alerts
from gateway.alerts.breakers import turned
from gateway.alerts.courier import Courier
from gateway.alerts.outbox import Outbox
from gateway.alerts.rounds import Rounds
from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Conf, Route
from gateway.conf.prepare import Preparer
from gateway.conf.reload import Reloaded, Reloader, first, keep
from gateway.conf.stored import StoredNames
from gateway.conf.unseen import Unseen
from gateway.criteria.gate import Gate
from gateway.criteria.recipients import Recipients
from gateway.delivery import Rim, attempt
from gateway.lanes import Deliver, Lanes
from gateway.model import Alert, Attempt, Delivery
from gateway.observe import Metrics, Observer, set_up_log
from gateway.registry import Registry
from gateway.reports import Reports
from gateway.retention import Retention
from gateway.running import running
from gateway.store.sqlite import SqliteStore
from gateway.web.application import application
from gateway.web.listeners import KEEP_ALIVE, address_of, listen
from gateway.web.rooms import ROOMS, Rooms

EX_OK, EX_IOERR = 0, 74
# Events on their way hold more objects than Python's own thresholds allow for: looking through them at every 700th new
# one finds nothing, and costs as much again.
COLLECTIONS = (10_000, 20, 20)


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
    reports: Reports = field(init=False)
    outbox: Outbox | None = None

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
            [
                self._observing,
                self._storing,
                self._sending,
                self._alerting,
                self._reloading,
                self._delivering,
                self._watching,
            ]
        )
        app.on_shutdown.append(self._stopping)
        return app

    @property
    def under_way(self) -> int:
        """How many attempts are under way."""
        return sum(self.lanes.under_way(route.endpoint.id) for route in self.reloader.conf.routes())

    def reload(self) -> Coroutine[Any, Any, Reloaded] | None:
        """The work of a reload; None while it starts or stops: the folder is read at the start anyway."""
        is_time = hasattr(self, "lanes") and not self.stop.is_set()
        return self.reloader.reload() if is_time else None

    async def _observing(self, _: web.Application) -> AsyncIterator[None]:
        self.registry.observe(Observer(self.metrics))
        self.registry.follow(self.conf.gateway.plugins)
        self.alerts = Alerts(_now, self._tell)
        self.reports = Reports(self.registry, self.metrics, self.alerts)
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
        unseen = Unseen(StoredNames(self.store, asyncio.get_running_loop()))
        self.reloader = Reloader(self.folder, self.registry, self.conf, self._swapped, self._told, unseen)
        self.preparer = Preparer(
            self.reloader,
            self.session,
            lambda: Files.read(self.folder),
            self._ready,
            self.reports.misfit,
        )
        if not any(not problem.warning for problem in self.conf.problems):
            try:
                await asyncio.to_thread(keep, Files.read(self.folder), self.conf)
            except OSError as error:  # such as a full disk: what waits in the store can be sent all the same
                structlog.get_logger().warning("conf.not_kept", error=str(error))
        self._told(self.reloader.last)
        yield
        await self.preparer.close()

    def _deliver(self, gate: Gate) -> Deliver:
        rim = Rim(
            now=_now,
            monotonic=time.monotonic,
            random=lambda: f"{random.getrandbits(128):032x}",
            jitter=random.random,
            session=self.session,
            gate=gate,
            begin=self.store.begin,
        )

        async def deliver(delivery: Delivery, route: Route, conf: Conf) -> Attempt:
            return await attempt(delivery, route, conf, rim)

        return deliver

    async def _alerting(self, _: web.Application) -> AsyncIterator[None]:
        courier = Courier(self._deliver(Gate()), lambda: self.reloader.conf, self.metrics)
        self.outbox = Outbox(courier.send, courier.lost)
        async with running(self.outbox.run()):
            yield

    async def _delivering(self, app: web.Application) -> AsyncIterator[None]:
        gate = Gate(self.store, Recipients(self.reports.contradicted))
        deliver = self._deliver(gate)
        self.lanes = Lanes(
            self.store,
            deliver,
            lambda: self.reloader.conf,
            _now,
            self.reports.attempted,
            self.reports.failed,
            self._lose,
            gate.landed,
            lambda endpoint, breaker: turned(self.alerts, endpoint, breaker),
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
        self.reports.unfinished(await self.store.park_unfinished())
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
        data = data_folder(self.folder, self.conf.gateway)
        noted = self.metrics.disk_free.set
        rounds = Rounds(self.store, lambda: self.reloader.conf, _now, self.alerts, data, noted)
        retention = Retention(
            self.store,
            lambda: self.reloader.conf.gateway.retention,
            _now,
            self.reports.swept,
            self.reports.not_swept,
        )
        async with running(self.reloader.watch(), rounds.run(), retention.run()):
            yield

    def _tell(self, alert: Alert) -> None:
        self.registry.alerted(alert)
        if self.outbox is not None:
            self.outbox.put(alert)

    async def _swapped(self, before: Conf) -> None:
        conf = self.reloader.conf
        if conf.gateway.network.allow != before.gateway.network.allow:
            await self.session.allow(conf.gateway.network.allow)
        self.registry.follow(conf.gateway.plugins)
        await self.lanes.conf_changed(before)
        self.preparer.follow(at_once=self.reloader.asked)

    def _ready(self, endpoint: str) -> None:
        self.lanes.wake(endpoint)

    def _told(self, reloaded: Reloaded) -> None:
        self.reports.reloaded(str(self.folder), reloaded)

    def _troubled(self, why: str | None) -> None:
        """The store can keep nothing for now, or can again."""
        self.trouble = why
        self.reports.troubled(why)

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
    signals.heed(daemon.stop.set, daemon.reload)
    try:
        await runner.setup()
        await listen(runner, conf.gateway.listen)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: walking it in every collection costs a tenth of each event
        gc.set_threshold(*COLLECTIONS)
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


def _now() -> datetime:
    return datetime.now(UTC)
