"""An import as an operator uses it: pasted into a source file, its secrets put into their files, and tried."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import jsontext
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.events import parse_event
from gateway.imports import Draft, Named, from_curl, written
from gateway.imports.options import request
from gateway.imports.protocols import Found, recognise
from gateway.imports.shell import words
from gateway.model import Request, Secret
from gateway.preview import preview
from gateway.registry import Registry

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Where the posted event has what a template reads.
_POSTED = {
    "feedback.reason": "reason",
    "feedback.timestamp": "timestamp",
    "feedback.type": "type",
    "event.id": "id",
}
_PATH = re.compile(r"\{\{ ([\w.]+)(?: \|.*)? \}\}")


@dataclass(frozen=True)
class Imported:
    """One command, and what became of it. text: the source file."""

    found: Found
    draft: Draft
    text: str
    conf: Conf

    def event(self) -> dict[str, Any]:
        """The event whose values are those of the sample."""
        event: dict[str, Any] = {"id": "E-1", "type": self.draft.type, "source": "acme"}
        for name, entries in self.draft.mappings.items():
            samples = {row.key: row.sample for row in self.found.rows.get(name, [])}
            for entry in entries:
                if not entry.about.startswith("sample: "):
                    continue
                sample = samples[entry.key]
                paths = re.findall(_PATH, entry.value)
                parts = sample.split(" ") if len(paths) > 1 else [sample]
                for path, part in zip(paths, parts, strict=True):
                    _put(event, _POSTED.get(path, path).split("."), part)
        return event

    def sent(self, event: dict[str, Any] | None = None) -> Request:
        """The request for an event, by default for that of the sample."""
        posted = parse_event(jsontext.dumps(self.event() if event is None else event), NOW)
        seen = asyncio.run(preview(posted, self.conf, NOW, "0" * 32))
        assert seen.wire is not None, seen.problem
        return seen.wire


def imported(command: str, folder: Path, registry: Registry, **named: Any) -> Imported:
    """Import a command into a conf folder with its secrets, and load that; a warning is all that may be said."""
    found = recognise(request(words(command)))
    draft = from_curl(command, Named(**named))
    text = written(draft, "acme")
    (folder / "secrets").mkdir(exist_ok=True)
    for name, secret in _secrets(found, draft).items():
        path = folder / "secrets" / name
        path.write_text(secret, encoding="utf-8", newline="")
        path.chmod(0o600)
    conf = load(Files(folder, {"gateway.yaml": b"", "sources/acme.yaml": text.encode()}), registry)
    assert [str(problem) for problem in conf.problems if not problem.warning] == []
    return Imported(found, draft, text, conf)


def _secrets(found: Found, draft: Draft) -> dict[str, str]:
    """The files that the draft refers to, filled from the sample."""
    files = dict.fromkeys(draft.secrets, "s3cret")
    for name, entries in draft.mappings.items():
        rows = [(row.key, row.sample) for row in found.rows.get(name, [])]
        samples = dict(found.command.headers if name == "headers" else rows)
        for entry in entries:
            if isinstance(entry.value, Secret):
                sample = samples[entry.key]
                files[entry.value.name] = sample if isinstance(sample, str) else jsontext.dumps(sample)
    return files


def _put(event: dict[str, Any], path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        event = event.setdefault(name, {})
    event[last] = value
