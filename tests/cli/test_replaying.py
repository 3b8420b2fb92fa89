"""Many events are sent again page by page, and what breaks off can be gone on with."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.cli.faults import Unavailable
from gateway.cli.replaying import replay_many


class Pages:
    """A daemon that has so many pages of three events, and fails at one of them; it counts two pages at a time."""

    def __init__(self, pages: int, fails_at: int | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.pages = pages
        self.fails_at = fails_at

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        if asked.get("dry_run"):
            first = int(asked.get("after", 0))
            more = {"next": str(first + 2)} if first + 2 < self.pages else {}
            return web.json_response({"count": 3 * min(self.pages - first, 2), "left_alone": 0} | more)
        page = int(asked.get("after", 0))
        if page == self.fails_at:
            return web.json_response({"title": "the disk is full"}, status=503)
        following = str(page + 1) if page + 1 < self.pages else None
        told = {"replayed": 2, "left_alone": 1, "next": following}
        return web.json_response(told, status=202)

    async def url(self, serve: Callable[..., Any]) -> str:
        app = web.Application()
        app.router.add_post("/replay", self.answer)
        server: TestServer = await serve(app)
        return f"http://127.0.0.1:{server.port}"


async def ask(url: str, job: str | None = None) -> None:
    wish = {"values": "same", "why": "they lost it"}
    await replay_many(
        {"state": "parked"}, wish, job, Path("."), url, dry_run=False, yes=True, as_json=True
    )  # fmt: skip


async def test_every_page_is_asked_for_under_one_job(
    aiohttp_server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is counted first; the sums are told, with the job's name."""
    daemon = Pages(3)
    await ask(await daemon.url(aiohttp_server))
    told = json.loads(capsys.readouterr().out)
    assert re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{4}", told["job"])
    assert (told["replayed"], told["left_alone"]) == (6, 3)
    *counts, first, second, third = daemon.asked
    pages = (first, second, third)
    assert [(count["dry_run"], count.get("after")) for count in counts] == [(True, None), (True, "2")]
    assert [page.get("after") for page in pages] == [None, "1", "2"]
    assert {page["job"] for page in pages} == {told["job"]}


async def test_what_breaks_off_says_how_to_go_on(aiohttp_server: Any) -> None:
    """The daemon's reason, how far it came, and the job's name, which the next command gives."""
    daemon = Pages(3, fails_at=1)
    url = await daemon.url(aiohttp_server)
    with pytest.raises(Unavailable) as lost:
        await ask(url)
    said = str(lost.value)
    found = re.fullmatch(
        r"the disk is full \(2 events to be sent again until then; to go on, repeat the command with --job (\S+)\)",
        said,
    )
    assert found is not None, said
    daemon.fails_at = None
    await ask(url, found[1])
    assert {page["job"] for page in daemon.asked if "dry_run" not in page} == {found[1]}
