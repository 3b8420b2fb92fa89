"""`make run`: the example conf against the stand-in, every event shown from the post to its end.

Starts the partner and the daemon as processes of their own, as an operator would, and uses nothing but the command
line and the HTTP interface. On a terminal both stay up afterwards; elsewhere it ends with 0 if every event had the
end that its file is named for.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table

DAEMON = "http://127.0.0.1:8620"
PARTNER = "http://127.0.0.1:8630"
PATIENCE = 30.0  # seconds for each thing that is waited for
_FINAL = {"delivered", "rejected", "vetoed", "parked"}
# What each sample event of conf/events/ must come to: state, and how many attempts were sent.
EXPECTED = {
    "1-json-retry": ("delivered", 2),
    "2-query": ("delivered", 1),
    "3-formpost": ("delivered", 1),
    "4-xml": ("delivered", 1),
    "5-soap": ("delivered", 1),
    "6-vetoed": ("vetoed", 0),
    "7-parked": ("parked", 1),
}


class TourError(Exception):
    """Something that the tour needs is not there; its text is for a person."""


async def main(folder: Path) -> int:
    """Run the tour over a conf folder. Returns the exit code."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await _must_be_free(session)
        partner = await stack.enter_async_context(_process("partner", "--port", "8630", "--json"))
        await _answering(session, f"{PARTNER}/", partner)
        daemon = await stack.enter_async_context(_process("run", "--conf", str(folder)))
        await _answering(session, f"{DAEMON}/-/ready", daemon)
        stories = [await _told(session, path, out) for path in sorted((folder / "events").glob("*.json"))]
        out.print(_table(stories, drawn=out.is_terminal))
        wrong = _wrong(stories)
        for sentence in wrong:
            out.print(f"[red]{sentence}[/red]", soft_wrap=True)
        if out.is_terminal and sys.stdin.isatty():
            await _stay(out, stories, daemon)
    return 1 if wrong else 0


@contextlib.asynccontextmanager
async def _process(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One of our own commands as a process; its log goes to data/COMMAND.log."""
    logs = Path("data")
    logs.mkdir(exist_ok=True, mode=0o700)
    with (logs / f"{command[0]}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.cli",
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _must_be_free(session: aiohttp.ClientSession) -> None:
    for url in (DAEMON, PARTNER):
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url):
                raise TourError(
                    f"something listens at {url} already: stop it (another `make run`?) and try again"
                )


async def _answering(session: aiohttp.ClientSession, url: str, process: asyncio.subprocess.Process) -> None:
    for _ in range(int(PATIENCE / 0.05)):
        if process.returncode is not None:
            raise TourError(f"the program behind {url} ended with {process.returncode}: see its log in data/")
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url) as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.05)
    raise TourError(f"{url} did not answer within {PATIENCE:g} s: see the logs in data/")


async def _told(session: aiohttp.ClientSession, path: Path, out: Console) -> dict[str, Any]:
    """Post one sample event, wait for its end, and tell its story."""
    async with session.post(
        f"{DAEMON}/events", data=path.read_bytes(), headers={"Content-Type": "application/json"}
    ) as answer:
        posted = await answer.json(content_type=None)
        if answer.status != 202:
            raise TourError(f"{path} was refused: {posted}")
    story = await _settled(session, posted["id"])
    out.rule(f"[bold]{path.name}[/bold]", align="left")
    for attempt in story["attempts"]:
        _tell(attempt, out)
    out.print(f"  [bold]{story['state']}[/bold]{_because(story)}", highlight=False, soft_wrap=True)
    return story | {"name": path.stem}


async def _settled(session: aiohttp.ClientSession, id: str) -> dict[str, Any]:
    for _ in range(int(PATIENCE / 0.05)):
        async with session.get(f"{DAEMON}/events/{id}") as answer:
            story: dict[str, Any] = await answer.json()
        if story["state"] in _FINAL:
            return story
        await asyncio.sleep(0.05)
    raise TourError(f"event {id} was still {story['state']} after {PATIENCE:g} s: feedback-gateway show {id}")


def _tell(attempt: dict[str, Any], out: Console) -> None:
    def say(line: str) -> None:
        out.print(line, highlight=False, markup=False, soft_wrap=True)

    for vote in attempt["criteria"]:
        say(f"  criterion {vote['name']}: {vote['verdict']}{_because(vote)}")
    request, response = attempt["request"], attempt["response"]
    if request is not None:
        say(f"  → {request['method']} {request['url']}")
        for line in (request.get("body") or "").splitlines():
            say(f"    {line}")
    if response is not None:
        say(f"  ← {response['status']}  {(response.get('body') or '').strip()[:400]}")
    elif attempt["network_error"]:
        say(f"  ← {attempt['network_error']}")
    if attempt["due_at"]:
        say(f"    tried again at {attempt['due_at']}")


def _because(thing: dict[str, Any]) -> str:
    return f": {thing['reason']}" if thing.get("reason") else ""


def _table(stories: Sequence[dict[str, Any]], *, drawn: bool) -> Table:
    """The ends of all events. drawn: with lines around, for a terminal."""
    table = Table(
        "event",
        "endpoint",
        "sent",
        "state",
        "reference or reason",
        title="What became of the sample events",
        box=HEAVY_HEAD if drawn else None,
    )
    for story in stories:
        sent = str(_sent(story))
        table.add_row(
            story["name"],
            story["endpoint"],
            sent,
            story["state"],
            story["reference"] or story["reason"] or "",
        )
    return table


def _sent(story: dict[str, Any]) -> int:
    return sum(attempt["request"] is not None for attempt in story["attempts"])


def _wrong(stories: Sequence[dict[str, Any]]) -> list[str]:
    found = {story["name"]: (story["state"], _sent(story)) for story in stories}
    return [
        f"{name}: {expected[0]} after {expected[1]} requests was expected, and it is {found.get(name)}"
        for name, expected in EXPECTED.items()
        if found.get(name) != expected
    ]


async def _stay(out: Console, stories: Sequence[dict[str, Any]], daemon: asyncio.subprocess.Process) -> None:
    activate = os.path.relpath(Path(sys.executable).with_name("activate"))
    id = stories[0]["id"]
    out.print(
        f"\n[bold]The daemon is up[/bold] at {DAEMON}, the stand-in at {PARTNER}. In another terminal, try:\n\n"
        f"  . {activate}\n"
        f"  feedback-gateway show {id}\n"
        "  feedback-gateway list\n"
        "  feedback-gateway send conf/events/2-query.json --wait 10s\n"
        "  feedback-gateway preview conf/events/5-soap.json --curl\n"
        f"  curl {DAEMON}/events/{id}\n\n"
        "Edit conf/sources/bolt.yaml while it runs (say, the reasons) and watch it reload: tail -f data/run.log\n"
        "[dim]Ctrl-C stops both.[/dim]",
        highlight=False,
        soft_wrap=True,
    )
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    ended = asyncio.ensure_future(daemon.wait())
    await asyncio.wait([ended, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(Path("conf"))))
    except TourError as error:
        sys.exit(str(error))
