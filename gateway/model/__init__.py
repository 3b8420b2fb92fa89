"""The words of the field as frozen data. No I/O, and nothing of ours is imported here but the errors."""

from gateway.model.delivery import Alert, Attempt, Delivery, Replay
from gateway.model.event import Event
from gateway.model.exchange import Endpoint, Found, Outcome, Request, Response, Values
from gateway.model.verdicts import (
    NOTHING_BEFORE,
    Defer,
    Finding,
    Park,
    Pass,
    Past,
    Verdict,
    Veto,
    View,
    Voice,
    Vote,
)
from gateway.model.words import (
    MASK,
    OUTCOMES,
    SECRET_NAME,
    SHOWN_STATES,
    STATES,
    TYPES,
    Json,
    OutcomeKind,
    Sample,
    Secret,
    State,
    Tree,
    Type,
)

__all__ = [
    "MASK", "NOTHING_BEFORE", "OUTCOMES", "SECRET_NAME", "SHOWN_STATES", "STATES", "TYPES", "Alert",
    "Attempt", "Defer", "Delivery", "Endpoint", "Event", "Finding", "Found", "Json", "Outcome",
    "OutcomeKind", "Park", "Pass", "Past", "Replay", "Request", "Response", "Sample", "Secret", "State",
    "Tree", "Type", "Values", "Verdict", "Veto", "View", "Voice", "Vote",
]  # fmt: skip
