"""The sample events beside a conf: each an Event, or a warning that says why it is none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from gateway.conf.files import Files
from gateway.errors import EventError, Problem
from gateway.events import read_event
from gateway.jsontext import JsonError, dumps, loads
from gateway.model import Event
from gateway.nearest import nearest

_PLACE = re.compile(r"line ([0-9]+) column ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Samples:
    """What stands in events/. events: by the source file that they mean; problems: warnings of what is none."""

    events: dict[str, list[Event]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, files: Files) -> "Samples":
        """Read every sample event: a JSON object, an array of them, or NDJSON."""
        found = cls()
        keys = _source_keys(files)
        for file, content in files.under("events/").items():
            for line, text in _texts(file, content.decode("utf-8-sig", "replace")):
                found._read(file, line, text, keys)
        return found

    def _read(self, file: str, line: int, text: str, keys: frozenset[str]) -> None:
        try:
            whole = loads(text)
        except JsonError as error:
            self._warn(file, *_within(error, line), _not_json(error, file))
            return
        in_lines = file.endswith(".ndjson")
        place = f"{file}:{line}" if in_lines else file
        if in_lines or not isinstance(whole, list):
            self._take(file, line, "", place, whole, text, keys)
            return
        for index, body in enumerate(whole):
            self._take(file, line, f"[{index}]", f"{file}[{index}]", body, dumps(body), keys)

    def _take(
        self, file: str, line: int, at: str, place: str, body: Any, text: str, keys: frozenset[str]
    ) -> None:
        """One event. at: where it is in its array; place: what it is called."""
        which = f"{at}: " if at else ""
        try:
            event = replace(read_event(body, text, datetime.now(UTC)), id=place)
        except EventError as error:
            wrong = "; ".join(
                f"{pointer} {detail}" if pointer else detail for pointer, detail in error.errors
            )
            self._warn(file, line, 1, f"{which}it would be refused: {wrong}")
            return
        key = f"{event.source}@{event.flow}"
        if key not in keys:
            key = event.source
        if key in keys:
            self.events.setdefault(key, []).append(event)
        else:
            self._warn(file, line, 1, f"{which}there is no source {key!r}{nearest(key, keys)}")

    def _warn(self, file: str, line: int, column: int, text: str) -> None:
        self.problems.append(Problem(file, line, column, "", text, warning=True))


def _source_keys(files: Files) -> frozenset[str]:
    """`SOURCE` and `SOURCE@FLOW` of every source file, broken or not."""
    paths: Mapping[str, object] = {**files.under("sources/"), **files.unreadable}
    return frozenset(
        path.removeprefix("sources/").rpartition(".")[0] for path in paths if path.startswith("sources/")
    )


def _texts(file: str, text: str) -> Iterator[tuple[int, str]]:
    """The JSON texts of a file, and the lines where they begin."""
    if file.endswith(".json"):
        yield 1, text
    else:
        yield from ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _not_json(error: JsonError, file: str) -> str:
    detail = error.detail[:1].lower() + error.detail[1:]
    right = "one event a line" if file.endswith(".ndjson") else "one event, or an array of them"
    return f"not JSON as it is taken: {detail} (write {right})"


def _within(error: JsonError, line: int) -> tuple[int, int]:
    """Where in its file a text that begins at a line is wrong."""
    found = _PLACE.fullmatch(error.place)
    return (line + int(found[1]) - 1, int(found[2])) if found else (line, 1)
