"""`verify`: look at the store from its first page to its last."""

from pathlib import Path

import click

from gateway.cli.faults import EX_DATAERR
from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import counted, on_one_line, say, say_json


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@conf_option
@json_option
@click.pass_context
def verify(ctx: click.Context, file: Path | None, folder: Path, as_json: bool) -> None:
    """Look whether the store is whole.

    Of the conf's store, or of a backup FILE: the file's structure, the checksum of every event and of all values, what
    belongs to what, and that whatever waits has a future. It runs beside the daemon or without one, and changes
    nothing.

    \b
    feedback-gateway verify
    feedback-gateway verify /var/backups/events-2026-11-23.db

    Exit code: 0 all is whole, 65 something is damaged: each damaged event is named.
    """
    from gateway.cli.folder import data_of
    from gateway.cli.progress import progress
    from gateway.store.folder import FILE
    from gateway.store.verifying import size
    from gateway.store.verifying import verify as verified

    looked_at = data_of(folder) / FILE if file is None else file
    with progress(size(looked_at)) as advance:
        found = verified(looked_at, advance)
    if as_json:
        damage = [{"event": one.event, "problem": one.text} for one in found.damage]
        say_json({"file": str(looked_at), "damage": damage, "counts": dict(found.counts)})
    else:
        for one in found.damage:
            say(on_one_line(str(one)))
        say(", ".join(f"{number:,} {what}" for what, number in found.counts.items()), err=True)
        say(
            f"{looked_at}: {counted(len(found.damage), 'problem')}"
            if found.damage
            else f"{looked_at} is whole"
        )
    if found.damage:
        ctx.exit(EX_DATAERR)
