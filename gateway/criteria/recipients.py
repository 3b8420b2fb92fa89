"""Notices where several recipients speak about one lead, and nothing in the conf decides between them."""

from collections.abc import Callable

from gateway.criteria.past import recipient_of
from gateway.model import Event

REMEMBERED = 20_000  # leads: a few megabytes


class Recipients:
    """The last recipient of each of the latest leads.

    tell: told once per source and flow: the event, and the recipient who spoke about its lead before.
    """

    def __init__(self, tell: Callable[[Event, str], None], remembered: int = REMEMBERED) -> None:
        self._tell = tell
        self._remembered = remembered
        self._last: dict[tuple[str, str], str] = {}
        self._told: set[tuple[str, str | None]] = set()

    def speaks(self, event: Event) -> None:
        """A recipient speaks about a lead, and no criterion has looked at who else does."""
        recipient = recipient_of(event)
        if recipient is None or (lead_id := event.lead_id) is None:
            return
        lead, flow = (event.source, lead_id), (event.source, event.flow)
        before = self._last.pop(lead, recipient)
        self._last[lead] = recipient
        if len(self._last) > self._remembered:
            del self._last[next(iter(self._last))]
        if before != recipient and flow not in self._told:
            self._told.add(flow)
            self._tell(event, before)
