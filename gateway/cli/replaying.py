"""Sending events again: each by its id, or all of a filter, page by page."""

import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from gateway.cli.client import Client, address, told
from gateway.cli.faults import Refused, Unavailable
from gateway.cli.progress import progress
from gateway.cli.terminal import coloured, counted, safe, say, say_json
from gateway.jsontext import dumps

PAGE = 500  # events that the daemon looks at in one request
_DELIVERED = "the event is delivered already (to send it again: --again)"


async def replay_each(
    ids: tuple[str, ...], wish: Mapping[str, Any], folder: Path, url: str | None, as_json: bool
) -> int:
    """Send each again; how many were refused."""
    found: list[dict[str, Any]] = []
    async with Client(address(url, folder)) as client:
        for id in ids:
            answer = await client.post(f"/events/{quote(id, safe='')}/replay", dumps(wish))
            if answer.status == 409 and answer.body.get("state") == "delivered":
                found.append({"id": id, "problem": _DELIVERED})
            elif answer.status in (404, 409):
                found.append({"id": id, "problem": told(answer.body)})
            else:
                found.append(answer.expect(202))
    if as_json:
        say_json(found)
    for one in found if not as_json else ():
        if "problem" in one:
            say(safe(f"{one['id']}: {one['problem']}"), err=True)
        else:
            say(f"{one['id']}\t{coloured(one['state'])}")
    return sum("problem" in one for one in found)


async def replay_many(
    which: Mapping[str, str],
    wish: Mapping[str, Any],
    job: str | None,
    folder: Path,
    url: str | None,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send again what the filters mean, once it is counted and a person agrees.

    job: the name of one that broke off; what it has sent again is left alone. Raises Unavailable or Refused, naming the
    job, where this one breaks off.
    """
    asked = {**which, **wish, **({"job": job} if job else {})}
    async with Client(address(url, folder)) as client:
        found = await _count(client, asked)
        if dry_run:
            if as_json:
                say_json(found)
            else:
                say(f"{counted(found['count'], 'event')} would be sent again{_left(found)}")
            return
        if found["count"] and not yes:
            _confirm(found["count"], _left(found))
        name = job or _new_job()
        done = await _all(client, {**asked, "job": name}, found["count"] + found["left_alone"])
    if as_json:
        say_json({**done, "job": name})
    else:
        say(f"{counted(done['replayed'], 'event')} to be sent again{_left(done)}")


async def _count(client: Client, asked: Mapping[str, Any]) -> dict[str, int]:
    """How many would be sent again, and how many not: as many requests as it takes."""
    told = {"count": 0, "left_alone": 0}
    after: str | None = None
    while True:
        page = {**asked, "dry_run": True, **({"after": after} if after else {})}
        found = await _ask(client, page)
        told = {key: told[key] + found[key] for key in told}
        after = found.get("next")
        if after is None:
            return told


async def _all(client: Client, asked: Mapping[str, Any], count: int) -> dict[str, int]:
    done = {"replayed": 0, "left_alone": 0}
    after: str | None = None
    with progress(count) as advance:
        while True:
            page = {**asked, "limit": PAGE, **({"after": after} if after else {})}
            try:
                found = await _ask(client, page)
            except (Refused, Unavailable) as error:
                sent = f"{counted(done['replayed'], 'event')} to be sent again until then"
                mend = f"to go on, repeat the command with --job {asked['job']}"
                raise type(error)(f"{error} ({sent}; {mend})") from None
            done = {key: done[key] + found[key] for key in done}
            advance(found["replayed"] + found["left_alone"])
            after = found["next"]
            if after is None:
                return done


async def _ask(client: Client, body: Mapping[str, Any]) -> Any:
    return (await client.post("/replay", dumps(body), patience=None)).expect(200, 202)


def _new_job() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def _left(found: Mapping[str, Any]) -> str:
    left = found["left_alone"]
    return f", {left:,} left alone (delivered, waiting already, or without an endpoint)" if left else ""


def _confirm(count: int, left: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{counted(count, 'event')} would be sent again{left}; nobody can be asked here (say --yes)"
        )
    click.confirm(f"send {counted(count, 'event')} again{left}?", abort=True, err=True)
