"""`resume`: go on at an endpoint that was paused."""

from pathlib import Path

import click

from gateway.cli.options import daemon_options, json_option
from gateway.cli.pause import wish
from gateway.cli.terminal import say, say_json


@click.command()
@click.argument("endpoint", metavar="ENDPOINT")
@click.option("--why", metavar="TEXT", default="", help="Stands in the log.")
@daemon_options
@json_option
def resume(endpoint: str, why: str, folder: Path, url: str | None, as_json: bool) -> None:
    """Go on sending to an endpoint that was paused.

    What waited is sent at once, as fast as its concurrency and rate allow. One that is not paused stays as it is.

    \b
    feedback-gateway resume acme/return
    """
    found = wish(endpoint, "resume", why, folder, url)
    if as_json:
        say_json(found)
    else:
        say(f"{endpoint} goes on")
