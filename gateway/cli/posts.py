"""Files of events: a JSON object, a JSON array, NDJSON, or standard input."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.faults import Unreadable
from gateway.jsontext import JsonError, dumps, loads


@dataclass(frozen=True, slots=True)
class Post:
    """One event's JSON text on one line, and where it stands: `events.ndjson:3`, or `events.json[2]` in an array."""

    place: str
    text: str


def read(names: Iterable[str]) -> list[Post]:
    """Every event in the files, in order; `-` is standard input, read to its end.

    Raises Unreadable where a file is neither JSON nor lines of JSON. What stands in a line of NDJSON is not looked
    at here: one bad line keeps no other from being posted.
    """
    posts: list[Post] = []
    for name in names:
        posts += _posts("standard input" if name == "-" else name, _content(name))
    return posts


def _content(name: str) -> str:
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name}: byte {error.start} is not UTF-8 (save it as UTF-8)") from None


def _posts(name: str, text: str) -> Iterator[Post]:
    if not text.strip():
        raise Unreadable(
            f"{name}: there is nothing in it (write an event, an array of events, or one a line)"
        )
    if name.endswith((".ndjson", ".jsonl")) or _is_lines(text):
        lines = enumerate(text.split("\n"), 1)  # not splitlines: JSON text may hold U+2028
        yield from (Post(f"{name}:{number}", line.strip()) for number, line in lines if line.strip())
        return
    try:
        found = loads(text)
    except JsonError as error:
        raise Unreadable(f"{name}: not JSON as it is taken here: {error}") from None
    if isinstance(found, list):
        yield from (Post(f"{name}[{index}]", dumps(one)) for index, one in enumerate(found))
    else:
        yield Post(name, dumps(found))


def _is_lines(text: str) -> bool:
    """Whether a text is one object a line: one of its lines is an object, and it is not an array."""
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) > 1 and not lines[0].lstrip().startswith("[") and any(map(_is_object, lines))


def _is_object(line: str) -> bool:
    if not line.lstrip().startswith("{") or not line.rstrip().endswith("}"):
        return False
    try:
        return isinstance(loads(line), dict)
    except JsonError:
        return False
