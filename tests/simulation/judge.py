"""What must hold of every history, whatever happened in it. docs/guarantees.md says the same to people."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from gateway import jsontext
from tests.simulation.folders import AGE_HOURS, CAP, CONCURRENCY, LONGEST_PAUSE, TRIES, WITHIN
from tests.simulation.limits import (
    a_rate_holds,
    nothing_goes_out_while_paused,
    one_probe_at_a_time,
    the_bound_of_all_lanes_holds,
)
from tests.simulation.world import World

LATE = timedelta(seconds=6)  # what an attempt may take from its criteria to the wire


def faults(world: World) -> list[str]:
    """Every breach of the promise, in words."""
    return [text for law in LAWS for text in law(world)]


def _nothing_is_lost(world: World) -> Iterator[str]:
    stored = {id for (id,) in world.disk.ask("SELECT id FROM event")}
    for id, posted in world.posted.items():
        if posted.acknowledged and id not in stored:
            yield f"{id} was acknowledged and is gone"


def _nothing_is_stuck(world: World) -> Iterator[str]:
    for id, state, due in world.disk.ask(
        "SELECT id, state, due_at FROM event WHERE due_at IS NOT NULL OR state = 'queued'"
    ):
        yield f"{id} is {state} and due at {due}, long after all was well"


def _a_delivered_event_stays_delivered(world: World) -> Iterator[str]:
    yield from world.told


def _states_are_true(world: World) -> Iterator[str]:
    said = defaultdict(set)
    unheard = {sent.event for sent in world.partner.journal if sent.took and not sent.heard}
    for sent in world.partner.journal:
        if sent.took:
            said[sent.event].add(sent.said)
    for id, state in world.disk.ask("SELECT id, state FROM event"):
        posted = world.posted[id]
        if state == "delivered" and "ok" not in said[id]:
            yield f"{id} is delivered, and its source never took it"
        if state == "rejected" and "no" not in said[id]:
            yield f"{id} is rejected, and its source never said so"
        unsure = posted.excused or posted.replays or id in unheard
        if state != "delivered" and "ok" in said[id] and not unsure:
            yield f"{id} is {state}, and its source took it"


def _nothing_goes_twice_without_need(world: World) -> Iterator[str]:
    """Every request is on record, but for those in flight when a daemon was killed; there, some that never left are."""
    recorded: Counter[str] = Counter()
    for id, facts in world.disk.ask(
        "SELECT event.id, facts FROM attempt JOIN event ON event.seq = attempt.event"
    ):
        told = jsontext.loads(facts)
        recorded[id] += bool(told.get("request"))
    for id, sends in world.sends().items():
        posted = world.posted[id]
        kept_before = posted.excused if posted.source == "careful" else 0
        if not recorded[id] - kept_before <= sends <= recorded[id] + posted.excused:
            yield (
                f"{id} went out {sends} times, {recorded[id]} are on record,"
                f" {posted.excused} kills explain one each"
            )


def _what_nobody_knows_is_not_sent_again(world: World) -> Iterator[str]:
    """Where `on_unknown: park` stands, a request without an answer is the last one, but for a person's wish."""
    unknown: Counter[str] = Counter()
    for sent in world.partner.journal:
        posted = world.posted[sent.event]
        if posted.source == "careful" and unknown[sent.event] > posted.replays:
            yield f"{sent.event} went out again although nobody knew what became of it"
        unknown[sent.event] += sent.said in ("lost", "hang") or not sent.heard


def _nothing_expires_early(world: World) -> Iterator[str]:
    """`within` counts what has passed, whatever the wall clock did meanwhile."""
    first: dict[str, float] = {}
    for tried in world.tried:
        id = tried.made.event.id
        if tried.made.tries <= 1:
            first[id] = tried.began
        within = WITHIN.get(world.posted[id].source, 3600.0)
        spent = tried.ended - first[id]
        expired = any("`retry.within`" in note for note in tried.made.outcome.notes)
        if expired and spent + LONGEST_PAUSE + 1 < within:
            yield f"{id} was given up after {spent:.0f} s, {within:.0f} s are allowed"


def _an_answer_is_final(world: World) -> Iterator[str]:
    """After a yes or no that the daemon heard nothing more goes out, but for a kill or a person's wish."""
    settled: Counter[str] = Counter()
    for sent in world.partner.journal:
        posted = world.posted[sent.event]
        if settled[sent.event] > posted.excused + posted.replays:
            yield f"{sent.event} went out again after its source had answered {sent.said!r}"
        settled[sent.event] += sent.heard and sent.said in ("ok", "no")


def _a_job_replays_each_event_once(world: World) -> Iterator[str]:
    """However often it is repeated: what came to an end under its name is not sent again under it."""
    ended: Counter[tuple[str, str]] = Counter()
    for id, facts in world.disk.ask(
        "SELECT event.id, facts FROM attempt JOIN event ON event.seq = attempt.event ORDER BY number"
    ):
        told = jsontext.loads(facts)
        if told["replay"] and told["replay"]["job"]:
            ended[id, told["replay"]["job"]] += told["due_at"] is None
    for (id, job), count in ended.items():
        if count > 1:
            yield f"{id} was sent again {count} times by the one replay {job}"


def _tries_are_counted(world: World) -> Iterator[str]:
    for id, sends in world.sends().items():
        posted = world.posted[id]
        if posted.source == "bolt" and sends > TRIES * (1 + posted.replays) + posted.excused:
            yield f"{id} was tried {sends} times, {TRIES} are allowed"


def _a_veto_holds(world: World) -> Iterator[str]:
    for id in world.sends():
        posted = world.posted[id]
        if posted.source in ("off", "nobody") or (
            posted.source in ("ruled", "frail") and posted.reason == "bad"
        ):
            yield f"{id} went out to {posted.source}, which takes no such thing"


def _a_deadline_holds(world: World) -> Iterator[str]:
    for sent in world.partner.journal:
        posted = world.posted[sent.event]
        if posted.source == "aged" and sent.at > posted.at + timedelta(hours=AGE_HOURS) + LATE:
            yield f"{sent.event} went out {sent.at - posted.at} after its lead came"


def _no_storm(world: World) -> Iterator[str]:
    """Retry-After is kept, by the daemon's own clock; a person's replay or edit may come earlier."""
    until: dict[str, datetime] = {}
    for sent in world.partner.journal:
        posted = world.posted[sent.event]
        early = sent.event in until and sent.at < until[sent.event]
        free = posted.replays or posted.excused or world.jumped or world.swaps
        if early and not free:
            yield f"{sent.event} went out at {sent.at}, before {until[sent.event]} as its source had asked"
        if sent.until is not None:
            until[sent.event] = sent.until


def _no_crowd(world: World) -> Iterator[str]:
    for endpoint, crowd in world.partner.crowds:
        source = endpoint.rpartition("/")[0]
        if len(crowd) > CONCURRENCY[source]:
            yield f"{len(crowd)} requests were open at once at {source}"
        twice = [id for id, count in Counter(sent.event for sent in crowd).items() if count > 1]
        if twice:
            yield f"{twice} went out twice at once"


def _a_cap_holds(world: World) -> Iterator[str]:
    """Of what was delivered on one day; where clocks jump, by the clock that the daemon had."""
    days: Counter[int] = Counter()
    for (at,) in world.disk.ask("SELECT delivered_at FROM event WHERE endpoint = 'capped/return'"):
        if at is not None:
            days[at // 86_400_000] += 1
    over = [count for count in days.values() if count > CAP]
    if over and not world.jumped:
        yield f"{over} were delivered in a day, {CAP} are allowed"


def _nothing_leaks(world: World) -> Iterator[str]:
    lanes = world.life.lanes
    held = {lane.endpoint: lane.under_way for lane in lanes._lanes.values() if lane.under_way}
    if held or lanes._under_way or len(world.life.gate):
        yield f"after all was done these are still taken: {held}, in flight {len(world.life.gate)}"


def _nothing_breaks(world: World) -> Iterator[str]:
    for error in world.life.broken:
        yield f"the core failed: {error!r}"


LAWS: tuple[Callable[[World], Iterator[str]], ...] = (
    _nothing_is_lost,
    _nothing_is_stuck,
    _a_delivered_event_stays_delivered,
    _states_are_true,
    _nothing_goes_twice_without_need,
    _what_nobody_knows_is_not_sent_again,
    _nothing_expires_early,
    _an_answer_is_final,
    _a_job_replays_each_event_once,
    _tries_are_counted,
    _a_veto_holds,
    _a_deadline_holds,
    _no_storm,
    _no_crowd,
    _a_cap_holds,
    nothing_goes_out_while_paused,
    a_rate_holds,
    one_probe_at_a_time,
    the_bound_of_all_lanes_holds,
    _nothing_leaks,
    _nothing_breaks,
)
