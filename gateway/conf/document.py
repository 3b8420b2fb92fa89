"""One YAML 1.2 file as plain data that remembers where each key and value stands.

Only what JSON would write as a number, true, false or null is typed, and exactly (int, Decimal); every other plain
scalar stays the text that was written: `01234`, `2026-01-01`, `NO`. Whatever the bytes, `parse` raises nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)

from gateway.conf.syntax import Fault, explain, quoted_template
from gateway.errors import Problem
from gateway.jsontext import JsonError, loads

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

MAX_BYTES = 1024 * 1024
MAX_VALUES = 50_000
MAX_DEPTH = 64
MAX_PROBLEMS = 100
_LONGEST = 60
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False, "": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. data: plain dicts, lists and scalars; keys, values: where the key / the value of a path stands."""

    file: str
    data: Any
    problems: tuple[Problem, ...] = ()
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def problem(
        self, path: Sequence[str | int], text: str, *, key: bool = False, warning: bool = False
    ) -> Problem:
        """A Problem at the value of a path, or at its key; where it is not in the file, at what it would be below."""
        near = tuple(path)
        places = self.keys if key and near in self.keys else self.values
        while near and near not in places:
            near, places = near[:-1], self.values
        line, column = places.get(near, (1, 1))
        return Problem(self.file, line, column, dotted(path), text, warning)


def dotted(path: Sequence[str | int]) -> str:
    """A path as it is shown: `return.mapping.lead_id`."""
    return ".".join(str(part) for part in path)


def shown(value: Any) -> str:
    """A value as a sentence names it, shortened."""
    if isinstance(value, Mapping):
        return "a set of keys"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    return "nothing" if value is None else str(value)[:_LONGEST]


def parse(content: bytes, file: str) -> Document:
    """Parse one file; what is wrong with it as YAML stands in `problems`."""
    if len(content) > MAX_BYTES:
        return _refused(
            file, Fault(1, 1, f"the file is larger than {MAX_BYTES // 1024} KiB (cut it into several)")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(file, _not_utf8(error))
    reader = _Reader(file, text)
    try:
        data = reader.document()
    except YAMLError as error:
        return _refused(file, explain(error, text))
    except _TooMuchError as error:
        return _refused(file, Fault(*error.place, f"the file holds too much ({_LIMITS})"))
    except (
        RecursionError,
        ValueError,
        OverflowError,
    ):  # what ruamel.yaml raises beside its own, such as for \Uffffffff
        return _refused(file, Fault(1, 1, "this is not YAML (put text with special characters in quotes)"))
    return Document(file, data, tuple(reader.problems), reader.keys, reader.values)


_LIMITS = f"at most {MAX_VALUES:,} values on {MAX_DEPTH} levels, counted anew for each alias"


def _refused(file: str, fault: Fault) -> Document:
    return Document(file, None, (Problem(file, fault.line, fault.column, "", fault.text),))


def _not_utf8(error: UnicodeDecodeError) -> Fault:
    before = bytes(error.object[: error.start]).decode("utf-8-sig")
    line, start = before.count("\n") + 1, before.rfind("\n") + 1
    return Fault(line, len(before) - start + 1, "the file is not UTF-8 from here on (save it as UTF-8)")


class _TooMuchError(Exception):
    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(place)


class _Reader:
    """Walks the parser's events of one file into plain data; an alias walks its anchor's events once more."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self._text = text
        self._coming: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)
        self._events: list[Event] = []
        self._at = 0
        self._anchors: dict[str, int] = {}
        self._read = 0

    def document(self) -> Any:
        """The data of the one document in the file; None where it is empty."""
        self._take()  # the stream's beginning
        if isinstance(self._take(), StreamEndEvent):
            return None
        data = self._node(())
        self._take()  # the document's end
        second = self._take()
        if not isinstance(second, StreamEndEvent):
            self._tell(second, (), "a second document begins here (a conf file holds one: remove the `---`)")
        return data

    def _take(self) -> Event:
        if self._at == len(self._events):
            if len(self._events) > 4 * MAX_VALUES:  # of them, `_node` has counted what was not skipped
                raise _TooMuchError(_place(self._events[-1]))
            self._events.append(next(self._coming))
        self._at += 1
        return self._events[self._at - 1]

    def _node(self, path: Path) -> Any:
        event = self._take()
        self._read += 1
        if self._read > MAX_VALUES or len(path) > MAX_DEPTH:
            raise _TooMuchError(_place(event))
        if isinstance(event, AliasEvent):
            return self._aliased(event, path)
        self.values[path] = _place(event)
        if isinstance(event, NodeEvent) and event.anchor:
            self._anchors[event.anchor] = self._at - 1
        self._check_tag(event, path)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        return self._mapping(event, path) if isinstance(event, MappingStartEvent) else self._sequence(path)

    def _aliased(self, event: AliasEvent, path: Path) -> Any:
        start = self._anchors.get(event.anchor)
        if start is None:
            self._tell(event, path, f"*{event.anchor} names nothing above (put it in quotes)")
            return None
        back, self._at = self._at, start
        data = self._node(path)
        self._at = back
        return data

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not self._ended():
            found.append(self._node((*path, len(found))))
        return found

    def _mapping(self, event: MappingStartEvent, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        template = quoted_template(self._text, event.start_mark.index)
        if template:
            self._tell(event, path, f"an unquoted template (put the whole value in quotes: {template})")
            self._skip(1)
            return found
        while not self._ended():
            key = self._take()
            if not isinstance(key, ScalarEvent):
                self._tell(key, path, "this cannot be a key (a key is text, in quotes)")
                self._skip(int(isinstance(key, CollectionStartEvent)))
                self._skip_value()
                continue
            name = self._whole(key, path)
            here = (*path, name)
            if name == "<<" and key.style is None:
                self._tell(
                    key, here, "`<<` merges nothing here (what both types share stands under `common`)"
                )
                self._skip_value()
            elif name in found:
                self._tell(key, here, f"the key stands here twice (first in line {self.keys[here][0]})")
                self._skip_value()
            else:
                self._check_tag(key, here)
                self.keys[here] = _place(key)
                found[name] = self._node(here)
        return found

    def _ended(self) -> bool:
        ended = isinstance(self._take(), CollectionEndEvent)
        self._at -= 0 if ended else 1
        return ended

    def _skip_value(self) -> None:
        self._skip(int(isinstance(self._take(), CollectionStartEvent)))

    def _skip(self, depth: int) -> None:
        """Leave so many collections that were begun."""
        while depth:
            event = self._take()
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise _TooMuchError(_place(event))

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        text = self._whole(event, path)
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if not _NUMBER.fullmatch(text):
            return text
        try:
            return loads(text)
        except JsonError as error:
            self._tell(event, path, f"{error.detail} (put it in quotes)")
            return None

    def _whole(self, event: ScalarEvent, path: Path) -> str:
        """Text in which JSON's way of writing a character as two escapes is joined to the one that is meant."""
        text: str = event.value
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._tell(event, path, "an escape names half a character (write the character itself)")
            return ""

    def _check_tag(self, event: Any, path: Path) -> None:
        if event.tag is not None:
            written = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._tell(event, path, f"the tag {written} means nothing here (remove it; quotes make a text)")

    def _tell(self, event: Event, path: Path, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, *_place(event), dotted(path), text))


def _place(event: Event) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
