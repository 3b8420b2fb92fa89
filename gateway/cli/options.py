"""Options that several commands share."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

conf_option = click.option(
    "--conf",
    "folder",
    metavar="DIR",
    default=Path("conf"),
    envvar="FEEDBACK_GATEWAY_CONF",
    type=click.Path(path_type=Path),
    help="The conf folder (default: conf, or $FEEDBACK_GATEWAY_CONF).",
)
# Every command takes --conf, so that a wrapper may add it to each; some have no use for it.
conf_ignored = click.option("--conf", metavar="DIR", expose_value=False, hidden=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
_url_option = click.option(
    "--url",
    metavar="URL",
    help="The daemon: http://127.0.0.1:8620 or unix:/path (default: the first listener in the conf).",
)


def daemon_options(command: Command) -> Command:
    """`--conf` and `--url`: which daemon a command speaks to."""
    return conf_option(_url_option(command))


def me() -> str:
    """Who gives the command, for what is remembered with a wish."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in containers
        return "a person"


def files_argument(command: Command) -> Command:
    """`FILE...`: files of events, `-` for standard input."""
    kind = click.Path(exists=True, dir_okay=False, allow_dash=True)
    return click.argument("files", metavar="FILE...", nargs=-1, required=True, type=kind)(command)
