"""The data folder: one daemon at a time, one file that nobody else may read, in this version's shape."""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import structlog

from gateway.errors import StoreError
from gateway.store import filesystem
from gateway.store.sql import MIGRATIONS

FILE = "events.db"


class Lock:
    """The data folder, held by this process until `release` or its end, however it ends (flock(2)).

    The folder itself is locked, not a file in it: that could be removed, and then two would hold the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let the folder go."""
        os.close(self._folder)


class GoneError(StoreError):
    """A file of the store is not the one that was opened, or nobody can say: what is written to that may be lost."""


class Watch:
    """The store's files, as they were when it was opened; SQLite keeps the other two as long as it is open."""

    def __init__(self, file: Path) -> None:
        self._files = {path: _identity(path) for path in (f"{file}", f"{file}-wal", f"{file}-shm")}

    def look(self) -> None:
        """Raise GoneError where one of them was removed or replaced, or cannot be looked at."""
        for path, identity in self._files.items():
            try:
                found = _identity(path)
            except OSError as error:
                raise GoneError(
                    f"the file {path} cannot be looked at any more: {error.strerror}"
                    " (nothing is acknowledged any more; look after the disk, then start the daemon again)"
                ) from error
            if found != identity:
                raise GoneError(
                    f"the file {path} was removed or replaced while the daemon ran"
                    " (nothing is acknowledged any more; put the data folder in order, then start the daemon again)"
                )


def claim(folder: Path) -> tuple[Lock, Path]:
    """Make the folder (0700) and its file (0600) where they are missing, and lock them.

    Raises StoreError where the folder is in use, cannot be used, or is no safe place.
    """
    file = folder / FILE
    try:
        with ExitStack() as undo:
            is_new = not folder.exists()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_place(folder)
            lock = Lock(folder)
            undo.callback(lock.release)
            _own(file)
            sync(folder)
            if is_new:
                sync(folder.parent)
            undo.pop_all()
    except BlockingIOError:
        raise StoreError(
            f"the data folder {folder} is in use by another daemon"
            " (stop that one, or give this one another `data` folder)"
        ) from None
    except OSError as error:
        raise StoreError(
            f"the data folder {folder} cannot be used: {error.strerror}"
            " (it must be a folder that the daemon may write to, on a disk with room)"
        ) from None
    return lock, file


def _check_place(folder: Path) -> None:
    """Raise StoreError where what is stored in a folder would not be safe."""
    kind = filesystem.remote(folder)
    if kind is not None:
        raise StoreError(
            f"the data folder {folder} is on a network file system ({kind}), which keeps no promise of SQLite's"
            " (name one on a local disk as `data` in gateway.yaml)"
        )
    if folder.stat().st_mode & stat.S_IWOTH:
        raise StoreError(
            f"anybody on this machine may write to the data folder {folder} (chmod 700 {folder}, or name another)"
        )


def _own(file: Path) -> None:
    """Make the file where it is missing, for nobody else to read (0600). Raises StoreError where it is another's."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise StoreError(
                f"{file} belongs to another user, number {found.st_uid} (run this as that user, or give it to"
                f" {os.geteuid()}: files made beside it would be out of that user's reach)"
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.fchmod(descriptor, 0o600)  # such as a backup that was put back by cp
    finally:
        os.close(descriptor)


def migrate(
    database: sqlite3.Connection, file: Path | str, migrations: Mapping[int, str] = MIGRATIONS
) -> None:
    """Bring a file to this version's shape, each migration in a transaction of its own.

    Raises StoreError for a file from a newer version, and for one that is not the gateway's.
    """
    newest = max(migrations)
    version = _version(database, file, newest)
    if version == 0 and database.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError(
            f"{file} is another program's database (name a folder of the gateway's own as `data` in gateway.yaml)"
        )
    if 0 < version < newest:  # with millions of events it takes minutes, during which nothing is listened to
        structlog.get_logger().info("store.upgrading", file=str(file), format=version, to=newest)
    for number in range(version + 1, newest + 1):
        script = f"BEGIN IMMEDIATE;\n{migrations[number]}\nPRAGMA user_version = {number};\nCOMMIT;"
        try:
            database.executescript(script)
        except sqlite3.Error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


def check_version(database: sqlite3.Connection, file: Path) -> None:
    """Raise StoreError where a file is not in this version's shape, for those who may not change it."""
    newest = max(MIGRATIONS)
    version = _version(database, file, newest)
    if version < newest:
        raise StoreError(
            f"{file} is from an older version of the gateway: its format is {version}, not {newest}"
            " (start this version's daemon once: it brings the file to the new format)"
        )


def _version(database: sqlite3.Connection, file: Path | str, newest: int) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > newest:
        raise StoreError(
            f"{file} is from a newer version of the gateway: its format is {version}, not {newest}"
            " (run the newer version, or use another `data` folder)"
        )
    return int(version)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def sync(folder: Path) -> None:
    """Put a folder's entries on disk, so that a new file is still there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
