"""Requests that no HTTP library would write, on a raw socket: answered as they should be, nothing stored, nothing out of step."""

import asyncio
import http.client
import io
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.requests import REQUESTS, Sent, get
from tests.cli.processes import free_port
from tests.faults.houses import House, partner_in

PROBE = get(b"/no-such-page-at-all")  # answered by 404, as nothing else here is answered
PORT = free_port()
SHORT = 5  # every so many-th is sent when not thorough


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("requests")
    source = "return: {transport: query, url: http://8.8.8.8/, enabled: true}\n"
    sources = {"acme": source, "healthy": HEALTHY}
    with partner_in(folder) as partner, House(folder, partner, sources) as found:
        gateway = found.conf / "gateway.yaml"
        text = gateway.read_text().replace('"unix:', f'"127.0.0.1:{PORT}", "unix:')
        gateway.write_text(text + "limits: {read: 2s}\n")
        found.start()
        yield found


def test_there_are_enough() -> None:
    """At least 150 requests."""
    assert len(REQUESTS) >= 150


async def test_each_is_answered_and_none_is_stored(house: House, thorough: bool) -> None:
    """The status is right; the connection is closed, or answers the next request with that one's answer."""
    chosen = dict(list(REQUESTS.items())[:: 1 if thorough else SHORT])
    async with house.client() as client:
        await house.ready(client)
        before = await lags(client)
        with ThreadPoolExecutor(4) as pool:
            faults = await asyncio.to_thread(list, pool.map(_fault, chosen.values()))
        wrong = {name: fault for name, fault in zip(chosen, faults, strict=True) if fault}
        assert not wrong, "\n".join(f"{name}: {fault}" for name, fault in wrong.items())
        async with client.get("/events") as answer:
            assert (await answer.json())["events"] == []
        await unharmed(client, house.log())
        unhurried(before, await lags(client), house.pid)


def _fault(sent: Sent) -> str | None:
    """What is wrong about the answer; None where nothing is."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as line:
        try:
            line.sendall(sent.bytes if sent.ends else sent.bytes + PROBE)
            said = _all(line, 0.5 if sent.ends else 3.0)
            line.shutdown(socket.SHUT_WR)
            said += _all(line, 3.0)
        except OSError:
            said = _all(line, 0.1)  # it was closed while we spoke: what it said before counts
    statuses = _statuses(said)
    if statuses is None:
        return f"not HTTP: {said[:200]!r}"
    probed = not sent.ends and statuses[-1:] == [404]
    own = statuses[:-1] if probed and len(statuses) > 1 else statuses
    if not own:
        return None if 0 in sent.right else "it has no answer"
    if own[0] not in sent.right:
        return f"answered with {own}"
    return f"{len(own)} answers: {own}" if len(own) > sent.answers else None


def _all(line: socket.socket, patience: float) -> bytes:
    """What is said until nothing more is. patience: in seconds."""
    said = b""
    line.settimeout(patience)
    try:
        while more := line.recv(65536):
            said += more
            if b" 404 " in said:  # the probe's
                line.settimeout(0.1)
    except OSError:
        pass
    return said


class _Said(socket.socket):
    def __init__(self, said: io.BytesIO) -> None:
        self._said = said

    def makefile(self, *_: object) -> io.BytesIO:  # type: ignore[override]
        return self._said


def _statuses(said: bytes) -> list[int] | None:
    """The status of each answer, one behind another; None where something else stands between them."""
    statuses: list[int] = []
    while said:
        stream = io.BytesIO(said)
        answer = http.client.HTTPResponse(_Said(stream))
        stream.close = lambda: None  # type: ignore[method-assign]
        try:
            answer.begin()
            answer.read()
        except (http.client.HTTPException, ValueError):
            return None
        statuses.append(answer.status)
        said = said[stream.tell() :]
    return statuses
