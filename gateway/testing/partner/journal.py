"""What arrived, told by the one who received it: in memory, and one flushed JSON line per request on disk.

A line is in the file before the answer goes out. So whatever the sender was told, the journal knows of it,
also where the sender is killed a moment later.
"""

import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived, and the status it was answered with.

    number: counted from 1; transport: `query`, `formpost`, `json`, `xml`, `soap`, `wsdl` for a fetch of the
    WSDL or its schema, `oauth2` for a request for a token, or empty for an address that does
    not exist; path, query: as they stood on the wire;
    values: what the body or the query string held, as a JSON tree (numbers as Python reads them; `body` has
    the bytes); key: the Idempotency-Key; status: None where nothing that deserves the name of an answer was
    given; problem: what a strict source finds wrong with the request.
    """

    number: int
    at: datetime
    transport: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    values: Any
    key: str | None
    status: int | None
    problem: str | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), None)

    def as_json(self) -> dict[str, Any]:
        """The journal's form: the body as text, or `body_base64` where it is not UTF-8."""
        body = _body(self.body)
        return {
            "number": self.number,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "transport": self.transport,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "key": self.key,
            **body,
            "values": self.values,
            "status": self.status,
            "problem": self.problem,
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """What `as_json` gave, read back."""
        plain = {
            name: line[name]
            for name in ("number", "transport", "method", "path", "query", "key", "values", "status")
        }
        return cls(
            **plain,
            at=datetime.fromisoformat(line["at"]),
            headers=tuple((name, value) for name, value in line["headers"]),
            body=base64.b64decode(line["body_base64"]) if "body_base64" in line else line["body"].encode(),
            problem=line["problem"],
        )


class Journal:
    """The last `keep` requests in memory, and every one in the file at `path`, if there is one."""

    def __init__(self, path: Path | None, announce: Callable[[Received], None] | None, keep: int) -> None:
        self.total = 0
        self.kept: deque[Received] = deque(maxlen=keep)
        self._announce = announce
        # Unbuffered: a line is one write, so no line of ours is ever seen half written.
        self._file = path.open("ab", buffering=0) if path else None

    def add(self, **facts: Any) -> Received:
        """Note one request, now; `facts` are the other fields of Received."""
        self.total += 1
        received = Received(number=self.total, at=datetime.now(UTC), **facts)
        self.kept.append(received)
        if self._file:
            self._file.write(json.dumps(received.as_json()).encode() + b"\n")
        if self._announce:
            self._announce(received)
        return received

    def close(self) -> None:
        """Close the file; what is in memory stays readable."""
        if self._file:
            self._file.close()


def read_journal(path: Path) -> list[Received]:
    """Every request in a journal file; a last line that was cut short is left out."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [Received.from_json(json.loads(line)) for line in whole.splitlines()]


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
