"""The criteria are all asked, and what they say is weighed: Veto beats Park beats failure beats Defer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest

from gateway.criteria import Poll, poll, weigh
from gateway.model import Defer, Endpoint, Event, Outcome, Park, Pass, Veto, View, Vote
from gateway.templates import scope
from tests import making

NOON = making.NOON
ROUTE = making.route()
HOUR = NOON + timedelta(hours=1)
DAY = NOON + timedelta(days=1)


def saying(verdict: Any) -> Any:
    async def veto(event: Event, endpoint: Endpoint, view: View) -> Any:
        return verdict

    return veto


async def crashing(event: Event, endpoint: Endpoint, view: View) -> Any:
    raise KeyError("lead")


async def hanging(event: Event, endpoint: Endpoint, view: View) -> Any:
    await asyncio.sleep(3600)


async def polled(*vetoes: Any, overruled: Sequence[str] = (), patience: float = 5.0) -> Poll:
    """What criteria named c0, c1, ... come to."""
    criteria = tuple(making.asked(veto, f"c{index}") for index, veto in enumerate(vetoes))
    route = replace(ROUTE, criteria=criteria)
    return await poll(route, making.event(), NOON, {}, overruled, patience=patience)


def verdicts(found: Poll) -> list[str]:
    return [vote.verdict for vote in found.votes]


async def test_without_criteria_an_event_may_go() -> None:
    """An endpoint without criteria lets everything pass, without a deadline."""
    assert await polled() == Poll(())


async def test_where_all_pass_the_earliest_until_is_the_deadline() -> None:
    """Each pass may set a moment; the first of them is how long the tries may go on."""
    found = await polled(saying(Pass(DAY)), saying(Pass()), saying(Pass(HOUR)))
    assert (found.outcome, found.deadline) == (None, HOUR)
    assert verdicts(found) == ["pass", "pass", "pass"]


_CASES = [
    (Veto("too old"), "vetoed", Outcome("skip", "too old", rule="a criterion vetoed")),
    (Park("looks odd"), "parked", Outcome("error", "looks odd", permanent=True, rule="a criterion parked")),
    ("nonsense", "queued", None),
    (Defer(HOUR, "closed"), "queued", Outcome("skip", "closed", rule="a criterion deferred")),
    (Pass(), "queued", None),
]


@pytest.mark.parametrize("strongest", range(4))
async def test_veto_beats_park_beats_failure_beats_defer_in_any_order(strongest: int) -> None:
    """The strongest vote decides, wherever it stands, and every criterion is asked."""
    _, settled, outcome = _CASES[strongest]
    for order in permutations(range(strongest, len(_CASES))):
        found = await polled(*(saying(_CASES[index][0]) for index in order))
        assert len(found.votes) == len(order)
        assert found.settled == settled
        if outcome is not None:
            assert found.outcome == outcome
        else:
            assert found.outcome is not None
            assert (found.outcome.kind, found.outcome.permanent) == ("error", False)
            assert found.outcome.rule == "a criterion failed"


async def test_reasons_of_one_kind_are_joined() -> None:
    """Two vetoes give both their reasons, and the weaker votes give none."""
    found = await polled(saying(Veto("too old")), saying(Park("odd")), saying(Veto("wrong state")))
    assert found.outcome == Outcome("skip", "too old; wrong state", rule="a criterion vetoed")


async def test_the_last_of_the_deferrals_counts() -> None:
    """An event is looked at again when all that deferred it may have changed their mind."""
    found = await polled(saying(Defer(DAY, "holiday")), saying(Defer(HOUR, "closed")))
    assert (found.due_at, found.settled) == (DAY, "queued")


async def test_a_crash_is_neither_a_veto_nor_a_pass() -> None:
    """A criterion that raises stops the delivery for now, by name, and the deadline of the others stands."""
    found = await polled(crashing, saying(Pass(HOUR)))
    reason = "the criterion c0 failed: KeyError: 'lead'"
    assert found.outcome == Outcome("error", reason, rule="a criterion failed")
    assert (found.settled, found.due_at, found.deadline) == ("queued", None, HOUR)


async def test_a_criterion_that_hangs_does_not_keep_the_others_from_voting() -> None:
    """Each gets its patience, and a veto after two that hang still counts."""
    found = await polled(hanging, saying(Pass()), hanging, saying(Veto("too old")), patience=0.02)
    assert verdicts(found) == ["error", "pass", "error", "veto"]
    assert found.votes[0].reason == "the criterion c0 did not answer within 0.02 s"
    assert found.votes[2].reason == "the criterion c2 did not answer within 0.02 s"
    assert found.settled == "vetoed"


async def test_the_one_that_hangs_last_is_named() -> None:
    """A hang is told by the name of the one that hangs, and ends as a failure."""
    found = await polled(saying(Pass()), hanging, patience=0.02)
    assert found.outcome is not None
    assert found.outcome.reason == "the criterion c1 did not answer within 0.02 s"


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        True,
        "veto",
        Veto(None),  # type: ignore[arg-type]
        Park(7),  # type: ignore[arg-type]
        Pass(HOUR.replace(tzinfo=None)),
        Pass("tomorrow"),  # type: ignore[arg-type]
        Defer(HOUR.replace(tzinfo=None), "naive"),
        Defer(NOON, "now"),
        Defer(datetime.max.replace(tzinfo=UTC), "never"),
        Defer(datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), "never"),
        Defer(NOON + timedelta(days=366, seconds=1), "in a year or so"),
        Pass(datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))),
        Defer(NOON - timedelta(days=1), "past"),
        Defer(None, "never"),  # type: ignore[arg-type]
    ],
)
async def test_an_answer_that_is_none_counts_as_a_failure(nonsense: Any) -> None:
    """What cannot be weighed lets nothing go out and drops nothing; the reason says what would be right."""
    found = await polled(saying(nonsense))
    [vote] = found.votes
    assert vote.verdict == "error"
    assert vote.reason is not None
    assert vote.reason.startswith(f"the criterion c0 answered {nonsense!r} (")
    assert found.outcome is not None
    assert found.outcome.kind == "error"


async def test_an_overruled_criterion_is_not_asked() -> None:
    """What a person set aside for a replay neither votes nor fails; the others are asked as ever."""
    found = await polled(crashing, saying(Pass(HOUR)), overruled=["c0"])
    assert found.votes == (Vote("c0", "skipped", "set aside by a person"), Vote("c1", "pass", until=HOUR))
    assert (found.outcome, found.deadline) == (None, HOUR)


async def test_a_criterion_sees_the_moment_the_variables_and_its_own_settings() -> None:
    """The view holds what it may know, and the endpoint is the one that is meant."""
    seen: list[tuple[Endpoint, View]] = []

    async def veto(event: Event, endpoint: Endpoint, view: View) -> Any:
        seen.append((endpoint, view))
        return Pass()

    route = making.route(criteria=(making.asked(veto, "curious", settings={"max": 3}),))
    await poll(route, making.event(), NOON, {"lead": {"id": "L-1"}})
    assert seen == [(route.endpoint, View(NOON, {"lead": {"id": "L-1"}}, {"max": 3}))]


async def test_a_cancellation_is_not_taken_for_slowness() -> None:
    """A shutdown while a criterion thinks ends the attempt: nothing was sent, so there is nothing to record."""
    task = asyncio.ensure_future(polled(hanging))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "raised", [SystemExit(3), KeyboardInterrupt("3"), GeneratorExit("3"), asyncio.CancelledError("3")]
)
async def test_what_would_end_the_process_is_the_criterions_failure(raised: BaseException) -> None:
    """`sys.exit()` in a criterion, or a cancellation that nobody asked for, is a failed vote and nothing else."""

    async def veto(event: Event, endpoint: Endpoint, view: View) -> Any:
        raise raised

    found = await polled(veto, saying(Pass()))
    assert verdicts(found) == ["error", "pass"]
    assert found.votes[0].reason == f"the criterion c0 failed: {type(raised).__name__}: 3"


async def test_a_criterion_that_goes_on_when_it_is_cut_off_decides_nothing() -> None:
    """Neither when its patience is over nor at a shutdown: nothing may be sent after that."""

    async def stubborn(event: Event, endpoint: Endpoint, view: View) -> Any:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        return Pass()

    found = await polled(stubborn, saying(Pass()), patience=0.02)
    assert verdicts(found) == ["error", "pass"]
    task = asyncio.create_task(polled(stubborn))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_weighing_is_pure() -> None:
    """The same votes mean the same, however often they are weighed."""
    votes = (Vote("a", "pass", until=DAY), Vote("b", "defer", "closed", HOUR), Vote("c", "skipped"))
    assert weigh(votes) == weigh(votes)
    assert isinstance(weigh(votes).due_at, datetime)


async def test_one_that_never_heeds_a_cancellation_holds_up_nobody() -> None:
    """Its vote is an error when its patience is over; it goes on alone, and is left behind."""
    let_go = asyncio.Event()

    async def deaf(event: Event, endpoint: Endpoint, view: View) -> Any:
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()
        return Pass()

    found = await polled(deaf, saying(Veto("too old")), patience=0.02)
    assert verdicts(found) == ["error", "veto"]
    task = asyncio.create_task(polled(deaf))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    let_go.set()


async def test_one_that_waits_is_asked_like_one_that_does_not() -> None:
    """Whether a criterion awaits something makes no difference to its vote, nor does a wrapper around it."""

    async def waiting(event: Event, endpoint: Endpoint, view: View) -> Any:
        await asyncio.sleep(0)
        return Pass(HOUR)

    def around(event: Event, endpoint: Endpoint, view: View) -> Any:
        return waiting(event, endpoint, view)

    def late(event: Event, endpoint: Endpoint, view: View) -> Any:
        raise KeyError("lead")

    found = await polled(saying(Pass(HOUR)), waiting, around, late)
    assert verdicts(found) == ["pass", "pass", "pass", "error"]
    assert found.deadline == HOUR


async def test_what_a_criterion_changes_is_its_own() -> None:
    """One that alters the event or its variables alters nothing that is mapped or recorded."""

    async def meddling(event: Event, endpoint: Endpoint, view: View) -> Any:
        event.body["lead"]["id"] = "another"
        event.body["lead"]["tags"].append("more")  # type: ignore[union-attr]
        view.scope["lead"]["id"] = "another"
        view.scope.clear()  # type: ignore[attr-defined]
        return Pass()

    made = making.event(lead={"id": "L-1", "tags": ["a"]})
    variables = scope(made, "Acme", NOON, "0" * 32)
    before = deepcopy((made, variables))
    route = replace(ROUTE, criteria=(making.asked(meddling),))
    found = await poll(route, made, NOON, variables)
    assert verdicts(found) == ["pass"]
    assert (made, variables) == before


async def test_marks_are_gathered() -> None:
    """What the passes lay claim to is kept with the attempt."""
    found = await polled(saying(Pass(marks=("a", "b"))), saying(Pass(HOUR)), saying(Pass(HOUR, ("c",))))
    assert (found.marks, found.deadline) == (("a", "b", "c"), HOUR)


@pytest.mark.parametrize("marks", ["abc", ["a"], (1,), None])
async def test_marks_that_are_none_are_a_failure(marks: Any) -> None:
    """A pass whose marks could not be kept lets nothing go out."""
    found = await polled(saying(Pass(marks=marks)))
    assert verdicts(found) == ["error"]
    assert found.marks == ()


async def test_a_deferral_is_never_for_less_than_a_second() -> None:
    """A criterion that wants to be asked again at once does not keep its lane busy."""
    found = await polled(saying(Defer(NOON + timedelta(microseconds=1), "at once")))
    assert found.due_at == NOON + timedelta(seconds=1)


async def test_the_rule_and_the_value_are_kept() -> None:
    """What decided, and what it saw, bounded: a person reads it."""
    found = await polled(
        saying(Veto("no", "max 3", 4)),
        saying(Defer(HOUR, "closed", "open at 8", "Mon 07:00")),
        saying(Park("odd", None, "x" * 2000)),
        saying(Veto("no", "all", {"many": list(range(100))})),
    )
    assert [(vote.rule, vote.seen) for vote in found.votes] == [
        ("max 3", 4),
        ("open at 8", "Mon 07:00"),
        (None, "x" * 999 + "…"),
        ("all", {"many": list(range(50))}),
    ]
