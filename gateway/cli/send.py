"""`send`: post events to a running daemon."""

from pathlib import Path
from typing import Any

import click

from gateway.cli.faults import EX_DATAERR
from gateway.cli.options import daemon_options, files_argument, json_option

LONGEST = 60  # seconds


class Seconds(click.ParamType[int]):
    """A duration such as `10s`, up to a minute."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Whole seconds, at least one."""
        from gateway.settings import duration

        try:
            seconds = duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds > LONGEST:
            self.fail(f"{value} is too long (wait at most {LONGEST}s, and ask later: show ID)", param, ctx)
        return max(1, round(seconds))


@click.command()
@files_argument
@click.option(
    "--wait", type=Seconds(), metavar="DURATION", help="Wait so long for each event's outcome; at most 60s."
)
@daemon_options
@json_option
@click.pass_context
def send(
    ctx: click.Context, files: tuple[str, ...], wait: int | None, folder: Path, url: str | None, as_json: bool
) -> None:
    """Post events to a running daemon.

    FILE holds an event as a JSON object, an array of events, or one event a line (NDJSON); - is standard input, read
    to its end. What is accepted is on disk. An event with an `id` may be posted again without harm.

    \b
    feedback-gateway send conf/events/example.json --wait 10s
    zcat events.ndjson.gz | feedback-gateway send -

    Exit code: 0 all were accepted, 65 some were refused or a file is no JSON, 69 the daemon does not answer.
    """
    import asyncio

    from gateway.cli.sending import post_all

    accepted_all = asyncio.run(post_all(files, folder, url, wait, as_json))
    ctx.exit(0 if accepted_all else EX_DATAERR)
