"""Who asks: the holder of a token, the user behind a Unix socket, or somebody on this machine."""

import grp
import os
import pwd
import socket
import struct
from asyncio import BaseTransport
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from aiohttp import web

from gateway.access import Grant
from gateway.conf.access import PeerSettings
from gateway.store import Filter
from gateway.web.problems import Refusal

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid (unix(7))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. kind, name: as the daemon knows them; grant: of a token."""

    kind: str
    name: str = ""
    grant: Grant | None = None

    @property
    def who(self) -> str:
        """`token NAME`, `user NAME`, `local`, or `nobody`."""
        return f"{self.kind} {self.name}" if self.name else self.kind

    def by(self, claimed: str) -> str:
        """The same for people; claimed: the name that the wish itself gives, which nobody has checked."""
        if not self.name:
            return claimed or self.kind
        return self.name if claimed in ("", self.name) else f"{self.name} ({claimed})"

    def covers(self, source: str) -> bool:
        """Whether this one may know of a source's events."""
        return self.grant is None or self.grant.covers(source)


CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)
LOCAL, NOBODY = Caller("local"), Caller("nobody")


def caller(request: web.Request) -> Caller:
    """Who asks."""
    found: Caller | None = request.get(CALLER)
    if found is not None:
        return found
    peer = credentials(request.transport)
    return LOCAL if peer is None else Caller("user", _user(peer[0]))


def credentials(transport: BaseTransport | None) -> tuple[int, int] | None:
    """The user and group, as numbers, that the other end of a Unix socket had when it connected; None for any other."""
    line = None if transport is None else transport.get_extra_info("socket")
    if line is None or line.family != socket.AF_UNIX:
        return None
    _, uid, gid = _CREDENTIALS.unpack(
        line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return uid, gid


def within(who: Caller, which: Filter) -> Filter:
    """A filter, no wider than the sources that its caller may know of. Raises Refusal (403) where it is."""
    sources = None if who.grant is None else who.grant.sources
    if sources is None or which.source in sources:
        return which
    if which.source is None and len(sources) == 1:
        return replace(which, source=next(iter(sources)))
    raise Refusal(
        403, f"the token {who.name} is for some sources alone (name one: {', '.join(sorted(sources))})"
    )


def source_of(endpoint: str) -> str:
    """The source of an endpoint's id."""
    return endpoint.rpartition("/")[0].partition("@")[0]


@dataclass(frozen=True, slots=True)
class Peers:
    """The users and groups, as numbers, that a Unix socket is for."""

    uids: frozenset[int]
    gids: frozenset[int]

    @classmethod
    def of(cls, listed: Iterable[PeerSettings]) -> Self:
        """Those of the conf's list. Raises KeyError for a name that is gone since it was checked."""
        uids = {one.uid for one in listed} | {pwd.getpwnam(one.user).pw_uid for one in listed if one.user}
        gids = {one.gid for one in listed} | {grp.getgrnam(one.group).gr_gid for one in listed if one.group}
        return cls(frozenset(uids - {None}), frozenset(gids - {None}))  # type: ignore[arg-type]

    def include(self, uid: int, gid: int) -> bool:
        """Whether a user is one of them, or in one of the groups."""
        if uid in self.uids or gid in self.gids:
            return True
        with suppress(KeyError):
            return bool(self.gids) and not self.gids.isdisjoint(
                os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
            )
        return False


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"{uid}"
