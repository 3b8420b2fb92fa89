"""What the judge remembers: in memory, in its file, and at /journal."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from gateway.testing.partner import Partner, Received, read_journal, serve


async def ask(
    client: ClientSession, partner: Partner, method: str, target: str, body: bytes = b"", **headers: str
):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.request(method, partner.url + target, data=body or None, headers=named) as response:
        return response.status, response.headers, await response.read()


async def test_a_body_that_was_cut_short_is_noted(partner):
    """A sender that dies in the middle of its body leaves a line without values and without status."""
    address = urlsplit(partner.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nIdempotency-Key: k\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    [received] = await partner.arrived()
    assert (received.key, received.status, received.problem) == ("k", None, "the body was cut short")


async def test_the_journal_is_shown_by_key_and_transport(partner, client):
    """GET /journal gives what arrived, narrowed to one key or one transport."""
    for key in ("a", "b", "b"):
        await ask(
            client, partner, "POST", "/json", b'{"n":1}', Content_Type="application/json", Idempotency_Key=key
        )
    await ask(client, partner, "GET", "/query?n=1", Idempotency_Key="b")

    async def shown(query: str) -> list[int]:
        _, _, body = await ask(client, partner, "GET", f"/journal{query}")
        assert json.loads(body)["total"] == 4
        return [line["number"] for line in json.loads(body)["received"]]

    assert await shown("") == [1, 2, 3, 4]
    assert await shown("?key=b") == [2, 3, 4]
    assert await shown("?key=b&transport=query") == [4]
    assert await shown("?key=c") == []


async def test_the_journal_file_holds_what_memory_holds(tmp_path, client):
    """Text, bytes that are no text, repeated headers and refusals come back from the file as they were."""
    path = tmp_path / "journal.ndjson"
    path.write_text("")
    announced: list[Received] = []
    async with await serve(journal=path, announce=announced.append) as partner:
        await ask(
            client, partner, "POST", "/json", '{"a":"é\\u2028"}'.encode(), Content_Type="application/json"
        )
        await ask(client, partner, "POST", "/json", b"\xff\xfe", Content_Type="application/json")
        await ask(client, partner, "GET", "/query?a=1", Idempotency_Key="k")
        expected = partner.received
    assert announced == expected
    assert [one.as_json() for one in read_journal(path)] == [one.as_json() for one in expected]
    assert [one.body for one in read_journal(path)] == [one.body for one in expected]
    path.write_bytes(path.read_bytes()[:-5])
    assert len(read_journal(path)) == 2


async def test_a_line_is_in_the_file_before_the_answer(tmp_path, client):
    """While the answer is still held back the journal file already holds the request."""
    path = tmp_path / "journal.ndjson"
    async with await serve(journal=path) as partner:
        waiting = asyncio.create_task(
            ask(client, partner, "POST", "/json/slow:0.5", b"{}", Content_Type="application/json")
        )
        await partner.arrived()
        [line] = read_journal(path)
        assert not waiting.done()
        assert (line.values, line.status) == ({}, 200)
        await waiting


async def test_memory_is_bounded(client):
    """Only the latest requests are kept; all are counted."""
    async with await serve(keep=2) as partner:
        for number in range(4):
            await ask(client, partner, "GET", f"/query?n={number}")
        assert [one.values for one in partner.received] == [{"n": "2"}, {"n": "3"}]
        assert partner.total == 4


async def test_arrived_waits_for_a_key(partner, client):
    """A test can wait for one event among others, and hears of it when it does not come."""
    waiting = asyncio.create_task(partner.arrived(2, key="b"))
    for key in ("a", "b", "a", "b"):
        await ask(client, partner, "GET", "/query?n=1", Idempotency_Key=key)
    assert [one.number for one in await waiting] == [2, 4]
    with pytest.raises(TimeoutError):
        await partner.arrived(1, key="c", timeout=0.05)
