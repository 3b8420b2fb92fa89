"""Posting many events: in batches, waiting where the daemon asks for it, telling what became of each."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.cli import posts
from gateway.cli.client import LATER, RATE_REACHED, Answer, Client, address, told
from gateway.cli.faults import Refused, Unavailable
from gateway.cli.posts import Post
from gateway.cli.progress import progress
from gateway.cli.terminal import coloured, safe, say, say_json

BATCH = 500
BATCH_CHARACTERS = 4 * 1024 * 1024
TRIES = 5
LONGEST_PAUSE = 30.0  # seconds; there may be room again before
LONGEST_TURN = 600.0  # seconds that a poster waits for its rate: before that nothing is taken
_SLACK = 30.0  # seconds beyond `wait` that an answer may take

Told = Mapping[str, Any]


async def post_all(
    names: Iterable[str], folder: Path, url: str | None, wait: int | None, as_json: bool
) -> bool:
    """Post every event in the files and tell what became of each; whether all were accepted.

    Raises Unavailable or Refused where the daemon did not take the rest, once the others are told of.
    """
    found = posts.read(names)
    told_all: list[Told] = []
    lost: Refused | Unavailable | None = None
    async with Client(address(url, folder)) as client:
        with progress(len(found)) as advance:
            for batch in _batches(found, 1 if wait else BATCH):
                try:
                    answers = await (
                        _post_one(client, batch[0], wait) if wait else _post_batch(client, batch)
                    )
                except (Refused, Unavailable) as error:
                    lost = _from(found[len(told_all)], error) if told_all else error
                    break
                for post, one in zip(batch, answers, strict=True):
                    told_all.append({"place": post.place, **one} if "problem" in one else one)
                    if not as_json:
                        _tell(post, one)
                advance(len(batch))
    refused = sum("problem" in one for one in told_all)
    if as_json:
        say_json({"accepted": len(told_all) - refused, "refused": refused, "events": told_all})
    elif len(found) > 1:
        say(f"{len(told_all) - refused:,} accepted, {refused:,} refused", err=True)
    if lost is not None:
        raise lost
    return not refused


def _from(post: Post, error: Refused | Unavailable) -> Refused | Unavailable:
    return type(error)(f"{error} (from {post.place} on nothing is known to be taken)")


async def _post_batch(client: Client, batch: Sequence[Post]) -> list[Told]:
    """Post a batch; one that is too large for the daemon goes in halves."""
    text = "\n".join(post.text for post in batch)
    answer = await _patiently(client, text, "application/x-ndjson", {}, 60.0)
    if answer.status == 413 and len(batch) > 1:
        middle = len(batch) // 2
        return await _post_batch(client, batch[:middle]) + await _post_batch(client, batch[middle:])
    if answer.status == 413:
        return [{"problem": answer.body}]
    return list(answer.expect(202)["events"])


async def _post_one(client: Client, post: Post, wait: int | None) -> list[Told]:
    headers = {"Prefer": f"wait={wait}"}
    answer = await _patiently(client, post.text, "application/json", headers, (wait or 0) + _SLACK)
    if answer.status in (400, 409, 413, 422):
        return [{"problem": answer.body}]
    return [answer.expect(200, 202)]


async def _patiently(
    client: Client, text: str, kind: str, headers: Mapping[str, str], patience: float
) -> Answer:
    """Post, and where nothing is taken post again when the daemon says so: nothing was stored then."""
    for _ in range(TRIES - 1):
        answer = await client.post("/events", text, kind=kind, headers=headers, patience=patience)
        if answer.status not in LATER:
            return answer
        pause = _pause(answer)
        say(safe(f"{_why(answer)}; waiting {pause:g} s"), err=True)
        await asyncio.sleep(pause)
    answer = await client.post("/events", text, kind=kind, headers=headers, patience=patience)
    if answer.status in LATER:
        raise Unavailable(f"nothing was taken in {TRIES} tries: {_why(answer)}")
    return answer


def _pause(answer: Answer) -> float:
    longest = LONGEST_TURN if answer.status == RATE_REACHED else LONGEST_PAUSE
    return min(1.0 if answer.retry_after is None else answer.retry_after, longest)


def _why(answer: Answer) -> str:
    """Why nothing is taken; the daemon's own words tell when it may be tried again."""
    is_rate = answer.status == RATE_REACHED
    what = "the rate of this poster is reached" if is_rate else "the daemon takes nothing right now"
    return f"{what}: {told(answer.body)}"


def _batches(found: Sequence[Post], size: int) -> Iterator[Sequence[Post]]:
    start = characters = 0
    for index, post in enumerate(found):
        characters += len(post.text)
        if index > start and (index - start >= size or characters > BATCH_CHARACTERS):
            yield found[start:index]
            start, characters = index, len(post.text)
    if start < len(found):
        yield found[start:]


def _tell(post: Post, one: Told) -> None:
    if "problem" in one:
        say(safe(f"{post.place}: {told(one['problem'])}"), err=True)
        return
    outcome = f"\t{coloured(one['outcome'])}" if one.get("outcome") else ""
    reason = f"\t{safe(' '.join(one['reason'].split()))}" if one.get("reason") else ""
    say(f"{one['id']}\t{coloured(one['state'])}{outcome}{reason}")
