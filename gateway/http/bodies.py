"""The body of an answer, read no further than is wanted, and unpacked (RFC 9110 §8.4): we ask for gzip and deflate.

aiohttp would take a gzip that was cut short for a whole one, and what is not found in half an answer says nothing.
"""

import zlib

import aiohttp

_MEMBERS = 100  # of one gzip (RFC 1952 §2.2): each begins anew, and may hold nothing
# zlib's words for a gzip, a deflate as it should be, and one without its head.
_GZIP, _ZLIB, _BARE = 31, 15, -15
_UNREAD = frozenset(("br", "zstd", "compress", "x-compress", "dcb", "dcz"))
_READ = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Unasked(aiohttp.ClientPayloadError):
    """An answer in a coding that we neither asked for nor read."""


class Unpacking:
    """Undoes one coding, piece by piece."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._members = 0
        self._member: zlib._Decompress | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing of what came so far."""
        return self._member is None

    def unpack(self, packed: bytes, most: int) -> bytes:
        """What stands in the next piece, at most so many bytes. Raises ClientPayloadError where it is broken."""
        found, room = [], most
        while packed and room:
            member = self._member or self._begun(packed[0])
            if member is None:
                break
            try:
                part = member.decompress(packed, room)
            except zlib.error as error:
                raise aiohttp.ClientPayloadError(str(error)) from None
            found.append(part)
            room -= len(part)
            packed = member.unused_data if member.eof else member.unconsumed_tail
            self._member = None if member.eof else member
        return b"".join(found)

    def _begun(self, first: int) -> "zlib._Decompress | None":
        """The next member; None where there is none, and what follows the last is of no interest."""
        if self._members and (self._bits != _GZIP or first != 0x1F):
            return None
        self._members += 1
        if self._members > _MEMBERS:
            raise aiohttp.ClientPayloadError(f"a gzip of more than {_MEMBERS} members")
        is_bare = self._bits == _ZLIB and first & 0xF != 8
        return zlib.decompressobj(_BARE if is_bare else self._bits)


async def read_body(answer: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """The body, at most so many bytes of it, and whether there was more. Raises ClientPayloadError."""
    codings = answer.headers.getall("Content-Encoding", ())
    undone = _unpacking(",".join(codings)) if codings else None
    return await (_read(answer.content, most) if undone is None else _unpacked(answer.content, most, undone))


async def _read(content: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """The body, at most so many bytes of it, and whether there was more."""
    if content.is_eof():  # it came whole, and there is nothing to wait for
        whole = content.read_nowait()
        return whole[:most], len(whole) > most
    chunks, size = [], 0
    while size <= most and not content.at_eof():
        chunk = await content.readany()
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)[:most], size > most


async def _unpacked(content: aiohttp.StreamReader, most: int, coding: Unpacking) -> tuple[bytes, bool]:
    """The same of a body that is packed. One that unpacks to nothing for ever is cut as well."""
    parts, size, came = [], 0, 0
    while size <= most and came <= most and not content.at_eof():
        packed = await content.readany()
        parts.append(coding.unpack(packed, most + 1 - size))
        size, came = size + len(parts[-1]), came + len(packed)
    cut = size > most or came > most
    if not (cut or coding.is_whole):
        raise aiohttp.ClientPayloadError
    return b"".join(parts)[:most], cut


def _unpacking(coding: str) -> Unpacking | None:
    """What undoes a Content-Encoding; None where there is nothing to undo, as in `utf-8`. Raises Unasked."""
    named = [name for name in (word.strip().lower() for word in coding.split(",")) if name != "identity"]
    if len(named) == 1 and named[0] in _READ:
        return Unpacking(_READ[named[0]])
    if any(name in _READ or name in _UNREAD for name in named):
        raise Unasked
    return None
