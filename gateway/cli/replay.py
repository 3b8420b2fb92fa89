"""`replay`: send events again."""

from pathlib import Path

import click

from gateway.cli.faults import EX_DATAERR
from gateway.cli.filters import filter_options, given
from gateway.cli.options import daemon_options, json_option, me


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
@click.option(
    "--rate", metavar="RATE", help="Spread over time, by endpoint: 5/s, 100/m (default: its own rate)."
)
@click.option("--job", metavar="NAME", help="Go on with a replay of many that broke off: it told its name.")
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
    rate: str | None,
    job: str | None,
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
    feedback-gateway replay --source acme --state parked --since 2d --rate 5/s
    feedback-gateway replay --state vetoed --since 2d --skip-criteria max_age --fresh

    A replay of many that breaks off is gone on with by the same command and --job: nothing is sent again twice.

    Exit code: 0, or 65 where an ID could not be sent again.
    """
    import asyncio

    from gateway.cli.replaying import replay_each, replay_many

    which = given(filters)
    if bool(ids) == bool(which):
        raise click.UsageError("name events by ID, or by filters such as --state parked (one of the two)")
    if ids and dry_run:
        raise click.UsageError("--dry-run counts what filters mean (leave it out beside IDs)")
    if ids and (rate or job):
        raise click.UsageError("--rate and --job are for what filters mean (leave them out beside IDs)")
    wish = {
        "values": "fresh" if fresh else "same",
        "skip_criteria": list(skip_criteria),
        "again": again,
        "why": why,
        "by": me(),
    }
    if ids:
        refused = asyncio.run(replay_each(ids, wish, folder, url, as_json))
        ctx.exit(EX_DATAERR if refused else 0)
    wish |= {"rate": rate} if rate else {}
    asyncio.run(replay_many(which, wish, job, folder, url, dry_run=dry_run, yes=yes, as_json=as_json))
