"""`partner`: a stand-in for a source, to try a conf against."""

import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import conf_ignored, json_option
from gateway.cli.terminal import coloured, safe, say
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.testing.partner import Received


class _Explained(click.Command):
    """A command whose help ends with what the partner speaks."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from gateway.testing.partner import index

        formatter.write("\n" + index())


@click.command(cls=_Explained)
@conf_ignored
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8630, show_default=True, help="0: any free one."
)
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append everything that arrives as JSON lines.",
)
@json_option
def partner(port: int, journal: Path | None, as_json: bool) -> None:
    """Run a stand-in for a source's end points.

    It listens on loopback until Ctrl-C. It judges what arrives as a strict source would, and prints it. An
    endpoint's `url` says how it behaves:

    \b
    feedback-gateway partner --journal received.ndjson
    url: http://127.0.0.1:8630/json/flaky:1
    network: {allow: ["127.0.0.1/32:8630"]}     in gateway.yaml: only public addresses may be dialled otherwise
    """
    import asyncio

    asyncio.run(_serve(port, journal, as_json))


async def _serve(port: int, journal: Path | None, as_json: bool) -> None:
    import asyncio
    import signal

    from gateway.testing.partner import serve

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        running = await serve(port=port, journal=journal, announce=_announce_json if as_json else _announce)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = f"choose another: --port {port + 1 if port < 65535 else 0}"
            raise GatewayError(f"127.0.0.1:{port} is in use (another partner? {free})") from error
        what = error.filename or f"127.0.0.1:{port}"
        raise GatewayError(f"the partner cannot start: {what}: {error.strerror}") from error
    async with running:
        say(f"the partner listens at {running.url} (Ctrl-C ends it; {running.url}/ explains it)", err=True)
        await stop.wait()


def _announce_json(received: "Received") -> None:
    say(json.dumps(received.as_json()))


def _announce(received: "Received") -> None:
    query = f"?{received.query}" if received.query else ""
    status = "no answer" if received.status is None else str(received.status)
    kind = "success" if (received.status or 0) < 300 and received.status else "failure"
    say(f"{received.at:%H:%M:%S} {received.method} {safe(received.path + query)} {coloured(kind, status)}")
    if received.values is not None:
        say(safe(f"         {json.dumps(received.values, ensure_ascii=False)}"))
    if received.problem:
        say(safe(f"         {received.problem}"))
