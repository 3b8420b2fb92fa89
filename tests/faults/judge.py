"""The one judge of the fault suite, from outside: what the poster was told, against what the partner received.

- lost: acknowledged, and the partner never took it.
- unexpected: the partner heard of what nobody posted.
- contradictory: a request that is not its event's, or a state that the daemon tells and the partner denies.
- twice: more requests than usual. Without a fault there is none; else each was in flight at a fault, and of one
  endpoint never more at one fault than it has attempts at once.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from gateway.testing.partner import Received

Fault: TypeAlias = tuple[float, float]  # the moments between which it happened, in seconds since 1970
TO_ANSWER_AND_RECORD = 5.0  # seconds that an attempt takes at the very most, on a machine that is busy


@dataclass(frozen=True)
class Verdict:
    """What is wrong, by event. faults: how many there were; twice: how many requests too many each got."""

    acknowledged: int
    faults: int
    lost: frozenset[str]
    unexpected: frozenset[str]
    contradictory: Mapping[str, str]
    twice: Mapping[str, int]
    unexplained: Mapping[str, str]

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.faults} faults: {len(self.lost)} lost,"
            f" {len(self.unexpected)} unexpected, {len(self.contradictory)} contradictory,"
            f" {sum(self.twice.values())} sent twice"
        )

    def uphold(self) -> None:
        """Print the figures; raise AssertionError where the promise was broken."""
        print(self)
        assert not self.lost
        assert not self.unexpected
        assert not self.contradictory
        assert not self.unexplained, "\n".join(self.unexplained.values())


def judge(
    received: Sequence[Received],
    acknowledged: set[str],
    posted: set[str],
    told: Mapping[str, str],
    faults: Sequence[Fault] = (),
    *,
    at_once: int = 8,
    usual: Callable[[str], int] = lambda id: 1,
) -> Verdict:
    """Compare.

    told: the state of each event, as the daemon says at the end; faults: in their order; at_once: how many attempts an
    endpoint has under way at most; usual: how often the partner hears of an event where nothing goes wrong.
    """
    arrivals: defaultdict[str, list[float]] = defaultdict(list)
    taken: set[str] = set()
    for one in received:
        arrivals[str(one.key)].append(one.at.timestamp())
        if one.status == 200:
            taken.add(str(one.key))
    extra = {id: len(at) - usual(id) for id, at in arrivals.items()}
    twice = {id: more for id, more in extra.items() if more > 0}
    return Verdict(
        acknowledged=len(acknowledged),
        faults=len(faults),
        lost=frozenset(acknowledged - taken),
        unexpected=frozenset(arrivals.keys() - posted),
        contradictory=_contradictions(received, taken, told),
        twice=twice,
        unexplained=_unexplained(twice, arrivals, faults, at_once),
    )


def _contradictions(received: Sequence[Received], taken: set[str], told: Mapping[str, str]) -> dict[str, str]:
    found = {
        str(one.key): f"it came as {one.values}, {one.problem}"
        for one in received
        if one.problem is not None or one.values != {"id": one.key}
    }
    for id in taken | told.keys():
        state = told.get(id, "unknown")
        if (state == "delivered") != (id in taken):
            found[id] = f"it is {state}, and its source {'took it' if id in taken else 'never took it'}"
    return found


def _unexplained(
    twice: Mapping[str, int], arrivals: Mapping[str, list[float]], faults: Sequence[Fault], at_once: int
) -> dict[str, str]:
    found = {}
    in_flight: Counter[tuple[int, str]] = Counter()
    for id, more in twice.items():
        cut = _cut_off(arrivals[id], faults)
        if len(cut) < more:
            found[id] = f"it came at {arrivals[id]}, and was not in flight at so many of {faults}"
        elif len(cut) == more:  # else nobody can say which of them it was
            in_flight.update((fault, id.partition("-")[0]) for fault in cut)
    for (fault, source), count in in_flight.items():
        if count > at_once:
            found[source] = f"{count} events came twice after fault {fault}, with {at_once} at once"
    return found


def _cut_off(arrivals: list[float], faults: Sequence[Fault]) -> list[int]:
    """The faults that may have cut off one of these attempts: it had arrived shortly before, and another one followed."""
    ends = [end for _, end in faults]
    found = []
    for at, following in pairwise(arrivals):
        fault = bisect_left(ends, at - 0.001)  # the journal's times are in milliseconds
        if (
            fault < len(faults)
            and faults[fault][0] <= following
            and faults[fault][0] - at < TO_ANSWER_AND_RECORD
        ):
            found.append(fault)
    return found
