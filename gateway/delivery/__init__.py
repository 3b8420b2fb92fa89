"""One attempt from event to outcome.

Nothing raises out of here but what ends the process: whatever a plugin, a source or a network does becomes the
outcome of this one attempt, so that there is always something to record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from gateway import http
from gateway.apart import Apart
from gateway.checked import checked_response
from gateway.conf.model import Conf, Route
from gateway.contained import Fault, Stepped, Tell, is_cut_off, is_ours, kind_of, told, unheard, words
from gateway.criteria import Poll
from gateway.criteria.gate import Gate
from gateway.delivery.composing import compose
from gateway.delivery.reading import Reader
from gateway.delivery.steady import Steady
from gateway.delivery.tried import Try, mask_of, masked
from gateway.errors import AddressRefused, RenderError, SendError, StoreUnavailable
from gateway.http import Session
from gateway.model import Attempt, Delivery, Outcome, Request, Response, State, Values
from gateway.rendering import Rendered
from gateway.retry import Again, GiveUp, decide
from gateway.templates import scope

_FINAL: dict[str, State] = {"success": "delivered", "failure": "rejected", "skip": "vetoed"}
GRACE = 1.0  # seconds past the timeout, so that whoever keeps to it can say so himself
BEGUN = "it was being sent, and how that ended is not on record"
UNKNOWN = "the source may have received it, and `on_unknown: park` sends nothing twice"
Begin: TypeAlias = Callable[[Try], Awaitable[None]]
CameTo: TypeAlias = Callable[..., Try]  # a Try of what sending came to, with what was sent


async def _not_kept(attempt: Attempt) -> None:
    """Where no store is at hand."""


@dataclass(frozen=True, slots=True)
class Rim:
    """What the core is given from outside: the time, chance, and the one session.

    now: UTC; monotonic: seconds; random: 32 hex digits; jitter: uniform in [0, 1); gate: where the criteria are asked,
    told by whoever records an attempt; reader: where answers are read; begin: keeps an attempt that must not be made
    twice before it is sent, and raises StoreUnavailable where it cannot; tell: hears of what transports do wrong;
    apart: where large events are mapped and rendered.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[], str]
    jitter: Callable[[], float]
    session: Session
    gate: Gate = field(default_factory=Gate)
    reader: Reader = field(default_factory=Reader)
    begin: Callable[[Attempt], Awaitable[None]] = _not_kept
    tell: Tell = unheard
    apart: Apart = field(default_factory=lambda: Apart("rendering", threads=2))
    steady: Steady = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steady", Steady(self.now, self.monotonic))


async def attempt(delivery: Delivery, route: Route, conf: Conf, rim: Rim) -> Attempt:
    """Make one attempt by the given conf, to its end."""
    started, began = rim.now(), rim.monotonic()

    def concluded(asked: Poll, tried: Try) -> Attempt:
        if mask := mask_of(route, conf, tried):
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
    except BaseException as error:  # what was sent and is not recorded would be sent for ever
        if is_cut_off(error):
            raise
        reason = f"a fault in the gateway or in a plugin: {told(error)}"
        return concluded(Poll(()), Try(Outcome("error", reason, rule="a fault"), maybe_received=True))


async def _try(
    delivery: Delivery, route: Route, conf: Conf, rim: Rim, variables: dict[str, Any], begin: Begin
) -> Try:
    composed = await compose(delivery, route, conf, variables, rim.apart, rim.tell)
    values, rendered = composed.values, composed.rendered
    if type(rendered) is not Rendered:
        return _uncomposed(route, values, rendered, rim)
    if route.on_unknown == "park":
        unkept = await _begun(Try(_no_answer(BEGUN), values, rendered.shown, maybe_received=True), begin)
        if unkept is not None:
            return replace(unkept, values=values)
    return await _send(route, rendered.wire, rim, partial(Try, values=values, request=rendered.shown))


def _uncomposed(route: Route, values: Values | None, error: Any, rim: Rim) -> Try:
    """Why there is no request; what fails before there are values is no plugin's fault."""
    if issubclass(type(error), RenderError):  # unlike isinstance it asks nothing of what a plugin raised
        return Try(_unrenderable(error), values)
    if values is None and not issubclass(type(error), TimeoutError):
        raise error
    return Try(_plugin_failed(route, "render", error, rim), values)


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


async def _send(route: Route, request: Request, rim: Rim, came_to: CameTo) -> Try:
    """Send, and read the answer."""
    try:
        response = await _answer(route, request, rim)
    except AddressRefused as error:
        said = words(error)
        rule = f"the address guard{_whose(error)}"
        return came_to(Outcome("error", said, permanent=True, rule=rule), network_error=said)
    except SendError as error:
        said = words(error)
        outcome = _no_answer(said, _whose(error))
        return came_to(outcome, network_error=said, maybe_received=error.maybe_received)
    except RenderError as error:
        return came_to(_unrenderable(error))
    except BaseException as error:  # noqa: BLE001  a plugin's failure is this attempt's outcome
        if is_cut_off(error):
            return _cut_off(None, came_to)
        return came_to(_plugin_failed(route, "send", error, rim), maybe_received=True)
    try:
        outcome = await rim.reader.read(route, response, rim.tell)
    except BaseException as error:  # noqa: BLE001  a plugin's failure is this attempt's outcome
        if is_cut_off(error):
            return _cut_off(response, came_to)
        return came_to(_plugin_failed(route, "read", error, rim), response=response, maybe_received=True)
    if response.notes:
        outcome = replace(outcome, notes=(*response.notes, *outcome.notes))
    return came_to(outcome, response=response)


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
    # Unlike isinstance, this asks nothing of what a plugin raised.
    if issubclass(type(answer), TimeoutError):
        rim.tell(Fault(route.transport.name, "send", "late", route.endpoint.id))
        late = f"the transport {route.transport.name} gave no answer within {route.endpoint.timeout:g} s"
        raise SendError(late, maybe_received=True)
    if issubclass(type(answer), BaseException):
        raise answer  # type: ignore[misc]
    return answer  # type: ignore[return-value]


async def _sent(route: Route, request: Request, rim: Rim) -> Response | BaseException:
    """What a plugin's `send` brought or raised; a task that raises SystemExit would take the daemon with it."""
    try:
        sending = route.transport.send(request, route.endpoint, rim.session)
        return checked_response(
            await Stepped(sending, lambda seconds: rim.tell(_slow(route, "send", seconds)))
        )
    except BaseException as error:  # noqa: BLE001  whoever waits for it raises it
        return error


def _cut_off(response: Response | None, came_to: CameTo) -> Try:
    """Only a shutdown that ran out of patience cancels; what may have happened must still be recorded."""
    cut = "the daemon was stopped while this was under way"
    return came_to(_no_answer(cut), response=response, network_error=cut, maybe_received=True)


def _no_answer(why: str, whose: str = "") -> Outcome:
    return Outcome("error", why, rule=f"no answer came{whose}")


def _whose(error: BaseException) -> str:
    """What a rule goes on with where the words are a plugin's: they may quote a lead, and are kept out of the log."""
    return "" if is_ours(error) else ", where the plugin says why"


def _concluded(
    delivery: Delivery,
    route: Route,
    conf: Conf,
    started: datetime,
    began: float,
    asked: Poll,
    tried: Try,
    rim: Rim,
) -> Attempt:
    outcome, ended = tried.outcome, rim.monotonic()
    tries, spent, spent_at = delivery.tries, delivery.spent, delivery.spent_at
    if outcome.kind != "skip":
        at = rim.steady.at(ended)
        spent += ended - began if spent_at is None else rim.steady.since(spent_at, at)
        tries, spent_at = tries + 1, at
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
        ms=(ended - began) * 1000,
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


def _slow(route: Route, hook: str, seconds: float) -> Fault:
    return Fault(route.transport.name, hook, "slow", route.endpoint.id, seconds=seconds)


def _plugin_failed(route: Route, hook: str, error: BaseException, rim: Rim) -> Outcome:
    rim.tell(Fault(route.transport.name, hook, kind_of(error), route.endpoint.id, error))
    named = f"`{hook}` of the plugin {route.transport.name}"
    return Outcome("error", f"{named} failed: {told(error)}", rule="a plugin failed")
