"""For operators and monitors: health, metrics, reload, endpoints."""

from typing import Any

from aiohttp import web

from gateway.conf.model import Route
from gateway.conf.reload import Reloaded
from gateway.errors import StoreError
from gateway.store import Backlog
from gateway.web.acting import act
from gateway.web.callers import CALLER, caller, source_of
from gateway.web.gauges import exposition
from gateway.web.moments import moment
from gateway.web.openapi.operations import Answer, Operation, described
from gateway.web.openapi.standing import Endpoints, Health, Readiness, ReloadRefused, ReloadResult
from gateway.web.pauses import breaker, paused
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms


@described(Operation("monitors", {200: Answer("It can go on.", Health), 503: Answer("It cannot.", Health)}))
async def healthy(request: web.Request) -> web.Response:
    """200 while the daemon can go on, else 503 with why.

    A full disk leaves it at 200: a restart would not free it, and would lose the attempts that wait for room.
    """
    why = request.app[ROOMS].unwell()
    return answer({"healthy": why is None, "reasons": [why] if why else []}, 503 if why else 200)


@described(
    Operation(
        "monitors",
        {200: Answer("Events are taken.", Readiness), 503: Answer("They are not.", Readiness)},
    )
)
async def ready(request: web.Request) -> web.Response:
    """200 while events are taken; names the conf, the last reload and what is wrong in the folder."""
    rooms = request.app[ROOMS]
    stopping = "the daemon is stopping" if rooms.is_stopping() else None
    reasons = [why for why in (rooms.unwell(), rooms.trouble(), stopping) if why]
    last, conf = rooms.reloader.last, rooms.reloader.conf
    try:
        waiting = await rooms.backlogs.look(rooms.store)
    except StoreError as error:  # what waits is not known, but why nothing is taken is
        return answer({"ready": False, "reasons": reasons or [str(error)]}, 503)
    oldest = min((one.next_due for one in waiting), default=None)
    told = {
        "ready": not reasons,
        "reasons": reasons,
        "conf": conf.digest,
        "loaded_at": moment(conf.loaded_at),
        "last_reload_ok": last.taken and not last.faults,
        **(_names(rooms) if _may_know_names(request) else {}),
        "waiting": sum(one.count for one in waiting),
        "oldest_due_seconds": 0.0
        if oldest is None
        else max(round((rooms.now() - oldest).total_seconds(), 3), 0.0),
        "bound_by": rooms.load.bound_by(conf.gateway.limits),
        "intake": {"connections": rooms.load.open, "bytes": rooms.load.bytes},
        "loop_lag_ms": {"p99": round(rooms.lag.p99 * 1000, 1), "worst": round(rooms.lag.worst * 1000, 1)},
    }
    return answer(told, 503 if reasons else 200)


def _names(rooms: Rooms) -> dict[str, Any]:
    """What is wrong where: files, secrets and endpoints by name."""
    return {
        "problems": [
            str(problem) for problem in (*rooms.reloader.last.problems, *rooms.reloader.doubts.values())
        ],
        "paused": sorted(lane.endpoint for lane in rooms.lanes if lane.paused is not None),
        "breakers_open": sorted(lane.endpoint for lane in rooms.lanes if not lane.breaker.is_closed),
        "quarantined": sorted(
            one.plugin if one.endpoint is None else f"{one.plugin} at {one.endpoint}" for one in rooms.ward
        ),
    }


def _may_know_names(request: web.Request) -> bool:
    """Whether who asks may know of files and endpoints: where there are tokens, one that is for all of them."""
    if not request.app[ROOMS].reloader.conf.access.grants:
        return True
    grant = request[CALLER].grant if CALLER in request else None
    return grant is not None and grant.sources is None and not grant.roles.isdisjoint(("view", "admin"))


@described(
    Operation(
        "operators",
        {200: Answer("All was taken.", ReloadResult), 207: Answer("Taken in part.", ReloadResult)},
        {400: ReloadRefused},
    )
)
async def reload(request: web.Request) -> web.Response:
    """Read the conf folder now: 200 taken whole, 207 taken in part, 400 nothing could be taken."""
    async with act(request, "reload", must=False) as record:
        reloaded = await request.app[ROOMS].reloader.reload()
        record.numbers.update({"conf": reloaded.conf.digest, "problems": len(reloaded.faults)})
    told = _reloaded(reloaded)
    if not reloaded.taken:
        kept = f"nothing was taken: the daemon goes on with conf {reloaded.conf.digest}"
        raise Refusal(400, kept, [("", text) for text in told["problems"]], **told)
    return answer(told, 207 if reloaded.faults else 200)


@described(Operation("monitors", {200: Answer("The text.")}))
async def metrics(request: web.Request) -> web.Response:
    """The Prometheus exposition text."""
    return web.Response(
        body=await exposition(request.app[ROOMS]),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


@described(Operation("operators", {200: Answer("All of them.", Endpoints)}))
async def endpoints(request: web.Request) -> web.Response:
    """Every endpoint: its lane, what waits there, and why it is held, if it is."""
    rooms = request.app[ROOMS]
    waiting: dict[str, list[Backlog]] = {}
    for one in await rooms.backlogs.look(rooms.store):
        waiting.setdefault(one.endpoint, []).append(one)
    who = caller(request)
    told = [
        _endpoint(route, waiting.pop(route.endpoint.id, []), rooms) for route in rooms.reloader.conf.routes()
    ]
    known = {one["id"] for one in told}
    left = dict.fromkeys([*waiting, *(lane.endpoint for lane in rooms.lanes if lane.paused is not None)])
    gone = [_gone(id, waiting.get(id, []), rooms) for id in left if id not in known]
    return answer({"endpoints": [one for one in told + gone if who.covers(source_of(one["id"]))]})


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
        "held": route.held or rooms.ward.held(route.endpoint.id),
        "insecure_skip_verify": route.endpoint.tls is not None and not route.endpoint.tls.is_checked,
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
