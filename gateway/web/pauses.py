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
from gateway.web.acting import act
from gateway.web.bodies import JSON, read_keys
from gateway.web.moments import moment
from gateway.web.openapi.operations import ENDPOINT_ID, Answer, Example, Operation, described
from gateway.web.openapi.shapes import Problem
from gateway.web.openapi.standing import EndpointStanding
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms


class PauseSettings(Settings):
    """The body of POST /endpoints/ENDPOINT-ID/pause and of .../resume."""

    by: Annotated[str, Field(max_length=100)] = ""
    """Whose wish it is."""
    why: Annotated[str, Field(max_length=500)] = ""
    """Why; shown wherever the endpoint or its events are."""


_PAUSES = Operation(
    "operators",
    {200: Answer("How it stands now.", EndpointStanding)},
    {404: Problem},
    parameters=(ENDPOINT_ID,),
    body={JSON: PauseSettings},
    examples={"by": Example({"by": "joe", "why": "they move"}, 200)},
)


@described(_PAUSES)
async def pause(request: web.Request) -> web.Response:
    """Begin nothing more at an endpoint; what is under way ends."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, PauseSettings, "the endpoint cannot be paused")
    if rooms.reloader.conf.route(id) is None:
        raise _unknown(rooms, id)
    async with act(request, "pause", f"endpoint {id}", asked.why, asked.by) as record:
        await rooms.lanes.pause(id, record.by, asked.why)
        told = _standing(rooms.lanes.look(id))
    structlog.get_logger().info("endpoint.paused", endpoint=id, by=record.by, why=asked.why)
    return told


@described(_PAUSES)
async def resume(request: web.Request) -> web.Response:
    """Go on at an endpoint; also at one that is gone and was paused before."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, PauseSettings, "the endpoint cannot be resumed")
    if rooms.reloader.conf.route(id) is None and not any(
        lane.endpoint == id and lane.paused for lane in rooms.lanes
    ):
        raise _unknown(rooms, id)
    async with act(request, "resume", f"endpoint {id}", asked.why, asked.by) as record:
        await rooms.lanes.resume(id)
        told = _standing(rooms.lanes.look(id))
    structlog.get_logger().info("endpoint.resumed", endpoint=id, by=record.by, why=asked.why)
    return told


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
