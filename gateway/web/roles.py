"""What each path needs: a role, and the name under which it stands in the record of administrative acts.

It is the one table of that; a path that is not in it needs the role admin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web

from gateway.access import Role
from gateway.store.acts import Kind


@dataclass(frozen=True, slots=True)
class Need:
    """What a path needs. roles: any of them, or none; act: what is recorded; whole: not for some sources alone."""

    roles: tuple[Role, ...] = ()
    act: Kind | None = None
    whole: bool = False


NEEDS: Mapping[tuple[str, str], Need] = MappingProxyType(
    {
        ("POST", "/events"): Need(("post",)),
        ("GET", "/events"): Need(("view",)),
        ("GET", "/events/{id}"): Need(("view",)),
        ("POST", "/events/{id}/replay"): Need(("replay",), "replay"),
        ("POST", "/replay"): Need(("replay",), "replay"),
        ("POST", "/forget"): Need(("admin",), "forget"),
        ("GET", "/endpoints"): Need(("view",)),
        ("POST", "/endpoints/{id}/pause"): Need(("admin",), "pause"),
        ("POST", "/endpoints/{id}/resume"): Need(("admin",), "resume"),
        ("GET", "/plugins"): Need(("view",), whole=True),
        ("POST", "/plugins/{id}/release"): Need(("admin",), "release"),
        ("POST", "/-/reload"): Need(("admin",), "reload"),
        ("GET", "/audit"): Need(("view", "admin"), whole=True),
        ("GET", "/metrics"): Need(("view",), whole=True),
        ("GET", "/openapi.json"): Need(),
        ("GET", "/-/healthy"): Need(),
        ("GET", "/-/ready"): Need(),
    }
)
_ADMIN, _ANY = Need(("admin",)), Need(("post", "view", "replay", "admin"))


def need(request: web.Request) -> Need:
    """What a request needs; that there is no such path, or method, is told to any role."""
    resource = request.match_info.route.resource
    if resource is None:
        return _ANY
    method = "GET" if request.method == "HEAD" else request.method
    return NEEDS.get((method, resource.canonical), _ADMIN)
