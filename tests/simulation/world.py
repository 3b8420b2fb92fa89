"""One seeded history: posters, a daemon that is killed and started again, sources, a disk, clocks.

The daemon's core is the real one: store, lanes, criteria, mapping, rendering, reading, retry. Clock, chance, session
and disk are given from here. What is judged is only what could be seen from outside.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from random import Random
from typing import Any

from gateway import jsontext
from gateway.breaker import Breaker
from gateway.conf.model import Conf, Route
from gateway.criteria.gate import Gate
from gateway.delivery import Rim, attempt
from gateway.errors import StoreError
from gateway.events import read_event
from gateway.lanes import Lanes
from gateway.lanes.places import Places
from gateway.model import Attempt, Delivery, Replay
from gateway.store import Filter
from gateway.web.intake import enter
from tests.simulation.clock import VirtualLoop, WallClock
from tests.simulation.disk import Disk
from tests.simulation.folders import CONNECTIONS
from tests.simulation.partner import MOODS, Partner

KINDS = (
    ("acme", "return", None), ("acme", "conversion", None), ("acme", "return", "auto"),
    ("bolt", "conversion", None), ("capped", "return", None), ("aged", "return", None),
    ("ruled", "return", None), ("off", "return", None), ("nobody", "return", None),
    ("careful", "return", None), ("capped", "return", None), ("paced", "return", None),
    ("frail", "return", None), ("frail", "return", None),
)  # fmt: skip
JUMPS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-3650))


@dataclass
class Life:
    """One daemon, from its start to its end."""

    lanes: Lanes
    store: Any
    mount: Any
    gate: Gate
    places: Places
    broken: list[BaseException] = field(default_factory=list)


@dataclass
class Tried:
    """One attempt, as it was made: when it began and ended, in seconds that nobody changes."""

    began: float
    ended: float
    made: Attempt


@dataclass
class Paused:
    """One pause of an endpoint, in seconds that nobody changes; excused: what was under way when it began."""

    endpoint: str
    since: float
    excused: set[str]
    until: float = inf


@dataclass
class Turned:
    """One turn of a breaker: to which state, with which pause, and what was under way."""

    endpoint: str
    at: float
    state: str
    pause: float
    excused: set[str]


@dataclass
class Posted:
    """What a poster knows of an event: acknowledged, and how often it might be sent again without anybody's fault."""

    source: str
    reason: str
    at: datetime
    acknowledged: bool = False
    excused: int = 0
    replays: int = 0


class World:
    """Everything that outlives a daemon. confs: what the operator swaps between."""

    def __init__(self, seed: int, confs: tuple[Conf, ...], loop: VirtualLoop) -> None:
        self.chance = Random(seed)
        self.loop = loop
        self.clock = WallClock(loop)
        self.disk = Disk(self.chance)
        self.partner = Partner(self.chance, self.clock.now)
        self.posted: dict[str, Posted] = {}
        self.delivered: set[str] = set()
        self.told: list[str] = []
        self.tried: list[Tried] = []
        self.pauses: list[Paused] = []
        self.turned: list[Turned] = []
        self.deaths: list[float] = []
        self.jumped = False
        self.swaps: list[datetime] = []
        self.connections = CONNECTIONS[seed % len(CONNECTIONS)]
        self.crowd: dict[int, int] = {}
        self.crowds: list[int] = []
        self.broken: list[BaseException] = []
        self._confs = confs
        self._conf = confs[0]
        self._posting: set[asyncio.Task[None]] = set()
        self._texts: dict[str, str] = {}

    async def live(self) -> None:
        """The whole history, to its quiet end."""
        self.life = await self._start()
        for _ in range(self.chance.randint(8, 24)):
            await self._step()
            self.look()
        await self._heal()

    async def end(self) -> None:
        """Let everybody go."""
        await self.life.lanes.drain(1)
        await self.life.store.close()

    def look(self) -> None:
        """What a person would see now: a delivered event stays delivered."""
        now = {id for (id,) in self.disk.ask("SELECT id FROM event WHERE state = 'delivered'")}
        self.told += [f"{id} left `delivered`" for id in self.delivered - now]
        self.delivered |= now

    async def _step(self) -> None:
        does = self.chance.choices(
            (self._post, self._wait, self._kill, self._restart, self._swap, self._replay, self._jump,
             self._fill_disk, self._change_mood, self._pause, self._resume, self._crowd, self._replay_many),
            (30, 25, 8, 4, 6, 5, 3, 4, 15, 4, 2, 4, 3),
        )[0]  # fmt: skip
        await does()

    async def _wait(self) -> None:
        await asyncio.sleep(self.chance.choice((0.01, 0.5, 5.0, 30.0, 200.0)))

    async def _change_mood(self) -> None:
        self.partner.mood = self.chance.choice(MOODS)

    async def _post(self, kind: tuple[str, str, str | None] | None = None) -> None:
        """Some events at once; now and then one that was posted before, as posters do that did not hear an answer."""
        for _ in range(self.chance.choice((1, 1, 2, 8))):
            known = [id for id, posted in self.posted.items() if posted.source != "nobody"]
            if known and self.chance.random() < 0.1:
                id = self.chance.choice(known)
                text = self._texts[id]
            else:
                id = f"e{len(self.posted)}"
                text = self._texts[id] = self._event(id, kind or self.chance.choice(KINDS))
            task = self.loop.create_task(self._post_until_taken(id, text))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
        await asyncio.sleep(self.chance.choice((0.0, 0.001, 0.05)))

    def _event(self, id: str, of: tuple[str, str, str | None]) -> str:
        source, kind, flow = of
        reason = self.chance.choice(("Wrong number", "bad"))
        now = self.clock.now()
        self.posted[id] = Posted(source, reason, now)
        of_flow = "" if flow is None else f', "flow": {{"id": "{flow}"}}'
        return (
            f'{{"id": "{id}", "type": "{kind}", "source": "{source}", "reason": "{reason}"{of_flow},'
            f' "lead": {{"id": "{id}"}}, "submission": {{"timestamp": "{now.isoformat()}"}}}}'
        )

    async def _post_until_taken(self, id: str, text: str) -> None:
        while not self.posted[id].acknowledged:
            life = self.life
            entry = enter(read_event(jsontext.loads(text), text, self.clock.now()), self._conf)
            taking = self.loop.create_task(life.lanes.take([entry]))
            with suppress(StoreError, asyncio.CancelledError):
                await taking
                if not life.mount.dead:
                    self.posted[id].acknowledged = True
                    return
            await asyncio.sleep(self.chance.choice((0.1, 3.0)))

    async def _kill(self) -> None:
        """kill -9, and another daemon a moment later. What was in flight may be sent again."""
        life = self.life
        self.deaths.append(self.loop.time())
        life.mount.kill()
        for id in self._under_way(life):
            self.posted[id].excused += 1
        for task in list(self.loop.tasks):
            if task is not asyncio.current_task(self.loop) and task not in self._posting:
                task.cancel()
        life.lanes.stop()
        await asyncio.sleep(self.chance.choice((0.0, 2.0)))
        self.life = await self._start()

    async def _restart(self) -> None:
        life = self.life
        self.deaths.append(self.loop.time())
        await life.lanes.drain(self.chance.choice((0.05, 20)))
        await life.store.close()
        self.life = await self._start()

    async def _swap(self) -> None:
        before, self._conf = self._conf, self.chance.choice(self._confs)
        self.swaps.append(self.clock.now())
        await self.life.lanes.conf_changed(before)

    async def _replay(self) -> None:
        page = await self.life.store.list(Filter(), 100)
        if not page.events:
            return
        event = self.chance.choice(page.events)
        way = self._conf.way(event.source, event.flow, event.type)
        again = self.chance.random() < 0.5
        wish = Replay(self.chance.choice(("same", "fresh")), again=again, why="asked to")
        if self.life.lanes.is_sending(event.id) or not isinstance(way, Route):
            return
        with suppress(StoreError):
            if await self.life.lanes.replay(event, wish, way.endpoint.id) == "queued":
                self.posted[event.id].replays += 1

    async def _replay_many(self) -> None:
        """A wish for all that has ended, under a name; it may be repeated, as after a crash in the middle of it."""
        found = (await self.life.store.list(Filter(), 40)).events
        conf, lanes = self._conf, self.life.lanes
        ways = [
            (event, way.endpoint.id)
            for event in found
            if isinstance(way := conf.way(event.source, event.flow, event.type), Route)
            and event.due_at is None
            and not lanes.is_sending(event.id)
        ]
        job = self.chance.choice(("monday", "tuesday"))
        wish = Replay(self.chance.choice(("same", "fresh")), again=True, why="all of them", job=job)
        apart = {endpoint: timedelta(seconds=self.chance.choice((1, 20))) for _, endpoint in ways}
        with suppress(StoreError):
            for (event, _), became in zip(ways, await lanes.replay_many(ways, wish, apart), strict=True):
                self.posted[event.id].replays += became == "queued"

    async def _jump(self) -> None:
        self.clock.ahead += self.chance.choice(JUMPS)
        self.jumped = True

    async def _pause(self) -> None:
        """A person has nothing more sent to an endpoint, for now."""
        endpoint = self.chance.choice(("acme/return", "frail/return", "paced/return", "bolt/conversion"))
        with suppress(StoreError):
            await self.life.lanes.pause(endpoint, "joe", "they move")
            if all(pause.endpoint != endpoint or pause.until < inf for pause in self.pauses):
                self.pauses.append(Paused(endpoint, self.loop.time(), self._under_way(self.life)))

    async def _resume(self) -> None:
        for pause in [pause for pause in self.pauses if pause.until == inf]:
            pause.until = self.loop.time()
            await self.life.lanes.resume(pause.endpoint)

    async def _crowd(self) -> None:
        """Many events of one source, well or not."""
        for _ in range(12):
            await self._post(self.chance.choice((("frail", "return", None), ("paced", "return", None))))

    async def _fill_disk(self) -> None:
        self.disk.full = True
        await asyncio.sleep(self.chance.choice((0.05, 5.0, 40.0)))
        self.disk.full = False

    async def _heal(self) -> None:
        """All is well from now on: whatever is stuck then is stuck for good."""
        self.partner.mood = "well"
        before, self._conf = self._conf, self._confs[0]
        await self.life.lanes.conf_changed(before)
        await self._resume()
        end = self.loop.time() + 3 * 3600
        while self.loop.time() < end and (self._posting or self._waits() or self._under_way(self.life)):
            await asyncio.sleep(30)
        self.look()

    def _waits(self) -> bool:
        return bool(self.disk.ask("SELECT 1 FROM event WHERE due_at IS NOT NULL LIMIT 1"))

    def _under_way(self, life: Life) -> set[str]:
        return {id for lane in life.lanes._lanes.values() for id in lane.under_way}

    def _turned(self, endpoint: str, breaker: Breaker) -> None:
        under_way = self._under_way(self.life)
        self.turned.append(Turned(endpoint, self.loop.time(), breaker.state, breaker.pause, under_way))

    async def _start(self) -> Life:
        self.partner.life += 1
        mount = self.disk.mount()
        store = mount.store()
        gate = Gate(store)
        partner: Any = self.partner
        rim = Rim(
            self.clock.now, self.loop.time, lambda: f"{self.chance.getrandbits(128):032x}",
            self.chance.random, partner, gate, begin=store.begin,
        )  # fmt: skip

        async def deliver(delivery: Delivery, route: Route, conf: Conf) -> Attempt:
            began = self.loop.time()
            self.partner.lanes[delivery.event.id] = route.endpoint.id
            number = self.partner.life
            self.crowd[number] = self.crowd.get(number, 0) + 1
            self.crowds.append(self.crowd[number])
            try:
                made = await attempt(delivery, route, conf, rim)
            finally:
                self.crowd[number] -= 1
            self.tried.append(Tried(began, self.loop.time(), made))
            return made

        broken: list[BaseException] = []
        places = Places()
        places.divide(self.connections, len(list(self._conf.routes())))
        lanes = Lanes(
            store, deliver, lambda: self._conf, self.clock.now, lambda attempt: None,
            lambda endpoint, event, error: None if mount.dead else broken.append(error),
            lambda error: None if mount.dead else broken.append(error), gate.landed,
            self._turned, places,
        )  # fmt: skip
        self.broken = broken
        await store.park_unfinished()
        await lanes.start()
        return Life(lanes, store, mount, gate, places, broken)

    def sends(self) -> Counter[str]:
        """How often each event went out."""
        return Counter(sent.event for sent in self.partner.journal)
