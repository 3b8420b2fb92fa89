"""How much each poster may bring: so many in a unit of time, all at once or spread over it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from gateway.access import Grant
from gateway.settings import Frequency
from gateway.web.problems import Refusal


@dataclass(slots=True)
class Bucket:
    """What is left of a rate. It may be overdrawn, and fills up again as time passes. at: seconds of a steady clock."""

    rate: Frequency
    left: float
    at: float

    def take(self, count: int, now: float) -> float:
        """Take so many, if anything is left: 0; else the seconds until something is."""
        pace = self.rate.times / self.rate.seconds
        self.left = min(self.left + (now - self.at) * pace, float(self.rate.times))
        self.at = now
        if self.left < 1:
            return (1 - self.left) / pace
        self.left -= count
        return 0.0


class Throttle:
    """The buckets of all tokens that have a rate. clock: steady seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def take(self, grant: Grant) -> None:
        """Count one request. Raises Refusal (429) where nothing is left."""
        if grant.rate is None:
            return
        wait = self.bucket(grant.name, grant.rate).take(1, self._clock())
        if wait:
            raise _too_much(grant, wait)

    def charge(self, grant: Grant, count: int) -> None:
        """Count more of what one request brought; what is too much is taken from what comes later.

        Raises Refusal (429) where another that came at the same time has overdrawn the bucket already.
        """
        if grant.rate is None or count <= 0:
            return
        bucket = self.bucket(grant.name, grant.rate)
        if bucket.left < 0:
            raise _too_much(grant, (1 - bucket.left) * grant.rate.seconds / grant.rate.times)
        bucket.left -= count

    def allows(self, name: str, rate: Frequency) -> bool:
        """Count one more of something else, and say whether that is within a rate."""
        return not self.bucket(name, rate).take(1, self._clock())

    def bucket(self, name: str, rate: Frequency) -> Bucket:
        """The bucket of a name, full where it is new or its rate is another."""
        found = self._buckets.get(name)
        if found is None or found.rate != rate:
            found = self._buckets[name] = Bucket(rate, rate.times, self._clock())
        return found


def _too_much(grant: Grant, wait: float) -> Refusal:
    seconds = ceil(wait)
    return Refusal(
        429,
        f"the token {grant.name} brings more than {grant.rate} (ask again in {seconds} s, as Retry-After says)",
        headers={"Retry-After": str(seconds)},
    )
