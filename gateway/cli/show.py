"""`show`: one event's whole story."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from gateway.cli.faults import Refused
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import say, say_json

if TYPE_CHECKING:
    from gateway.cli.client import Client


@click.command()
@click.argument("id")
@daemon_options
@json_option
def show(id: str, folder: Path, url: str | None, as_json: bool) -> None:
    """Tell one event's whole story.

    What was posted, where it stands, and for every attempt what the criteria said, the request, the answer, what it
    was taken for and by which rule, and what is next. Secrets stand as ***.

    \b
    feedback-gateway show LEAD-return
    feedback-gateway show LEAD-return --json | jq '.attempts[0].request'
    """
    import asyncio

    from gateway.cli.client import Client, address, told
    from gateway.cli.story import story

    async def ask() -> Any:
        async with Client(address(url, folder)) as client:
            answer = await client.get(f"/events/{quote(id, safe='')}")
            if answer.status == 404:
                raise Refused(told(answer.body) + await _as_a_lead(client, id))
            return answer.expect(200)

    event = asyncio.run(ask())
    if as_json:
        say_json(event)
        return
    for line in story(event, datetime.now(UTC)):
        say(line)


async def _as_a_lead(client: "Client", id: str) -> str:
    """A hint where what was asked for is the id of a lead."""
    page = (await client.get("/events", {"lead_id": id, "limit": "100"})).expect(200)
    if not page["events"]:
        return ""
    count = f"{len(page['events'])}{' or more' if page['next'] else ''}"
    return f" (as a lead it has {count}: feedback-gateway list --lead {shlex.quote(id)})"
