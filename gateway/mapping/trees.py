"""Where each mapping key goes: keys become places in one tree, and conflicts are found at load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.paths import Segment, split

Place: TypeAlias = tuple[Segment, ...]

_TEXT = "#text"


def place(key: str, *, attributes: bool) -> Place:
    """The place that a mapping key names; with `attributes`, `name@id` is the attribute `id` of `name`.

    Raises ValueError with the sentence to show.
    """
    element, at, attribute = key.rpartition("@")
    if not attributes or not at or "}" in attribute:
        return split(key)
    if not attribute:
        raise ValueError(f"the key {key!r} names no attribute after its @ (write name@attribute)")
    return (*(split(element) if element else ()), f"@{attribute}")


def beside_attributes(places: Sequence[Place]) -> list[Place]:
    """The places, where an element that has attributes keeps its own value under `#text`."""
    elements = {found[:-1] for found in places if str(found[-1]).startswith("@")}
    return [(*found, _TEXT) if found in elements else found for found in places]


def conflicts(placed: Iterable[tuple[str, Place]]) -> list[tuple[str, str]]:
    """Every (key, sentence) that cannot stand beside an earlier key."""
    problems: list[tuple[str, str]] = []
    leaves: dict[Place, str] = {}
    branches: dict[Place, tuple[bool, str]] = {}
    for key, found in placed:
        problem = _conflict(key, found, leaves, branches)
        if problem:
            problems.append((key, problem))
            continue
        leaves[found] = key
        for depth, segment in enumerate(found):
            branches.setdefault(found[:depth], (isinstance(segment, int), key))
    return problems


def _conflict(
    key: str, found: Place, leaves: dict[Place, str], branches: dict[Place, tuple[bool, str]]
) -> str | None:
    if found in leaves:
        return f"{key} names the same place as {leaves[found]} (keep one of them)"
    if found in branches:
        return f"{key} is to hold a value, but {branches[found][1]} stands below it (rename one of them)"
    for depth, segment in enumerate(found):
        above = found[:depth]
        if above in leaves:
            return f"{key} stands below {leaves[above]}, which holds a value already (rename one of them)"
        is_index, other = branches.get(above, (isinstance(segment, int), key))
        if is_index != isinstance(segment, int):
            return (
                f"{key} and {other} mix indexes and names under one key (write either, or {{0}} for a name)"
            )
    return None


@dataclass(frozen=True, slots=True)
class Grower:
    """Makes a tree of values at their places; lists: the places that hold list elements, deepest first."""

    lists: tuple[Place, ...]

    @classmethod
    def plan(cls, places: Iterable[Place]) -> "Grower":
        """Find out which places are lists."""
        lists = {
            found[:depth] for found in places for depth, part in enumerate(found) if isinstance(part, int)
        }
        return cls(tuple(sorted(lists, key=len, reverse=True)))

    def grow(self, values: Iterable[tuple[Place, Any]]) -> Any:
        """The tree, in the order of the values; lists in the order of their indexes, closed up."""
        root: dict[Segment, Any] = {}
        for found, value in values:
            node = root
            for segment in found[:-1]:
                node = node.setdefault(segment, {})
            node[found[-1]] = value
        for found in self.lists:
            if not found:
                return _closed(root)
            parent: Any = root
            for segment in found[:-1]:
                parent = parent.get(segment, {})
            if found[-1] in parent:
                parent[found[-1]] = _closed(parent[found[-1]])
        return root


def _closed(elements: dict[Segment, Any]) -> list[Any]:
    return [elements[index] for index in sorted(elements)]
