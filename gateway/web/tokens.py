"""Tokens (RFC 6750), what each may do, and the signatures beside them."""

import time

from aiohttp import web

from gateway.access import MESSAGE, SENT_AT, Access, Grant, Signing, check_signature
from gateway.web.bodies import read_ahead
from gateway.web.callers import CALLER, NOBODY, Caller
from gateway.web.problems import Refusal
from gateway.web.roles import Need, need
from gateway.web.rooms import Rooms

_CHALLENGE = 'Bearer realm="feedback-gateway"'
_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def authorise(request: web.Request, rooms: Rooms, access: Access) -> Signing | None:
    """Note who asks; how the request must be signed, if it must be. Raises Refusal: 401, 403 or 429."""
    needed = need(request)
    given = request.headers.get("Authorization")
    if given is None and not needed.roles:
        return None
    request[CALLER] = NOBODY
    grant = _grant(given, access)
    request[CALLER] = Caller("token", grant.name, grant)
    rooms.throttle.take(grant)
    _check_role(grant, needed)
    return grant.signing if request.method in _WRITES else None


async def check_signed(request: web.Request, rooms: Rooms, signing: Signing) -> None:
    """Check the signature of what is posted. Raises Refusal (401)."""
    body, now = await read_ahead(request, rooms), time.time()
    try:
        check_signature(signing, request.headers, body, now)
        if need(request).act is not None:
            _take_once(request, rooms, signing, now)
    except ValueError as error:
        raise Refusal(401, str(error), headers={"WWW-Authenticate": _CHALLENGE}) from None


def _take_once(request: web.Request, rooms: Rooms, signing: Signing, now: float) -> None:
    """An act has no id that makes it harmless to ask for it twice, and what is signed names no path."""
    id, until = request.headers[MESSAGE], int(request.headers[SENT_AT]) + signing.tolerance
    if not rooms.messages.take(request[CALLER].name, id, until, now):
        raise ValueError(
            "this signed message was taken already (sign each wish by itself, with a new webhook-id)"
        )


def _grant(given: str | None, access: Access) -> Grant:
    scheme, _, token = (given or "").partition(" ")
    grant = access.grant(token.strip()) if scheme.lower() == "bearer" else None
    if grant is not None:
        return grant
    if given is None:
        why, challenge = "a token is asked for (send Authorization: Bearer TOKEN)", _CHALLENGE
    elif scheme.lower() != "bearer":
        why, challenge = "only tokens are taken (send Authorization: Bearer TOKEN)", _CHALLENGE
    else:
        why, challenge = (
            "the token is unknown (look at `tokens` in gateway.yaml)",
            f'{_CHALLENGE}, error="invalid_token"',
        )
    raise Refusal(401, why, headers={"WWW-Authenticate": challenge})


def _check_role(grant: Grant, needed: Need) -> None:
    if needed.roles and grant.roles.isdisjoint(needed.roles):
        missing = f"the role {' or '.join(needed.roles)}"
        raise Refusal(403, f"the token {grant.name} lacks {missing} (`tokens` in gateway.yaml gives roles)")
    if needed.whole and grant.sources is not None:
        raise Refusal(403, f"the token {grant.name} is for some sources alone, and this is about all of them")
