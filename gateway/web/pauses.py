"""A person's wish that nothing is sent to an endpoint for a while, and how it stands with its lane."""

from datetime import datetime, timedelta
from math import isfinite
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import Field

from gateway.lanes.lane import Lane, monotonic
from gateway.nearest import nearest
from gateway.settings import Settings
from gateway.web.bodies import read_keys
from gateway.web.events import moment
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms


class PauseSettings(Settings):
    """The body of POST /endpoints/ENDPOINT-ID/pause and of .../resume."""

    by: Annotated[str, Field(min_length=1, max_length=100)] = "a person"
    why: Annotated[str, Field(max_length=500)] = ""


async def pause(request: web.Request) -> web.Response:
    """Begin nothing more at an endpoint; what is under way ends."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, PauseSettings, "the endpoint cannot be paused")
    if rooms.reloader.conf.route(id) is None:
        raise _unknown(rooms, id)
    await rooms.lanes.pause(id, asked.by, asked.why)
    structlog.get_logger().info("endpoint.paused", endpoint=id, by=asked.by, why=asked.why)
    return _standing(rooms.lanes.look(id))


async def resume(request: web.Request) -> web.Response:
    """Go on at an endpoint; also at one that is gone and was paused before."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, PauseSettings, "the endpoint cannot be resumed")
    if rooms.reloader.conf.route(id) is None and not any(
        lane.endpoint == id and lane.paused for lane in rooms.lanes
    ):
        raise _unknown(rooms, id)
    await rooms.lanes.resume(id)
    structlog.get_logger().info("endpoint.resumed", endpoint=id, by=asked.by, why=asked.why)
    return _standing(rooms.lanes.look(id))


def paused(lane: Lane) -> dict[str, Any] | None:
    """Who paused a lane, since when, and why."""
    pause = lane.paused
    return None if pause is None else {"by": pause.by, "since": moment(pause.since), "why": pause.why}


def breaker(lane: Lane, now: datetime) -> dict[str, Any]:
    """What a lane's breaker does. now: UTC."""
    found = lane.breaker
    left = found.wait(len(lane.under_way), monotonic())
    probe = now + timedelta(seconds=left) if found.state == "open" and isfinite(left) else None
    return {
        "state": found.state,
        "since": None if lane.opened_at is None else moment(lane.opened_at),
        "next_probe": None if probe is None else moment(probe),
    }


def _standing(lane: Lane) -> web.Response:
    return answer({"id": lane.endpoint, "paused": paused(lane), "under_way": len(lane.under_way)})


def _unknown(rooms: Rooms, id: str) -> Refusal:
    known = [route.endpoint.id for route in rooms.reloader.conf.routes()]
    return Refusal(404, f"there is no endpoint {id!r} in the conf{nearest(id, known)}")
