"""What sending came to, with no secret in it: a source may echo what it was sent, and a plugin's fault may quote it."""

from dataclasses import dataclass, replace

from gateway.conf.model import Conf, Route
from gateway.delivery.mask import Mask, mask_at
from gateway.model import Outcome, Request, Response, Values


@dataclass(frozen=True, slots=True)
class Try:
    """What sending came to."""

    outcome: Outcome
    values: Values | None = None
    request: Request | None = None
    response: Response | None = None
    network_error: str | None = None
    maybe_received: bool = False


def mask_of(route: Route, conf: Conf, tried: Try) -> Mask:
    """The mask of all that was secret in one try: what the conf names, and what was made of it for this one request."""
    mask, auth = mask_at(route, conf), route.endpoint.auth
    made = tried.response.secrets if tried.response is not None else ()
    if auth is not None and tried.values is not None:
        made += auth.sent(tried.values)
    return mask.also(made) if made else mask


def masked(tried: Try, mask: Mask) -> Try:
    """The same with `***` wherever a secret stands; values and request never hold one."""
    if not mask:
        return tried
    response = tried.response
    if response is not None:
        headers = tuple((name, mask.text(value)) for name, value in response.headers)
        notes = tuple(map(mask.text, response.notes))
        body = mask.body(response.body)
        response = replace(response, headers=headers, body=body, notes=notes, secrets=())
    error = None if tried.network_error is None else mask.text(tried.network_error)
    return replace(tried, outcome=_masked(tried.outcome, mask), response=response, network_error=error)


def _masked(outcome: Outcome, mask: Mask) -> Outcome:
    return replace(
        outcome,
        reason=None if outcome.reason is None else mask.text(outcome.reason),
        reference=None if outcome.reference is None else mask.text(outcome.reference),
        capture={name: mask.text(value) for name, value in outcome.capture.items()},
        cookie=None if outcome.cookie is None else mask.text(outcome.cookie),
        rule=mask.text(outcome.rule),
        found=tuple(replace(one, text=mask.text(one.text)) for one in outcome.found),
        notes=tuple(map(mask.text, outcome.notes)),
    )
