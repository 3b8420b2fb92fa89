"""`read`: what an answer would mean, by the conf alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import coloured, safe, say, say_json

if TYPE_CHECKING:
    from gateway.conf.model import Conf, Route
    from gateway.model import Outcome, Response


def _headers(
    _ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(part.strip() for part in text.split(":", 1)) for text in texts]
    wrong = next(
        (text for text, pair in zip(texts, pairs, strict=True) if len(pair) < 2 or not pair[0]), None
    )
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is no header (write such as 'Content-Type: application/json')")
    return tuple((name, value) for name, value in pairs)


@click.command()
@click.argument("endpoint", metavar="ENDPOINT")
@click.argument("body", metavar="FILE", type=click.File("rb"))
@click.option(
    "--status", type=click.IntRange(100, 999), default=200, show_default=True, help="The answer's status."
)
@click.option(
    "--header",
    "headers",
    metavar="'NAME: VALUE'",
    multiple=True,
    callback=_headers,
    help="One of its headers; repeat it.",
)
@conf_option
@json_option
def read(
    endpoint: str,
    body: IO[bytes],
    status: int,
    headers: tuple[tuple[str, str], ...],
    folder: Path,
    as_json: bool,
) -> None:
    """Say what an answer would mean.

    Outcome, reason, price, reference and captures, which rule decides, and what was found where.

    ENDPOINT is SOURCE/TYPE or SOURCE@FLOW/TYPE, such as acme/return. FILE holds the answer's body; - is standard
    input. No daemon is asked, nothing is sent, nothing is stored.

    \b
    feedback-gateway read acme/return --header 'Content-Type: application/json' answer.json
    feedback-gateway read acme/return --status 503 --header 'Retry-After: 120' /dev/null
    """
    from gateway.checked import checked_outcome
    from gateway.cli.folder import read_partly
    from gateway.delivery.mask import mask_at
    from gateway.delivery.tried import Try, masked
    from gateway.http import MAX_BODY
    from gateway.model import Response

    conf, _ = read_partly(folder)
    route = _route(conf, endpoint)
    content = body.read(MAX_BODY + 1)
    response = Response(status, headers, content[:MAX_BODY], len(content) > MAX_BODY)
    outcome = checked_outcome(route.transport.read(response, route.endpoint))
    told = _told(route, masked(Try(outcome), mask_at(route, conf)).outcome)
    told["notes"] += _untyped(route, response)
    if as_json:
        say_json(told)
    else:
        for line in _lines(told):
            say(line)


def _route(conf: "Conf", endpoint: str) -> "Route":
    from gateway.errors import ConfError
    from gateway.nearest import nearest

    route = conf.route(endpoint)
    if route is not None and route.endpoint.id == endpoint:
        return route
    file = f"sources/{endpoint.rpartition('/')[0]}.yaml"
    wrong = [problem for problem in conf.problems if problem.file == file and not problem.warning]
    if wrong:
        raise ConfError(wrong)
    known = [one.endpoint.id for one in conf.routes()]
    raise click.BadParameter(
        f"there is no endpoint {endpoint!r}{nearest(endpoint, known)}", param_hint="ENDPOINT"
    )


def _untyped(route: "Route", response: "Response") -> list[str]:
    """That a document was read as text, since only its file came and not the header that goes with it."""
    from gateway.answers import Rules
    from gateway.answers.media import guessed

    rules = route.endpoint.response
    told_otherwise = isinstance(rules, Rules) and (rules.content_type or rules.expects)
    kind = guessed(response.body)
    if kind is None or told_otherwise or response.header("content-type") is not None:
        return []
    add = f"add --header 'Content-Type: {kind}'"
    return [
        f"this looks like {kind}, but was read without a type ({add}: the daemon sees the source's own header)"
    ]


def _told(route: "Route", outcome: "Outcome") -> dict[str, Any]:
    from gateway.store.facts import outcome_json

    state, seconds = _next(route, outcome)
    return {"endpoint": route.endpoint.id, "state": state, "retry_in": seconds, **outcome_json(outcome)}


def _next(route: "Route", outcome: "Outcome") -> tuple[str, float | None]:
    """The state that the event would come to, and the seconds until its next try, at the earliest."""
    from datetime import UTC, datetime

    from gateway.retry import Again, decide

    if outcome.kind != "error":
        return ("delivered" if outcome.kind == "success" else "rejected"), None
    now = datetime.now(UTC)
    match decide(outcome, 1, 0.0, now, route.retry, None, lambda: 0.0):
        case Again(at):
            return "queued", round((at - now).total_seconds(), 3)
    return "parked", None


def _lines(told: dict[str, Any]) -> Iterator[str]:
    from gateway.cli.story import found
    from gateway.model import STATES

    yield f"outcome     {coloured(told['outcome'])}"
    yield from (
        safe(f"{key:<11} {told[key]}")
        for key in ("reason", "price", "reference", "cookie")
        if told[key] is not None
    )
    yield from (safe(f"capture     {name} = {value}") for name, value in told["capture"].items())
    yield safe(f"because     {told['rule']}")
    yield from (f"found       {line}" for line in found(told["found"]))
    yield from (safe(f"note        {note}") for note in told["notes"])
    again = "" if told["retry_in"] is None else f", in {told['retry_in']:g} s at the earliest"
    yield f"the event   {told['state']}: {STATES[told['state']]}{again}"
