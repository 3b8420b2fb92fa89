"""Where the daemon listens: addresses and Unix sockets."""

import errno
import os
import socket
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from aiohttp import web

from gateway.errors import GatewayError

BACKLOG = (
    512  # connections that wait to be let in: with aiohttp's 128 the last ones of a crowd wait for seconds
)


class ListenError(GatewayError):
    """An address that cannot be listened on."""


def address_of(listener: object) -> tuple[str, int] | None:
    """Host and port of a listener, or None for a Unix socket."""
    listener = str(listener)
    if listener.startswith("unix:"):
        return None
    host, _, port = listener.rpartition(":")
    return host.strip("[]"), int(port)


def names(listeners: Iterable[object]) -> list[str]:
    """The addresses of listeners as a Host header names them; one on every address has none."""
    hosts = (str(listener).rpartition(":")[0] for listener in listeners if address_of(listener))
    return [host for host in hosts if host not in ("0.0.0.0", "[::]")]  # noqa: S104  nothing is bound here


async def listen(runner: web.AppRunner, listeners: Sequence[object]) -> None:
    """Listen on every address. Raises ListenError naming the first that cannot be had."""
    for listener in map(str, listeners):
        address = address_of(listener)
        try:
            if address is None:
                await _listen_unix(runner, Path(listener.removeprefix("unix:")))
            else:
                await web.TCPSite(runner, *address, backlog=BACKLOG).start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "it is in use already (stop the other program, or name another listener in gateway.yaml)"
            raise ListenError(
                f"cannot listen on {listener}: {why if taken else error.strerror or error}"
            ) from error


def bound(runner: web.AppRunner) -> list[tuple[str, int]]:
    """Where a runner listens by now, each with its real port: `127.0.0.1:0` took a free one."""
    return [(address[0], address[1]) for address in runner.addresses if isinstance(address, tuple)]


async def _listen_unix(runner: web.AppRunner, path: Path) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o750)  # whatever the umask
    _remove_stale(path)
    await web.UnixSite(runner, path, backlog=BACKLOG).start()
    os.chmod(path, 0o660)


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens on any more, and nothing else."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, f"{path} is there already, and no socket (name another path)")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)  # one whose queue is full would keep us waiting
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "in use")
