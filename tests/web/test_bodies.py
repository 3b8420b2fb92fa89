"""A body is taken in one form alone, within its bounds of size and time."""

import asyncio
import json
from typing import Any

import pytest

from tests.web.conftest import House, event


async def test_a_body_that_is_not_utf8_is_refused(house: House) -> None:
    """The place of the wrong byte is named."""
    status, told = await house.post(b'{"a": "\xff"}')
    assert (status, told["title"]) == (400, "byte 7 of the body is not UTF-8 (send UTF-8)")


async def test_a_post_that_is_too_large_is_refused(house: House) -> None:
    """The whole body has a bound, and the sentence names the key that sets it."""
    status, told = await house.post(b" " * (65 * 1024))
    assert status == 413
    assert (
        told["title"] == "the body is too large (limits.body in gateway.yaml bounds it; send less at a time)"
    )


@pytest.mark.parametrize(
    ("headers", "title"),
    [
        (
            {"Content-Type": "application/json; charset=utf-16"},
            "a body in 'utf-16' is not taken (send UTF-8)",
        ),
        (
            {"Content-Type": "application/json", "Transfer-Encoding": "gzip, chunked"},
            "a Transfer-Encoding of 'gzip, chunked' is not taken (only chunked, or none)",
        ),
    ],
)
async def test_a_body_in_another_form_is_refused(house: House, headers: dict[str, str], title: str) -> None:
    """Nothing is guessed of bytes that are declared to be something else."""
    server = house.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    body = json.dumps(event()).encode()
    if "Transfer-Encoding" in headers:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        headers = headers | {"Content-Length": str(len(body))}
    lines = ["POST /events HTTP/1.1", "Host: localhost", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]  # fmt: skip
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    told = await reader.read()
    writer.close()
    assert told.startswith(b"HTTP/1.1 415 ")
    assert json.loads(told.partition(b"\r\n\r\n")[2])["title"] == title


async def test_a_body_that_says_it_is_utf8_is_taken(house: House) -> None:
    """The usual parameter of many clients."""
    assert (await house.post(event(), "application/json; charset=UTF-8"))[0] == 202


async def test_a_body_that_drips_is_cut_off(house: House) -> None:
    """A post that does not arrive in time is a 408, and takes nothing."""

    async def dripping() -> Any:
        for byte in json.dumps(event()).encode():
            yield bytes([byte])
            await asyncio.sleep(0.1)

    async with house.client.post(
        "/events", data=dripping(), headers={"Content-Type": "application/json"}
    ) as response:
        told = json.loads(await response.text())
        assert response.status == 408
        assert told["title"] == "the body did not arrive in time (limits.read in gateway.yaml bounds it)"


async def test_a_poster_that_goes_in_the_middle_is_no_fault(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    """A connection that is cut off while a body is read leaves no traceback, and the daemon goes on."""
    _, writer = await asyncio.open_connection("127.0.0.1", house.client.server.port)
    writer.write(
        b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    told = capfd.readouterr()
    assert "request.failed" not in told.out + told.err
    assert "Traceback" not in told.out + told.err
    assert (await house.post(event()))[0] == 202
