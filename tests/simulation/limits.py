"""What must hold of rates, breakers and pauses, whatever happened."""

from collections.abc import Iterator
from math import inf

from gateway.lanes.pace import most_at_once
from gateway.settings import rate
from tests.simulation.folders import RATE
from tests.simulation.world import Turned, World

WRITTEN = 45.0  # seconds after which a breaker that opened is on disk, however full that was


def nothing_goes_out_while_paused(world: World) -> Iterator[str]:
    """Neither before nor after a restart, but what was under way."""
    for pause in world.pauses:
        for sent in world.partner.journal:
            is_its = sent.endpoint == pause.endpoint and sent.event not in pause.excused
            if is_its and pause.since < sent.began < pause.until:
                yield f"{sent.event} went out {sent.began - pause.since:g} s after {pause.endpoint} was paused"


def a_rate_holds(world: World) -> Iterator[str]:
    """In every span: what the rate allows, what may be saved up, and one for each start in it."""
    limit = rate(RATE)
    sends = [sent.began for sent in world.partner.journal if sent.endpoint == "paced/return"]
    for first, since in enumerate(sends):
        for last in range(first, len(sends)):
            starts = sum(since <= death <= sends[last] for death in world.deaths)
            allowed = (sends[last] - since) * limit.times / limit.seconds + most_at_once(limit) + starts
            if last - first + 1 > allowed + 1e-3:
                yield f"{last - first + 1} requests went out in {sends[last] - since:g} s"
                return


def one_probe_at_a_time(world: World) -> Iterator[str]:
    """While a breaker is open nothing goes out before its pause is over, and then one request alone."""
    for number, opened in enumerate(world.turned):
        if opened.state == "open":
            yield from _breaches(world, opened, world.turned[number + 1 :])


def _breaches(world: World, opened: Turned, later: list[Turned]) -> Iterator[str]:
    end = next((turned.at for turned in later if turned.endpoint == opened.endpoint), inf)
    deaths = [death for death in world.deaths if opened.at <= death < end]
    if deaths and (world.jumped or deaths[0] - opened.at < WRITTEN):
        end, deaths = deaths[0], []
    sends = [
        sent.began
        for sent in world.partner.journal
        if sent.endpoint == opened.endpoint
        and opened.at < sent.began < end
        and sent.event not in opened.excused
    ]
    if sends and sends[0] < opened.at + opened.pause - 0.01:
        yield f"{opened.endpoint} was asked {sends[0] - opened.at:g} s after its breaker opened for {opened.pause:g} s"
    if len(sends) > 1 + len(deaths):
        yield f"{len(sends)} probes went out to {opened.endpoint} at once"


def the_bound_of_all_lanes_holds(world: World) -> Iterator[str]:
    """Never more attempts at once than the daemon may have, and in the end every place is free."""
    most = max(world.crowds, default=0)
    if most > world.connections:
        yield f"{most} attempts were under way at once, {world.connections} are allowed"
    if world.life.places.taken:
        yield f"{world.life.places.taken} places were never given back"
