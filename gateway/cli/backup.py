"""`backup`: a copy of the store, beside the running daemon."""

from pathlib import Path

import click

from gateway.cli.options import conf_option
from gateway.cli.terminal import counted, say


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@conf_option
def backup(file: Path, folder: Path) -> None:
    """Copy the store into a new file.

    It is done beside the running daemon, or without one. The copy is the store as it stood at one moment: what was
    acknowledged before is in it. It is read back from its first page to its last before it gets its name, and is for
    its owner only. An existing file is not written over.

    \b
    feedback-gateway backup /var/backups/events-2026-11-23.db

    To restore it, stop the daemon and put it in the place of events.db in the data folder; docs/operating.md says how.
    """
    from gateway.cli.folder import data_of
    from gateway.cli.progress import progress
    from gateway.store.copying import copy, pages
    from gateway.store.folder import FILE

    source = data_of(folder) / FILE
    with progress(pages(source)) as advance:
        found = copy(source, file, advance)
    say(f"{file}: {counted(found.counts['events'], 'event')}, verified")
