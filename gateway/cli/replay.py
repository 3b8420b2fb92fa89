"""`replay`: send events again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from gateway.cli.faults import EX_DATAERR
from gateway.cli.filters import filter_options, given
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import coloured, counted, say, say_json
from gateway.jsontext import dumps

if TYPE_CHECKING:
    from gateway.cli.client import Client

_DELIVERED = "the event is delivered already (to send it again: --again)"


@click.command()
@click.argument("ids", metavar="[ID...]", nargs=-1)
@filter_options
@click.option("--dry-run", is_flag=True, help="Only count what would be sent again, and what left alone.")
@click.option("--yes", is_flag=True, help="Do not ask before sending many again.")
@click.option("--fresh", is_flag=True, help="Map anew by today's conf; otherwise the same values go out.")
@click.option(
    "--skip-criteria", metavar="NAME", multiple=True, help="Set a criterion aside; may stand often."
)
@click.option("--again", is_flag=True, help="Also what is delivered already.")
@click.option("--why", metavar="TEXT", default="", help="Kept with the event.")
@daemon_options
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    ids: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    fresh: bool,
    skip_criteria: tuple[str, ...],
    again: bool,
    why: str,
    folder: Path,
    url: str | None,
    as_json: bool,
    **filters: str | None,
) -> None:
    """Send events again.

    Some by ID, or all that the filters mean. The same values go out with today's credentials, under the same
    Idempotency-Key; --fresh maps anew by today's conf, under a new key. What waits for a try anyway is left alone.

    \b
    feedback-gateway replay LEAD-return --fresh --why "the mapping was wrong"
    feedback-gateway replay --source acme --state parked --since 2d --dry-run
    feedback-gateway replay --state vetoed --since 2d --skip-criteria max_age --fresh

    Exit code: 0, or 65 where an ID could not be sent again.
    """
    import asyncio

    which = given(filters)
    if bool(ids) == bool(which):
        raise click.UsageError("name events by ID, or by filters such as --state parked (one of the two)")
    if ids and dry_run:
        raise click.UsageError("--dry-run counts what filters mean (leave it out beside IDs)")
    wish = {
        "values": "fresh" if fresh else "same",
        "skip_criteria": list(skip_criteria),
        "again": again,
        "why": why,
    }
    if ids:
        refused = asyncio.run(_each(ids, wish, folder, url, as_json))
        ctx.exit(EX_DATAERR if refused else 0)
    asyncio.run(_many(which, wish, folder, url, dry_run=dry_run, yes=yes, as_json=as_json))


async def _each(
    ids: tuple[str, ...], wish: dict[str, Any], folder: Path, url: str | None, as_json: bool
) -> int:
    """Send each again; how many were refused."""
    from gateway.cli.client import Client, address, told

    found: list[dict[str, Any]] = []
    async with Client(address(url, folder)) as client:
        for id in ids:
            answer = await client.post(f"/events/{quote(id, safe='')}/replay", dumps(wish))
            if answer.status == 409 and answer.body.get("state") == "delivered":
                found.append({"id": id, "problem": _DELIVERED})
            elif answer.status in (404, 409):
                found.append({"id": id, "problem": told(answer.body)})
            else:
                found.append(answer.expect(202))
    if as_json:
        say_json(found)
    for one in found if not as_json else ():
        if "problem" in one:
            say(f"{one['id']}: {one['problem']}", err=True)
        else:
            say(f"{one['id']}\t{coloured(one['state'])}")
    return sum("problem" in one for one in found)


async def _many(
    which: dict[str, str],
    wish: dict[str, Any],
    folder: Path,
    url: str | None,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from gateway.cli.client import Client, address

    async with Client(address(url, folder)) as client:
        if dry_run or not yes:
            found = await _ask(client, {**which, **wish, "dry_run": True})
            if dry_run and as_json:
                say_json(found)
            elif dry_run:
                say(f"{counted(found['count'], 'event')} would be sent again{_left(found)}")
            elif found["count"]:
                _confirm(found["count"], _left(found))
        if not dry_run:
            done = await _ask(client, {**which, **wish})
            if as_json:
                say_json(done)
            else:
                say(f"{counted(done['replayed'], 'event')} to be sent again{_left(done)}")


async def _ask(client: "Client", body: dict[str, Any]) -> Any:
    return (await client.post("/replay", dumps(body), patience=None)).expect(200, 202)


def _left(found: dict[str, Any]) -> str:
    left = found["left_alone"]
    return f", {left:,} left alone (delivered, waiting already, or without an endpoint)" if left else ""


def _confirm(count: int, left: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{counted(count, 'event')} would be sent again{left}; nobody can be asked here (say --yes)"
        )
    click.confirm(f"send {counted(count, 'event')} again{left}?", abort=True, err=True)
