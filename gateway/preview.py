"""What would be sent for an event, without sending it: the same steps as an attempt, up to the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.conf.model import Conf, Refused, Route
from gateway.contained import is_cut_off, told, words
from gateway.criteria import poll
from gateway.criteria.past import Before
from gateway.delivery.mask import mask_at
from gateway.delivery.tried import Try, masked
from gateway.errors import DeliveryError, RenderError
from gateway.http import with_auth
from gateway.model import Event, Outcome, Request, Vote
from gateway.rendering import render
from gateway.store import Archive
from gateway.templates import scope


@dataclass(frozen=True, slots=True)
class Preview:
    """What one event would become.

    stopped: what the criteria say together, where they would not let it go; shown: the request with `***` for every
    secret; wire: as it would go out; problem: why there is no request.
    """

    event: Event
    endpoint: str
    votes: tuple[Vote, ...] = ()
    stopped: Outcome | None = None
    left_out: tuple[str, ...] = ()
    shown: Request | None = None
    wire: Request | None = field(default=None, repr=False)
    problem: str | None = None


async def preview(
    event: Event,
    conf: Conf,
    now: datetime,
    random: str,
    archive: Archive | None = None,
    overruled: Sequence[str] = (),
) -> Preview:
    """Ask the criteria and render the request, also where a criterion would veto it.

    random: 32 hex digits; archive: what went before, where there is any; overruled: criteria that a person sets aside.
    """
    way = conf.way(event.source, event.flow, event.type)
    if isinstance(way, Refused):
        return Preview(event, way.endpoint, problem=way.reason)
    variables = scope(event, way.endpoint.source_name, now, random)
    past = Before(archive, way.endpoint.id, event)
    asked = await poll(way, event, now, variables, overruled, past=past)
    mask = mask_at(way, conf)
    stopped = asked.outcome and masked(Try(asked.outcome), mask).outcome
    return replace(request_of(event, way, variables, conf), votes=mask.votes(asked.votes), stopped=stopped)


def request_of(event: Event, way: Route, variables: Mapping[str, Any], conf: Conf) -> Preview:
    """The request for an event, or why there is none; no criterion is asked."""
    try:
        if way.held is not None:
            raise DeliveryError(f"the endpoint is held: {way.held}")
        values = way.mapper.map(variables)
        rendered = render(way.transport.render, way.endpoint, values, conf.secrets, event.id)
        wire = with_auth(rendered.wire, way.endpoint)
    except BaseException as error:  # a plugin's failure is this event's problem
        if is_cut_off(error):
            raise
        return Preview(event, way.endpoint.id, problem=_problem(error, way, conf))
    return Preview(event, way.endpoint.id, left_out=values.left_out, shown=rendered.shown, wire=wire)


def _problem(error: BaseException, route: Route, conf: Conf) -> str:
    """Why there is no request, in words that hold no secret: the one for the wire is rendered with them."""
    text = words(error)
    if isinstance(error, RenderError) and error.key:
        text = f"{error.key}: {text}"
    elif not isinstance(error, DeliveryError):
        text = f"`render` of the plugin {route.transport.name} failed: {told(error)}"
    return mask_at(route, conf).text(text)
