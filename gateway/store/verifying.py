"""Looks at a store's file from its first page to its last, beside the daemon that writes it, or when none runs.

Nothing is changed. A file is read in small parts, so that the daemon's log can be carried over meanwhile; what spans
two tables is one question.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from gateway.errors import StoreError
from gateway.store import folder
from gateway.store.rows import Row
from gateway.store.sql import QUERIES

AT_ONCE = 1000
MOST_FAULTS = 100  # that SQLite tells of a file's structure


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong. event: the event's id, or None where the file itself is meant."""

    event: str | None
    text: str

    def __str__(self) -> str:
        return self.text if self.event is None else f"event {self.event}: {self.text}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. counts: what is stored, by what it is; events by state, too."""

    damage: tuple[Damage, ...]
    counts: Mapping[str, int]


def verify(file: Path, advance: Callable[[int], None]) -> Verified:
    """Look at everything. advance: called with each number of rows that were looked at (see `size`).

    Raises StoreError where there is no such file, where it cannot be read at all, or is of another version.
    """
    damage: list[Damage] = []
    counts: dict[str, int] = {}
    with closing(opened(file)) as database:
        try:
            damage += _structure(database)
            for question in (_events, _values):
                damage += question(database, advance)
            damage += _links(database)
            counts |= dict(database.execute(QUERIES["counts"]).fetchall())
        except sqlite3.Error as error:
            damage.append(Damage(None, f"{file} cannot be read any further: {error}"))
    return Verified(tuple(damage), counts)


def size(file: Path) -> int:
    """About how many rows `verify` will look at: the highest numbers there are. Raises StoreError, as `verify` does."""
    with closing(opened(file)) as database:
        try:
            (rows,) = database.execute(QUERIES["highest"]).fetchone()
        except sqlite3.Error:
            return 0  # why is for `verify` to say
    return int(rows)


def opened(file: Path) -> sqlite3.Connection:
    """A file for reading only, in this version's shape. Raises StoreError."""
    if not file.is_file():
        raise StoreError(f"there is no store at {file} (the daemon makes it when it first runs)")
    database = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        folder.check_version(database, file)
    except sqlite3.Error as error:
        database.close()
        raise StoreError(
            f"{file} cannot be read: {error} (it must be the gateway's own file, readable, and whole)"
        ) from error
    except StoreError:
        database.close()
        raise
    return database


def _structure(database: sqlite3.Connection) -> Iterator[Damage]:
    for (said,) in database.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if said != "ok":
            yield Damage(None, f"the file's structure: {said}")


def _events(database: sqlite3.Connection, advance: Callable[[int], None]) -> Iterator[Damage]:
    for id, body, checksum, state, waits in _rows(database, "all_events", advance):
        if _differs(body, checksum):
            yield Damage(_text(id), "what was posted is not what was stored: its checksum differs")
        if state == b"queued" and not waits:
            yield Damage(_text(id), "it is queued, and nothing will ever send it")


def _values(database: sqlite3.Connection, advance: Callable[[int], None]) -> Iterator[Damage]:
    for id, number, mapped, checksum, is_json in _rows(database, "all_attempts", advance):
        event = None if id is None else _text(id)
        if event is None:
            yield Damage(None, f"an attempt (number {number}) belongs to no event")
        if mapped is not None and _differs(mapped, checksum):
            yield Damage(
                event, f"the values of attempt {number} are not what was stored: their checksum differs"
            )
        if not is_json:
            yield Damage(event, f"what is kept of attempt {number} cannot be read")


def _links(database: sqlite3.Connection) -> Iterator[Damage]:
    for what, number in database.execute(QUERIES["astray"]):
        yield Damage(None, f"{what}: {number:,} belong to no event")


def _rows(database: sqlite3.Connection, query: str, advance: Callable[[int], None]) -> Iterator[Row]:
    """Rows as bytes, since what is damaged may be no text; without their number, by which they are asked for."""
    database.text_factory = bytes
    after = 0
    try:
        while page := database.execute(QUERIES[query], {"after": after, "limit": AT_ONCE}).fetchall():
            yield from (row[1:] for row in page)
            advance(page[-1][0] - after)
            after = page[-1][0]
    finally:
        database.text_factory = str


def _differs(text: object, checksum: object) -> bool:
    """Whether a text is not what was stored; in a damaged file it may be no text at all."""
    return not isinstance(text, bytes) or crc32(text) != checksum


def _text(id: bytes) -> str:
    return id.decode(errors="replace")
