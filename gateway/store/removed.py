"""What is too old, and what was removed."""

from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What is too old: events received before `events`, bytes of attempts before `bodies`, ids before `ids`."""

    events: datetime
    bodies: datetime
    ids: datetime


@dataclass(frozen=True, slots=True)
class Swept:
    """What age removed: events (so many of them parked), their attempts, the bytes of others, and ids."""

    events: int = 0
    parked: int = 0
    attempts: int = 0
    bodies: int = 0
    ids: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a lead: events (so many of them waited, and are cancelled), attempts, and marks."""

    events: int = 0
    cancelled: int = 0
    attempts: int = 0
    marks: int = 0

    def __add__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    def counts(self) -> dict[str, int]:
        """Each number by its name."""
        return asdict(self)


def name(id: str) -> int:
    """What an id is known by once its event is gone: a hash, always negative."""
    hashed = blake2b(id.encode(), digest_size=8).digest()
    return -1 - (int.from_bytes(hashed) >> 1)
