"""What the conf's files and templates were parsed to, kept in the data folder: a start parses only what changed.

- Kept is what follows from some text alone: no secret's text, no template that signs, nothing that was judged.
- A line that is not what this version wrote here is as good as none: the text is parsed again.
- A file that is not plain YAML is parsed each time, so that its faults are told as ever; likewise a template.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import ruamel.yaml

import gateway
from gateway import jsontext
from gateway.conf import document
from gateway.conf.document import Document, Place
from gateway.conf.document import Path as DataPath
from gateway.conf.files import Files
from gateway.templates.facts import Facts

NAME = "parsed-conf"
_LARGEST = 256 * 1024 * 1024  # a file of that size is not read, and none is written
_HASH = 64  # characters


class _Line(NamedTuple):
    """What one content was parsed to. sum: a hash of the text, which a damaged one does not have."""

    sum: bytes
    text: bytes


class Parsed:
    """Parses files, and is a Memory of templates: each once. For one thread at a time."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._kept: dict[bytes, _Line] | None = None  # by the hash of a text; None: not read yet
        self._fresh: dict[bytes, _Line] = {}
        self._templates: set[bytes] = set()

    def within(self, data: Path) -> None:
        """Say in which data folder to keep things; the first word holds, as that folder belongs to the process."""
        self._file = self._file or data / NAME

    def parse(self, content: bytes, file: str) -> Document:
        """What `document.parse` makes of a file."""
        if self._file is None:
            return document.parse(content, file)
        key = _hash(content)
        line = self._fresh.get(key) or self._lines().get(key)
        found = None if line is None else _read(line, file)
        if found is None:
            found = document.parse(content, file)
            line = _written(found)
            if line is not None:
                self._fresh[key] = line
        return found

    def keep(self, files: Files) -> None:
        """Keep what these files were parsed to, and no more; where that cannot be, the next start takes longer."""
        if self._file is not None and self._fresh:
            live = {*self._templates, *(_hash(content) for content in files.conf.values())}
            lines = {key: line for key, line in {**self._lines(), **self._fresh}.items() if key in live}
            with suppress(OSError):
                _write(self._file, lines)
        self._fresh, self._kept = {}, None

    def recall(self, text: str) -> Facts | None:
        """What was noted of a template."""
        key = _template(text)
        self._templates.add(key)
        line = None if self._file is None else self._lines().get(key)
        return None if line is None else _facts(line)

    def note(self, text: str, facts: Facts) -> None:
        """Keep what a template is."""
        if self._file is not None:
            written = jsontext.dumps(facts).encode()
            self._fresh[_template(text)] = _Line(_hash(written), written)

    def _lines(self) -> dict[bytes, _Line]:
        if self._kept is None:
            self._kept = {}
            with suppress(OSError):
                self._kept = dict(_split(_content(self._file))) if self._file else {}
        return self._kept


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _template(text: str) -> bytes:
    return _hash(b"template " + text.encode(errors="surrogatepass"))


@cache
def _head() -> bytes:
    """Names what the lines depend on beside the texts: all that parses them."""
    code = _hash(b"".join(file.read_bytes() for file in sorted(Path(gateway.__file__).parent.rglob("*.py"))))
    made_by = (gateway.__version__, code, ruamel.yaml.__version__, version("jinja2"), sys.version)
    return b"parsed by %s\n" % _hash(repr(made_by).encode())


def _written(found: Document) -> _Line | None:
    """A document as a line; None where that would not be read as the same."""
    if found.problems:
        return None
    try:
        text = jsontext.dumps([found.data, list(_places(found, found.data, ()))]).encode()
    except ValueError:  # such as half a character
        return None
    line = _Line(_hash(text), text)
    return line if _read(line, found.file) == found else None


def _read(line: _Line, file: str) -> Document | None:
    """A line as a document; None where it is not what was written."""
    if _hash(line.text) != line.sum:
        return None
    keys: dict[DataPath, Place] = {}
    values: dict[DataPath, Place] = {}
    try:
        data, numbers = jsontext.loads(line.text)
        places = zip(numbers[::2], numbers[1::2], strict=True)
        _place(data, (), places, keys, values)
    except (ValueError, TypeError, StopIteration):
        return None
    return Document(file, data, (), keys, values)


def _facts(line: _Line) -> Facts | None:
    """A line as what a template is; None where it is not what was written."""
    if _hash(line.text) != line.sum:
        return None
    try:
        variables, optional, doubts, lone, path = jsontext.loads(line.text)
        return Facts(tuple(variables), tuple(optional), tuple(doubts), lone, path and tuple(path))
    except (ValueError, TypeError):
        return None


def _places(found: Document, data: Any, path: DataPath) -> Iterator[int]:
    """Lines and columns in the order of a walk: of a value, then of each key and what is below it."""
    if path not in found.values:  # there is nothing in the file
        return
    yield from found.values[path]
    for name, child in _children(data):
        here = (*path, name)
        yield from found.keys.get(here, ())
        yield from _places(found, child, here)


def _place(
    data: Any,
    path: DataPath,
    places: Iterator[Place],
    keys: dict[DataPath, Place],
    values: dict[DataPath, Place],
) -> None:
    """Walk in the same order, taking the places back."""
    place = next(places, None)
    if place is None:
        return
    values[path] = place
    is_mapping = isinstance(data, dict)
    for name, child in _children(data):
        here = (*path, name)
        if is_mapping:
            keys[here] = next(places)
        _place(child, here, places, keys, values)


def _children(data: Any) -> Any:
    if isinstance(data, dict):
        return data.items()
    return enumerate(data) if isinstance(data, list) else ()


def _content(file: Path) -> bytes:
    """The bytes of a file that nobody else could have written. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        is_ours = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
        is_fit = stat.S_ISREG(found.st_mode) and found.st_size < _LARGEST
        return opened.read() if is_ours and is_fit else b""


def _split(content: bytes) -> Iterator[tuple[bytes, _Line]]:
    lines = content.splitlines()
    if lines and lines[0] + b"\n" == _head():
        for line in lines[1:]:
            yield line[:_HASH], _Line(line[_HASH : 2 * _HASH], line[2 * _HASH :])


def _write(file: Path, lines: dict[bytes, _Line]) -> None:
    """Write beside the file, and put it in its place: whoever reads it sees one or the other. Raises OSError."""
    head = _head()
    if sum(len(line.text) + 2 * _HASH for line in lines.values()) >= _LARGEST:
        return
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(head)
        opened.writelines(b"%s%s%s\n" % (key, *line) for key, line in lines.items())
    fresh.replace(file)
