"""Documents come through the guarded session, whole or not at all, and once for all who ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from gateway.conf import fetching
from gateway.conf.fetching import Fetcher, fetch, tls_for
from gateway.errors import Held
from gateway.http import Session
from gateway.http.tls import Tls
from tests import making
from tests.conf.test_prepare import server


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session.open(["127.0.0.0/8"]) as opened:
        yield opened


def test_whose_tls():
    """An endpoint's own TLS goes with what is fetched from its host and port over TLS, and nowhere else."""
    end = replace(making.route().endpoint, url="https://acme.example:444/a?wsdl", tls=Tls.of(check=False))
    assert tls_for("https://acme.example:444/b.xsd", end) is end.tls
    for other in ("https://acme.example/b", "https://other.example:444/", "http://acme.example:444/"):
        assert tls_for(other, end) is None


class TestFetch:
    """One document."""

    async def test_its_bytes(self, session):
        """As they came."""
        async with server(lambda request: web.Response(body=b"\xff<x/>")) as url:
            assert await fetch(session, f"{url}/a.wsdl") == b"\xff<x/>"

    @pytest.mark.parametrize("status", [204, 404, 500])
    async def test_another_status(self, session, status):
        """Only 200 is a document."""
        async with server(lambda request: web.Response(status=status)) as url:
            with pytest.raises(Held) as caught:
                await fetch(session, f"{url}/a.wsdl")
        assert (
            str(caught.value)
            == f"{url}/a.wsdl cannot be fetched: it was answered with status {status} (200 is right)"
        )

    async def test_one_without_end(self, session, monkeypatch):
        """A document past the bound is none."""
        monkeypatch.setattr(fetching, "_LARGEST", 2**20)
        async with server(lambda request: web.Response(body=b" " * (2**20 + 1))) as url:
            with pytest.raises(Held, match="cannot be fetched: it is larger than 1 MiB"):
                await fetch(session, f"{url}/a.wsdl")

    async def test_an_address_that_may_not_be_dialled(self):
        """The guard judges WSDLs as it judges deliveries."""
        async with Session.open([]) as guarded:
            with pytest.raises(Held, match=r"http://127\.0\.0\.1:1/ cannot be fetched: .* is not public"):
                await fetch(guarded, "http://127.0.0.1:1/")


class TestFetcher:
    """Many who ask."""

    @pytest.fixture
    async def fetcher(self, session: Session) -> AsyncIterator[Fetcher]:
        fetcher = Fetcher(session)
        yield fetcher
        await fetcher.close()

    async def test_who_asks_meanwhile_gets_the_same(self, fetcher):
        """One request for all of them, whether it ends well or not; the next asks again."""
        statuses = [200, 503, 200]
        async with server(lambda request: web.Response(status=statuses.pop(0), text="x")) as url:
            assert await asyncio.gather(*(fetcher.get(url) for _ in range(5))) == [b"x"] * 5
            failed = await asyncio.gather(*(fetcher.get(url) for _ in range(5)), return_exceptions=True)
            assert {type(error) for error in failed} == {Held}
            assert await fetcher.get(url) == b"x"
        assert statuses == []

    async def test_who_gives_up_takes_it_from_nobody(self, fetcher):
        """The others get their document."""
        async with server(lambda request: web.Response(text="x")) as url:
            one, other = (asyncio.create_task(fetcher.get(url)) for _ in range(2))
            await asyncio.sleep(0)
            one.cancel()
            assert await other == b"x"

    async def test_one_that_was_fetched_a_moment_ago_will_do(self, session):
        """For who says so; in seconds by the clock."""
        now, asked = 10.0, []
        fetcher = Fetcher(session, lambda: now)
        async with server(lambda request: asked.append(1) or web.Response(text="x")) as url:
            assert fetcher.age(url) == float("inf")
            await fetcher.get(url)
            now = 14.5
            assert fetcher.age(url) == 4.5
            await fetcher.get(url, since=10.0)
            assert len(asked) == 1
            await fetcher.get(url, since=10.1)
            assert (len(asked), fetcher.age(url)) == (2, 0.0)

    async def test_it_keeps_none_for_long(self, session, monkeypatch):
        """Memory is for what is asked for now."""
        monkeypatch.setattr(fetching, "_KEPT", 0.01)
        fetcher, asked = Fetcher(session, lambda: 0.0), []
        async with server(lambda request: asked.append(1) or web.Response(text="x")) as url:
            await fetcher.get(url)
            await asyncio.sleep(0.05)
            await fetcher.get(url, since=0.0)
        assert len(asked) == 2
