"""The client of a running daemon, against servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.cli.client import Answer, Client, _unreachable, address, told
from gateway.cli.faults import Refused, Unavailable, report
from gateway.errors import ConfError

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_daemon_that_does_not_answer():
    """After its patience the client says so."""
    hold = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    async with listening(silent) as url, Client(url) as client:
        with pytest.raises(Unavailable) as caught:
            await client.post("/events", "{}", patience=0.2)
        hold.set()
    assert str(caught.value) == f"the daemon at {url} gave no answer within 0.2 s"


async def test_a_connection_that_is_lost():
    """A connection that ends without an answer is unavailable, not a fault of ours."""

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async with listening(rude) as url, Client(url) as client:
        with pytest.raises(Unavailable, match=f"the connection to the daemon at {url} was lost: "):
            await client.post("/events", "{}")


async def test_no_redirect_is_followed():
    """No event and no token goes to another address than the one that was named."""
    asked = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    async with listening(elsewhere) as there:

        async def away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(
                f"HTTP/1.1 307 Away\r\nLocation: {there}/events\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            writer.close()

        async with listening(away) as url, Client(url) as client:
            answer = await client.post("/events", "{}")
    assert (answer.status, asked) == (307, [])


def test_what_is_refused_does_not_steer_the_terminal(capsys):
    """An answer's words are shown with their control characters written out."""
    report(Refused("\x1b]0;owned\x07 no \x1b[2J"))
    assert capsys.readouterr().err == "feedback-gateway: \\x1b]0;owned\\x07 no \\x1b[2J\n"


async def test_numbers_of_an_answer_are_exact():
    """What the daemon answers is read without rounding."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\nConnection: close\r\n\r\n{"n": 0.1000000000000000000001}'
        )
        await writer.drain()
        writer.close()

    async with listening(one) as url, Client(url) as client:
        assert (await client.get("/x")).expect(200) == {"n": Decimal("0.1000000000000000000001")}


@pytest.mark.parametrize("body", ["<h1>It works!</h1>", ["It works!"]])
def test_another_server_that_is_well(body):
    """A page of some other server is no answer, whatever its status."""
    with pytest.raises(Refused, match=r"^this is not what a feedback gateway answers: .*It works!"):
        Answer(200, body).expect(200)


async def test_a_directory_in_place_of_a_socket(tmp_path: Path):
    """What cannot be a daemon's socket is one sentence, too."""
    async with Client(f"unix:{tmp_path}") as client:
        with pytest.raises(Unavailable, match=r"^no daemon answers at unix:"):
            await client.get("/x")


def test_a_socket_that_is_for_others():
    """A socket without permission is not told as a daemon that is not there."""
    found = _unreachable("unix:/run/x", PermissionError(13, "Permission denied"))
    assert (type(found), str(found)) == (
        Unavailable,
        "no daemon can be reached at unix:/run/x: Permission denied",
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8620/", "http://127.0.0.1:8620"),
        ("127.0.0.1:8620", "http://127.0.0.1:8620"),
        ("http://[::1]:8620", "http://[::1]:8620"),
        ("unix:/run/x", "unix:/run/x"),
    ],
)
def test_addresses(tmp_path, url, found):
    """A daemon may be named with or without `http://`; a conf is not needed then."""
    assert address(url, tmp_path) == found


@pytest.mark.parametrize(
    ("gateway", "found"),
    [
        ("listen: [127.0.0.1:1, 127.0.0.1:2]", "http://127.0.0.1:1"),
        ("listen: ['unix:/run/x']", "unix:/run/x"),
        ("log: {level: info}", "http://127.0.0.1:8620"),
        ("", "http://127.0.0.1:8620"),
    ],
)
def test_the_first_listener(tmp_path, gateway, found):
    """Without --url it is the first listener of the conf, else the default one."""
    (tmp_path / "gateway.yaml").write_text(gateway)
    assert address(None, tmp_path) == found


def test_a_gateway_file_that_is_no_yaml(tmp_path):
    """What cannot be read says why, with line and column."""
    (tmp_path / "gateway.yaml").write_text("listen: [\n")
    with pytest.raises(ConfError) as caught:
        address(None, tmp_path)
    assert caught.value.problems[0].file == "gateway.yaml"


def test_problem_documents():
    """Every error of a problem document is told, and none twice."""
    document = {
        "title": "no",
        "errors": [
            {"pointer": "/a", "detail": "wrong"},
            {"pointer": "", "detail": "worse"},
            {"pointer": "/id", "detail": "no"},
        ],
    }
    assert told(document) == "no: /a: wrong; worse"
    assert told({"title": "no"}) == "no"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Unavailable("nobody"), 69, "feedback-gateway: nobody\n"),
        (Refused("no"), 70, "feedback-gateway: no\n"),
        (
            PermissionError(13, "Permission denied", "/root/x"),
            70,
            "feedback-gateway: /root/x: Permission denied\n",
        ),
    ],
)
def test_exit_codes(capsys, error, code, said):
    """What goes wrong is one sentence, and an exit code of sysexits.h."""
    assert report(error) == code
    assert capsys.readouterr().err == said
