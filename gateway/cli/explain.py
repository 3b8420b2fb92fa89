"""`explain`: why the criteria let an event go, or not, rule by rule."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.ending import leave, to_the_end
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import coloured, safe, say, say_json, seen

if TYPE_CHECKING:
    from gateway.cli.posts import Post
    from gateway.explain import Explained
    from gateway.model import Finding

_MARKS = {True: ("✓", "pass"), False: ("✗", "fail"), None: ("?", "not asked")}
_FILES = (".json", ".jsonl", ".ndjson")
_COLOURS = {True: "pass", False: "veto", None: "error"}


@click.command()
@click.argument("event", metavar="EVENT")
@daemon_options
@json_option
@click.pass_context
def explain(ctx: click.Context, event: str, folder: Path, url: str | None, as_json: bool) -> None:
    """Tell why an event may go, or not.

    Every rule of the endpoint's criteria is asked by the conf folder as it is now, also those that no longer matter,
    and shown as a tree with what it saw. Nothing is sent, and nothing is taken.

    EVENT is a file of events, - for standard input, or the id of an event that the running daemon has stored.

    \b
    feedback-gateway explain event.json
    feedback-gateway explain LEAD-return
    feedback-gateway explain --json LEAD-return | jq '.criteria[].finding'

    Exit code: 0, or 1 if any event could not be asked about, 65 if a file is no JSON.
    """
    import asyncio

    from gateway.cli.posts import read

    is_file = event == "-" or Path(event).is_file()
    if not is_file and ("/" in event or event.endswith(_FILES)):
        raise click.UsageError(
            f"there is no file {event!r} (name an event file, -, or the id of a stored event)"
        )
    state = None
    if is_file:
        posts = read([event])
    else:
        posts, state = asyncio.run(_stored(event, folder, url))
    failed = False
    for post, found, problem in to_the_end(_explained(posts, folder)):
        failed = failed or problem is not None
        if as_json:
            say_json(_as_json(found, problem, state))
            continue
        for line in _lines(post.place, found, problem, state):
            say(line)
    leave(ctx, 1 if failed else 0)


async def _explained(posts: "list[Post]", folder: Path) -> "list[tuple[Post, Explained | None, str | None]]":
    """Each event, what the criteria make of it, and why nothing can be said."""
    import secrets
    from datetime import UTC, datetime

    from gateway.cli.folder import read_partly
    from gateway.cli.rehearsal import stored
    from gateway.conf.load import data_folder
    from gateway.errors import EventError
    from gateway.events import parse_event
    from gateway.explain import explain as explained

    conf, _ = read_partly(folder)
    told: list[tuple[Post, Explained | None, str | None]] = []
    async with stored(data_folder(folder, conf.gateway)) as archive:
        for post in posts:
            now = datetime.now(UTC)
            try:
                event = parse_event(post.text, now)
            except EventError as error:
                told.append((post, None, str(error)))
                continue
            found = await explained(event, conf, now, secrets.token_hex(16), archive)
            told.append((post, found, found.refused))
    return told


async def _stored(id: str, folder: Path, url: str | None) -> "tuple[list[Post], str]":
    """The event that the daemon has under an id, as it was posted, and its state."""
    from urllib.parse import quote

    from gateway.cli.client import Client, address
    from gateway.cli.posts import Post
    from gateway.jsontext import dumps

    async with Client(address(url, folder)) as client:
        event = (await client.get(f"/events/{quote(id, safe='')}")).expect(200)
    return [Post(event["id"], dumps({**event["posted"], "id": event["id"]}))], event["state"]


def _as_json(found: "Explained | None", problem: str | None, state: str | None) -> dict[str, Any]:
    from gateway.store.facts import vote_json

    criteria = found.criteria if found else ()
    return {
        "id": found and found.event.id,
        "source": found and found.event.source,
        "type": found and found.event.type,
        "endpoint": found and found.endpoint,
        "state": state,
        "criteria": [vote_json(why.vote) | {"finding": _finding_json(why.finding)} for why in criteria],
        "stopped": found.stopped.reason if found and found.stopped else None,
        "unrendered": found and found.unrendered,
        "problem": problem,
    }


def _finding_json(finding: "Finding") -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "holds": finding.holds,
        "seen": finding.seen,
        "parts": [_finding_json(part) for part in finding.parts],
    }


def _lines(place: str, found: "Explained | None", problem: str | None, state: str | None) -> Iterator[str]:
    from gateway.cli.story import votes
    from gateway.store.facts import vote_json

    if found is None:
        yield safe(f"{place}: {problem}")
        return
    event = found.event
    yield safe(f"{place}: a {event.type} for {event.source}, by {found.endpoint}")
    if state is not None:
        yield safe(f"  as of now, by today's conf; what happened then: feedback-gateway show {event.id}")
    if problem is not None:
        yield safe(f"  nothing is asked: {problem}")
    for why in found.criteria:
        yield from votes([vote_json(why.vote)])
        if why.told:
            yield from _tree(why.finding, 4)
    if problem is None:
        yield from map(safe, _conclusion(found))
    if state == "delivered":
        yield "  it is delivered already: nothing sends it again but `replay --again`"


def _conclusion(found: "Explained") -> Iterator[str]:
    stopped, unrendered = found.stopped, found.unrendered
    if stopped is not None:
        yield f"  it would not be sent: {stopped.rule}"
    if unrendered is not None:
        so_far = "the criteria let it go, but it" if stopped is None else "it"
        yield f"  {so_far} cannot be rendered: {unrendered}"
    if stopped is None and unrendered is None:
        yield "  it may go"


def _tree(finding: "Finding", indent: int) -> Iterator[str]:
    mark, word = _MARKS[finding.holds]
    saw = "" if finding.parts or finding.holds is None else f": it was {seen(finding.seen)}"
    verdict = coloured(_COLOURS[finding.holds], f"{mark} {word}")
    yield f"{' ' * indent}{verdict}  {safe(finding.rule)}{safe(saw)}"
    for part in finding.parts:
        yield from _tree(part, indent + 2)
