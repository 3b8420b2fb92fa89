"""`init`: a first conf folder."""

import json
import re
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from shlex import quote

import click

from gateway.cli.options import conf_ignored
from gateway.cli.terminal import say

_SECRETS = "secrets"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@conf_ignored
def init(folder: Path) -> None:
    """Make a first conf folder.

    It is commented, complete, and ready to run against the partner. DIR must be empty, or not there yet.

    \b
    feedback-gateway init conf
    """
    import shutil

    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty (name a folder that is empty, or not there yet)")
    (folder / _SECRETS).mkdir(parents=True, mode=0o700)
    with as_file(files("gateway.conf") / "first") as first:
        for path in sorted(first.rglob("*")):
            target = folder / path.relative_to(first)
            if path.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                target.chmod(0o600 if target.parent.name == _SECRETS else 0o644)
    gateway = folder / "gateway.yaml"
    gateway.write_text(gateway.read_text().replace("data: ../data\n", f"data: {_data(folder)}\n"))
    for line in _next(folder):
        say(line)


def _data(folder: Path) -> str:
    """Where the store goes, as YAML: beside the folder, and named after it, so that two folders share none."""
    name = folder.resolve().name
    if name == "conf":
        return "../data"
    return f"../{name}-data" if re.fullmatch(r"[\w.-]+", name) else json.dumps(f"../{name}-data")


def _next(folder: Path) -> Iterator[str]:
    shown = quote(str(folder))
    conf = "" if folder == Path("conf") else f" --conf {shown}"
    commands = {
        f"check{conf}": "names every mistake",
        f"preview{conf} {shown}/events/example.json": "the request that would be sent",
        "partner": "in a second terminal: a stand-in for the source",
        f"run{conf}": "in a third one: the daemon",
        f"send{conf} {shown}/events/example.json --wait 10s": "the first event",
    }
    width = max(map(len, commands))
    yield f"made {folder}: gateway.yaml for the daemon, sources/ with a file per source, tables/, secrets/, events/"
    yield ""
    yield "next:"
    yield from (f"  feedback-gateway {command:<{width}}  {what}" for command, what in commands.items())
