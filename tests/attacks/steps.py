"""What a source does on its side of a connection, one step after another: bytes are sent, the rest is done."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Wait:
    """Say nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Forever:
    """Send the same again and again. every: seconds between; 0 is as fast as they are taken."""

    said: bytes
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class Echo:
    """Send back the whole request, on one line, between these."""

    before: bytes = b""
    after: bytes = b""


@dataclass(frozen=True, slots=True)
class Reset:
    """Close with RST instead of FIN."""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Say no more, but go on listening."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Answer before the body of the request has been read."""


Step: TypeAlias = bytes | Wait | Forever | Echo | Reset | HalfClose | Unread
