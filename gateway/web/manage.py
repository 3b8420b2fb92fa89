"""For operators and monitors: health, metrics, reload, endpoints."""

from typing import Any

from aiohttp import web

from gateway.conf.model import Route
from gateway.conf.reload import Reloaded
from gateway.errors import StoreError
from gateway.store import Backlog
from gateway.web.events import moment
from gateway.web.pauses import breaker, paused
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms


async def healthy(request: web.Request) -> web.Response:
    """200 while the daemon can go on, else 503 with why.

    A full disk leaves it at 200: a restart would not free it, and would lose the attempts that wait for room.
    """
    why = request.app[ROOMS].unwell()
    return answer({"healthy": why is None, "reasons": [why] if why else []}, 503 if why else 200)


async def ready(request: web.Request) -> web.Response:
    """200 while events are taken; names the conf, the last reload and what is wrong in the folder."""
    rooms = request.app[ROOMS]
    stopping = "the daemon is stopping" if rooms.is_stopping() else None
    reasons = [why for why in (rooms.unwell(), rooms.trouble(), stopping) if why]
    last, conf = rooms.reloader.last, rooms.reloader.conf
    try:
        waiting = await rooms.store.backlog()
    except StoreError as error:  # what waits is not known, but why nothing is taken is
        return answer({"ready": False, "reasons": reasons or [str(error)]}, 503)
    oldest = min((one.next_due for one in waiting), default=None)
    told = {
        "ready": not reasons,
        "reasons": reasons,
        "conf": conf.digest,
        "loaded_at": moment(conf.loaded_at),
        "last_reload_ok": last.taken and not last.faults,
        "problems": [str(problem) for problem in (*last.problems, *rooms.reloader.doubts.values())],
        "paused": sorted(lane.endpoint for lane in rooms.lanes if lane.paused is not None),
        "breakers_open": sorted(lane.endpoint for lane in rooms.lanes if not lane.breaker.is_closed),
        "waiting": sum(one.count for one in waiting),
        "oldest_due_seconds": 0.0
        if oldest is None
        else max(round((rooms.now() - oldest).total_seconds(), 3), 0.0),
    }
    return answer(told, 503 if reasons else 200)


async def reload(request: web.Request) -> web.Response:
    """Read the conf folder now: 200 taken whole, 207 taken in part, 400 nothing could be taken."""
    reloaded = await request.app[ROOMS].reloader.reload()
    told = _reloaded(reloaded)
    if not reloaded.taken:
        kept = f"nothing was taken: the daemon goes on with conf {reloaded.conf.digest}"
        raise Refusal(400, kept, [("", text) for text in told["problems"]], **told)
    return answer(told, 207 if reloaded.faults else 200)


async def metrics(request: web.Request) -> web.Response:
    """The Prometheus exposition text."""
    rooms = request.app[ROOMS]
    numbers = rooms.metrics
    waiting = await rooms.store.backlog()
    numbers.waiting.clear()
    for one in waiting:
        numbers.waiting.labels(one.endpoint).inc(one.count)
    oldest = min((one.oldest for one in waiting), default=None)
    numbers.oldest.set(0 if oldest is None else (rooms.now() - oldest).total_seconds())
    routes = list(rooms.reloader.conf.routes())
    numbers.under_way.set(sum(rooms.lanes.under_way(route.endpoint.id) for route in routes))
    numbers.paused.clear()
    numbers.breakers.clear()
    for lane in rooms.lanes:
        if lane.paused is not None:
            numbers.paused.labels(lane.endpoint).set(1)
        if not lane.breaker.is_closed:
            numbers.breakers.labels(lane.endpoint).set(1)
    numbers.held.set(sum(route.held is not None for route in routes))
    numbers.loaded_at.set(rooms.reloader.conf.loaded_at.timestamp())
    numbers.problems.set(len(rooms.reloader.last.faults))
    return web.Response(
        body=numbers.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


async def endpoints(request: web.Request) -> web.Response:
    """Every endpoint: its lane, what waits there, and why it is held, if it is."""
    rooms = request.app[ROOMS]
    waiting: dict[str, list[Backlog]] = {}
    for one in await rooms.store.backlog():
        waiting.setdefault(one.endpoint, []).append(one)
    told = [
        _endpoint(route, waiting.pop(route.endpoint.id, []), rooms) for route in rooms.reloader.conf.routes()
    ]
    known = {one["id"] for one in told}
    left = dict.fromkeys([*waiting, *(lane.endpoint for lane in rooms.lanes if lane.paused is not None)])
    gone = [_gone(id, waiting.get(id, []), rooms) for id in left if id not in known]
    return answer({"endpoints": told + gone})


def _gone(id: str, waiting: list[Backlog], rooms: Rooms) -> dict[str, Any]:
    return {
        "id": id,
        "held": "not in the conf any more",
        "paused": paused(rooms.lanes.look(id)),
        "waiting": sum(one.count for one in waiting),
    }


def _endpoint(route: Route, waiting: list[Backlog], rooms: Rooms) -> dict[str, Any]:
    next_due = min((one.next_due for one in waiting), default=None)
    lane = rooms.lanes.look(route.endpoint.id)
    return {
        "id": route.endpoint.id,
        "transport": route.transport.name,
        "enabled": route.enabled,
        "held": route.held,
        "paused": paused(lane),
        "breaker": None if route.breaker is None else breaker(lane, rooms.now()),
        "rate": None if route.rate is None else str(route.rate),
        "concurrency": route.concurrency,
        "under_way": len(lane.under_way),
        "bound_by": lane.bound_by(route),
        "waiting": sum(one.count for one in waiting),
        "next_due": None if next_due is None else moment(next_due),
    }


def _reloaded(reloaded: Reloaded) -> dict[str, Any]:
    return {
        "conf": reloaded.conf.digest,
        "taken": reloaded.taken,
        "problems": [str(problem) for problem in reloaded.faults],
        "warnings": [str(problem) for problem in reloaded.problems if problem.warning],
    }
