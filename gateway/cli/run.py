"""`run`: the daemon."""

from pathlib import Path

import click

from gateway.cli.ending import leave, to_the_end
from gateway.cli.options import conf_option


@click.command()
@conf_option
@click.pass_context
def run(ctx: click.Context, folder: Path) -> None:
    """Run the daemon until SIGTERM or Ctrl-C.

    It takes events where gateway.yaml says `listen`, and delivers them by sources/*.yaml. An edited conf is taken
    while it runs; a broken edit is named in the log and changes nothing. SIGHUP reads the folder at once.

    \b
    feedback-gateway run --conf /etc/feedback-gateway

    On a broken folder it starts with the last good conf. Exit code: 0 after a clean end, 74 the store was lost, 78 a
    broken conf and no last good one.
    """
    from gateway.lifetime import run as run_daemon
    from gateway.process import keep_to_itself

    keep_to_itself()
    leave(ctx, to_the_end(run_daemon(folder)))
