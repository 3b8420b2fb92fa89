"""The words that the partner's rooms share: a call, a complaint about it, and an answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. path, query: as on the wire; headers: any case; host: the Host header."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    host: str
    body: bytes = field(repr=False)

    @property
    def key(self) -> str | None:
        """The Idempotency-Key, by which a source tells a repeat from another event."""
        return self.headers.get("Idempotency-Key")

    @property
    def content_type(self) -> tuple[str, dict[str, str]]:
        """The media type in lower case, and its parameters; empty where there is none (RFC 9110, 8.3)."""
        kind, *parameters = self.headers.get("Content-Type", "").split(";")
        pairs = (parameter.partition("=") for parameter in parameters)
        return kind.strip().lower(), {
            name.strip().lower(): value.strip().strip('"') for name, _, value in pairs
        }


class Complaint(Exception):  # noqa: N818  it is the source that complains
    """What a strict source finds wrong with a call.

    code: the kind of SOAP fault; values: what was read all the same.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        code: str = "Client",
        values: Json = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.status = status
        self.code = code
        self.values = values
        self.headers = headers
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it leaves; content_type: the whole header."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Tongue(Protocol):
    """One of the five protocols: reads calls and words answers."""

    def read(self, call: Call, parameter: str | None = None) -> Json:
        """The values of a call; `parameter`: the form field that holds the document. Raises Complaint."""

    def accept(self, call: Call, values: Json, reference: int, remark: str = "") -> Answer:
        """Yes, under this reference."""

    def decline(self, call: Call, values: Json, text: str) -> Answer:
        """A no that travels under status 200."""

    def refuse(self, call: Call, complaint: Complaint) -> Answer:
        """A no under the complaint's own status."""
