"""`preview`: the exact request that would be sent for an event."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ending import leave, to_the_end
from gateway.cli.options import conf_option, files_argument, json_option
from gateway.cli.terminal import safe, say, say_json

if TYPE_CHECKING:
    from gateway.cli.rehearsal import Rehearsed
    from gateway.model import Attempt

_READ = 4000  # characters of an answer


@click.command()
@files_argument
@conf_option
@json_option
@click.option("--curl", "as_curl", is_flag=True, help="Write each request as a shell command.")
@click.option("--reveal", is_flag=True, help="Show the secrets, which otherwise stand as ***.")
@click.option(
    "--send", is_flag=True, help="Send the event once, for real, and show the answer; criteria may veto."
)
@click.option(
    "--skip-criteria", metavar="NAME", multiple=True, help="Set a criterion aside; may stand often."
)
@click.pass_context
def preview(
    ctx: click.Context,
    files: tuple[str, ...],
    folder: Path,
    as_json: bool,
    as_curl: bool,
    reveal: bool,
    send: bool,
    skip_criteria: tuple[str, ...],
) -> None:
    """Show the exact request, without sending it.

    It shows what the criteria say, too. No daemon is asked, nothing is stored; a WSDL by URL is fetched.

    FILE holds an event as a JSON object, an array of events, or one event a line (NDJSON); - is standard input.

    \b
    feedback-gateway preview conf/events/example.json
    feedback-gateway preview --curl --reveal event.json | sh
    feedback-gateway preview --send event.json        once, under the event's own Idempotency-Key

    --send sends one event, asks the criteria first, obeys network.allow, takes nothing from caps and stores nothing.

    Exit code: 0, or 1 if any event could not be rendered, or was not sent with --send; 65 if a file is no JSON.
    """
    from gateway.cli.rehearsal import rehearse

    if as_curl and (as_json or send):
        raise click.UsageError("--curl goes neither with --json nor with --send (choose one)")
    say_one = _say_curl if as_curl else _say_json if as_json else _say
    failed = []

    def tell(one: "Rehearsed") -> None:
        say_one(one, reveal)
        if one.problem is not None or (one.attempt is not None and one.attempt.request is None):
            failed.append(one)

    to_the_end(rehearse(files, folder, tell, send=send, overruled=skip_criteria))
    leave(ctx, 1 if failed else 0)


def _say_json(one: "Rehearsed", reveal: bool) -> None:
    say_json(_as_json(one, reveal))


def _as_json(one: "Rehearsed", reveal: bool) -> dict[str, Any]:
    from gateway.store.facts import request_json, vote_json

    seen, event = one.preview, one.event
    request = one.request(reveal)
    told: dict[str, Any] = {
        "id": event and event.id,
        "source": event and event.source,
        "type": event and event.type,
        "endpoint": seen and seen.endpoint,
        "criteria": [vote_json(vote) for vote in seen.votes] if seen else [],
        "left_out": list(seen.left_out) if seen else [],
        "request": request_json(request) if request else None,
        "problem": one.problem,
    }
    return told if one.attempt is None else told | _answer(one.attempt)


def _answer(attempt: "Attempt") -> dict[str, Any]:
    """What came back, and what it means, with the keys of an attempt in `GET /events/ID`."""
    from gateway.store.facts import attempt_json, outcome_json

    whole = attempt_json(attempt)
    keys = ("response", "network_error", "maybe_received", "ms", *outcome_json(attempt.outcome))
    return {key: whole[key] for key in keys}


def _say_curl(one: "Rehearsed", reveal: bool) -> None:
    from gateway.cli.curl import curl

    say(f"# {safe(_title(one))}")
    if one.stopped:
        say(f"# it would not be sent: {safe(' '.join(one.stopped.split()))}")
    request = one.request(reveal)
    say(curl(request) if request else f"# no request: {safe(' '.join(str(one.problem).split()))}")


def _say(one: "Rehearsed", reveal: bool) -> None:
    for line in _lines(one, reveal):
        say(line)
    say()


def _lines(one: "Rehearsed", reveal: bool) -> Iterator[str]:
    from gateway.cli.story import answered, exchanged, indented, votes
    from gateway.store.facts import attempt_json, request_json, vote_json

    yield safe(_title(one))
    if one.preview is not None:
        yield from votes([vote_json(vote) for vote in one.preview.votes])
        if one.stopped:
            yield safe(f"  it would not be sent: {one.stopped}")
        if one.preview.left_out:
            yield safe(f"  left out  {', '.join(one.preview.left_out)} (blank)")
    request = one.request(reveal)
    if request is not None:
        yield from indented(exchanged(request_json(request), f"{request.method} {request.url}"))
    if one.problem is not None:
        yield safe(f"  problem   {one.problem}")
    if one.attempt is not None:
        yield from answered(_cut(attempt_json(one.attempt)))


def _cut(attempt: dict[str, Any]) -> dict[str, Any]:
    """The attempt with as much of the answer's body as a person reads."""
    response = attempt["response"]
    body = (response or {}).get("body") or ""
    if len(body) <= _READ:
        return attempt
    rest = f"\n… ({len(body) - _READ:,} characters more; --json shows them)"
    return attempt | {"response": response | {"body": body[:_READ] + rest}}


def _title(one: "Rehearsed") -> str:
    event, seen = one.event, one.preview
    if event is None or seen is None:
        return one.place
    return f"{one.place}: a {event.type} for {event.source}, by {seen.endpoint}"
