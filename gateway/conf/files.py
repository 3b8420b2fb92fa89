"""A conf folder as it was at one moment: every file's bytes."""

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import TypeAlias

GATEWAY = "gateway.yaml"
# Seconds between two looks: longer than an editor takes from truncating a file to having written it.
PAUSE = 0.1
LOOKS = 50
_YAML = (".yaml", ".yml")  # .yml too, to say that it is .yaml that is read
# What is read of each folder; of `wsdl` it is everything, however deep.
_ENDINGS = {"sources": _YAML, "tables": _YAML, "events": (".json", ".ndjson")}
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
    def read(cls, folder: Path, below: str = "") -> "Files":
        """Read a conf folder. below: only the files whose path begins so.

        Raises OSError where the folder itself, or one in it, cannot be read.
        """
        os.listdir(folder)  # for its error: what follows is silent about a folder that it cannot read
        for name in _FOLDERS:
            if (folder / name).is_dir():
                os.listdir(folder / name)
        content: dict[str, bytes] = {}
        unreadable: dict[str, str] = {}
        for name, path in sorted(each for each in _paths(folder) if each[0].startswith(below)):
            try:
                found = _regular(path)
            except OSError as error:
                if Path(path).is_symlink() or Path(path).exists():  # else it was removed a moment ago
                    unreadable[name] = error.strerror or str(error)
            else:
                if found is None:
                    unreadable[name] = "it is no regular file"
                else:
                    content[name] = found
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
    paths += [entry.path for other in others for entry in _entries(other)]
    return tuple(sorted(_seen(path) for path in paths))


def digest(*parts: bytes | str) -> str:
    """A short stable hash of parts, each counted with its length."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()[:16]


def _paths(folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a conf folder, by relative path. Of thousands, so no Path is made of each."""
    for name in ("gateway.yaml", "gateway.yml"):
        file = os.path.join(folder, name)
        if os.path.lexists(file) and not os.path.isdir(file):
            yield name, file
    for name, endings in _ENDINGS.items():
        for entry in _entries(folder / name):
            if entry.name.endswith(endings) and _is_conf(entry.name) and not _is_folder(entry):
                yield f"{name}/{entry.name}", entry.path
    for path in folder.glob("wsdl/**/*"):
        if _is_conf(path.name) and not os.path.isdir(path):
            yield path.relative_to(folder).as_posix(), str(path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Asked of the system only where it is a link: one that leads nowhere, or in a circle, is a file to be told of."""
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir(follow_symlinks=False)


def _is_conf(name: str) -> bool:
    """Whether a file can be conf: an editor's swap and backup files are nobody's."""
    return not name.startswith((".", "#")) and not name.endswith("~")


def _regular(path: str) -> bytes | None:
    """A file's bytes; None where it is no regular file: reading a pipe would wait for ever. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        if Path(path).exists() and not Path(path).is_file():  # such as a socket, which cannot even be opened
            return None
        raise
    with FileIO(descriptor) as opened:
        return opened.readall() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _seen(path: str) -> tuple[str, int, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return path, 0, 0, 0
    return path, found.st_ino, found.st_size, found.st_ctime_ns
