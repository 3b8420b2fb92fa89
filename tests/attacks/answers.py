"""Answers that no source should give: what is said, and what the attempt must come to.

ANSWERS: rows by name. POISONS: what follows a whole and honest no on a connection that is kept alive: it must not become
the answer to the next event. Where a row does not say otherwise its endpoint takes JSON, in which `status` must be
`accepted`, and half a second is all the time it has.
"""

import gzip
import zlib
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.attacks.steps import Echo, Forever, HalfClose, Reset, Step, Unread, Wait

Reads = Literal["json", "nothing", "text", "xml", "html", "form", "soap", "busy", "follows"]

YES = b'{"status":"accepted"}'
JSON, XML, HTML = b"application/json", b"text/xml", b"text/html"
JSON_, CLOSE = b"Content-Type: " + JSON, b"Connection: close"


def head(*fields: bytes, status: bytes = b"200 OK", version: bytes = b"HTTP/1.1") -> bytes:
    """A status line and fields, of which the last one says that the connection ends with this."""
    return b"\r\n".join((version + b" " + status, *fields, CLOSE, b"", b""))


def kept(answer: bytes) -> bytes:
    """An answer after which the connection may live on."""
    return answer.replace(CLOSE + b"\r\n", b"")


def whole(body: bytes, *fields: bytes, type_: bytes = JSON, status: bytes = b"200 OK") -> bytes:
    """An answer in one piece, with its length."""
    length = b"Content-Length: %d" % len(body)
    return head(b"Content-Type: " + type_, length, *fields, status=status) + body


def chunked(*chunks: bytes) -> bytes:
    """An answer that begins with these chunks, and has no last one."""
    pieces = (b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head(b"Content-Type: application/json", b"Transfer-Encoding: chunked") + b"".join(pieces)


def packed(data: bytes, coding: bytes = b"gzip") -> bytes:
    """An answer in some coding."""
    return whole(data, b"Content-Encoding: " + coding)


def framed(*fields: bytes, body: bytes = YES) -> bytes:
    """A yes within frames of one's own."""
    return head(b"Content-Type: application/json", *fields) + body


def redirect(to: bytes) -> bytes:
    """A redirect that a POST may follow."""
    return head(b"Location: " + to, b"Content-Length: 0", status=b"307 Away")


def envelope(body: str, status: bytes = b"200 OK") -> bytes:
    """A SOAP answer."""
    text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    return whole(text.encode(), type_=XML, status=status)


def raw_deflate(data: bytes) -> bytes:
    """Without the head that RFC 1950 asks for, as some servers send it."""
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd_of_blanks(blocks: int) -> bytes:
    """A frame (RFC 8878) of as many blocks, each of four bytes that unpack to 128 KiB."""
    run = ((128 * 1024 << 3 | 1 << 1).to_bytes(3, "little") + b" ") * blocks
    return b"\x28\xb5\x2f\xfd\x00\x58" + run + b"\x01\x00\x00"


MEBI = 1024 * 1024
LETTERS = "".join(Random(1).choices("ab", k=MEBI)).encode()  # in which no engine knows its way
BLANKS = b" " * (64 * MEBI) + YES
GZIPPED, DEFLATED = gzip.compress(BLANKS), zlib.compress(BLANKS)
LAST_NO = whole(b'{"status":"rejected","message":"an honest no"}')
NO = kept(LAST_NO)
HONEST: tuple[Step, ...] = (kept(whole(YES)),)
FAULT = "<s:Fault><faultcode>s:Server</faultcode><faultstring>accepted</faultstring></s:Fault>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@dataclass(frozen=True, slots=True)
class Hostile:
    """outcome: of the attempt; reason: a pattern that its reason matches; reads: what its endpoint expects.

    timeout: seconds; longer where only the answer decides, and a busy machine should not.
    """

    said: tuple[Step, ...]
    reason: str = ""
    outcome: Literal["success", "failure", "error"] = "error"
    reads: Reads = "json"
    timeout: float = 5.0


def slow(*said: Step, reason: str = "gave no whole answer within 0.5 s", reads: Reads = "json") -> Hostile:
    """What does not end, and has to be ended."""
    return Hostile(said, reason, reads=reads, timeout=0.5)


def xml(text: str, reason: str) -> Hostile:
    """A document."""
    return Hostile((whole(text.encode(), type_=XML),), reason, reads="xml")


def busy(*fields: bytes, reason: str = "503") -> Hostile:
    """Comes with a wish when to be asked again."""
    return Hostile((whole(b"later", *fields, status=b"503 Busy"),), reason, reads="busy")


BROKEN = "could not be read to its end"
NOT_HTTP = "is not HTTP"
UNASKED = "Content-Encoding that was not asked for"
UNDONE = f"{BROKEN}|{NOT_HTTP}"  # it depends on whether the head came alone
CUT = "JSON|cut"

ANSWERS: dict[str, Hostile] = {
    # bombs
    "gzip-bomb": Hostile((packed(GZIPPED),), CUT),
    "deflate-bomb": Hostile((packed(DEFLATED, b"deflate"),), CUT),
    "raw-deflate-bomb": Hostile((packed(raw_deflate(BLANKS), b"deflate"),), CUT),
    "zstd-bomb": Hostile((packed(zstd_of_blanks(512), b"zstd"),), UNASKED),
    "brotli-unasked": Hostile((packed(b"\x0b\x02\x80hello\x03", b"br"),), UNASKED),
    "gzip-in-gzip": Hostile((packed(gzip.compress(GZIPPED), b"gzip, gzip"),), UNASKED),
    "gzip-in-gzip-once-named": Hostile((packed(gzip.compress(GZIPPED)),), "not JSON"),
    "gzip-of-many-members": Hostile((packed(gzip.compress(b"") * 50_000 + gzip.compress(YES)),), BROKEN),
    "gzip-that-is-none": Hostile((packed(YES),), BROKEN),
    "gzip-cut-short": Hostile((packed(gzip.compress(YES)[:-9]),), BROKEN),
    "gzip-cut-short-unread": Hostile((packed(gzip.compress(YES)[:-9]),), BROKEN, reads="nothing"),
    "deflate-cut-short": Hostile((packed(zlib.compress(YES)[:-5], b"deflate"),), BROKEN),
    "gzip-with-wrong-sum": Hostile((packed(gzip.compress(YES)[:-8] + b"\0" * 8),), BROKEN),
    "gzip-of-nothing-for-ever": Hostile(
        (head(JSON_, b"Content-Encoding: gzip"), gzip.compress(b"")[:10], Forever(b"\0\0\0\xff\xff" * 9999)), CUT
    ),
    "coding-unknown": Hostile((packed(b"\0\1\2", b"exi"),), "not JSON"),
    # slow
    "silence": slow(Wait(2)),
    "silence-after-head": slow(head(b"Content-Length: 21"), Wait(2)),
    "silence-in-the-last-byte": slow(whole(YES)[:-1], Wait(2)),
    "no-length-and-never-closed": slow(framed(), Wait(2)),
    "dripping-status-line": slow(b"HTTP/1.1 200 ", Forever(b"O", 0.05)),
    "dripping-field": slow(head()[:-2] + b"X: ", Forever(b"x", 0.05)),
    "dripping-fields": slow(head()[:-2], Forever(b"X: y\r\n", 0.05)),
    "dripping-body": slow(head(b"Content-Length: 1000000"), Forever(b" ", 0.05)),
    "dripping-chunks": slow(chunked(), Forever(b"1\r\n \r\n", 0.05)),
    "dripping-trailer": slow(chunked(YES) + b"0\r\n", Forever(b"X: y\r\n", 0.05)),
    # without end
    "body-without-end": Hostile((head(JSON_), b'{"status":"', Forever(b"accepted" * 8192)), CUT),
    "blanks-without-end-after-a-yes": Hostile((framed(), Forever(b" " * 65536)), outcome="success"),
    "body-without-end-unread": Hostile((framed(), Forever(b" " * 65536)), outcome="success", reads="nothing"),
    "markup-without-end": Hostile((head(b"Content-Type: text/xml"), Forever(b"<a>" * 9999)), "tags|cut", reads="xml"),
    "status-line-without-end": Hostile((b"HTTP/1.1 200 ", Forever(b"O" * 65536)), NOT_HTTP),
    "field-without-end": Hostile((head()[:-2] + b"X: ", Forever(b"x" * 65536)), NOT_HTTP),
    "fields-without-end": Hostile((head()[:-2], Forever(b"X: y\r\n" * 9999)), NOT_HTTP),
    "chunks-of-one-byte": Hostile((chunked(), Forever(b"1\r\n \r\n" * 9999)), CUT),
    "chunk-extension-without-end": slow(chunked(), b"1;x=", Forever(b"x" * 65536), reason=f"{BROKEN}|within"),
    "chunk-size-without-end": Hostile((chunked(), Forever(b"0" * 65536)), f"{BROKEN}|within", timeout=0.5),
    "trailers-without-end": Hostile((chunked(YES) + b"0\r\n", Forever(b"X: y\r\n" * 9999)), UNDONE),
    "continue-without-end": slow(Forever(kept(head(status=b"100 Continue")) * 2000)),
    "early-hints-without-end": slow(Forever(kept(head(b"Link: </x>", status=b"103 Early Hints")) * 999)),
    "blank-lines-without-end": slow(Forever(b"\r\n" * 30_000), reason="within|not HTTP"),
    "thousands-of-fields": Hostile((whole(YES, *(b"X-%d: y" % n for n in range(5000))),), NOT_HTTP),
    "field-of-a-mebibyte": Hostile((whole(YES, b"X: " + b"x" * MEBI),), NOT_HTTP),
    "cookies-by-the-hundred": Hostile((whole(YES, *[b"Set-Cookie: a=" + b"b" * 4000] * 400),), NOT_HTTP),
    # frames
    "length-too-short": Hostile((framed(b"Content-Length: 5"),), f"not JSON|{NOT_HTTP}"),
    "length-too-long": Hostile((framed(b"Content-Length: 22"),), BROKEN),
    "length-negative": Hostile((framed(b"Content-Length: -1"),), NOT_HTTP),
    "length-with-a-plus": Hostile((framed(b"Content-Length: +21"),), NOT_HTTP),
    "length-in-hex": Hostile((framed(b"Content-Length: 0x15"),), NOT_HTTP),
    "length-of-thirty-digits": Hostile((framed(b"Content-Length: " + b"9" * 30),), NOT_HTTP),
    "length-in-other-digits": Hostile((framed("Content-Length: ２１".encode()),), NOT_HTTP),
    "lengths-that-differ": Hostile((framed(b"Content-Length: 21", b"Content-Length: 5"),), NOT_HTTP),
    "length-and-chunks": Hostile((framed(b"Content-Length: 21", b"Transfer-Encoding: chunked"),), f"{NOT_HTTP}|{BROKEN}"),
    "chunk-cut-short": Hostile((chunked() + b"ff\r\n" + YES,), BROKEN),
    "no-last-chunk": Hostile((chunked(YES),), BROKEN),
    "no-last-chunk-unread": Hostile((chunked(YES),), BROKEN, reads="nothing"),
    "chunk-size-negative": Hostile((chunked() + b"-15\r\n" + YES,), f"{BROKEN}|{NOT_HTTP}"),
    "chunk-size-of-thirty-digits": Hostile((chunked() + b"f" * 30 + b"\r\n" + YES,), f"{BROKEN}|{NOT_HTTP}"),
    "chunk-longer-than-it-says": Hostile((chunked() + b"5\r\n" + YES + b"\r\n0\r\n\r\n",), f"{BROKEN}|{NOT_HTTP}"),
    "chunks-not-last": Hostile((framed(b"Transfer-Encoding: chunked, gzip"),), outcome="success"),
    "a-body-after-204": Hostile((whole(YES, status=b"204 No Content"),), NOT_HTTP),
    "a-body-after-304": Hostile((whole(YES, status=b"304 Not Modified"),), NOT_HTTP),
    "switching-protocols": Hostile((head(b"Upgrade: websocket", status=b"101 Come"), YES), "101"),
    # no HTTP
    "http-0.9": Hostile((YES,), NOT_HTTP),
    "http-2": Hostile((b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\0\4\0\1\0\0\0\5\0\xff\xff\xff",), NOT_HTTP),
    "a-tls-alert": Hostile((b"\x15\x03\x01\x00\x02\x02\x46",), NOT_HTTP),
    "a-mail-server": Hostile((b"220 mail ESMTP\r\n", Wait(0.1)), NOT_HTTP),
    "a-status-of-four-digits": Hostile((b"HTTP/1.1 2000 OK\r\n\r\n" + YES,), NOT_HTTP),
    "a-status-of-words": Hostile((b"HTTP/1.1 OK\r\n\r\n" + YES,), NOT_HTTP),
    "a-status-of-999": Hostile((whole(YES, status=b"999 Whatever"),), "999"),
    "version-of-another-time": Hostile((b"HTTP/9.9 200 OK\r\n\r\n" + YES,), NOT_HTTP),
    "a-field-without-colon": Hostile((framed(b"Nonsense"),), NOT_HTTP),
    "a-field-with-nul": Hostile((framed(b"X: \0"),), NOT_HTTP),
    "a-name-with-a-blank": Hostile((framed(b"Content-Length : 21"),), outcome="success"),
    # gone too soon, or too early
    "reset-at-once": Hostile((Reset(),), "reset by peer|without an answer"),
    "reset-in-the-head": Hostile((b"HTTP/1.1 200 OK\r\nConte", Wait(0.1), Reset()), "reset by peer|without an answer"),
    "reset-in-the-body": Hostile((whole(YES)[:-3], Wait(0.1), Reset()), BROKEN),
    "closed-at-once": Hostile((b"",), "without an answer"),
    "closed-in-the-body": Hostile((whole(YES)[:-3],), BROKEN),
    "half-closed-in-the-body": Hostile((whole(YES)[:-3], HalfClose(), Wait(1)), BROKEN),
    "a-no-before-the-request-is-read": Hostile((Unread(), LAST_NO, Wait(0.1)), "an honest no", outcome="failure"),
    "two-answers-in-one": Hostile((NO + whole(YES),), "an honest no", outcome="failure"),
    "an-interim-yes": Hostile((kept(head(status=b"103 accepted")) + LAST_NO,), "an honest no", outcome="failure"),
    # lies
    "html-that-says-json": Hostile((whole(b"<html>accepted</html>"),), "not JSON"),
    "json-that-says-html": Hostile((whole(YES, type_=HTML),), "the answer is HTML"),
    "xml-that-says-json": Hostile((whole(b"<status>accepted</status>"),), "not JSON"),
    "json-that-says-nothing": Hostile((head(b"Content-Length: 21") + YES,), "no Content-Type"),
    "utf-7": Hostile((whole(b"+AGEAYwBjAGUAcAB0AGUAZA-", type_=b"text/plain; charset=utf-7"),), "", "failure", "text"),
    "a-charset-in-a-folder": Hostile((whole(b"\xff", type_=b"text/plain; charset=../../etc/passwd"),), "", "failure", "text"),
    "a-charset-that-unpacks": Hostile((whole(gzip.compress(b"accepted"), type_=b"text/plain; charset=zip"),), "", "failure", "text"),
    "not-utf-8": Hostile((whole(b'{"status":"\xff\xfe\x80"}'),), "", "failure"),
    "split-by-nul": Hostile((whole(b'{"status":"acc\\u0000epted"}'),), "", "failure"),
    "split-by-nothing": Hostile((whole('{"status":"acc\u200bepted"}'.encode()),), "", "failure"),
    "a-second-line": Hostile((whole(b'{"status":"rejected\\naccepted"}'),), "", "failure"),
    "a-million-digits": Hostile((whole(b'{"status":' + b"9" * 999_999 + b"}"),), "thousands of digits"),
    "a-far-exponent": Hostile((whole(b'{"status":1e999999999999}'),), "", "failure"),
    "deep-json": Hostile((whole(b'{"status":' * 99_999 + b"}" * 99_999),), "deeper than|brackets"),
    "many-commas": Hostile((whole(b'{"status":[' + b"1," * 400_000 + b"1]}"),), "commas and brackets"),
    "a-form-of-many-fields": Hostile((whole(b"a=1&" * 200_000, type_=b"application/x-www-form-urlencoded"),), "fields", reads="form"),
    "a-mebibyte-of-letters": Hostile((whole(LETTERS, type_=b"text/plain"),), "", "failure", "text"),
    # markup
    "billion-laughs": xml(f'<!DOCTYPE r [<!ENTITY l0 "accepted">{LAUGHS}]><r><status>&l9;</status></r>', "doctype|not XML"),
    "an-entity-from-a-file": xml('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><status>&x;</status></r>', "doctype"),
    "an-entity-from-the-web": xml('<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x"><r><status>accepted</status></r>', "doctype"),
    "an-entity-of-parameters": xml('<!DOCTYPE r [<!ENTITY % x "y"> %x;]><r><status>accepted</status></r>', "doctype|not XML"),
    "deep-xml": xml("<a>" * 20_000 + "</a>" * 20_000, "Excessive depth"),
    "many-elements": xml("<r>" + "<a/>" * 200_000 + "</r>", "more than 50,000 tags"),
    "many-attributes": xml("<r " + "".join(f'a{n}="" ' for n in range(60_000)) + "/>", "more than 50,000 tags"),
    "an-attribute-of-900-kilobytes": Hostile((whole(b'<r a="%s"/>' % (b"x" * 900_000), type_=XML),), "", "failure", "xml"),
    "deep-html": Hostile((whole(b"<div>" * 40_000, type_=HTML),), "deeper than 250 levels", reads="html"),
    "html-that-never-closes": Hostile((whole(b"<p class='x" * 40_000, type_=HTML),), "", reads="html"),
    "a-fault-that-says-accepted": Hostile((envelope(FAULT),), "accepted", reads="soap"),
    "a-fault-called-500": Hostile((envelope(FAULT, b"500 Oops"),), "accepted", reads="soap"),
    "a-page-for-an-envelope": Hostile((whole(b"<html><body>accepted</body></html>", type_=HTML),), "not with a SOAP envelope", reads="soap"),
    "an-envelope-in-a-fault": Hostile((envelope(f"{FAULT}<r><status>accepted</status></r>"),), "accepted", reads="soap"),
    "circles-in-an-envelope": Hostile((envelope('<r href="#a"/><m id="a"><status href="#a"/></m>'),), "", "failure", "soap"),
    "markup-in-markup": Hostile((envelope(f"<r>{'&lt;r&gt;&amp;lt;' * 9000}</r>"),), "", "failure", "soap"),
    # fields
    "later-by-a-negative-number": busy(b"Retry-After: -5"),
    "later-by-thirty-digits": busy(b"Retry-After: " + b"9" * 30),
    "later-by-the-year-9999": busy(b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"),
    "later-by-the-year-0": busy(b"Retry-After: Sat, 01 Jan 0000 00:00:00 GMT"),
    "later-by-a-word": busy(b"Retry-After: soon"),
    "later-by-other-digits": busy("Retry-After: １２".encode()),
    "later-twice": busy(b"Retry-After: 1", b"Retry-After: 99999999"),
    "redirect-to-itself": Hostile((redirect(b"?again"),), "307", reads="follows"),
    "redirect-to-a-file": Hostile((redirect(b"file:///etc/passwd"),), "307", reads="follows"),
    "redirect-to-metadata": Hostile((redirect(b"http://169.254.169.254/"),), "", reads="follows"),
    "redirect-to-eight-kilobytes": Hostile((redirect(b"?" + b"x" * 8000),), "307", reads="follows"),
    "controls-in-the-reason": Hostile((whole(YES, status=b"503 \x1b[2J\x08accepted"),), "503|not HTTP"),
    "a-reason-of-100-kilobytes": Hostile((whole(YES, status=b"200 " + b"accepted" * 12_800),), NOT_HTTP),
    # what it was sent, secrets included
    "echo-in-the-body": Hostile((Echo(head(b"Content-Type: text/plain")), ), "", "failure", "text"),
    "echo-in-a-field": Hostile((Echo(head()[:-2] + b"X: ", b"\r\n\r\n" + YES), ), ""),
    "echo-in-the-reason": Hostile((Echo(b"HTTP/1.1 400 ", b"\r\nContent-Length: 0\r\n\r\n"), ), "", "failure"),
    "echo-in-a-location": Hostile((Echo(b"HTTP/1.1 302 Away\r\nLocation: /", b"\r\n\r\n"), ), ""),
    "echo-as-no-http": Hostile((Echo(), ), NOT_HTTP),
}  # fmt: skip

YES_TOO = kept(whole(YES))
POISONS: dict[str, tuple[Step, ...]] = {
    "in-the-same-write": (YES_TOO,),
    "a-moment-later": (Wait(0.005), YES_TOO),
    "much-later": (Wait(0.2), YES_TOO),
    "in-two-parts": (YES_TOO[:30], Wait(0.1), YES_TOO[30:]),
    "one-byte": (b"H",),
    "a-blank-line-before": (b"\r\n\r\n" + YES_TOO,),
    "a-chunked-one": (kept(chunked(YES)) + b"0\r\n\r\n",),
    "a-hundred": (YES_TOO * 100,),
    "an-interim-one-before": (kept(head(status=b"100 Continue")) + YES_TOO,),
    "then-closed": (YES_TOO, HalfClose()),
}
