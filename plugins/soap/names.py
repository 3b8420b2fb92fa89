"""Places in a mapping as its author writes them, and the nearest right one for a wrong one."""

from collections import deque
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TypeAlias

from gateway import mapping_key
from plugins.soap.plan import Complex, Field, Kind, Order

Path: TypeAlias = tuple[str | int, ...]

_MOST = 500
_DEPTH = 6
_LISTED = 20


def dotted(path: Path) -> str:
    """The path as its author writes it: `Lead.Phones.0`, `Lead@id`."""
    return mapping_key(path).removeprefix("mapping.")


def key(path: Path, start: str = "mapping") -> str:
    """The conf key of a place in a mapping. start: the mapping's own key."""
    return f"{start}.{dotted(path)}" if path else start


def listed(names: Iterable[str], path: Path) -> str:
    """Some names below a path, as mapping keys, in a sentence."""
    every = [dotted((*path, name)) for name in names]
    return ", ".join(every[:_LISTED]) + (f" and {len(every) - _LISTED} more" if len(every) > _LISTED else "")


def words(kind: Kind) -> list[str]:
    """The names of the elements and attributes that an element may hold, in the order of the schema."""
    if not isinstance(kind, Complex):
        return []
    return [part.name for part in fields(kind)] + list(kind.attributes)


def fields(kind: Complex) -> Iterator[Field]:
    """The elements that may stand in an element, in the order of the schema."""
    waiting = deque(kind.content.parts)
    while waiting:
        part = waiting.popleft()
        if isinstance(part, Field):
            yield part
        elif isinstance(part, Order):
            waiting.extendleft(reversed(part.parts))


def nearest(wrong: Path, kind: Complex, root: Field) -> str:
    """` (did you mean X?)` for a name that `kind` does not have, or else what it has.

    root: where to look when nothing near by fits.
    """
    word = _bare(wrong)
    siblings = {_bare((name,)): (*wrong[:-1], name) for name in words(kind)}
    elsewhere = {_bare(path): path for path in _paths(root.kind)}
    # A word that is right in another place beats one that merely looks like it in this place.
    for known, cutoff in ((siblings, 1.0), (elsewhere, 1.0), (siblings, 0.6), (elsewhere, 0.8)):
        close = get_close_matches(word, known, n=1, cutoff=cutoff)
        if close:
            return f" (did you mean {dotted(known[close[0]])}?)"
    return f" (it has {listed(words(kind), wrong[:-1])})" if siblings else ""


def _bare(path: Path) -> str:
    return str(path[-1]).lower().removeprefix("@")


def _paths(kind: Kind) -> Iterator[Path]:
    """The paths of an operation's arguments, the shallow ones last, so that they win in a dict."""
    found: list[Path] = []
    waiting: deque[tuple[Path, Kind]] = deque([((), kind)])
    while waiting and len(found) < _MOST:
        path, outer = waiting.popleft()
        found.extend((*path, name) for name in words(outer))
        if isinstance(outer, Complex) and len(path) < _DEPTH:
            waiting.extend(((*path, part.name), part.kind) for part in fields(outer))
    return reversed(found)
