"""Who may speak to the daemon, and in which form: local programs, but no page open in a browser on this machine."""

import ipaddress
from collections.abc import Callable, Collection
from functools import lru_cache

from aiohttp import web

from gateway.web.bodies import JSON, NDJSON
from gateway.web.problems import Handler, Refusal

_CROSS = {"cross-site", "same-site"}


def guard(hosts: Callable[[], Collection[str]]):  # type: ignore[no-untyped-def]  # aiohttp has no name for its type
    """A middleware that checks who asks and what comes along. hosts: further names that are right, lower case."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        _check_host(request, hosts)
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") in _CROSS:
            raise Refusal(
                403, "a page in a browser may not do this (post from a program, without an Origin header)"
            )
        if request.can_read_body:
            _check_body(request)
        return await handler(request)

    return check


def _check_host(request: web.Request, hosts: Callable[[], Collection[str]]) -> None:
    """A page whose name was made to lead here (DNS rebinding) still says its name."""
    name = request.headers.get("Host", "").lower()
    head, _, port = name.rpartition(":")
    bare = head if port.isdigit() else name
    if bare == "localhost" or _is_loopback(bare) or not _is_tcp(request):
        return
    if not {bare, name} & set(hosts()):
        raise Refusal(421, f"the Host {name[:100]!r} is not served here (name it in `hosts` of gateway.yaml)")


def _check_body(request: web.Request) -> None:
    """A form of a page can post other types without asking first (the CORS protocol); these it cannot."""
    if request.content_type not in (JSON, NDJSON):
        raise Refusal(415, f"a body of type {request.content_type} is not taken (send {JSON} or {NDJSON})")
    if "Content-Encoding" in request.headers:
        raise Refusal(415, "a compressed body is not taken (send it as it is, without Content-Encoding)")


def _is_tcp(request: web.Request) -> bool:
    transport = request.transport
    return transport is None or isinstance(transport.get_extra_info("sockname"), tuple)


@lru_cache(maxsize=1024)
def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.strip("[]")).is_loopback
    except ValueError:
        return False
