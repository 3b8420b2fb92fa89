"""Options that several commands share."""

import getpass
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from gateway.cli.terminal import safe, say

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


_GIVEN = "gateway.cli.given"
_LONGEST = 4096  # characters that are read of a token's file: what is as long is none
_NOT_NAMED = "\0"


def _keep_token(ctx: click.Context, _: click.Parameter, file: IO[str] | None) -> None:
    """Keep the token for the client that the command makes: no command has to pass it on."""
    text = os.environ.get("FEEDBACK_GATEWAY_TOKEN", "") if file is None else _token_in(file)
    text = text.strip()
    if text and (not text.isascii() or not text.isprintable() or " " in text):
        raise click.BadParameter("this is no token (it is one line of letters, digits and signs)")
    ctx.meta[_GIVEN] = text or None


def _token_in(file: IO[str]) -> str:
    """What a file holds; where that can be no token, something else that is none."""
    with file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            say(
                safe(f"warning: {file.name} is open to others on this machine (chmod 600 {file.name})"),
                err=True,
            )
        try:
            text = file.read(_LONGEST)
        except UnicodeDecodeError:
            return _NOT_NAMED
    return text if len(text) < _LONGEST else _NOT_NAMED


_token_option = click.option(
    "--token-file",
    metavar="FILE",
    type=click.File(),
    callback=_keep_token,
    expose_value=False,
    help="Where the token stands that the daemon asks for (default: $FEEDBACK_GATEWAY_TOKEN).",
)


def daemon_options(command: Command) -> Command:
    """`--conf`, `--url` and `--token-file`: which daemon a command speaks to, and as whom."""
    return conf_option(_url_option(_token_option(command)))


def token() -> str | None:
    """The token that the command was given."""
    ctx = click.get_current_context(silent=True)
    found: str | None = None if ctx is None else ctx.meta.get(_GIVEN)
    return found


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
