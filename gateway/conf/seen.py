"""The names that events hold, and what to say of a path that a conf reads and no event holds: most likely a slip."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from gateway.model import Event
from gateway.paths import Segment, join, split
from gateway.templates.tree import PLACED, VARIABLES

MAX_NAMES = 4000
_LISTED = 20
_NEAR = 0.75  # of two names: lead and laed are this near, source and score are not
_ELEMENT = "*"
_NO_DIGITS = str.maketrans("", "", "0123456789")
_EVERYWHERE = ("id", "name")  # names that say nothing about where they belong
# What templates can read of every event, whatever was posted.
ALWAYS = (
    *("feedback.type", "feedback.reason", "feedback.timestamp", "event.id", "source.id", "source.name"),
    *("now", "today", "random"),
)

Names: TypeAlias = dict[str, "Names"]


class Shape:
    """The names that some events hold, level by level; all elements of a list are one. events: how many they were."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.events = 0
        self._names: Names = {}
        self._room = MAX_NAMES
        for path in ALWAYS:
            names = self._names
            for name in path.split("."):
                names = names.setdefault(name, {})
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Take up one more event."""
        self.events += 1
        self._add(((name, value) for name, value in event.body.items() if name not in PLACED), self._names)

    def holds(self, segments: Sequence[Segment]) -> bool:
        """Whether an event has that path; always where there were more names than are kept."""
        levels = [self._names]
        for segment in segments:
            keys = (str(segment), _ELEMENT) if isinstance(segment, int) else (segment,)
            levels = [names[key] for names in levels for key in keys if key in names]
            if not levels:
                return self._room <= 0
        return True

    def misspelt(self, segments: Sequence[Segment]) -> str | None:
        """The path that one misspelt name, or any in another case, was meant to be."""
        recased = self._recased(segments)
        if recased is not None:
            return recased
        names = self._names
        for at, segment in enumerate(segments):
            below = _below(names, segment)
            if below is None:
                mended = (
                    (*segments[:at], name, *segments[at + 1 :]) for name in _like(segment, names, top=not at)
                )
                return next(
                    (join(path) for path in mended if path[at] not in names or self.holds(path)), None
                )
            names = below
        return None

    def _recased(self, segments: Sequence[Segment]) -> str | None:
        """The path that differs in upper and lower case alone."""
        names, found = self._names, list[Segment]()
        for segment in segments:
            folded = str(segment).casefold()
            name = next((name for name in names if name.casefold() == folded), None)
            below = _below(names, segment if name is None else name)
            if below is None:
                return None
            found.append(segment if name is None else name)
            names = below
        return join(found)

    def elsewhere(self, segments: Sequence[Segment]) -> str | None:
        """The shortest path that ends with the same name."""
        name = str(segments[-1])
        if name in _EVERYWHERE:
            return None
        found = [path for path in _paths(self._names) if path[-1] == name]
        return join(sorted(found, key=len)[0]) if found else None

    def beside(self, segments: Sequence[Segment]) -> str:
        """What there is in place of the first name that there is not, where that is few."""
        names, known = self._names, 0
        while known < len(segments) and (below := _below(names, segments[known])):
            names, known = below, known + 1
        listed = sorted(name for name in names if name != _ELEMENT)
        if not known or not 0 < len(listed) <= _LISTED:
            return ""
        return f"{join(segments[:known])} has: {', '.join(listed)}"

    def _add(self, items: Iterable[tuple[str, Any]], names: Names) -> None:
        for name, child in items:
            if name not in names:
                if self._room <= 0:
                    continue
                self._room -= 1
                names[name] = {}
            if isinstance(child, Mapping):
                self._add(child.items(), names[name])
            elif isinstance(child, list):
                self._add(((_ELEMENT, element) for element in child), names[name])


@dataclass(frozen=True, slots=True)
class Known:
    """What events are known of one source: the samples, and those that are stored."""

    source: str
    samples: Shape
    stored: Shape

    def doubt(self, path: str, *, optional: bool) -> str | None:
        """What is to be said of a path that a conf reads; None where an event holds it, or nothing is known.

        optional: the conf says what to do where it is blank: it may well be missing, and only a misspelt name is told.
        """
        shapes = [shape for shape in (self.samples, self.stored) if shape.events]
        try:
            segments = split(path)
        except ValueError:
            return None  # a name with a } in it, which no path can write
        if not shapes or any(shape.holds(segments) for shape in shapes):
            return None
        near = next(filter(None, (shape.misspelt(segments) for shape in shapes)), None)
        if optional and near is None:
            return None
        near = near or next(filter(None, (shape.elsewhere(segments) for shape in shapes)), None)
        right = f"did you mean {near!r}?" if near else self._otherwise(shapes, segments)
        return f"{path} is {self._where()} ({right})"

    def _where(self) -> str:
        stored = f"in none of the last {self.stored.events:,} stored events of {self.source}"
        if self.stored.events == 1:
            stored = f"not in the one stored event of {self.source}"
        said = [("in no sample event", self.samples), (stored, self.stored)]
        return " and ".join(words for words, shape in said if shape.events)

    def _otherwise(self, shapes: Sequence[Shape], segments: Sequence[Segment]) -> str:
        listed = next(filter(None, (shape.beside(segments) for shape in shapes)), "")
        return listed or "post it, or put it into a sample event"


def _like(segment: Segment, names: Names, *, top: bool) -> list[str]:
    """The names that one was most likely meant to be; phone_1 is no slip for phone_2."""
    word = str(segment).casefold()
    series = word.translate(_NO_DIGITS)
    known = {*names, *VARIABLES} if top else names
    folded = {name.casefold(): name for name in known if name.translate(_NO_DIGITS).casefold() != series}
    near = get_close_matches(word, folded, 3, _NEAR)
    turned = [name for name in folded if name not in near and sorted(name) == sorted(word)]
    return [folded[name] for name in (*near, *turned)]


def _below(names: Names, segment: Segment) -> Names | None:
    found = names.get(str(segment))
    return names.get(_ELEMENT) if found is None and isinstance(segment, int) else found


def _paths(names: Names, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, below in names.items():
        yield (*before, name)
        yield from _paths(below, (*before, name))
