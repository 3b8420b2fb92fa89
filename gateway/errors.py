"""What can go wrong, first forked by whose it is to mend.

GatewayError
├── ConfError          the operator's: every problem of a conf folder at once
├── PluginError        the plugin author's: names the distribution
├── EventError         the poster's: every wrong field at once
├── DeliveryError      one delivery's
│   ├── RenderError        its values cannot be put on the wire: parked
│   ├── AddressRefused     the address guard said no: parked
│   │   └── RedirectRefused    a redirect leads where a secret must not go: parked
│   ├── SendError          the network failed: tried again
│   └── Held               its endpoint lacks something: waits, and goes on by itself
└── StoreError         the machine's: disk, lock, file version
    └── StoreUnavailable   nothing was stored; the poster may try again
        └── StoreFull          the disk has no room
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a conf folder, and where.

    file: path relative to the conf folder; line, column: from 1, or 0 where the file as a whole is meant;
    path: dotted conf path such as `return.mapping.lead_id`; text: what is wrong (what would be right).
    """

    file: str
    line: int
    column: int
    path: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        """`file:line:column: path: text`, of the place as much as is known."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        where = f"{place}: {self.path}: " if self.path else f"{place}: "
        return ("warning: " if self.warning else "") + where + self.text


class GatewayError(Exception):
    """Anything the gateway raises on purpose; its text is one sentence for a person."""


class ConfError(GatewayError):
    """A conf folder that cannot be taken."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PluginError(GatewayError):
    """A plugin that is missing, broken, ambiguous or of the wrong shape."""


class EventError(GatewayError):
    """An event that cannot be accepted; errors holds (JSON pointer, detail) pairs."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{pointer or 'the event'}: {detail}" for pointer, detail in self.errors))


class DeliveryError(GatewayError):
    """One delivery could not be made; other deliveries are not concerned."""


class RenderError(DeliveryError):
    """Values that cannot be put on the wire; key names the mapping key (dotted) where known."""

    def __init__(self, text: str, key: str = "") -> None:
        self.key = key
        super().__init__(text)


class AddressRefused(DeliveryError):  # noqa: N818  reads as the fact it states
    """The address guard refused the address that was about to be dialled."""


class RedirectRefused(AddressRefused):
    """An answer asked for the request to be sent on to where its secrets, or plain HTTP, must not take it."""


class SendError(DeliveryError):
    """No answer came; maybe_received says whether the request may have reached the source."""

    def __init__(self, text: str, *, maybe_received: bool) -> None:
        self.maybe_received = maybe_received
        super().__init__(text)


class Held(DeliveryError):  # noqa: N818  reads as the state it leads to
    """The endpoint lacks something it needs from elsewhere; asked again later."""


class StoreError(GatewayError):
    """The store cannot be opened or cannot go on."""


class StoreUnavailable(StoreError):  # noqa: N818  reads as the fact it states
    """Nothing was stored; the same post may be tried again later."""


class StoreFull(StoreUnavailable):
    """Nothing was stored since the disk has no room."""
