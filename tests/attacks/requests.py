"""Requests that are none, or two, or not what they say: as bytes, with the answer that is right."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

EVENT = b'{"type":"return","source":"acme","id":"smuggled","lead":{"id":"1"}}'
LENGTH = str(len(EVENT)).encode()
HOST = b"Host: localhost"
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)


@dataclass(frozen=True)
class Sent:
    """What is sent. right: the statuses of which its first answer has one; 0: the connection ends without an answer.

    answers: how many there are at most; ends: whether we say that nothing more comes.
    """

    bytes: bytes
    right: tuple[int, ...] = (400,)
    answers: int = 1
    ends: bool = False


def head(*lines: bytes, line: bytes = b"POST /events HTTP/1.1", host: bytes = HOST) -> bytes:
    """A request's head, with a Host and a Content-Type unless one of the lines takes its place."""
    fields = [field for field in (host, JSON) if field]
    return b"\r\n".join([line, *fields, *lines]) + b"\r\n\r\n"


def post(*lines: bytes, body: bytes = EVENT, line: bytes = b"POST /events HTTP/1.1") -> bytes:
    """A request with a body, whatever its head says of it."""
    return head(*lines, line=line) + body


def get(
    target: bytes = b"/-/healthy", *lines: bytes, version: bytes = b"HTTP/1.1", host: bytes = HOST
) -> bytes:
    """A request without a body."""
    return b"\r\n".join([b"GET " + target + b" " + version, *([host] if host else []), *lines]) + b"\r\n\r\n"


def _lengths() -> Iterator[tuple[str, Sent]]:
    for name, value in {
        "a plus": b"+" + LENGTH, "a minus": b"-1", "hexadecimal": b"0x43", "a point": LENGTH + b".0", "nothing": b"",
        "a blank within": b"6 7", "a word": b"many", "an underscore": b"6_7", "Arabic digits": "٦٧".encode(),
        "full-width digits": "６７".encode(), "an exponent": b"6e1", "a list of two": LENGTH + b", 1", "a list of the same": LENGTH + b", " + LENGTH,
        "more than 64 bits": b"18446744073709551683", "5,000 digits": b"9" * 5000, "a NUL": LENGTH + b"\0", "quotes": b'"67"',
        "a semicolon": LENGTH + b";", "a vertical tab": b"\x0b" + LENGTH,
    }.items():  # fmt: skip
        yield f"Content-Length of {name}", Sent(post(b"Content-Length: " + value))
    yield "Content-Length with zeros before it", Sent(post(b"Content-Length: 000" + LENGTH + b"x"))
    yield "two Content-Lengths", Sent(post(b"Content-Length: " + LENGTH, b"Content-Length: 1"))
    yield (
        "two Content-Lengths, the short one first",
        Sent(post(b"Content-Length: 1", b"Content-Length: " + LENGTH)),
    )
    yield (
        "the same Content-Length twice",
        Sent(post(b"Content-Length: " + LENGTH, b"Content-Length: " + LENGTH)),
    )
    yield "a body larger than is taken", Sent(post(b"Content-Length: 99999999999", body=b"{"), (413, 408))
    yield "a body shorter than it says", Sent(post(b"Content-Length: 1000"), (400, 0), ends=True)
    yield "no length at all, and a body behind it", Sent(post(), (400, 422), 2)


def _codings() -> Iterator[tuple[str, Sent]]:
    for name, line in {
        "CL.TE": b"Content-Length: 4\r\nTransfer-Encoding: chunked", "TE.CL": b"Transfer-Encoding: chunked\r\nContent-Length: 4",
        "chunked twice": b"Transfer-Encoding: chunked, chunked", "two lines of chunked": CHUNKED + b"\r\n" + CHUNKED,
        "chunked before identity": b"Transfer-Encoding: chunked, identity", "identity before chunked": b"Transfer-Encoding: identity, chunked",
        "gzip before chunked": b"Transfer-Encoding: gzip, chunked", "gzip alone": b"Transfer-Encoding: gzip", "identity": b"Transfer-Encoding: identity",
        "an unknown coding": b"Transfer-Encoding: cow", "nothing": b"Transfer-Encoding:", "xchunked": b"Transfer-Encoding: xchunked",
        "chunked with a vertical tab": b"Transfer-Encoding: \x0bchunked", "chunked in quotes": b'Transfer-Encoding: "chunked"',
        "chunked with a parameter": b"Transfer-Encoding: chunked;q=1", "a blank before the colon": b"Transfer-Encoding : chunked",
        "folded": b"Transfer-Encoding:\r\n chunked", "a NUL behind it": b"Transfer-Encoding: chunked\0", "a comma before it": b"Transfer-Encoding: ,chunked",
        "underscores": b"Transfer_Encoding: chunked\r\nContent-Length: 3", "a bare line feed before it": b"X: y\nTransfer-Encoding: chunked",
    }.items():  # fmt: skip
        yield f"Transfer-Encoding: {name}", Sent(post(line, body=CHUNKS), (400, 415, 501, 422), 2)
    old = post(CHUNKED, body=CHUNKS, line=b"POST /events HTTP/1.0")
    yield "Transfer-Encoding in HTTP/1.0", Sent(old, (400,))


def _chunks() -> Iterator[tuple[str, Sent]]:
    size = b"%x" % len(EVENT)
    for name, body in {
        "a sign": b"+" + size + b"\r\n" + EVENT + b"\r\n0\r\n\r\n", "a minus": b"-1\r\n" + EVENT + b"\r\n0\r\n\r\n", "0x": b"0x" + size + b"\r\n" + EVENT + b"\r\n0\r\n\r\n",
        "no digits": b"\r\n" + EVENT + b"\r\n0\r\n\r\n", "letters past f": b"4g\r\n" + EVENT + b"\r\n0\r\n\r\n", "more than 64 bits": b"10000000000000043\r\n" + EVENT + b"\r\n0\r\n\r\n",
        "40 digits": b"0" * 38 + size + b"z\r\n" + EVENT, "a blank before it": b" " + size + b"\r\n" + EVENT + b"\r\n0\r\n\r\n", "an underscore": b"4_3\r\n" + EVENT + b"\r\n0\r\n\r\n",
        "a bare line feed behind it": size + b"\n" + EVENT + b"\r\n0\r\n\r\n", "a bare carriage return behind it": size + b"\r" + EVENT + b"\r\n0\r\n\r\n",
        "a line feed in its extension": size + b";a\nb\r\n" + EVENT + b"\r\n0\r\n\r\n", "too few bytes": b"80\r\n" + EVENT + b"\r\n0\r\n\r\n" + b"x" * 80, "too many bytes": b"3\r\n" + EVENT + b"\r\n0\r\n\r\n",
        "a NUL": size + b"\0\r\n" + EVENT + b"\r\n0\r\n\r\n",
    }.items():  # fmt: skip
        yield f"a chunk's size: {name}", Sent(post(CHUNKED, body=body), (400,), ends=True)
    yield (
        "a chunk's extension of 1 MiB",
        Sent(post(CHUNKED, body=size + b";" + b"a" * 2**20), (400, 413, 431, 0), ends=True),
    )
    yield (
        "60,000 chunks of a byte",
        Sent(post(CHUNKED, body=b"1\r\n{\r\n" * 60_000 + b"0\r\n\r\n"), (422,)),
    )
    yield "no end of the chunks", Sent(post(CHUNKED, body=CHUNKS[:-5]), (400, 0), ends=True)
    yield (
        "a trailer that is none",
        Sent(post(CHUNKED, body=CHUNKS[:-2] + b"a b\r\n\r\n"), (400, 202), ends=True),
    )


def _lines() -> Iterator[tuple[str, Sent]]:
    rest = b"\r\n" + HOST + b"\r\n\r\n"
    for name, line in {
        "HTTP/0.9": b"GET /", "HTTP/1.2": b"GET / HTTP/1.2", "HTTP/2.0": b"GET / HTTP/2.0", "HTTP/3": b"GET / HTTP/3", "HTTP/01.1": b"GET / HTTP/01.1",
        "HTTP/1.1.1": b"GET / HTTP/1.1.1", "http/1.1": b"GET / http/1.1", "HTTPS/1.1": b"GET / HTTPS/1.1", "HTTP/11": b"GET / HTTP/11", "HTTP/1.10": b"GET / HTTP/1.10", "ICE/1.0": b"GET / ICE/1.0",
        "no target": b"GET HTTP/1.1", "two blanks": b"GET  / HTTP/1.1", "a tab": b"GET\t/\tHTTP/1.1", "three words too many": b"GET / a b HTTP/1.1", "a blank first": b" GET / HTTP/1.1",
        "no method": b"/ HTTP/1.1", "a method with a colon": b"GE:T / HTTP/1.1", "a method with NUL": b"G\0ET / HTTP/1.1", "a method of 10,000 letters": b"G" * 10_000 + b" / HTTP/1.1",
        "a target of 1 MiB": b"GET /" + b"a" * 2**20 + b" HTTP/1.1", "a target with NUL": b"GET /\0 HTTP/1.1", "a target with a carriage return": b"GET /\r HTTP/1.1", "a target of letters alone": b"GET events HTTP/1.1",
        "a bare line feed in it": b"GET /\nX: y HTTP/1.1", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "SSH": b"SSH-2.0-OpenSSH_9.9", "the preface of HTTP/2": b"PRI * HTTP/2.0", "zeros": b"\0" * 100, "UTF-16": "GET / HTTP/1.1".encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbfGET / HTTP/1.1", "SMTP": b"EHLO example.test", "Redis": b"*1\r\n$8\r\nFLUSHALL",
    }.items():  # fmt: skip
        yield f"the first line: {name}", Sent(line + rest, (400, 404, 414, 431, 0), ends=True)
    for method in (
        b"get",
        b"Post",
        b"post",
        b"TRACE",
        b"PROPFIND",
        b"PATCH",
        b"PUT",
        b"DELETE",
        b"OPTIONS",
    ):
        yield f"the method {method.decode()}", Sent(head(line=method + b" /events HTTP/1.1"), (400, 405, 501))
    yield "CONNECT", Sent(get(b"x").replace(b"GET x", b"CONNECT 10.1.2.3:80"), (400, 404, 405, 501), 2)
    for target in (b"http://10.1.2.3/events", b"http://evil.test/-/healthy", b"*", b"//evil.test/events", b"/../../etc/passwd", b"/events/%2e%2e/%2e%2e/x", b"/%00", b"/events/%00", b"/events/a%2Fb", b"/events/%ff", b"/events/%c0%af", b"/events/%", b"/events/%zz", b"/events?limit=%00", b"/events?limit=-1", b"/events?limit=9e99", b"/events?after=%00%ff", b"/events?state=%0d%0a", b"/events?a=1&a=2", b"/./events/x", b"/EVENTS", b"/events;a=b", b"/events%3flimit=1", b"/events/" + b"a" * 5000):  # fmt: skip
        yield f"the target {target.decode()[:40]}", Sent(get(target), (200, 400, 404, 414, 421, 422))


def _fields() -> Iterator[tuple[str, Sent]]:
    for name, line in {
        "no colon": b"nonsense", "a colon alone": b":", "no name": b": value", "a blank in its name": b"X Y: z", "a blank before the colon": b"X : y", "a tab before the colon": b"X\t: y", "folded": b"X: y\r\n z",
        "a NUL in its name": b"X\0: y", "a NUL in its value": b"X: y\0z", "a bare carriage return": b"X: y\rZ: w", "a bare line feed": b"X: y\nContent-Length: 5", "letters outside ASCII in its name": "Ä: y".encode(),
        "brackets in its name": b"X[]: y", "a value of 1 MiB": b"X: " + b"y" * 2**20, "a name of 1 MiB": b"X" * 2**20 + b": y", "20,000 of them": b"\r\n".join(b"X%d: y" % n for n in range(20_000)), "a control character": b"X: \x01",
        "a delete": b"X: \x7f", "a comma first": b",X: y", "a first line that is folded": b" X: y",
    }.items():  # fmt: skip
        yield f"a header: {name}", Sent(get(b"/-/healthy", line), (200, 400, 431, 0), ends=True)
    for name, sent in {
        "none": get(host=b""), "two": get(b"/-/healthy", b"Host: evil.test"), "two that agree": get(b"/-/healthy", HOST), "another": get(host=b"Host: evil.test"), "a name that begins right": get(host=b"Host: localhost.evil.test"),
        "a user": get(host=b"Host: localhost@evil.test"), "a path": get(host=b"Host: localhost/x"), "blank": get(host=b"Host:"), "a blank within": get(host=b"Host: local host"), "a port that is none": get(host=b"Host: evil.test:99999"),
        "an address of another": get(host=b"Host: 10.1.2.3"), "a comma": get(host=b"Host: localhost, evil.test"), "another letter": get(host="Host: lοcalhost".encode()), "in HTTP/1.0, none": get(version=b"HTTP/1.0", host=b""),
    }.items():  # fmt: skip
        yield f"Host: {name}", Sent(sent, (400, 421))
    for line in (b"Origin: https://evil.test", b"Origin: null", b"Origin: http://localhost:8620", b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: same-site"):  # fmt: skip
        yield f"from a page: {line.decode()}", Sent(post(line, b"Content-Length: " + LENGTH), (403,))
    for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"application/xml", b"application/json+x", b"application/json; charset=utf-7", b"application/json; charset=utf-16", b"", b"/", b"application/json, text/plain"):  # fmt: skip
        sent = b"POST /events HTTP/1.1\r\n" + HOST + b"\r\nContent-Type: " + kind + b"\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + EVENT  # fmt: skip
        yield f"Content-Type: {kind.decode()}", Sent(sent, (400, 415))
    for coding in (b"gzip", b"deflate", b"br", b"zstd", b"identity", b"gzip, gzip", b"cow"):
        yield f"Content-Encoding: {coding.decode()}", Sent(post(b"Content-Encoding: " + coding, b"Content-Length: " + LENGTH), (400, 415))  # fmt: skip
    bomb = gzip.compress(b"[" + b" " * 2**24 + b"]")
    yield "Content-Encoding: a bomb", Sent(post(b"Content-Encoding: gzip", b"Content-Length: %d" % len(bomb), body=bomb), (400, 415))  # fmt: skip
    for line in (b"Expect: 200-ok", b"Expect: 100-continue, x", b"Expect: " + b"x" * 1000):
        yield f"{line.decode()[:30]}", Sent(post(line, b"Content-Length: " + LENGTH), (417, 400), 2)
    for line in (b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13", b"Range: bytes=0-1", b"X-HTTP-Method-Override: DELETE", b"Cookie: " + b"a=b; " * 1000, b"Connection: close, Host", b"Prefer: wait=999999999999999999999", b"Prefer: wait=-1", b"If-None-Match: *", b"Max-Forwards: 0", b"X-Forwarded-Host: evil.test", b"Forwarded: host=evil.test"):  # fmt: skip
        yield f"{line.decode()[:30]}", Sent(get(b"/-/healthy", line), (200, 400))


def _many() -> Iterator[tuple[str, Sent]]:
    yield "two good ones at once", Sent(get() * 2, (200,), 2)
    yield "a good one, and one that is none", Sent(get() + b"NONSENSE\r\n\r\n", (200, 400), 2, ends=True)
    yield (
        "one that is none, and a good one",
        Sent(b"NONSENSE\r\n\r\n" + post(b"Content-Length: " + LENGTH), (400,), 1),
    )
    yield (
        "a refused one, and its body as another",
        Sent(post(b"Content-Length: 0", body=post(b"Content-Length: x")), (400, 422), 2),
    )
    yield (
        "a body that is a request, refused",
        Sent(post(b"Origin: null", b"Content-Length: %d" % len(get()), body=get()), (403,), 1),
    )
    yield "blank lines before it", Sent(b"\r\n\r\n" + get(), (200, 400))
    yield "half a request, and the end", Sent(get()[:20], (400, 0), ends=True)
    yield "nothing, and the end", Sent(b"", (0,), ends=True)
    yield "2,000 at once", Sent(get() * 2000, (200,), 2000)


REQUESTS: Mapping[str, Sent] = dict(
    row for rows in (_lengths, _codings, _chunks, _lines, _fields, _many) for row in rows()
)
