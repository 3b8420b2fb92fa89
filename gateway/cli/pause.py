"""`pause`: let nothing more be sent to an endpoint."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from gateway.cli.options import daemon_options, json_option, me
from gateway.cli.terminal import counted, say, say_json
from gateway.jsontext import dumps


@click.command()
@click.argument("endpoint", metavar="ENDPOINT")
@click.option("--why", metavar="TEXT", default="", help="Shown wherever the endpoint or its events are.")
@daemon_options
@json_option
def pause(endpoint: str, why: str, folder: Path, url: str | None, as_json: bool) -> None:
    """Send nothing to an endpoint for now.

    It lasts until `resume`, also across a restart of the daemon. What is under way ends. Events are taken as before,
    wait, and are shown as held, with who paused the endpoint, since when, and why.

    \b
    feedback-gateway pause acme/return --why "they move to a new server"
    """
    found = wish(endpoint, "pause", why, folder, url)
    if as_json:
        say_json(found)
    else:
        rest = found["under_way"]
        say(f"{endpoint} is paused" + (f"; {counted(rest, 'attempt')} under way will end" if rest else ""))


def wish(endpoint: str, what: str, why: str, folder: Path, url: str | None) -> Any:
    """Ask the daemon to pause or resume an endpoint; how it stands with it by then."""
    import asyncio

    from gateway.cli.client import Client, address

    async def ask() -> Any:
        body = dumps({"by": me(), "why": why})
        async with Client(address(url, folder)) as client:
            return (await client.post(f"/endpoints/{quote(endpoint, safe='/@')}/{what}", body)).expect(200)

    return asyncio.run(ask())
