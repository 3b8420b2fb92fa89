"""Packed answers are undone piece by piece, and one that was cut is never taken for a whole one."""

import asyncio
import gzip
import zlib

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SendError
from gateway.http import Session
from gateway.http.bodies import Unpacking
from gateway.model import Request
from tests.http.peers import peer, response

BODY = b"accepted " * 50
BITS = {"gzip": 31, "deflate": 15}


def bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def undone(pieces: list[bytes], bits: int, most: int = 10_000) -> tuple[bytes, bool]:
    unpacking, found = Unpacking(bits), b""
    for piece in pieces:
        found += unpacking.unpack(piece, most - len(found))
    return found, unpacking.is_whole


@pytest.mark.parametrize(
    ("packed", "bits"),
    [
        (gzip.compress(BODY), 31),
        (zlib.compress(BODY), 15),
        (bare(BODY), 15),
        (gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]), 31),
        (gzip.compress(BODY) + b"\0\0\0", 31),
        (zlib.compress(BODY) + b"more", 15),
    ],
    ids=["gzip", "deflate", "without its head", "of two members", "padded", "with more behind it"],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_is_undone_however_it_comes(packed: bytes, bits: int, size: int) -> None:
    """In pieces of any size."""
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert undone(pieces, bits) == (BODY, True)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]), st.data())
def test_what_was_cut_is_not_whole(body: bytes, coding: str, data: st.DataObject) -> None:
    """Wherever it was cut."""
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    found, is_whole = undone([cut], BITS[coding])
    assert body.startswith(found)
    assert not is_whole


def test_it_is_undone_no_further_than_is_wanted() -> None:
    """A bomb takes no more room than was given to it."""
    assert undone([gzip.compress(b" " * 10_000_000)], 31, most=500) == (b" " * 500, False)


@pytest.mark.parametrize("packed", [b"plain", gzip.compress(b"")[:-8] + b"\1" * 8, gzip.compress(b"") * 101])
def test_what_is_broken_is_told(packed: bytes) -> None:
    """No gzip, a wrong sum, and members without end."""
    with pytest.raises(aiohttp.ClientPayloadError):
        undone([packed], 31)


@pytest.mark.parametrize(
    ("coding", "body", "came"),
    [
        ("identity", BODY, BODY),
        ("utf-8", BODY, BODY),
        ("X-GZIP", gzip.compress(BODY), BODY),
        ("gzip", b"", b""),
    ],
)
async def test_codings_that_are_read(session: Session, coding: str, body: bytes, came: bytes) -> None:
    """Ours in any case of letters, and those that mean nothing; an empty body is in no coding at all."""
    async with peer(response(body, f"Content-Encoding: {coding}")) as source:
        assert (await session.request(Request("GET", source.url()), timeout=5)).body == came


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip\r\nContent-Encoding: br"])
async def test_codings_that_were_not_asked_for(session: Session, coding: str) -> None:
    """Named for what they are, and never searched as text."""
    async with peer(response(b"\x0b\x02", f"Content-Encoding: {coding}")) as source:
        with pytest.raises(SendError) as caught:
            await session.request(Request("GET", source.url()), timeout=5)
    where = f"127.0.0.1:{source.port}"
    assert (
        str(caught.value)
        == f"{where} answered in a Content-Encoding that was not asked for (gzip and deflate are)"
    )
    assert caught.value.maybe_received


async def test_half_a_packed_answer_is_none(session: Session) -> None:
    """Also where its length is as it was announced: what is not found in half of it says nothing."""
    async with peer(response(gzip.compress(BODY)[:-9], "Content-Encoding: gzip")) as source:
        with pytest.raises(SendError) as caught:
            await session.request(Request("GET", source.url()), timeout=5)
    assert str(caught.value) == f"the answer of 127.0.0.1:{source.port} could not be read to its end"
    assert caught.value.maybe_received


async def test_an_answer_that_unpacks_to_nothing_for_ever_is_cut(session: Session) -> None:
    """After as many bytes as might stand in it."""

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlib.compress(b"", 0)[:2])
        while True:
            writer.write(b"\x00\x00\x00\xff\xff" * 100)  # stored blocks of no length
            await writer.drain()

    async with peer(nothing) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5, max_body=10_000)
    assert (answer.status, answer.body, answer.truncated) == (200, b"", True)
