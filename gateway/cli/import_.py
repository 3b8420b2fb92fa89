"""`import`: a sample of a source's request as an endpoint's conf."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import conf_ignored

if TYPE_CHECKING:
    from gateway.model import Type


@click.command("import")
@click.argument("form", metavar="curl", type=click.Choice(["curl"]))
@click.argument("sample", metavar="COMMAND")
@click.option(
    "--type", "type_", type=click.Choice(["return", "conversion"]), help="What the endpoint is for."
)
@click.option("--source", metavar="NAME", help="Write a whole source file, for a source of this name.")
@conf_ignored
def import_(form: str, sample: str, type_: "Type | None", source: str | None) -> None:
    """Make an endpoint of a sample request.

    COMMAND is a curl command in quotes, as documentation, Postman, or a browser's "copy as curl" writes it, a file that
    holds one, or - for standard input. Nothing is sent.

    Values whose name or looks are known become templates; the others stay as they are, to be kept or filled in.
    Credentials are not written: they become {file: NAME}, and a comment says how to make that file.

    \b
    feedback-gateway import curl 'curl https://api.acme.example/returns -d lead_id=5bb3890e -d reason=Duplicate'
    feedback-gateway import curl sample.txt --type return --source acme > conf/sources/acme.yaml

    Exit code: 0, or 65 if it is no such command, or no transport sends such a request.
    """
    from gateway.cli.faults import Unreadable
    from gateway.imports import Named, from_curl, written

    try:
        found = from_curl(_text(sample), Named(type_, source))
    except ValueError as error:
        raise Unreadable(str(error)) from None
    click.echo(written(found, source), nl=False)


def _text(sample: str) -> str:
    """The command itself: as given, of a file, or of standard input. Raises ValueError where it is not UTF-8."""
    if sample == "-":
        content = sys.stdin.buffer.read()
    elif len(sample.split()) > 1 or sample == "curl":
        return sample
    elif Path(sample).is_file():
        content = Path(sample).read_bytes()
    else:
        raise ValueError(f"there is no file {sample!r} (give a curl command in quotes, a file, or -)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} of the sample is not UTF-8 (save it as UTF-8)") from None
