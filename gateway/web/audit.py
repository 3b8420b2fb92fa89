"""GET /audit: the record of administrative acts."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, get_args

from aiohttp import web
from pydantic import Field

from gateway.nearest import nearest
from gateway.settings import Settings
from gateway.store.acts import Act, ActFilter, Kind, Result, hidden
from gateway.web.events import LARGEST_PAGE, PAGE, page_size
from gateway.web.moments import moment, read_moments
from gateway.web.openapi.acts import Acts
from gateway.web.openapi.operations import Answer, Operation, described
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS

_FILTERS = (*(field.name for field in fields(ActFilter)), "lead_id")
_CHOICES: Mapping[str, tuple[str, ...]] = {"act": get_args(Kind), "result": get_args(Result)}
_NO_LIST = "the list cannot be made"


class AuditSettings(Settings):
    """The parameters of GET /audit."""

    who: str | None = None
    """As the daemon knows them: `token NAME`, `user NAME`, `local`, `signal`, `nobody`."""
    act: Kind | None = None
    """What was done."""
    subject: str | None = None
    """What was acted on: `event ID`, `endpoint ID`."""
    lead_id: str | None = None
    """The lead that was forgotten."""
    result: Result | None = None
    """What came of it."""
    since: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None = None
    """Then or later; RFC 3339, in UTC where it has no time zone."""
    until: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None = None
    """Before."""
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = PAGE
    """How many at most."""
    after: str | None = None
    """The `next` of the page before."""


@described(Operation("operators", {200: Answer("A page.", Acts)}, query=AuditSettings))
async def audit(request: web.Request) -> web.Response:
    """Administrative acts, newest first, a page at a time."""
    rooms, query = request.app[ROOMS], dict(request.query)
    known = tuple(AuditSettings.model_fields)
    errors = [(name, f"unknown parameter{nearest(name, known)}") for name in query if name not in known]
    which, limit = _filter(query, errors), page_size(query, errors)
    if errors:
        raise Refusal(400, _NO_LIST, errors)
    try:
        page = await rooms.store.acts(which, limit, query.get("after"))
    except ValueError as error:
        raise Refusal(400, _NO_LIST, [("after", str(error))]) from None
    return answer({"acts": [_told(act) for act in page.acts], "next": page.next})


def _filter(query: Mapping[str, str], errors: list[tuple[str, str]]) -> ActFilter:
    given: dict[str, Any] = {name: query[name] for name in _FILTERS if name in query}
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            errors.append((name, f"{given[name][:100]!r} is none of: {', '.join(choices)}"))
    read_moments(given, errors)
    lead = given.pop("lead_id", None)
    if lead is not None and "subject" in given:
        errors.append(("lead_id", "a lead is a subject of its own (leave out one of: lead_id, subject)"))
    return ActFilter(**given if lead is None else given | {"subject": f"lead {hidden(lead)}"})


def _told(act: Act) -> dict[str, Any]:
    return {
        "at": moment(act.at),
        "who": act.who,
        "by": act.by,
        "act": act.act,
        "subject": act.subject,
        "why": act.why,
        "result": act.result,
        "status": act.status,
        "detail": dict(act.detail),
    }
