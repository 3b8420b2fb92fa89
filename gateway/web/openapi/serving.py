"""GET /openapi.json."""

from functools import lru_cache
from typing import Any, Literal

from aiohttp import web

from gateway.jsontext import dumps
from gateway.web.openapi.document import document
from gateway.web.openapi.operations import Answer, Operation, described
from gateway.web.openapi.shapes import Shape


class OpenAPI(Shape):
    """An OpenAPI document (openapis.org)."""

    openapi: Literal["3.1.1"]
    """Its version."""
    info: dict[str, Any]
    """Title, version, licence."""
    servers: list[dict[str, Any]]
    """The daemon that is asked."""
    tags: list[dict[str, Any]]
    """What the operations are for."""
    paths: dict[str, Any]
    """The operations."""
    components: dict[str, Any]
    """The schemas."""


@described(Operation("monitors", {200: Answer("The document.", OpenAPI)}))
async def openapi(request: web.Request) -> web.Response:
    """This document."""
    return web.Response(body=_text(request.app), content_type="application/json")


@lru_cache(maxsize=1)  # it never changes while the daemon runs
def _text(app: web.Application) -> bytes:
    return dumps(document(app)).encode()
