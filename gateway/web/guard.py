"""Who may speak to the daemon, and in which form: local programs, but no page open in a browser on this machine."""

import ipaddress
from collections.abc import Awaitable, Callable, Collection
from functools import lru_cache

from aiohttp import HttpVersion10, HttpVersion11, web

from gateway.web.bodies import JSON, NDJSON
from gateway.web.callers import CALLER
from gateway.web.problems import Check, Refusal
from gateway.web.rooms import ROOMS
from gateway.web.tokens import authorise, check_signed

_SPOKEN = (HttpVersion11, HttpVersion10)
_CROSS = {"cross-site", "same-site"}


def guard(hosts: Callable[[], Collection[str]]) -> Check:
    """A check of who asks and what comes along. hosts: further names that are right, lower case."""

    def check(request: web.Request) -> Awaitable[None] | None:
        if request._version not in _SPOKEN:
            request._version = HttpVersion11  # aiohttp would answer as a version that is not spoken here
            raise Refusal(400, "HTTP/1.0 and HTTP/1.1 are spoken here")
        rooms, headers = request.app[ROOMS], request.headers
        for gate in getattr(request.protocol, "gates", ()):
            gate(request)
        _check_host(headers.get("Host", ""), request, hosts)
        access = rooms.reloader.conf.access
        signing = authorise(request, rooms, access) if access.grants else None
        # In this order, since looking into a request costs.
        is_known = access.grants and CALLER in request
        if not is_known and ("Origin" in headers or headers.get("Sec-Fetch-Site") in _CROSS):
            raise Refusal(
                403, "a page in a browser may not do this (post from a program, without an Origin header)"
            )
        if request.can_read_body:
            _check_body(request)
        return None if signing is None else check_signed(request, rooms, signing)

    return check


def _check_host(name: str, request: web.Request, hosts: Callable[[], Collection[str]]) -> None:
    """A page whose name was made to lead here (DNS rebinding) still says its name."""
    if _is_local(name) or not _is_tcp(request):
        return
    name = name.lower()
    if not {_bare(name), name} & set(hosts()):
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
def _is_local(name: str) -> bool:
    bare = _bare(name.lower())
    try:
        return bare == "localhost" or ipaddress.ip_address(bare.strip("[]")).is_loopback
    except ValueError:
        return False


def _bare(name: str) -> str:
    """The name without its port."""
    head, _, port = name.rpartition(":")
    return head if port.isdigit() else name
