"""Sources that are not ours: PHP's SoapServer and the npm package `soap`, each in a process of its own."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.web.conftest import House, daemon_on

HERE = Path(__file__).parent
GATEWAY = "data: ../data\nnetwork: {allow: [127.0.0.0/8]}\nshutdown: 2s\n"

LEAD = """Zoë "Q" O'Neil <&]]> 😀"""
MAPPING = """\
    LeadId: "{{ lead.id }}"
    Reason: "{{ feedback.reason }}"
    Count: "{{ count }}"
    Amount: "{{ price }}"
    Final: "{{ final }}"
    Note: null
    Empty: ""
    Lead.Name: "{{ lead.first_name }}"
    Lead.Phone: ["{{ lead.phone_1 }}", "{{ lead.phone_2 }}"]
"""
RESPONSE = """\
  response:
    outcome_search_path: Result.Success
    outcome_search_term: ^true$
    reason_path: Result.Message
    reference_path: Result.Reference
    price_path: Result.Price
"""
AUTH = """\
  auth:
    wss: {{username: gateway & co., password: {{file: password}}, digest: {digest}}}
"""


@dataclass(frozen=True)
class Peer:
    """A running SOAP server. journal: what it has decoded, a line of JSON for each call."""

    url: str
    journal: Path

    def received(self) -> Any:
        """The last call."""
        return json.loads(self.journal.read_text().splitlines()[-1])


Deliver = Callable[..., Awaitable[Any]]


@pytest.fixture
def deliver(tmp_path: Path, aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]]) -> Deliver:
    """Posts an event to a daemon whose source has a WSDL by URL; gives its story once the attempt is made."""

    async def deliver(
        wsdl: str, operation: str, reason: str = "Wrong number", wss: bool | None = None, more: str = ""
    ) -> Any:
        conf = tmp_path / "conf"
        for name in ("sources", "secrets"):
            (conf / name).mkdir(parents=True)
        (conf / "gateway.yaml").write_text(GATEWAY)
        (conf / "secrets" / "password").write_text("s3cret")
        (conf / "secrets" / "password").chmod(0o600)
        auth = "" if wss is None else AUTH.format(digest=str(wss).lower())
        (conf / "sources" / "acme.yaml").write_text(
            f"return:\n  transport: soap\n  url: {wsdl}\n  operation: {operation}\n  mapping:\n{MAPPING}{more}{RESPONSE}{auth}"
        )
        daemon = daemon_on(conf)
        client = await aiohttp_client(TestServer(daemon.application()))
        house = House(conf, daemon, client, None)  # type: ignore[arg-type]
        event = {
            "id": "e-1", "type": "return", "source": "acme", "reason": reason, "count": -7, "final": False,
            "price": 12.75, "lead": {"id": LEAD, "first_name": "Ana  Lu", "phone_1": "+1 512", "phone_2": "0"},
        }  # fmt: skip
        assert (await house.post(event))[0] == 202
        async with asyncio.timeout(10):
            while not (story := await house.story("e-1"))["attempts"]:
                await asyncio.sleep(0.01)
        return story

    return deliver


@pytest.fixture(scope="session")
def php(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """PHP's SoapServer, behind PHP's own web server."""
    command = shutil.which("php")
    if (
        command is None
        or "soap" not in subprocess.run([command, "-m"], capture_output=True, text=True).stdout.split()
    ):
        pytest.skip(
            "PHP with its SOAP extension is not here (make peers, or apt-get install php-cli php-soap)"
        )
    with _running(
        tmp_path_factory.mktemp("php"), lambda port: [command, "-S", f"127.0.0.1:{port}", "server.php"], "php"
    ) as peer:
        yield peer


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The npm package `soap`, behind Node's own web server."""
    command = shutil.which("node")
    if command is None or not (HERE / "node" / "node_modules" / "soap").is_dir():
        pytest.skip("Node with the package soap is not here (make peers, or npm ci in tests/peers/node)")
    with _running(
        tmp_path_factory.mktemp("node"), lambda port: [command, "server.js", str(port)], "node"
    ) as peer:
        yield peer


@contextmanager
def _running(folder: Path, command: Callable[[int], list[str]], where: str) -> Iterator[Peer]:
    journal = folder / "journal"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command(port),
            cwd=HERE / where,
            stdout=log,
            stderr=log,
            env={**os.environ, "JOURNAL": str(journal)},
        )
    try:
        _await(port, process, folder / "log")
        yield Peer(f"http://127.0.0.1:{port}", journal)
    finally:
        process.terminate()
        process.wait(5)


def _await(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"it does not listen: {log.read_text()}")
