"""Plugins that keep failing: which are left alone, and a person's wish that one is tried again."""

from typing import Annotated

import structlog
from aiohttp import web
from pydantic import Field

from gateway.nearest import nearest
from gateway.settings import Settings
from gateway.web.acting import act
from gateway.web.bodies import JSON, read_keys
from gateway.web.moments import moment
from gateway.web.openapi.operations import Answer, Example, Operation, Parameter, described
from gateway.web.openapi.shapes import Problem
from gateway.web.openapi.standing import Quarantined, Released
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS

_NAME = Parameter("id", "path", "The plugin's name.", {"type": "string"}, "json")


class ReleaseSettings(Settings):
    """The body of POST /plugins/NAME/release."""

    by: Annotated[str, Field(max_length=100)] = ""
    """Whose wish it is."""
    why: Annotated[str, Field(max_length=500)] = ""
    """Why; for the record."""


@described(Operation("operators", {200: Answer("Those that are not well.", Quarantined)}))
async def plugins(request: web.Request) -> web.Response:
    """Plugins in quarantine, or probed after one, and where; a plugin that is well is not in it."""
    found = [
        {
            "name": one.plugin,
            "endpoint": one.endpoint,
            "state": one.state,
            "until": moment(one.until),
            "why": one.why,
        }
        for one in request.app[ROOMS].ward
    ]
    return answer({"plugins": found})


@described(
    Operation(
        "operators",
        {200: Answer("It is tried again.", Released)},
        {404: Problem},
        parameters=(_NAME,),
        body={JSON: ReleaseSettings},
        examples={"one that is well": Example({"by": "joe", "why": "it is mended"}, 404)},
    )
)
async def release(request: web.Request) -> web.Response:
    """Let a plugin try again wherever it is in quarantine, and forget its faults."""
    rooms, name = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, ReleaseSettings, "the plugin cannot be released")
    ill = sorted({one.plugin for one in rooms.ward})
    if name not in ill:
        raise Refusal(404, f"there is no plugin {name!r} in quarantine{nearest(name, ill)}")
    async with act(request, "release", f"plugin {name}", asked.why, asked.by) as record:
        places = rooms.ward.release(name)
    structlog.get_logger().info("plugin.released", plugin=name, by=record.by, why=asked.why)
    return answer({"name": name, "released": places})
