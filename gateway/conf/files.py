"""A conf folder as it was at one moment: every file's bytes."""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

GATEWAY = "gateway.yaml"
# Seconds between two looks: longer than an editor takes from truncating a file to having written it.
PAUSE = 0.1
LOOKS = 50
_PATTERNS = (
    "gateway.y*ml",  # .yml too, to say that it is .yaml that is read
    "sources/*.y*ml",
    "tables/*.y*ml",
    "wsdl/**/*",
    "events/*.json",
    "events/*.ndjson",
)

_FOLDERS = ("sources", "tables", "wsdl")

# What tells that a file was touched, without reading it: path, inode, size, time of the last change.
Look: TypeAlias = tuple[tuple[str, int, int, int], ...]


class Unsettled(OSError):  # noqa: N818  reads as the fact it states
    """The folder never stood still long enough to be read."""


@dataclass(frozen=True, slots=True)
class Files:
    """A snapshot of a conf folder. content: by relative path, in path order; unreadable: files that are, and why."""

    folder: Path
    content: Mapping[str, bytes] = field(repr=False)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Files":
        """Read a conf folder. Raises OSError where the folder itself, or one in it, cannot be read."""
        os.listdir(folder)  # for its error: glob is silent about a folder that it cannot read
        for name in _FOLDERS:
            if (folder / name).is_dir():
                os.listdir(folder / name)
        content: dict[str, bytes] = {}
        unreadable: dict[str, str] = {}
        for name, path in sorted(_paths(folder)):
            if path.exists() and not path.is_file():  # reading a pipe would wait for ever
                unreadable[name] = "it is no regular file"
                continue
            try:
                content[name] = path.read_bytes()
            except OSError as error:
                if path.is_symlink() or path.exists():  # else it was removed a moment ago
                    unreadable[name] = error.strerror or str(error)
        return cls(folder, content, unreadable)

    @classmethod
    def read_settled(cls, folder: Path) -> "Files":
        """Read a conf folder that may be being written: once two looks in a row see the same, and nothing touched.

        Equal bytes are not enough: a file that is rewritten again and again is empty at the start of each time.
        Raises Unsettled where it changes all the time, OSError where it cannot be read.
        """
        seen, files = look(folder), cls.read(folder)
        for _ in range(LOOKS):
            time.sleep(PAUSE)
            before, seen, files = (seen, files), look(folder), cls.read(folder)
            if before == (seen, files):
                return files
        raise Unsettled(f"it is being written all the time (let it stand still for {PAUSE * 1000:.0f} ms)")

    @property
    def digest(self) -> str:
        """A hash of every byte that makes the conf."""
        return digest(*(part for item in self.conf.items() for part in item))

    def under(self, start: str) -> Mapping[str, bytes]:
        """The files whose path begins so."""
        return {path: content for path, content in self.content.items() if path.startswith(start)}

    @property
    def conf(self) -> Mapping[str, bytes]:
        """The files that make the conf: all but the sample events."""
        return {path: content for path, content in self.content.items() if not path.startswith("events/")}


def look(folder: Path, *others: Path) -> Look:
    """What a glance at a conf folder, and at the files of some others, sees; equal while nothing was touched."""
    paths = [path for _, path in _paths(folder)]
    paths += [path for other in others if other.is_dir() for path in other.iterdir()]
    return tuple(sorted(_seen(path) for path in paths))


def digest(*parts: bytes | str) -> str:
    """A short stable hash of parts, each counted with its length."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()[:16]


def _paths(folder: Path) -> Iterator[tuple[str, Path]]:
    for pattern in _PATTERNS:
        for path in folder.glob(pattern):
            # An editor's swap and backup files are nobody's conf.
            if not path.name.startswith((".", "#")) and not path.name.endswith("~") and not path.is_dir():
                yield path.relative_to(folder).as_posix(), path


def _seen(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_ino, found.st_size, found.st_ctime_ns
