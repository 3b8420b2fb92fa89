"""One attempt from event to outcome.

Nothing raises out of here but what ends the process: whatever a plugin, a source or a network does becomes the
outcome of this one attempt, so that there is always something to record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from gateway import http
from gateway.conf.model import Conf, Route
from gateway.contained import is_cut_off, told, words
from gateway.criteria import Poll
from gateway.criteria.gate import Gate
from gateway.delivery.checked import checked_response
from gateway.delivery.mask import mask_at
from gateway.delivery.reading import Reader
from gateway.delivery.steady import Steady
from gateway.delivery.tried import Try, masked
from gateway.errors import AddressRefused, RenderError, SendError, StoreUnavailable
from gateway.http import Session
from gateway.model import Attempt, Delivery, Outcome, Request, Response, State
from gateway.rendering import render
from gateway.retry import Again, GiveUp, decide
from gateway.templates import scope

_FINAL: dict[str, State] = {"success": "delivered", "failure": "rejected", "skip": "vetoed"}
GRACE = 1.0  # seconds past the timeout, so that whoever keeps to it can say so himself
BEGUN = "it was being sent, and how that ended is not on record"
UNKNOWN = "the source may have received it, and `on_unknown: park` sends nothing twice"
Begin: TypeAlias = Callable[[Try], Awaitable[None]]


async def _not_kept(attempt: Attempt) -> None:
    """Where no store is at hand."""


@dataclass(frozen=True, slots=True)
class Rim:
    """What the core is given from outside: the time, chance, and the one session.

    now: UTC; monotonic: seconds; random: 32 hex digits; jitter: uniform in [0, 1); gate: where the criteria are asked,
    told by whoever records an attempt; reader: where answers are read; begin: keeps an attempt that must not be made
    twice before it is sent, and raises StoreUnavailable where it cannot.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[], str]
    jitter: Callable[[], float]
    session: Session
    gate: Gate = field(default_factory=Gate)
    reader: Reader = field(default_factory=Reader)
    begin: Callable[[Attempt], Awaitable[None]] = _not_kept
    steady: Steady = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steady", Steady(self.now, self.monotonic))


async def attempt(delivery: Delivery, route: Route, conf: Conf, rim: Rim) -> Attempt:
    """Make one attempt by the given conf, to its end."""
    started, began = rim.now(), rim.steady.now()

    def concluded(asked: Poll, tried: Try) -> Attempt:
        mask = mask_at(route, conf)
        asked, tried = replace(asked, votes=mask.votes(asked.votes)), masked(tried, mask)
        return _concluded(delivery, route, conf, started, began, asked, tried, rim)

    try:
        if not route.enabled:
            off = _off(route)
            return concluded(Poll((), off, "vetoed"), Try(off))
        variables = scope(delivery.event, route.endpoint.source_name, started, rim.random())
        overruled = delivery.replay.skip_criteria if delivery.replay else ()
        asked = await rim.gate.ask(route, delivery.event, started, variables, overruled, rim.now)
        if asked.outcome is not None:
            return concluded(asked, Try(asked.outcome))
        tried = await _try(
            delivery, route, conf, rim, variables, lambda begun: rim.begin(concluded(asked, begun))
        )
        return concluded(asked, tried)
    except Exception as error:  # noqa: BLE001  what was sent and is not recorded would be sent for ever
        reason = f"a fault in the gateway or in a plugin: {told(error)}"
        return concluded(Poll(()), Try(Outcome("error", reason, rule="a fault"), maybe_received=True))


async def _try(
    delivery: Delivery, route: Route, conf: Conf, rim: Rim, variables: dict[str, Any], begin: Begin
) -> Try:
    try:
        mapped = delivery.values or route.mapper.map(variables)
    except RenderError as error:
        return Try(_unrenderable(error))
    # Of a replay only the values are the older attempt's: a nonce or a timestamp is never sent twice.
    values = replace(mapped, now=variables["now"], random=variables["random"])
    try:
        rendered = render(route.transport.render, route.endpoint, values, conf.secrets, delivery.key)
    except RenderError as error:
        return Try(_unrenderable(error), values)
    except BaseException as error:  # noqa: BLE001  a plugin's failure is this attempt's outcome
        return Try(_plugin_failed(route, "render", error), values)
    if route.on_unknown == "park":
        unkept = await _begun(Try(_no_answer(BEGUN), values, rendered.shown, maybe_received=True), begin)
        if unkept is not None:
            return replace(unkept, values=values)
    sent = await _send(route, rendered.wire, rim)
    return replace(sent, values=values, request=rendered.shown)


async def _begun(begun: Try, begin: Begin) -> Try | None:
    """Keep what is about to be sent; what came instead, where that cannot be, so that nothing may be sent."""
    try:
        await begin(begun)
    except StoreUnavailable as error:
        return Try(Outcome("error", f"it was not sent: {words(error)}", rule="the store"))
    except asyncio.CancelledError as error:
        if not is_cut_off(error):
            raise
        return Try(_no_answer("the daemon was stopped before this was sent"))
    return None


async def _send(route: Route, request: Request, rim: Rim) -> Try:
    try:
        response = await _answer(route, request, rim)
    except AddressRefused as error:
        said = words(error)
        return Try(Outcome("error", said, permanent=True, rule="the address guard"), network_error=said)
    except SendError as error:
        said = words(error)
        return Try(_no_answer(said), network_error=said, maybe_received=error.maybe_received)
    except RenderError as error:
        return Try(_unrenderable(error))
    except BaseException as error:  # noqa: BLE001  a plugin's failure is this attempt's outcome
        if is_cut_off(error):
            return _cut_off(None)
        return Try(_plugin_failed(route, "send", error), maybe_received=True)
    try:
        outcome = await rim.reader.read(route, response)
    except BaseException as error:  # noqa: BLE001  a plugin's failure is this attempt's outcome
        if is_cut_off(error):
            return _cut_off(response)
        return Try(_plugin_failed(route, "read", error), response=response, maybe_received=True)
    return Try(outcome, response=response)


async def _answer(route: Route, request: Request, rim: Rim) -> Response:
    """The transport's answer. The session keeps to the endpoint's timeout; a plugin's own `send` is held to it.

    It has a task of its own: one that does not heed a cancellation holds up neither its lane nor a shutdown.
    """
    if route.transport.send is http.send:
        return await http.send(request, route.endpoint, rim.session)
    sending = asyncio.create_task(_sent(route, request, rim))
    try:
        await asyncio.wait([sending], timeout=route.endpoint.timeout + GRACE)
        answer = sending.result() if sending.done() else TimeoutError()
    finally:
        sending.cancel()
    if isinstance(answer, TimeoutError):
        late = f"the transport {route.transport.name} gave no answer within {route.endpoint.timeout:g} s"
        raise SendError(late, maybe_received=True)
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def _sent(route: Route, request: Request, rim: Rim) -> Response | BaseException:
    """What a plugin's `send` brought or raised; a task that raises SystemExit would take the daemon with it."""
    try:
        return checked_response(await route.transport.send(request, route.endpoint, rim.session))
    except BaseException as error:  # noqa: BLE001  whoever waits for it raises it
        return error


def _cut_off(response: Response | None) -> Try:
    """Only a shutdown that ran out of patience cancels; what may have happened must still be recorded."""
    cut = "the daemon was stopped while this was under way"
    return Try(_no_answer(cut), response=response, network_error=cut, maybe_received=True)


def _no_answer(why: str) -> Outcome:
    return Outcome("error", why, rule="no answer came")


def _concluded(
    delivery: Delivery,
    route: Route,
    conf: Conf,
    started: datetime,
    began: datetime,
    asked: Poll,
    tried: Try,
    rim: Rim,
) -> Attempt:
    outcome, ended = tried.outcome, rim.steady.now()
    tries, spent, spent_at = delivery.tries, delivery.spent, delivery.spent_at
    if outcome.kind != "skip":
        tries, spent, spent_at = tries + 1, spent + rim.steady.since(spent_at or began), ended
    settled, due_at = asked.settled, asked.due_at
    if asked.outcome is None or (outcome.kind == "error" and not outcome.permanent):
        settled, due_at = _FINAL.get(outcome.kind, "parked"), None
        if outcome.kind == "error":
            unknown = tried.maybe_received and route.on_unknown == "park"
            decision = (
                GiveUp(UNKNOWN)
                if unknown
                else decide(outcome, tries, spent, rim.now(), route.retry, asked.deadline, rim.jitter)
            )
            settled, due_at, outcome = _after(decision, outcome)
    return Attempt(
        event=delivery.event,
        endpoint=route.endpoint.id,
        number=delivery.attempts + 1,
        started_at=started,
        ms=(ended - began).total_seconds() * 1000,
        outcome=outcome,
        conf=conf.digest,
        transport=route.transport.name,
        settled=settled,
        key=delivery.key,
        votes=asked.votes,
        values=tried.values,
        request=tried.request,
        response=tried.response,
        network_error=tried.network_error,
        maybe_received=tried.maybe_received,
        due_at=_whole(due_at),
        replay=delivery.replay,
        spent=spent,
        spent_at=spent_at,
        tries=tries,
        marks=asked.marks,
    )


def _after(decision: Again | GiveUp, outcome: Outcome) -> tuple[State, datetime | None, Outcome]:
    match decision:
        case Again(at):
            return "queued", at, outcome
        case GiveUp(why):
            return "parked", None, replace(outcome, notes=(*outcome.notes, f"parked: {why}"))


def _whole(due_at: datetime | None) -> datetime | None:
    """Due times are kept in milliseconds; never earlier than was decided."""
    return due_at and due_at + timedelta(microseconds=-due_at.microsecond % 1000)


def _off(route: Route) -> Outcome:
    key, _, type_ = route.endpoint.id.rpartition("/")
    return Outcome("skip", f"lead {type_}s are off for {key}", rule="the conf")


def _unrenderable(error: RenderError) -> Outcome:
    where = f"{error.key}: " if error.key else ""
    return Outcome("error", where + words(error), permanent=True, rule="a value cannot be rendered")


def _plugin_failed(route: Route, hook: str, error: BaseException) -> Outcome:
    named = f"`{hook}` of the plugin {route.transport.name}"
    return Outcome("error", f"{named} failed: {told(error)}", rule="a plugin failed")
