"""What a person reads: colours and tables on a terminal, plain text and tabs in a pipe."""

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from gateway.jsontext import dumps

COLOURS = {
    "delivered": "green", "success": "green", "pass": "green",
    "rejected": "red", "failure": "red", "parked": "red", "error": "red", "park": "red",
    "vetoed": "yellow", "skip": "yellow", "veto": "yellow", "held": "yellow", "defer": "yellow",
    "queued": "cyan", "sending": "cyan",
}  # fmt: skip
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """Text that was posted or answered, unable to steer the terminal: control characters stand as `\\x1b`."""
    return _UNSEEN.sub(_escaped, text.replace("\r\n", "\n"))


def say(text: str = "", *, err: bool = False) -> None:
    """Write lines for a person; colours go where no terminal reads them."""
    click.echo(text, err=err)


def coloured(word: str, text: str | None = None) -> str:
    """A state, outcome or verdict in its colour."""
    return click.style(text or word, fg=COLOURS.get(word))


def counted(number: int, word: str) -> str:
    """A number of things: `no events`, `1 event`, `2,000 events`."""
    return f"{f'{number:,}' if number else 'no'} {word}{'' if number == 1 else 's'}"


def say_json(value: Any) -> None:
    """Write one JSON document on a line of its own, numbers exact."""
    click.echo(dumps(value))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: drawn on a terminal, tabs between the columns elsewhere."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(on_one_line(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(safe(cell)) for cell in row))
    Console().print(drawn)


def seen(value: Any) -> str:
    """A value that a rule saw, as JSON; `blank` where it is nothing, or an empty text."""
    return "blank" if value in (None, "") else dumps(value)


def on_one_line(text: str) -> str:
    """Text as `safe` has it, its line breaks as blanks."""
    return safe(" ".join(text.split()))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
