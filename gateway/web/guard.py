"""Who may speak to the daemon, and in which form: local programs, but no page open in a browser on this machine."""

import ipaddress
from collections.abc import Callable, Collection
from functools import lru_cache

from aiohttp import web

from gateway.web.bodies import JSON, NDJSON
from gateway.web.problems import Check, Refusal

_CROSS = {"cross-site", "same-site"}


def guard(hosts: Callable[[], Collection[str]]) -> Check:
    """A check of who asks and what comes along. hosts: further names that are right, lower case."""

    def check(request: web.Request) -> None:
        headers = request.headers
        _check_host(headers.get("Host", ""), request, hosts)
        if "Origin" in headers or headers.get("Sec-Fetch-Site") in _CROSS:
            raise Refusal(
                403, "a page in a browser may not do this (post from a program, without an Origin header)"
            )
        if request.can_read_body:
            _check_body(request)

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
