"""Where the daemon listens: loopback addresses and Unix sockets."""

import errno
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from gateway.errors import GatewayError

KEEP_ALIVE = 15.0  # seconds


class ListenError(GatewayError):
    """An address that cannot be listened on."""


def address_of(listener: str) -> tuple[str, int] | None:
    """Host and port of a listener, or None for a Unix socket."""
    if listener.startswith("unix:"):
        return None
    host, _, port = listener.rpartition(":")
    return host.strip("[]"), int(port)


async def listen(runner: web.AppRunner, listeners: Sequence[str]) -> None:
    """Listen on every address. Raises ListenError naming the first that cannot be had."""
    for listener in listeners:
        address = address_of(listener)
        try:
            if address is None:
                await _listen_unix(runner, Path(listener.removeprefix("unix:")))
            else:
                await web.TCPSite(runner, *address).start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "it is in use already (stop the other program, or name another listener in gateway.yaml)"
            raise ListenError(
                f"cannot listen on {listener}: {why if taken else error.strerror or error}"
            ) from error


async def _listen_unix(runner: web.AppRunner, path: Path) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o750)  # whatever the umask
    _remove_stale(path)
    await web.UnixSite(runner, path).start()
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
