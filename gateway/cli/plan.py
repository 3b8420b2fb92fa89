"""`plan`: what an edited conf would change."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.faults import EX_CONFIG
from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import safe, say, say_json

if TYPE_CHECKING:
    from gateway.plan import Plan, Version

EX_CHANGES = 2


@click.command()
@conf_option
@click.option(
    "--events",
    "limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=10_000,
    show_default=True,
    help="Try so many of the newest stored events.",
)
@click.option("--source", metavar="ID", help="Only the events and endpoints of this source.")
@json_option
@click.pass_context
def plan(ctx: click.Context, folder: Path, limit: int, source: str | None, as_json: bool) -> None:
    """Tell what an edited conf would change.

    The newest stored events are tried on the edited folder and on the running conf, each at the moment when it was
    last tried: what differs on the wire, what the criteria would newly stop, or no longer, and which stored answers
    would be read otherwise. The running conf is the last one without problems that a daemon took; it is remembered in
    the data folder. Edit a copy beside it: the daemon takes what is edited in place. Nothing is sent, stored or taken.

    \b
    cp -r conf conf-next
    feedback-gateway plan --conf conf-next
    feedback-gateway plan --conf conf-next --source acme --events 100000

    Exit code: 0 no change, 2 changes, 78 the edited conf has problems.
    """
    import asyncio

    from gateway.cli.check import problem_json
    from gateway.cli.folder import read_both
    from gateway.cli.planned import lines
    from gateway.errors import ConfError

    try:
        running, edited = read_both(folder)
    except ConfError as error:
        if as_json:
            say_json({"problems": [problem_json(problem) for problem in error.problems]})
        else:
            for problem in error.problems:
                say(safe(str(problem)))
        ctx.exit(EX_CONFIG)
    found = asyncio.run(_planned(running, edited, folder, source, limit))
    if as_json:
        from dataclasses import asdict

        say_json({"changes": found.changes, **asdict(found)})
    else:
        for line in lines(found):
            say(line)
        if found.running == found.edited:
            say(
                f"{folder} is the running conf itself (edit a copy beside it, and name that by --conf)",
                err=True,
            )
    ctx.exit(EX_CHANGES if found.changes else 0)


async def _planned(
    running: "Version", edited: "Version", folder: Path, source: str | None, limit: int
) -> "Plan":
    from gateway.cli.history import history
    from gateway.cli.progress import progress
    from gateway.conf.load import data_folder
    from gateway.plan import plan as planned
    from gateway.store import Filter

    which = Filter(source=source)
    async with history(data_folder(folder, running.conf.gateway), source, running.conf, edited.conf) as store:
        with progress(min(limit, await store.count(which))) as advance:
            return await planned(running, edited, store, which, limit, advance)
