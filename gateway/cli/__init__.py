"""The command line: one file per command, thin, with heavy imports inside the commands.

Exit codes are those of sysexits.h: 65 events refused or not readable, 69 no daemon answers, 70 anything else that went
wrong, 74 the store was lost, 78 a conf with problems; beside them 2 wrong use, and 1 an event that could not be tried.
"""

import os

import click

from gateway import __version__
from gateway.cli.audit import audit
from gateway.cli.backup import backup
from gateway.cli.check import check
from gateway.cli.describe import describe
from gateway.cli.explain import explain
from gateway.cli.forget import forget
from gateway.cli.group import Commands
from gateway.cli.import_ import import_
from gateway.cli.init import init
from gateway.cli.list import list_
from gateway.cli.partner import partner
from gateway.cli.pause import pause
from gateway.cli.plan import plan
from gateway.cli.plugins import plugins
from gateway.cli.preview import preview
from gateway.cli.read import read
from gateway.cli.reload import reload
from gateway.cli.replay import replay
from gateway.cli.resume import resume
from gateway.cli.run import run
from gateway.cli.schema import schema
from gateway.cli.send import send
from gateway.cli.show import show
from gateway.cli.token import token
from gateway.cli.try_ import try_
from gateway.cli.verify import verify


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="feedback-gateway", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of what goes wrong.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Tell every lead source what became of its leads.

    \b
    feedback-gateway init conf       make a first conf folder
    feedback-gateway partner         in a second terminal: a stand-in for a source
    feedback-gateway run             in a third one: the daemon
    feedback-gateway send conf/events/example.json
    """
    if os.environ.get("NO_COLOR"):  # no-color.org
        ctx.color = False


for command in (
    init,
    check,
    run,
    preview,
    read,
    explain,
    plan,
    try_,
    describe,
    import_,
    send,
    show,
    list_,
    replay,
    pause,
    resume,
    reload,
    forget,
    audit,
    token,
    backup,
    verify,
    plugins,
    schema,
    partner,
):
    main.add_command(command)
