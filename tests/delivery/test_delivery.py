"""One attempt, every way it can end: whatever a plugin, a source or a network does becomes its outcome."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.answers import ResponseSettings, Rules
from gateway.auth import Bearer
from gateway.conf.model import Conf, Route
from gateway.delivery import Rim, attempt
from gateway.errors import AddressRefused, RenderError, SendError, StoreUnavailable
from gateway.http import Session
from gateway.model import Attempt, Delivery, Outcome, Pass, Replay, Request, Response, Secret, Values, Veto
from gateway.retry import Policy
from gateway.testing.partner import Partner
from tests import making

NOON = making.NOON
KEY = Secret("file", "acme_key")
SECRETS = {KEY: "s3cret-key"}


@dataclass
class Clock:
    """A clock that moves by `step` each time it is read."""

    now: datetime = NOON
    step: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now - self.step


def rim(session: Any = None, clock: Any = None) -> Rim:
    return Rim(clock or Clock(), lambda: 0.0, lambda: "ab" * 16, lambda: 0.5, session)


async def made(
    route: Route, delivery: Delivery | None = None, session: Any = None, conf: Conf | None = None
) -> Attempt:
    conf = conf or making.conf(route, secrets=SECRETS)
    return await attempt(delivery or making.delivery(), route, conf, rim(session))


def answering(response: Any) -> Any:
    async def send(request: Request, endpoint: Any, session: Any) -> Any:
        if isinstance(response, BaseException):
            raise response
        return response

    return send


def reading(outcome: Any) -> Any:
    def read(response: Response, endpoint: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return read


def with_hooks(**hooks: Any) -> Route:
    """A route through JSON some of whose hooks are replaced; by default it is answered with 200."""
    return making.route(transport=making.transport(**{"send": answering(Response(200, body=b"{}")), **hooks}))


async def test_a_delivery_holds_everything_that_was_said(partner: Partner, session: Session) -> None:
    """The attempt tells what was asked, sent and answered, and where it led to."""
    rules = Rules.compile(ResponseSettings(outcome_search_path="status", outcome_search_term="^ok$"))
    route = making.route(url=f"{partner.url}/json", response=rules)
    found = await made(route, making.delivery(attempts=2, tries=1), session)
    assert (found.outcome.kind, found.settled, found.due_at) == ("success", "delivered", None)
    assert (found.number, found.tries, found.spent_at, found.started_at) == (3, 2, NOON, NOON)
    assert (found.conf, found.transport, found.endpoint, found.key) == (
        "c0ffee",
        "json",
        "acme/return",
        "e-1",
    )
    assert found.values is not None
    assert found.values.tree == {"lead_id": "L-1", "reason": "Wrong number"}
    assert found.request is not None
    assert found.request.body == b'{"lead_id":"L-1","reason":"Wrong number"}'
    assert found.response is not None
    assert found.response.status == 200
    [received] = await partner.arrived()
    assert received.problem is None
    assert received.key == "e-1"
    assert received.values == {"lead_id": "L-1", "reason": "Wrong number"}


@pytest.mark.parametrize(
    ("behaviour", "kind", "settled"),
    [
        ("ok", "success", "delivered"),
        ("status:422", "failure", "rejected"),
        ("status:503", "error", "queued"),
        ("status:401", "error", "queued"),
        ("redirect:302", "error", "parked"),
    ],
)
async def test_the_answer_decides_the_state(
    partner: Partner, session: Session, behaviour: str, kind: str, settled: str
) -> None:
    """Yes is delivered, no is rejected, a technical error is tried again, what no retry can mend is parked."""
    found = await made(making.route(url=f"{partner.url}/json/{behaviour}"), session=session)
    assert (found.outcome.kind, found.settled) == (kind, settled)
    assert (found.due_at is not None) == (settled == "queued")


async def test_a_secret_goes_out_and_is_never_kept(partner: Partner, session: Session) -> None:
    """On the wire stand the secret and the token; the attempt shows `***` and refers to the secret by name."""
    route = making.route(
        url=f"{partner.url}/json",
        mapping={"key": KEY, "lead": "{{ lead.id }}"},
        headers={"X-Key": KEY},
        auth=Bearer("t0ken-of-acme"),
    )
    found = await made(route, session=session)
    [received] = await partner.arrived()
    assert received.values == {"key": "s3cret-key", "lead": "L-1"}
    assert received.header("X-Key") == "s3cret-key"
    assert received.header("Authorization") == "Bearer t0ken-of-acme"
    assert found.values is not None
    assert found.values.tree["key"] == KEY
    assert found.request is not None
    assert found.request.body == b'{"key":"***","lead":"L-1"}'
    assert ("X-Key", "***") in found.request.headers
    assert ("Authorization", "Bearer ***") in found.request.headers
    assert "s3cret-key" not in repr(found)
    assert "t0ken-of-acme" not in repr(found)


async def test_a_secret_that_a_source_echoes_is_masked() -> None:
    """What the source says back is kept without our credentials in it, wherever it repeats them."""
    said = Response(
        400, (("X-Echo", "key s3cret-key"),), b'{"message": "bad key s3cret-key", "id": "s3cret-key"}'
    )
    told = Outcome(
        "error", "bad key s3cret-key", reference="s3cret-key", capture={"id": "s3cret-key"},
        rule="term found, where 's3cret-key' stands", notes=("s3cret-key",),
    )  # fmt: skip
    found = await made(with_hooks(send=answering(said), read=reading(told)))
    assert "s3cret-key" not in repr(found)
    assert found.response == Response(
        400, (("X-Echo", "key ***"),), b'{"message": "bad key ***", "id": "***"}'
    )
    assert (found.outcome.reason, found.outcome.reference) == ("bad key ***", "***")
    assert found.outcome.capture == {"id": "***"}


async def test_a_secret_that_a_plugin_quotes_is_masked() -> None:
    """A transport that fails over a secret and says so does not put it on record."""
    route = with_hooks(render=lambda values, endpoint: (_ for _ in ()).throw(ValueError("bad: s3cret-key")))
    found = await made(route)
    assert found.outcome.reason == "`render` of the plugin json failed: ValueError: bad: ***"


async def test_a_value_that_cannot_be_mapped_parks() -> None:
    """A required value that is blank is named with its mapping key; nothing is sent, a person decides."""
    route = making.route(mapping={"phone": "{{ lead.phone_1 | required }}"})
    found = await made(route)
    assert (found.outcome.kind, found.settled, found.request, found.values) == ("error", "parked", None, None)
    assert found.outcome.rule == "a value cannot be rendered"
    assert found.outcome.reason is not None
    assert found.outcome.reason.startswith("mapping.phone: ")


async def test_a_value_that_the_format_cannot_hold_parks() -> None:
    """What the transport refuses to write is parked, and the values are kept for whoever looks."""

    def render(values: Values, endpoint: Any) -> Request:
        raise RenderError("a list has no place here", "mapping.reason")

    found = await made(with_hooks(render=render))
    assert (found.outcome.reason, found.settled) == ("mapping.reason: a list has no place here", "parked")
    assert found.values is not None


async def test_a_secret_that_is_gone_parks() -> None:
    """A replay of the same values whose secret the conf has no more says which one is missing."""
    route = making.route()
    values = Values(making.URL, (), {"key": Secret("file", "old_key")})
    delivery = making.delivery(values=values, replay=Replay("same"))
    found = await made(route, delivery)
    expected = "the secret {file: old_key} is not in the conf any more (a fresh replay maps anew)"
    assert (found.outcome.reason, found.settled, found.tries) == (expected, "parked", 1)


async def test_a_refused_address_parks(partner: Partner) -> None:
    """The guard's no is final and named; not a byte left."""
    async with Session.open() as guarded:
        found = await made(making.route(url=f"{partner.url}/json"), session=guarded)
    assert (found.settled, found.outcome.rule, found.maybe_received) == ("parked", "the address guard", False)
    assert found.network_error is not None
    assert "127.0.0.1" in found.network_error
    assert partner.received == []


@pytest.mark.parametrize(("behaviour", "maybe"), [("reset", True), ("hang", True), ("garbage", True)])
async def test_no_answer_is_tried_again_and_says_whether_it_may_have_arrived(
    partner: Partner, session: Session, behaviour: str, maybe: bool
) -> None:
    """A lost connection is an error with a next try; the source may have had the request."""
    route = making.route(url=f"{partner.url}/json/{behaviour}", timeout=0.3)
    found = await made(route, session=session)
    assert (found.outcome.kind, found.settled, found.maybe_received) == ("error", "queued", maybe)
    assert found.network_error == found.outcome.reason
    assert found.due_at == NOON + timedelta(seconds=7.5)
    assert found.request is not None
    assert found.response is None


async def test_what_never_left_is_known_not_to_have_arrived(session: Session, unused_tcp_port: int) -> None:
    """Where no connection came about, the source cannot have got anything."""
    found = await made(making.route(url=f"http://127.0.0.1:{unused_tcp_port}/"), session=session)
    assert (found.settled, found.maybe_received) == ("queued", False)


async def test_a_plugin_that_fails_in_render_is_tried_again() -> None:
    """A transport's own fault is named with the hook, and mended by an update and a retry."""
    route = with_hooks(render=lambda values, endpoint: values.tree["nope"])
    found = await made(route)
    assert found.outcome == Outcome(
        "error", "`render` of the plugin json failed: KeyError: 'nope'", rule="a plugin failed"
    )
    assert (found.settled, found.maybe_received, found.request) == ("queued", False, None)


async def test_a_plugin_that_fails_in_send_may_have_sent() -> None:
    """A fault inside `send` is no network error, but the source may have got the request."""
    found = await made(with_hooks(send=answering(ZeroDivisionError("oops"))))
    assert found.outcome.reason == "`send` of the plugin json failed: ZeroDivisionError: oops"
    assert (found.settled, found.maybe_received, found.network_error) == ("queued", True, None)
    assert found.request is not None


@pytest.mark.parametrize("nonsense", [None, 200, "ok", {"status": 200}])
async def test_an_answer_of_send_that_is_none(nonsense: Any) -> None:
    """`send` must bring a Response; anything else is the plugin's fault."""
    found = await made(with_hooks(send=answering(nonsense)))
    expected = f"`send` of the plugin json failed: {nonsense!r} is no answer (a Response is)"
    assert (found.outcome.reason, found.settled) == (expected, "queued")


async def test_a_plugin_whose_send_never_returns_is_held_to_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No transport of a third party can keep a place in its lane for ever."""

    async def send(request: Request, endpoint: Any, session: Any) -> Response:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr("gateway.delivery.GRACE", 0.0)
    route = with_hooks(send=send)
    found = await made(replace(route, endpoint=replace(route.endpoint, timeout=0.05)))
    assert found.network_error == "the transport json gave no answer within 0.05 s"
    assert (found.settled, found.maybe_received) == ("queued", True)


async def test_what_a_plugins_send_raises_on_purpose_is_understood() -> None:
    """SendError means no answer, RenderError a value that cannot be sent: as from the session."""
    lost = await made(with_hooks(send=answering(SendError("gone", maybe_received=False))))
    assert (lost.network_error, lost.settled, lost.maybe_received) == ("gone", "queued", False)
    unfit = await made(
        with_hooks(send=answering(RenderError("a header holds a control character", "headers.X")))
    )
    assert unfit.outcome.reason == "headers.X: a header holds a control character"
    assert unfit.settled == "parked"


async def test_a_plugin_that_fails_in_read_keeps_the_answer() -> None:
    """What was answered stays on record though nobody could read it."""
    found = await made(with_hooks(read=reading(IndexError("list index out of range"))))
    assert found.outcome.reason == "`read` of the plugin json failed: IndexError: list index out of range"
    assert (found.settled, found.response) == ("queued", Response(200, body=b"{}"))


@pytest.mark.parametrize("nonsense", [None, "success", Outcome("skip"), Outcome("done")])  # type: ignore[arg-type]
async def test_an_outcome_that_is_none(nonsense: Any) -> None:
    """`read` must say success, failure or error; a skip is for criteria."""
    found = await made(with_hooks(read=reading(nonsense)))
    assert found.outcome.rule == "a plugin failed"
    assert found.outcome.reason is not None
    assert " is no answer (an Outcome of kind success, failure, error is)" in found.outcome.reason
    assert found.settled == "queued"


class Quiet(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise SystemExit(3)


_ENDINGS = [
    (SystemExit(3), "SystemExit: 3"),
    (KeyboardInterrupt(), "KeyboardInterrupt: "),
    (GeneratorExit(), "GeneratorExit: "),
    (asyncio.CancelledError("no"), "CancelledError: no"),
    (BaseExceptionGroup("all", [SystemExit(1)]), "BaseExceptionGroup: all (1 sub-exception)"),
    (Quiet(), "Quiet: its text cannot be had (SystemExit)"),
]


@pytest.mark.parametrize(("raised", "told"), _ENDINGS)
@pytest.mark.parametrize("hook", ["render", "send", "read", "read off the loop"])
async def test_what_would_end_the_process_is_the_plugins_failure(
    hook: str, raised: BaseException, told: str
) -> None:
    """`sys.exit()` in a plugin, or a cancellation that nobody asked for, ends its attempt and nothing else."""

    def fail(*_: Any) -> Any:
        raise raised

    hook, large = hook.partition(" ")[0], " " in hook
    hooks = {"send": answering(Response(200, body=b"x" * 100_000 * large))}
    hooks[hook] = answering(raised) if hook == "send" else fail
    found = await made(with_hooks(**hooks))
    assert found.outcome.reason is not None
    assert found.outcome.reason.startswith(f"`{hook}` of the plugin json failed: ")
    assert found.outcome.reason.endswith(told)
    assert (found.outcome.rule, found.settled) == ("a plugin failed", "queued")


@pytest.mark.parametrize("size", [1, 100_000])
async def test_a_read_that_runs_out_of_items_is_not_waited_for_without_end(size: int) -> None:
    """No future can hold a StopIteration; it is told all the same."""
    found = await made(
        with_hooks(send=answering(Response(200, body=b"x" * size)), read=lambda *_: next(iter(())))
    )
    expected = "`read` of the plugin json failed: RuntimeError: it raised StopIteration: "
    assert found.outcome.reason == expected


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("reason", 7, "a str or None"),
        ("price", 1.5, "a Decimal or None"),
        ("reference", b"r", "a str or None"),
        ("capture", {"a": 1}, "a mapping of str to str"),
        ("cookie", 1, "a str or None"),
        ("permanent", "no", "a bool"),
        ("retry_after", "soon", "a number of seconds, a moment with its time zone, or None"),
        ("retry_after", float("nan"), "a number of seconds, a moment with its time zone, or None"),
        (
            "retry_after",
            NOON.replace(tzinfo=None),
            "a number of seconds, a moment with its time zone, or None",
        ),
        ("rule", None, "a str"),
        ("notes", ["a"], "a tuple of str"),
    ],
)
async def test_an_outcome_with_a_field_of_another_type_is_the_plugins_failure(
    field: str, value: Any, right: str
) -> None:
    """The field is named, and the hook that filled it."""
    wrong = replace(Outcome("error", "later"), **{field: value})
    found = await made(with_hooks(read=reading(wrong)))
    told = f"the Outcome has {field}={value!r} ({right} is right)"
    assert found.outcome.reason == f"`read` of the plugin json failed: {told}"
    assert (found.outcome.rule, found.settled) == ("a plugin failed", "queued")


@pytest.mark.parametrize(
    "wrong",
    [
        Response("200"),  # type: ignore[arg-type]
        Response(200, headers=[("A", "b")]),  # type: ignore[arg-type]
        Response(200, headers=(("A", 1),)),  # type: ignore[arg-type]
        Response(200, body="text"),  # type: ignore[arg-type]
    ],
)
async def test_a_response_with_a_field_of_another_type_is_the_plugins_failure(wrong: Response) -> None:
    """It does not come as far as `read`."""
    found = await made(with_hooks(send=answering(wrong)))
    assert found.outcome.reason is not None
    assert found.outcome.reason.startswith("`send` of the plugin json failed: the Response has ")


async def test_a_fault_of_ours_is_still_recorded_and_retried() -> None:
    """Whatever breaks, the attempt exists: it is never sent in a hot loop."""

    def random() -> str:
        raise ZeroDivisionError

    route = with_hooks()
    found = await attempt(making.delivery(), route, making.conf(route), replace(rim(), random=random))
    assert (found.outcome.kind, found.outcome.rule, found.settled) == ("error", "a fault", "queued")
    assert (found.maybe_received, found.tries) == (True, 1)
    assert found.due_at is not None
    assert found.due_at > NOON


async def test_what_a_criterion_quotes_is_masked() -> None:
    """Votes, and what they come to together, hold no secret."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Veto("no cap for s3cret-key")

    found = await made(making.route(criteria=(making.asked(veto, "cap"),)))
    assert (found.outcome.reason, found.votes[0].reason) == ("no cap for ***", "no cap for ***")


async def test_a_send_that_heeds_no_cancellation_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its lane past the timeout nor a shutdown: what is cut off is recorded at once."""
    let_go, begun = asyncio.Event(), asyncio.Event()

    async def send(request: Request, endpoint: Any, session: Any) -> Response:
        begun.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue
        return Response(200)

    monkeypatch.setattr("gateway.delivery.GRACE", 0.0)
    route = with_hooks(send=send)
    async with asyncio.timeout(2):
        late = await made(replace(route, endpoint=replace(route.endpoint, timeout=0.01)))
        assert late.network_error == "the transport json gave no answer within 0.01 s"
        begun.clear()
        task = asyncio.create_task(made(route))
        await begun.wait()
        task.cancel()
        found = await task
    let_go.set()
    assert found.network_error == "the daemon was stopped while this was under way"
    assert (found.settled, found.maybe_received) == ("queued", True)


async def test_a_shutdown_in_the_middle_is_recorded() -> None:
    """What is cut off while it is being sent ends as an error that may have been received, with a next try."""
    begun = asyncio.Event()

    async def send(request: Request, endpoint: Any, session: Any) -> Response:
        begun.set()
        await asyncio.sleep(3600)
        raise AssertionError

    task = asyncio.ensure_future(made(with_hooks(send=send)))
    await begun.wait()
    task.cancel()
    found = await task
    assert (found.outcome.kind, found.settled, found.maybe_received) == ("error", "queued", True)
    assert found.network_error == "the daemon was stopped while this was under way"


@pytest.mark.parametrize(("size", "on_loop"), [(10, True), (100_000, False)])
async def test_a_large_answer_is_read_off_the_loop(size: int, on_loop: bool) -> None:
    """A megabyte of hostile XML keeps nobody else waiting."""
    threads: list[int] = []

    def read(response: Response, endpoint: Any) -> Outcome:
        threads.append(threading.get_ident())
        return Outcome("success")

    found = await made(with_hooks(send=answering(Response(200, body=b"x" * size)), read=read))
    assert found.settled == "delivered"
    assert (threads == [threading.get_ident()]) is on_loop


async def test_a_shutdown_while_a_large_answer_is_read_is_recorded() -> None:
    """The source has answered; what it said is kept, and the event is tried again."""
    reading_it, let_go = threading.Event(), threading.Event()

    def read(response: Response, endpoint: Any) -> Outcome:
        reading_it.set()
        let_go.wait(5)
        return Outcome("success")

    response = Response(200, body=b"x" * 100_000)
    task = asyncio.create_task(made(with_hooks(send=answering(response), read=read)))
    await asyncio.to_thread(reading_it.wait, 5)
    task.cancel()
    found = await task
    let_go.set()
    assert (found.settled, found.maybe_received, found.response) == ("queued", True, response)


async def test_an_endpoint_that_is_off_vetoes_what_still_waits() -> None:
    """An event that waited while its type was turned off is not sent."""
    found = await made(making.route(enabled=False), making.delivery(attempts=1, tries=1, spent_at=NOON))
    assert found.outcome == Outcome("skip", "lead returns are off for acme", rule="the conf")
    assert (found.settled, found.due_at, found.number, found.tries) == ("vetoed", None, 2, 1)
    assert (found.request, found.votes) == (None, ())


async def test_a_veto_sends_nothing() -> None:
    """A criterion's no ends the event, with its reason; no try is counted."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Veto("too old")

    found = await made(making.route(criteria=(making.asked(veto, "max_age"),)))
    assert (found.outcome.kind, found.outcome.reason, found.settled) == ("skip", "too old", "vetoed")
    assert (found.tries, found.spent_at, found.request, found.values) == (0, None, None, None)
    assert [(vote.name, vote.verdict) for vote in found.votes] == [("max_age", "veto")]


async def test_a_criterion_that_fails_counts_as_a_try() -> None:
    """Nothing goes out unasked; the question is put again by the retry policy, which ends one day."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        raise OSError("no table")

    route = making.route(
        criteria=(making.asked(veto, "cap"),), retry=replace(making.route().retry, attempts=2)
    )
    first = await made(route)
    assert (first.settled, first.tries, first.request) == ("queued", 1, None)
    second = await made(route, making.delivery(attempts=1, tries=1, spent_at=NOON))
    assert (second.settled, second.outcome.reason) == (
        "parked",
        "the criterion cap failed: OSError: no table",
    )
    assert second.outcome.notes == ("parked: tried 2 times, which is all that `retry.attempts` allows",)


async def test_the_deadline_of_the_criteria_bounds_the_tries() -> None:
    """No try is planned past the moment that a criterion set; the event is parked at once instead."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Pass(NOON + timedelta(seconds=4))

    route = with_hooks(send=answering(Response(503)))
    found = await made(replace(route, criteria=(making.asked(veto, "max_age"),)))
    assert (found.settled, found.due_at) == ("parked", None)
    assert found.outcome.notes == ("parked: the next try would fall past the deadline that the criteria set",)


async def test_within_counts_from_the_first_try() -> None:
    """A deferral before the first try takes nothing from the time that the tries have."""
    route = with_hooks(send=answering(Response(503)))
    found = await made(route, making.delivery(attempts=1, tries=0, spent_at=None))
    assert (found.spent, found.spent_at) == (0, NOON)
    spent = await made(route, making.delivery(attempts=9, tries=9, spent=3 * 86400.0, spent_at=NOON))
    assert spent.outcome.notes == ("parked: the next try would fall past `retry.within`",)


async def test_a_clock_that_is_put_forward_spends_no_time(partner: Partner, session: Session) -> None:
    """An hour by the wall clock between two tries is no hour of `within`, nor is one that passed under another daemon."""
    clock, passed = Clock(), [0.0]
    route = with_hooks(send=answering(Response(503)))
    route = replace(route, retry=Policy(within=3600))
    around = Rim(clock, lambda: passed[0], lambda: "ab" * 16, lambda: 0.5, session)
    first = await attempt(making.delivery(), route, making.conf(route), around)
    clock.now += timedelta(hours=1)
    passed[0] += 10.0
    again = making.delivery(attempts=1, tries=1, spent=first.spent, spent_at=first.spent_at)
    second = await attempt(again, route, making.conf(route), around)
    assert (second.settled, second.spent) == ("queued", 10.0)
    passed[0] += 3600.0
    again = making.delivery(attempts=2, tries=2, spent=second.spent, spent_at=second.spent_at)
    third = await attempt(again, route, making.conf(route), around)
    assert third.outcome.notes == ("parked: the next try would fall past `retry.within`",)
    reborn = Rim(clock, lambda: passed[0], lambda: "ab" * 16, lambda: 0.5, session)
    assert (await attempt(again, route, making.conf(route), reborn)).spent == 10.0


class Book:
    """What is kept of attempts before they are sent. fails: what keeping one raises."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.kept: list[Attempt] = []
        self.fails = fails

    async def begin(self, attempt: Attempt) -> None:
        if self.fails is not None:
            raise self.fails
        self.kept.append(attempt)


async def careful(book: Book, response: Any, on_unknown: str = "park") -> Attempt:
    def send(request: Request, endpoint: Any, session: Any) -> Any:
        sent.append(len(book.kept))
        return answering(response)(request, endpoint, session)

    sent: list[int] = []
    route = replace(with_hooks(send=send), on_unknown=on_unknown)
    around = replace(rim(), begin=book.begin)
    found = await attempt(making.delivery(), route, making.conf(route), around)
    assert sent == ([] if book.fails else [len(book.kept)])
    return found


@pytest.mark.parametrize(
    ("response", "settled"),
    [
        (SendError("no answer in time", maybe_received=True), "parked"),
        (SendError("connection refused", maybe_received=False), "queued"),
        (Response(503), "queued"),
        (Response(200, body=b"{}"), "delivered"),
    ],
)
async def test_what_may_have_arrived_is_parked_where_nothing_may_go_twice(
    response: Any, settled: str
) -> None:
    """Only where no answer came; the start was kept before, as what it is where nobody says how it ended."""
    book = Book()
    found = await careful(book, response)
    assert found.settled == settled
    note = "parked: the source may have received it, and `on_unknown: park` sends nothing twice"
    assert (note in found.outcome.notes) == (settled == "parked")
    (kept,) = book.kept
    assert (kept.number, kept.settled, kept.maybe_received) == (found.number, "parked", True)
    assert (kept.values, kept.request, kept.tries) == (found.values, found.request, 1)
    assert kept.outcome.reason == "it was being sent, and how that ended is not on record"


async def test_by_default_nothing_is_kept_before(partner: Partner) -> None:
    """`on_unknown: retry` costs no write, and tries again under the same key."""
    book = Book()
    found = await careful(book, SendError("no answer in time", maybe_received=True), "retry")
    assert (found.settled, found.maybe_received, book.kept) == ("queued", True, [])


async def test_what_cannot_be_kept_is_not_sent() -> None:
    """A full disk puts it off; there is no request to show, since none went out."""
    found = await careful(Book(StoreUnavailable("the disk is full")), Response(200))
    assert (found.settled, found.maybe_received, found.request) == ("queued", False, None)
    assert found.outcome.reason == "it was not sent: the disk is full"


async def test_a_stop_before_it_is_sent_is_no_unknown_end() -> None:
    """What was cut off while its start was being kept was never sent, and is tried again."""
    waiting = asyncio.Event()

    async def begin(attempt: Attempt) -> None:
        waiting.set()
        await asyncio.sleep(60)

    route = replace(with_hooks(), on_unknown="park")
    making_it = asyncio.create_task(
        attempt(making.delivery(), route, making.conf(route), replace(rim(), begin=begin))
    )
    await waiting.wait()
    making_it.cancel()
    found = await making_it
    assert (found.settled, found.maybe_received, found.request) == ("queued", False, None)


async def test_retry_after_counts_from_the_answer(partner: Partner, session: Session) -> None:
    """The seconds that a source asks for begin when its answer is there, not when the attempt began."""
    route = making.route(url=f"{partner.url}/json/429:60")
    clock = Clock(step=timedelta(seconds=30))
    conf, around = making.conf(route), rim(session, clock)
    clock.now = NOON
    found = await attempt(making.delivery(), route, conf, around)
    assert found.started_at == NOON
    assert found.due_at == NOON + timedelta(seconds=90)


async def test_a_replay_of_the_same_values_maps_nothing(partner: Partner, session: Session) -> None:
    """The stored values go out under their key, with today's secret, past the criteria that were set aside."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Veto("too old")

    route = making.route(
        url="https://elsewhere.example/", mapping={"new": "{{ lead.id }}"}, criteria=(making.asked(veto),)
    )
    values = Values(f"{partner.url}/json", (), {"old": Decimal("12.50"), "key": KEY})
    wish = Replay("same", skip_criteria=("strict",), why="they lost it")
    found = await made(route, making.delivery(values=values, replay=wish, key="e-1.2"), session)
    assert (found.settled, found.replay) == ("delivered", wish)
    assert [(vote.name, vote.verdict) for vote in found.votes] == [("strict", "skipped")]
    [received] = await partner.arrived()
    assert (received.body, received.key) == (b'{"old":12.50,"key":"s3cret-key"}', "e-1.2")


@pytest.mark.parametrize("replayed", [False, True])
async def test_every_attempt_has_its_own_moment_and_chance(
    partner: Partner, session: Session, replayed: bool
) -> None:
    """Also a replay of the same values: a nonce or a timestamp of an older attempt is not sent again."""
    seen: list[Values] = []

    def render(values: Values, endpoint: Any) -> Request:
        seen.append(values)
        return Request("POST", values.url)

    route = making.route(url=f"{partner.url}/json", transport=making.transport(render=render))
    older = Values(f"{partner.url}/json", (), {}, now=NOON - timedelta(days=1), random="0" * 32)
    way = {"values": older, "replay": Replay("same")} if replayed else {}
    found = await made(route, making.delivery(**way), session)
    assert found.values is not None
    assert {(values.now, values.random) for values in seen} == {(found.values.now, found.values.random)}
    assert found.values.now == found.started_at
    assert (len(found.values.random), found.values.random == older.random) == (32, False)


async def test_a_send_that_is_late_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what it would bring, and it shall not go on with it."""
    monkeypatch.setattr("gateway.delivery.GRACE", 0.0)
    cancelled = asyncio.Event()

    async def send(request: Request, endpoint: Any, session: Any) -> Response:
        try:
            await asyncio.sleep(30)
        finally:
            cancelled.set()
        return Response(200)

    route = making.route(transport=making.transport(send=send), timeout=0.01)
    assert (await made(route)).maybe_received
    await asyncio.wait_for(cancelled.wait(), 5)


@pytest.mark.parametrize(
    ("error", "allow", "rule"),
    [
        (SendError("s3cret lead", maybe_received=False), ["127.0.0.0/8"], "no answer came"),
        (AddressRefused("s3cret lead"), [], "the address guard"),
    ],
)
async def test_the_log_is_told_whose_words_they_are(error: Exception, allow: list[str], rule: str) -> None:
    """A plugin's may quote a lead, and its rule says so, by which they are kept out of the log; ours may be told."""
    theirs = await made(making.route(transport=making.transport(send=answering(error))))
    assert theirs.outcome.rule == f"{rule}, where the plugin says why"
    async with Session.open(allow) as session:
        ours = await made(making.route(url="http://127.0.0.1:9/"), session=session)
    assert ours.outcome.rule == rule
