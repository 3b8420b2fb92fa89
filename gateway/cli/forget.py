"""`forget`: keep nothing of a lead any more."""

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.faults import NoDaemon
from gateway.cli.options import daemon_options, json_option, me
from gateway.cli.terminal import counted, say, say_json
from gateway.jsontext import dumps


@click.command()
@click.argument("lead_id", metavar="LEAD_ID")
@click.option("--why", metavar="TEXT", default="", help="For the log.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is removed.")
@daemon_options
@json_option
def forget(lead_id: str, why: str, yes: bool, folder: Path, url: str | None, as_json: bool) -> None:
    """Keep nothing of a lead any more.

    What was posted, every attempt with its request and answer, and what the events lay claim to; also of events that
    still wait: they are not sent any more. While one is being sent, nothing is removed: try again in a moment. Where no
    daemon runs, it is done in the data folder. Of each event's id a hash stays, so that posting it again brings nothing
    back. Backups, logs and what the sources were sent are not reached.

    \b
    feedback-gateway forget 5bb3890e9000974b35a55133 --why "erasure request 77"
    """
    import asyncio

    wish = {"lead_id": lead_id, "why": why, "by": me()}
    count = asyncio.run(_ask({**wish, "dry_run": True}, folder, url))
    if count["events"] and not yes:
        _confirm(count, lead_id)
    done = asyncio.run(_ask({**wish, "cancel": True}, folder, url))
    if as_json:
        say_json(done)
    else:
        say(_told(done, lead_id))


async def _ask(wish: dict[str, Any], folder: Path, url: str | None) -> Any:
    """Ask the daemon; without one, do it here."""
    from gateway.cli.client import Client, address
    from gateway.cli.folder import data_of
    from gateway.store.forgetting import count, forget_lead

    try:
        async with Client(address(url, folder)) as client:
            return (await client.post("/forget", dumps(wish), patience=None)).expect(200)
    except NoDaemon:
        if url is not None:
            raise
    data = data_of(folder)
    if wish.get("dry_run"):
        return await count(data, wish["lead_id"])
    return await forget_lead(data, wish["lead_id"], wish["by"], wish["why"])


def _confirm(count: dict[str, int], lead_id: str) -> None:
    waiting = count["waiting"]
    cancelled = f" ({waiting:,} of them still to be sent, which is cancelled)" if waiting else ""
    said = f"remove {counted(count['events'], 'event')} about the lead {lead_id} for good{cancelled}"
    if not sys.stdin.isatty():
        raise click.UsageError(f"this would {said}; nobody can be asked here (say --yes)")
    click.confirm(f"{said}?", abort=True, err=True)


def _told(done: dict[str, int], lead_id: str) -> str:
    if not done["events"]:
        return f"nothing is stored about the lead {lead_id}"
    cancelled = f" ({done['cancelled']:,} cancelled)" if done["cancelled"] else ""
    parts = [f"{counted(done[what + 's'], what)}" for what in ("attempt", "mark")]
    removed = f"removed {counted(done['events'], 'event')}{cancelled}, {parts[0]} and {parts[1]}"
    kept = "Backups made before still hold it: let them expire, or forget again after a restore"
    return f"{removed} about the lead {lead_id}\n{kept}"
