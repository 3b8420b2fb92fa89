"""The model of the conf key `retention`: how long what is over is kept."""

from pydantic import model_validator

from gateway.conf.pacing import Wait
from gateway.settings import Settings

_DAY = 86400.0


class RetentionSettings(Settings):
    """How long what is over is kept. What waits to be sent is never removed."""

    events: Wait = 90 * _DAY
    """An event with all its attempts, since it was posted and since its last attempt (default 90d)."""
    bodies: Wait = 30 * _DAY
    """The bytes of an attempt's request and answer (default 30d); its facts stay with the event."""
    ids: Wait = 400 * _DAY
    """That an id is taken, and by which content, as hashes, since it was posted (default 400d)."""

    @model_validator(mode="after")
    def _in_order(self) -> "RetentionSettings":
        if self.bodies > self.events:
            raise ValueError(
                "bodies go with their event (write a time for `bodies` that is at most `events`)"
            )
        if self.ids < self.events:
            raise ValueError("an id outlives its event (write a time for `ids` that is at least `events`)")
        return self
