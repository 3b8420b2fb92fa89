"""A copy of a store's file, made beside the daemon that writes it: as it stood at one moment, and whole."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.errors import StoreError
from gateway.store import folder, verifying
from gateway.store.verifying import Verified

PAGES = 1024  # in one step
PAUSE = 0.005  # seconds behind each, for others to have the disk


def pages(file: Path) -> int:
    """How many pages a store has. Raises StoreError, as `copy` does."""
    with closing(verifying.opened(file)) as database:
        (count,) = database.execute("PRAGMA page_count").fetchone()
    return int(count)


def copy(file: Path, target: Path, advance: Callable[[int], None]) -> Verified:
    """Copy a store into a file that is made (0600), and verify that. advance: called with numbers of pages done.

    What is acknowledged when it begins is in it. It grows under the name `TARGET.part`, and has its own name only once
    it is whole. Raises StoreError where the store cannot be read, the copy is damaged, or there is a file already.
    """
    if target.exists():
        raise StoreError(
            f"{target} is there already, and is not written over (name a file that there is not)"
        )
    part = target.with_name(f"{target.name}.part")
    with closing(verifying.opened(file)) as source:
        _make(part)
        try:
            _copy(source, part, advance)
            found = verifying.verify(part, lambda rows: None)
            if found.damage:
                raise StoreError(
                    f"the copy of {file} is damaged: {found.damage[0]} (verify the store, and the disk)"
                )
            os.link(part, target)  # unlike a renaming it writes nothing over
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{target} could not be written: {error} (is there room?)") from error
        finally:
            part.unlink(missing_ok=True)
    folder.sync(target.parent)
    return found


def _make(part: Path) -> None:
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise StoreError(
            f"{part} is there: another backup writes it, or was cut off (remove it where none runs)"
        ) from None
    except OSError as error:
        raise StoreError(f"{part} cannot be made: {error.strerror}") from None


def _copy(source: sqlite3.Connection, part: Path, advance: Callable[[int], None]) -> None:
    done = 0

    def told(_: int, left: int, total: int) -> None:
        nonlocal done
        advance(total - left - done)
        done = total - left
        time.sleep(PAUSE)

    source.execute("BEGIN")  # or each write of the daemon would let the copy begin anew
    source.execute("SELECT 1 FROM event LIMIT 1").fetchall()
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        source.backup(target, pages=PAGES, progress=told)
        target.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, complete in itself
    source.execute("COMMIT")
