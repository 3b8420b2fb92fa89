"""When a plugin is left alone since it keeps failing: a pure machine of its faults, and of time.

- well: it is asked as ever. Too many faults within a while put it into quarantine.
- quarantined: it is not asked at all, until its pause is over.
- probing: it is asked again, one event at a time where it stands in the way of some. One fault more puts it back into
  quarantine; one answer as it should be, or a while without a fault, makes it well.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

State: TypeAlias = Literal["well", "quarantined", "probing"]


@dataclass(frozen=True, slots=True)
class Policy:
    """When a plugin is put into quarantine: at so many `faults` within `within`; for how long: `pause`. Seconds."""

    faults: int = 5
    within: float = 60.0
    pause: float = 300.0


@dataclass(frozen=True, slots=True)
class Health:
    """How it stands with a plugin. Times are monotonic, in seconds.

    faults: the moments of its latest ones; until: when its quarantine ends, or ended; within: how long it is probed.
    """

    faults: tuple[float, ...] = field(default=())
    until: float | None = None
    within: float = 0.0

    def state(self, now: float) -> State:
        """What it is."""
        if self.until is None or now >= self.until + self.within:
            return "well"
        return "quarantined" if now < self.until else "probing"

    def failed(self, now: float, policy: Policy) -> "Health":
        """After a fault. One that comes in while it is in quarantine was begun before, and changes nothing."""
        match self.state(now):
            case "quarantined":
                return self
            case "probing":
                return _quarantined(now, policy)
        before = () if self.until is not None else self.faults
        faults = (*(at for at in before if now - at < policy.within), now)
        return _quarantined(now, policy) if len(faults) >= policy.faults else Health(faults)

    def did_well(self, now: float) -> "Health":
        """After an answer as it should be: it matters only to one that is probed."""
        return WELL if self.state(now) == "probing" else self


WELL = Health()


def _quarantined(now: float, policy: Policy) -> Health:
    return Health((), now + policy.pause, policy.within)
