"""What passes between an endpoint and its source: values, request, response, outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.model.words import OutcomeKind, Secret, Tree, Type


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one source accepts for one feedback type (in one flow), as far as a plugin needs to know it.

    id: `SOURCE/TYPE` or `SOURCE@FLOW/TYPE`; url: as it stands in the conf; settings: the transport's own conf keys, as
    its `settings()` model; prepared: what the transport's `prepare` made; auth, tls, response: compiled, for the
    default `send` and `read`; timeout: seconds for one whole attempt.
    """

    id: str
    source: str
    source_name: str
    flow: str | None
    type: Type
    transport: str
    url: str
    settings: Any
    prepared: Any = None
    auth: Any = None
    tls: Any = None
    response: Any = None
    timeout: float = 10.0
    follow_redirects: bool = False
    idempotency_header: str | None = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Values:
    """What a mapping made of one event, before any encoding: address, headers and a tree.

    tree: dicts and lists of JSON leaves, in the mapping's order; Secrets may stand as leaves, and as header values.
    left_out: the mapping keys that were blank; extras: the trees of the transport's further mappings, by conf key
    (its settings' `mapped`); now, random: the attempt's own moment and 32 hex digits, recorded with it, for what a
    protocol asks for beside the values (a nonce, a timestamp).
    """

    url: str
    headers: tuple[tuple[str, str | Secret], ...] = ()
    tree: Tree = None
    left_out: tuple[str, ...] = ()
    extras: Mapping[str, Tree] = field(default_factory=dict)
    now: datetime | None = None
    random: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready for the wire: `url` goes out as written, `headers` in this order.

    secret: a secret stands in it, so that it follows no redirect to another host.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    notes: tuple[str, ...] = ()
    secret: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return _first(self.headers, name.lower())


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. status is None for transports that are not HTTP; truncated: the body was longer than was read.

    notes: what sending took beside one request, in words, for the attempt's record; secrets: what was sent and must
    not be shown although no conf holds it, such as a token that was fetched.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return _first(self.headers, name.lower())


@dataclass(frozen=True, slots=True)
class Found:
    """What a response rule found in an answer: its conf key, the place or pattern it names, and the text there."""

    key: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means.

    permanent: an error that no retry can mend: parked at once; retry_after: seconds from now, or a moment, before
    which the source wants no further try; rule: which rule or default decided, in words; found: what the rules
    found, and where.
    """

    kind: OutcomeKind
    reason: str | None = None
    price: Decimal | None = None
    reference: str | None = None
    capture: Mapping[str, str] = field(default_factory=dict)
    cookie: str | None = None
    permanent: bool = False
    retry_after: float | datetime | None = None
    rule: str = ""
    found: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()


def _first(headers: tuple[tuple[str, str], ...], lowered: str) -> str | None:
    for name, value in headers:
        if name.lower() == lowered:
            return value
    return None
