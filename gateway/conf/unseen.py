"""The warnings of paths that no event holds: judged once per source, and again only where something changed."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from gateway.conf.files import digest
from gateway.conf.model import Source
from gateway.conf.seen import Known, Shape
from gateway.errors import Problem
from gateway.model import Event
from gateway.paths import split

# Asked for a source's stored events, within so many seconds; None where they cannot be told in that time.
Stored: TypeAlias = Callable[[str, float], Shape | None]
Samples: TypeAlias = Mapping[str, Sequence[Event]]

PATIENCE = 2.0  # seconds for the sources that changed
_SPARE = 0.2  # seconds for all the others: those that are left over have their turn at the next load
_MOST = 20  # warnings about one file: most likely they are all of one kind
_STALE = 60.0  # seconds after which a doubt is looked into again: events may have come that hold the path


@dataclass(frozen=True, slots=True)
class _Judged:
    source: Source
    samples: str
    at: float
    problems: tuple[Problem, ...]


class _Samples:
    """The sample events of one load."""

    def __init__(self, samples: Samples) -> None:
        self._of: dict[str, list[Event]] = {}
        for event in chain.from_iterable(samples.values()):
            self._of.setdefault(event.source, []).append(event)
        self.digest = digest(*(event.text for event in chain.from_iterable(self._of.values())))

    def of(self, source: str) -> Shape:
        """What those of one source hold."""
        return Shape(self._of.get(source, ()))

    @cached_property
    def all(self) -> Shape:
        """What any of them holds."""
        return Shape(chain.from_iterable(self._of.values()))


class Unseen:
    """Keeps from load to load what was said of each source. Not to be asked on the loop that answers `stored`."""

    def __init__(self, stored: Stored, patience: float = PATIENCE) -> None:
        self._stored = stored
        self._patience = patience
        self._judged: dict[str, _Judged] = {}

    def problems(
        self, sources: Mapping[str, Source], samples: Samples, before: Mapping[str, Source]
    ) -> Iterable[Problem]:
        """The warnings about all sources. samples: events by source; before: the sources of the conf that runs."""
        began = time.monotonic()
        self._judged = {key: judged for key, judged in self._judged.items() if key in sources}
        known = _Samples(samples)
        for source in sorted(sources.values(), key=lambda source: before.get(source.key) is source):
            is_new = before.get(source.key) is not source
            left = began + (self._patience if is_new else min(_SPARE, self._patience)) - time.monotonic()
            self._judge(source, known, left)
        return chain.from_iterable(judged.problems for judged in self._judged.values())

    def misspelt(
        self, show: Sequence[str], sources: Iterable[str], samples: Samples
    ) -> Iterator[tuple[int, str]]:
        """Of the fields that the log is to show, those that no event has and that are nearly one: place and sentence.

        One that is merely rare is no slip. Nothing is told where the store has no time to answer for every source.
        """
        known, until = _Samples(samples).all, time.monotonic() + self._patience
        shapes = [known] if known.events else []
        doubted = {index: path for index, path in enumerate(show) if not known.holds(split(path))}
        for source in sources:
            left = until - time.monotonic()
            stored = self._stored(source, left) if doubted and left > 0 else None
            if stored is None:
                return
            doubted = {index: path for index, path in doubted.items() if not stored.holds(split(path))}
            shapes += [stored] if stored.events else []
        for index, path in doubted.items():
            near = next(filter(None, (shape.misspelt(split(path)) for shape in shapes)), None)
            if near is not None:
                yield index, f"{path} is in no event (did you mean {near!r}?)"

    def _judge(self, source: Source, samples: _Samples, left: float) -> None:
        judged, now = self._judged.get(source.key), time.monotonic()
        is_same = judged is not None and judged.source is source and judged.samples == samples.digest
        if judged and is_same and (not judged.problems or now - judged.at < _STALE or left <= 0):
            return
        problems = self._doubts(source, samples, left)
        if problems is not None:
            self._judged[source.key] = _Judged(source, samples.digest, now, problems)
        elif not is_same:
            self._judged.pop(source.key, None)

    def _doubts(self, source: Source, samples: _Samples, left: float) -> tuple[Problem, ...] | None:
        """What is to be said of a source; None where the stored events would have to be asked, and cannot be."""
        own = samples.of(source.id)
        if own.events and not _told(source, Known(source.id, own, Shape())):
            return ()
        stored = self._stored(source.id, left) if left > 0 and source.reads else None
        if stored is None:
            return None
        nothing_came = not own.events and not stored.events  # the events of the others will be much alike
        return _told(source, Known(source.id, samples.all if nothing_came else own, stored))


def _told(source: Source, known: Known) -> tuple[Problem, ...]:
    said = ((read.place, known.doubt(read.path, optional=read.optional)) for read in source.reads)
    found = [replace(place, text=text) for place, text in said if text is not None]
    left = len(found) - _MOST
    if left > 1:
        text = f"and {left:,} more such paths in this file (mend those that are named, then ask again)"
        found[_MOST:] = [replace(found[_MOST], path="", text=text)]
    return tuple(found)
