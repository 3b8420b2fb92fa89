"""Counts what differs, with the first event that shows it."""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from gateway.plan.report import Example

Key = TypeVar("Key", bound=Hashable)

MOST = 100  # kinds of difference that are told apart: nobody reads on, and posted keys may be endless


class Tally(Generic[Key]):
    """So many of each key; those beyond MOST keys are counted together under `rest`."""

    def __init__(self, rest: Key) -> None:
        self._rest = rest
        self._found: dict[Key, tuple[int, Example]] = {}

    def add(self, key: Key, example: Callable[[], Example]) -> None:
        """One more. example: asked for where it is the first."""
        if key not in self._found and len(self._found) >= MOST:
            key = self._rest
        count, first = self._found.get(key, (0, None))
        self._found[key] = count + 1, first or example()

    def __iter__(self) -> Iterator[tuple[Key, int, Example]]:
        """Key, count and example, in the order in which they were found."""
        return ((key, count, example) for key, (count, example) in self._found.items())
