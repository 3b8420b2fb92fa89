"""A daemon behind its real listeners, and raw sockets to them: what stands at the door itself."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway import jsontext
from gateway.daemon import Daemon
from gateway.testing.partner import Partner
from gateway.web.connections import Runner
from gateway.web.listeners import listen
from tests.web.conftest import daemon_on, write_conf
from tests.web.contract import breaches, held


@dataclass
class Front:
    """A daemon that listens on TCP and on a Unix socket."""

    folder: Path
    daemon: Daemon
    port: int
    socket: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(
        self, method: str, path: str, *, token: str | None = None, unix: bool = False, **more: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Ask for anything, on a connection of its own; status, parsed answer, headers."""
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
        connector = aiohttp.UnixConnector(str(self.socket)) if unix else aiohttp.TCPConnector()
        async with (
            aiohttp.ClientSession(connector=connector, middlewares=(held,)) as session,
            session.request(method, self.url + path, headers=headers, **more) as answer,
        ):
            text = await answer.text()
            found = list(breaches(method, path.partition("?")[0], answer.status, answer.content_type, text))
            assert not found, f"{method} {path}: {found}"
            told = jsontext.loads(text) if "json" in answer.content_type else text
            return answer.status, told, answer.headers

    @asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A raw connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def raw(self, request: bytes, seconds: float = 5) -> bytes:
        """What comes back for these bytes until the daemon closes."""
        async with self.line() as (reader, writer):
            writer.write(request)
            return await asyncio.wait_for(reader.read(), seconds)


@asynccontextmanager
async def open_front(
    folder: Path, partner: Partner, more: str = "", secrets: Mapping[str, str] | None = None
) -> AsyncIterator[Front]:
    """Run a daemon; more: further lines of gateway.yaml, where PORT and SOCKET stand for where it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = folder / "run" / "s"
    if "listen:" not in more:
        more += "\nlisten: ['127.0.0.1:PORT', 'unix:SOCKET']"
    conf = write_conf(folder, partner, more.replace("PORT", str(port)).replace("SOCKET", str(path)))
    for name, text in (secrets or {}).items():
        (conf / "secrets" / name).write_text(text)
        (conf / "secrets" / name).chmod(0o600)
    daemon = daemon_on(conf)
    listeners = daemon.conf.gateway.listen
    runner = Runner(daemon.application(), daemon.load, listeners, shutdown_timeout=1)
    await runner.setup()
    try:
        await listen(runner, listeners)
        yield Front(conf, daemon, port, path)
    finally:
        await runner.cleanup()
