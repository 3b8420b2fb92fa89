"""The pages as the tests read them: headings, blocks, tables, links."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "SECURITY.md", "docs/*.md", "plugins/**/README.md")
    for path in sorted(ROOT.glob(pattern))
]
_FENCE = re.compile(r"^( *)```(.*)$")
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """One fenced block. info: what stands behind the fence; heading: the one above it; line: of the fence."""

    info: str
    text: str
    heading: str
    line: int

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


class Page:
    """One page; path is relative to the project."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        return list(self._read_blocks())

    @cached_property
    def prose(self) -> str:
        """The text without its blocks."""
        return re.sub(r"^ *```.*?^ *```$", "", self.text, flags=re.DOTALL | re.MULTILINE)

    @cached_property
    def headings(self) -> list[str]:
        return re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE)

    def section(self, heading: str) -> str:
        """The prose below a heading, up to the next of its rank."""
        marks = re.search(rf"^(#+) {re.escape(heading)}$", self.prose, re.MULTILINE)
        if marks is None:
            raise LookupError(f"{self.path} has no heading {heading!r}")
        return re.split(
            rf"^#{{1,{len(marks[1])}}} ", self.prose[marks.end() :], maxsplit=1, flags=re.MULTILINE
        )[0]

    def rows(self, heading: str, column: str = "") -> list[Mapping[str, str]]:
        """The rows below a heading of the first table with such a column, by column."""
        for columns, rows in _tables(self.section(heading)):
            if column in columns:
                return [dict(zip(columns, row, strict=True)) for row in rows]
        raise LookupError(f"{self.path} has no table with a column {column!r} below {heading!r}")

    def _read_blocks(self) -> Iterator[Block]:
        heading, opened, lines = "", None, []
        for number, line in enumerate(self.text.split("\n"), 1):
            fence = _FENCE.match(line)
            if fence and opened is None:
                opened, lines = (fence, number), []
            elif fence:
                yield Block(opened[0][2], "\n".join(lines), heading, opened[1])
                opened = None
            elif opened is not None:
                lines.append(line.removeprefix(opened[0][1]))
            elif line.startswith("#"):
                heading = line.lstrip("# ")


def coded(cell: str) -> list[str]:
    """Every `code` in a text."""
    return re.findall(r"`([^`]+)`", cell)


def _tables(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    for table in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        columns, _, *rows = [
            [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line)[1:-1]]
            for line in table.splitlines()
        ]
        yield columns, rows
