"""Where the daemon listens: it takes over its own stale socket, and nothing else."""

import errno
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from gateway.errors import AddressRefused
from gateway.http import Session
from gateway.model import Request
from gateway.web.listeners import ListenError, address_of, bound, listen, names


@pytest.fixture
async def runner() -> AsyncIterator[web.AppRunner]:
    made = web.AppRunner(web.Application())
    await made.setup()
    yield made
    await made.cleanup()


@pytest.mark.parametrize(
    ("listener", "address"),
    [("127.0.0.1:8620", ("127.0.0.1", 8620)), ("[::1]:80", ("::1", 80)), ("localhost:1", ("localhost", 1)),
     ("unix:/run/s", None)],
)  # fmt: skip
def test_the_address_of_a_listener(listener: str, address: tuple[str, int] | None) -> None:
    """Host and port, which the session must never dial; a socket has none."""
    assert address_of(listener) == address


async def test_the_real_port_of_a_listener(runner: web.AppRunner, tmp_path: Path) -> None:
    """Of `127.0.0.1:0` only who listens knows it; the session that learns it never dials it."""
    await listen(runner, ["127.0.0.1:0", f"unix:{tmp_path}/s"])
    ((host, port),) = bound(runner)
    assert (host, port > 0) == ("127.0.0.1", True)
    async with Session.open(["127.0.0.0/8"]) as session:
        session.listening(bound(runner))
        with pytest.raises(AddressRefused, match="the gateway's own listener"):
            await session.request(Request("GET", f"http://127.0.0.1:{port}/"), timeout=5)


def test_the_names_of_listeners() -> None:
    """What a Host header may say of each; a socket has no name, and neither has every address at once."""
    found = names(["10.0.0.5:80", "[2001:db8::1]:80", "0.0.0.0:80", "[::]:80", "unix:/run/s", "localhost:1"])
    assert found == ["10.0.0.5", "[2001:db8::1]", "localhost"]


async def test_it_listens_on_all_of_them(runner: web.AppRunner, tmp_path: Path, unused_tcp_port: int) -> None:
    """TCP and a Unix socket at once, the folder made where it is missing, the socket for its group."""
    path = tmp_path / "run" / "s"
    await listen(runner, [f"127.0.0.1:{unused_tcp_port}", f"unix:{path}"])
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o027 == 0
    for session in (
        aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}"),
        aiohttp.ClientSession("http://localhost", connector=aiohttp.UnixConnector(str(path))),
    ):
        async with session, session.get("/") as response:
            assert response.status == 404


async def test_its_folder_whatever_the_umask(runner: web.AppRunner, tmp_path: Path) -> None:
    """The group may reach the socket also where everything else that the daemon makes is its own."""
    before = os.umask(0o077)
    try:
        await listen(runner, [f"unix:{tmp_path}/run/s"])
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "run", tmp_path / "run" / "s")]
    assert modes == [0o750, 0o660]


async def test_a_port_that_is_taken_is_named(runner: web.AppRunner) -> None:
    """The sentence says which listener, and what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ListenError) as caught:
            await listen(runner, [f"127.0.0.1:{port}"])
    words = "it is in use already (stop the other program, or name another listener in gateway.yaml)"
    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: {words}"


async def test_a_stale_socket_is_taken_over(runner: web.AppRunner, tmp_path: Path) -> None:
    """What a killed daemon left behind does not keep the next one from starting."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    await listen(runner, [f"unix:{path}"])
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


async def test_a_socket_that_is_listened_on_is_left_alone(runner: web.AppRunner, tmp_path: Path) -> None:
    """Another daemon's socket is not taken from it."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(ListenError, match="it is in use already"):
            await listen(runner, [f"unix:{path}"])
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_what_is_no_socket_is_never_removed(runner: web.AppRunner, tmp_path: Path, kind: str) -> None:
    """A path that was mistyped costs nobody a file."""
    path = tmp_path / "precious"
    path.mkdir() if kind == "folder" else path.write_text("data")
    with pytest.raises(ListenError) as caught:
        await listen(runner, [f"unix:{path}"])
    words = f"{path} is there already, and no socket (name another path)"
    assert str(caught.value) == f"cannot listen on unix:{path}: {words}"
    assert path.exists()


async def test_a_path_that_cannot_be_is_named(runner: web.AppRunner, tmp_path: Path) -> None:
    """A file where a folder is needed is said in the system's words."""
    (tmp_path / "f").write_text("")
    with pytest.raises(ListenError) as caught:
        await listen(runner, [f"unix:{tmp_path}/f/s"])
    assert str(caught.value) == f"cannot listen on unix:{tmp_path}/f/s: {os.strerror(errno.EEXIST)}"
