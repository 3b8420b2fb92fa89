"""What stands right now, as numbers for Prometheus: looked at on the loop, written in a thread."""

import asyncio
from collections.abc import Mapping, Sequence

from prometheus_client import Gauge

from gateway.metrics import Metrics
from gateway.store import Backlog
from gateway.web.rooms import Rooms


async def exposition(rooms: Rooms) -> bytes:
    """The Prometheus exposition text; of thousands of endpoints it takes long, and nobody else waits for it.

    Raises StoreError where what waits is not known.
    """
    waiting = await rooms.backlogs.look(rooms.store)
    _set(rooms, waiting)
    counts: dict[str, int] = {}
    for one in waiting:
        counts[one.endpoint] = counts.get(one.endpoint, 0) + one.count
    numbers = rooms.metrics
    by_endpoint = {
        numbers.waiting: counts,
        numbers.paused: {lane.endpoint: 1 for lane in rooms.lanes if lane.paused is not None},
        numbers.breakers: {lane.endpoint: 1 for lane in rooms.lanes if not lane.breaker.is_closed},
    }
    async with numbers.turn:
        return await asyncio.to_thread(_written, numbers, by_endpoint)


def _set(rooms: Rooms, waiting: Sequence[Backlog]) -> None:
    """The numbers that are few."""
    numbers, conf = rooms.metrics, rooms.reloader.conf
    oldest = min((one.oldest for one in waiting), default=None)
    numbers.oldest.set(0 if oldest is None else (rooms.now() - oldest).total_seconds())
    numbers.under_way.set(sum(len(lane.under_way) for lane in rooms.lanes))
    numbers.quarantine.clear()
    for ill in rooms.ward:
        numbers.quarantine.labels(ill.plugin, ill.endpoint or "").set(1)
    load, bound = rooms.load, rooms.load.bound_by(conf.gateway.limits)
    numbers.connections.set(load.open)
    numbers.in_hand.set(load.bytes)
    numbers.bound.clear()
    if bound is not None:
        numbers.bound.labels(bound).set(1)
    numbers.held.set(sum(route.held is not None for route in conf.routes()))
    numbers.loaded_at.set(conf.loaded_at.timestamp())
    numbers.problems.set(len(rooms.reloader.last.faults))


def _written(numbers: Metrics, by_endpoint: Mapping[Gauge, Mapping[str, int]]) -> bytes:
    for gauge, values in by_endpoint.items():
        # To clear and make thousands anew takes longer.
        for gone in numbers.shown.get(gauge, set()) - values.keys():
            gauge.remove(gone)
        for endpoint, value in values.items():
            gauge.labels(endpoint).set(value)
        numbers.shown[gauge] = set(values)
    return numbers.text()
