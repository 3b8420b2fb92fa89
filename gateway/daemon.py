"""Wires the rooms; the order of the cleanup contexts is the wiring diagram."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from gateway import answers, http, process
from gateway.alerts import Alerts
from gateway.alerts.breakers import turned
from gateway.alerts.courier import Courier
from gateway.alerts.outbox import Outbox
from gateway.alerts.rounds import Rounds
from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Conf
from gateway.conf.parsed import Parsed
from gateway.conf.prepare import Preparer
from gateway.conf.reload import Reloaded, Reloader
from gateway.conf.stored import StoredNames
from gateway.conf.unseen import Unseen
from gateway.criteria.gate import Gate
from gateway.criteria.recipients import Recipients
from gateway.delivery import Rim, attempt
from gateway.lag import Lag
from gateway.lanes import Deliver, Lanes
from gateway.lanes.places import Places
from gateway.lanes.quarantined import bind
from gateway.metrics import Metrics
from gateway.model import Alert
from gateway.observe import Observer
from gateway.registry import Registry
from gateway.reports import Reports, in_force
from gateway.retention import Retention
from gateway.running import running
from gateway.store.acts import Act
from gateway.store.recording import on_record
from gateway.store.sqlite import SqliteStore
from gateway.systemd import Systemd
from gateway.ward import Ward
from gateway.web.application import application
from gateway.web.listeners import address_of, names
from gateway.web.load import Load, connections
from gateway.web.rooms import ROOMS, Rooms
from gateway.web.throttle import Throttle


def registry() -> Registry:
    """A registry with the core's own `send` and `read` as what every transport falls back on."""
    return Registry([http, answers])


@dataclass(slots=True)
class Daemon:
    """One daemon from start to end."""

    folder: Path
    registry: Registry
    conf: Conf
    parsed: Parsed = field(default_factory=Parsed)
    metrics: Metrics = field(default_factory=Metrics)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lost: str | None = None
    stopped_at: float = 0.0
    store: SqliteStore = field(init=False)
    session: http.Session = field(init=False)
    lanes: Lanes = field(init=False)
    reloader: Reloader = field(init=False)
    preparer: Preparer = field(init=False)
    alerts: Alerts = field(init=False)
    ward: Ward = field(init=False)
    reports: Reports = field(init=False)
    lag: Lag = field(init=False)
    load: Load = field(init=False)
    outbox: Outbox | None = None
    systemd: Systemd = field(default_factory=lambda: Systemd.of(os.environ))
    places: Places = field(default_factory=Places)

    def __post_init__(self) -> None:
        self.load = Load(connections(self.conf.gateway.limits.intake_connections))

    @property
    def folders(self) -> dict[str, str]:
        """Where the conf and the store are."""
        data = data_folder(self.folder, self.conf.gateway)
        return {"conf_folder": str(self.folder.absolute()), "data": str(data)}

    def application(self) -> web.Application:
        """The web application; starting it starts every room, and cleaning it up ends them in reverse order."""
        limits = self.conf.gateway.limits
        app = application(self._hosts, limits.body)
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

    def _hosts(self) -> set[str]:
        """The names that a request's Host may carry beside those of this machine."""
        own = names(self.conf.gateway.listen)
        return {host.lower() for host in (*self.reloader.conf.gateway.hosts, *own)}

    def reload(self) -> Coroutine[Any, Any, Reloaded] | None:
        """The work of a reload; None while it starts or stops: the folder is read at the start anyway."""
        is_time = hasattr(self, "lanes") and not self.stop.is_set()
        return self.systemd.reloading(self._reload_on_record()) if is_time else None

    async def _reload_on_record(self) -> Reloaded:
        begun = Act(_now(), "signal", "signal", "reload")
        async with on_record(self.store, begun, must=False) as numbers:
            found = await self.reloader.reload()
            numbers.update(conf=found.conf.digest, problems=len(found.faults))
        return found

    async def _observing(self, _: web.Application) -> AsyncIterator[None]:
        self.registry.observe(Observer(self.metrics, self.conf.gateway.log.show))
        self.registry.follow(self.conf.gateway.plugins)
        self.alerts = Alerts(_now, self._tell)
        self.ward = Ward(self.metrics, self.alerts, _now)
        self.ward.rules = self.conf.gateway.quarantine
        self.reports = Reports(self.registry, self.metrics, self.alerts, self.ward)
        self.lag = Lag(self.metrics.lag.observe)
        async with running(self.lag.run()):
            yield
        self.ward.close()

    async def _storing(self, _: web.Application) -> AsyncIterator[None]:
        data = data_folder(self.folder, self.conf.gateway)
        self.store = await SqliteStore.open(data, on_fatal=self._lose, on_trouble=self.reports.troubled)
        waiting = sum(one.count for one in await self.store.backlog())
        structlog.get_logger().info("store.opened", waiting=waiting)
        yield
        await self.store.close()

    async def _sending(self, _: web.Application) -> AsyncIterator[None]:
        own = [address for listener in self.conf.gateway.listen if (address := address_of(listener))]
        self.session = http.Session.open(self.conf.gateway.network.allow, own, most=process.connections())
        self.session.tokens.told = lambda endpoint, result: self.metrics.tokens.labels(endpoint, result).inc()
        yield
        await self.session.close()

    async def _reloading(self, _: web.Application) -> AsyncIterator[None]:
        unseen = Unseen(StoredNames(self.store, asyncio.get_running_loop()))
        self.reloader = Reloader(
            self.folder, self.registry, self.conf, self._swapped, self._told, unseen, self.parsed
        )
        self.preparer = Preparer(
            self.reloader,
            self.session,
            lambda: Files.read(self.folder, "wsdl/"),
            self._ready,
            self.reports.misfit,
        )
        await self.reloader.begin()
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
            tell=self.ward.hear,
        )
        return partial(attempt, rim=rim)

    async def _alerting(self, _: web.Application) -> AsyncIterator[None]:
        courier = Courier(self._deliver(Gate()), lambda: self.reloader.conf, self.metrics)
        self.outbox = Outbox(courier.send, courier.lost)
        async with running(self.outbox.run()):
            yield

    async def _delivering(self, app: web.Application) -> AsyncIterator[None]:
        gate = Gate(self.store, Recipients(self.reports.contradicted), self.ward.hear)
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
            self.places,
        )
        self.ward.bind = partial(bind, self.lanes)
        app[ROOMS] = Rooms(
            store=self.store,
            lanes=self.lanes,
            reloader=self.reloader,
            alerts=self.alerts,
            ward=self.ward,
            metrics=self.metrics,
            lag=self.lag,
            load=self.load,
            throttle=Throttle(time.monotonic),
            now=_now,
            unwell=lambda: self.lost,
            trouble=lambda: self.store.trouble,
            is_stopping=self.stop.is_set,
        )
        self.reports.unfinished(await self.store.park_unfinished())
        self._divide()
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
        rounds = Rounds(
            self.store, lambda: self.reloader.conf, _now, self.alerts, data, noted, held=self.ward.held
        )
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
        self.reports.alerted(alert)
        if self.outbox is not None:
            self.outbox.put(alert)

    async def _swapped(self, before: Conf) -> None:
        conf = self.reloader.conf
        if conf.gateway.network.allow != before.gateway.network.allow:
            await self.session.allow(conf.gateway.network.allow)
        self.registry.follow(conf.gateway.plugins)
        self.ward.rules = conf.gateway.quarantine
        self.ward.release()
        self._divide()
        await self.lanes.conf_changed(before)
        self.preparer.follow(at_once=self.reloader.asked)

    def _divide(self) -> None:
        conf = self.reloader.conf
        asked = conf.gateway.limits.connections
        self.places.divide(process.connections(asked), sum(route.enabled for route in conf.routes()))

    def _ready(self, endpoint: str) -> None:
        self.lanes.wake(endpoint)

    def _told(self, reloaded: Reloaded) -> None:
        self.reports.reloaded(str(self.folder), reloaded)
        self.systemd.status(in_force(reloaded))

    def _lose(self, error: Exception) -> None:
        """The store cannot go on: stop at once, say why; nothing is acknowledged any more."""
        if self.lost is None:
            self.lost = f"the store cannot go on: {error}"
            structlog.get_logger().critical("store.lost", error=str(error))
            self.stop.set()


def _now() -> datetime:
    return datetime.now(UTC)
