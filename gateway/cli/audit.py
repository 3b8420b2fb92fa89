"""`audit`: who did what, when and why."""

from pathlib import Path
from typing import Any, get_args

import click

from gateway.cli.filters import Moment
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import safe, say, say_json, table
from gateway.store.acts import Kind, Result

_COLUMNS = ("at", "by", "act", "subject", "result", "why")


@click.command()
@click.option("--who", metavar="WHO", help="By these: 'token NAME', 'user NAME', local, nobody.")
@click.option("--act", type=click.Choice(get_args(Kind)), help="Acts of this kind.")
@click.option("--subject", metavar="TEXT", help="On this: 'event ID', 'endpoint ID'.")
@click.option("--lead", "lead_id", metavar="ID", help="On this lead.")
@click.option("--result", type=click.Choice(get_args(Result)), help="That ended so.")
@click.option("--since", type=Moment(), metavar="TIME", help="Then or later: RFC 3339, or 2h ago as 2h.")
@click.option("--until", type=Moment(), metavar="TIME", help="Before.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="CURSOR", help="Go on behind the last page, by the cursor it ended with.")
@daemon_options
@json_option
def audit(folder: Path, url: str | None, as_json: bool, **asked: str | int | None) -> None:
    """Tell who did what, newest first.

    Every replay, pause, resume, forget and reload is on record, with who, when, why, and what came of it; also such as
    were refused. The record outlives the events. Of a lead, and of an event that was forgotten, it holds a hash alone.

    \b
    feedback-gateway audit --since 7d
    feedback-gateway audit --act forget --lead 5bb3890e9000974b35a55133
    """
    import asyncio

    from gateway.cli.client import Client, address

    query = {name: str(value) for name, value in asked.items() if value is not None}

    async def ask() -> Any:
        async with Client(address(url, folder)) as client:
            return (await client.get("/audit", query)).expect(200)

    page = asyncio.run(ask())
    if as_json:
        say_json(page)
        return
    table(_COLUMNS, [[safe(act[column]) for column in _COLUMNS] for act in page["acts"]])
    if not page["acts"]:
        say("nothing is on record", err=True)
    if page["next"]:
        say(f"there are more: --after {page['next']}", err=True)
