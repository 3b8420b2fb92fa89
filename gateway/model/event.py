"""An event, as it was posted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.words import Json, Type


@dataclass(frozen=True, slots=True)
class Event:
    """One feedback about one delivered lead, as it was posted.

    body: the parsed post, exact numbers; text: the JSON text it was parsed from, stored as posted.
    """

    id: str
    type: Type
    source: str
    flow: str | None
    body: Mapping[str, Json] = field(repr=False)
    text: str = field(repr=False)
    received_at: datetime

    @property
    def lead_id(self) -> str | None:
        """The lead's id as text, if the poster gave one."""
        lead = self.body.get("lead")
        found = lead.get("id") if isinstance(lead, (dict, Mapping)) else None
        return None if found is None else str(found)
