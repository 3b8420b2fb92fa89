"""Bodies that are no event, or an awkward one: as bytes, with the answer that is right and the place that it names."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

EVENT = b'{"type":"return","source":"acme","lead":{"id":"1"}}'
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Posted:
    """What is posted. right: its status; at: a pointer that is named; refused: which ones of many.

    What is right with 202 is stored as it stands here, and nothing else is.
    """

    body: bytes
    right: int = 400
    at: str = ""
    kind: str = "application/json"
    refused: tuple[int, ...] | None = None
    path: str = "/events"


def event(**more: Any) -> bytes:
    """An event, with more, or in place of what it has."""
    return json.dumps({"type": "return", "source": "acme", "lead": {"id": "1"}, **more}).encode()


def within(value: bytes, key: bytes = b'"note"') -> bytes:
    """An event with a member as it is written, whether that is JSON or not."""
    return EVENT[:-1] + b"," + key + b":" + value + b"}"


def _encodings() -> Iterator[tuple[str, Posted]]:
    text = EVENT.decode()
    for coding in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "utf-8-sig",
        "cp037",
    ):
        yield f"an event in {coding}", Posted(text.encode(coding))
    yield "an event in utf-7", Posted(text.replace("acme", "ac~me").encode("utf-7"), 422, "/source")
    for name, octets in {
        "an overlong slash of 2": b"\xc0\xaf", "an overlong slash of 3": b"\xe0\x80\xaf", "an overlong slash of 4": b"\xf0\x80\x80\xaf", "an overlong NUL": b"\xc0\x80", "an overlong quote": b"\xc0\xa2",
        "a surrogate": b"\xed\xa0\x80", "a pair of surrogates, each by itself": b"\xed\xa0\xbd\xed\xb8\x80", "past the last character": b"\xf4\x90\x80\x80", "5 bytes": b"\xf8\x88\x80\x80\x80", "6 bytes": b"\xfc\x84\x80\x80\x80\x80",
        "a follower alone": b"\x80", "a leader alone": b"\xe2\x82", "Latin-1": "ü".encode("latin-1"), "FE": b"\xfe", "FF": b"\xff", "Shift JIS": "表".encode("shift-jis"),
    }.items():  # fmt: skip
        yield f"no UTF-8: {name}", Posted(within(b'"' + octets + b'"'))
    yield "no UTF-8: a character cut off by the end", Posted(EVENT + b"\xe2\x82")
    yield "no UTF-8: in a key", Posted(within(b"1", b'"\xff"'))


def _broken() -> Iterator[tuple[str, Posted]]:
    for name, body in {
        "nothing": b"", "a blank": b" ", "line feeds": b"\n\n\n", "a NUL": b"\0", "a NUL behind it": EVENT + b"\0", "a NUL before it": b"\0" + EVENT, "a form feed before it": b"\f" + EVENT, "a vertical tab behind it": EVENT + b"\v",
        "a no-break blank before it": "\u00a0".encode() + EVENT, "a line separator behind it": EVENT + "\u2028".encode(), "a comma behind it": EVENT + b",", "a bracket behind it": EVENT + b"}", "a word behind it": EVENT + b" x",
        "two of them": EVENT + EVENT, "two of them, in lines": EVENT + b"\n" + EVENT, "a record separator before it": b"\x1e" + EVENT, "a guard against inclusion": b")]}',\n" + EVENT, "a call": b"call(" + EVENT + b")",
        "a line comment": b"// so\n" + EVENT, "a comment": b"/* so */" + EVENT, "a comment within": within(b"/* so */1"), "a hash comment": b"# so\n" + EVENT, "single quotes": EVENT.replace(b'"', b"'"), "keys without quotes": EVENT.replace(b'"type"', b"type"),
        "curly quotes": EVENT.decode().replace('"', "\u201d").encode(), "a comma too many": EVENT[:-1] + b",}", "a comma too few": EVENT.replace(b",", b" "), "two commas": EVENT.replace(b",", b",,"), "no colon": EVENT.replace(b":", b" "), "an equals sign": EVENT.replace(b":", b"="),
        "a semicolon": EVENT.replace(b",", b";"), "a key without a value": within(b""), "a value without a key": EVENT[:-1] + b",1}", "a number as a key": within(b"1", b"1"), "null as a key": within(b"1", b"null"), "brackets that cross": within(b'[{"a":1]}'),
        "True": within(b"True"), "None": within(b"None"), "undefined": within(b"undefined"), "TRUE": within(b"TRUE"), "a date": within(b"new Date(0)"), "a tuple": within(b"(1,2)"), "a set": within(b"{1,2}"), "bytes": within(b"b'x'"), "a triple quote": within(b'"""x"""'),
        "a line feed in text": within(b'"a\nb"'), "a tab in text": within(b'"a\tb"'), "a NUL in text": within(b'"a\0b"'), "an escape in text": within(b'"a\x1b[2Jb"'), "a line continued": within(b'"a\\\nb"'),
        "\\x": within(b'"\\x41"'), "\\u of 3": within(b'"\\u041"'), "\\u with a sign": within(b'"\\u+041"'), "\\u with an underscore": within(b'"\\u0_41"'), "\\u with a blank": within(b'"\\u 041"'), "\\u{}": within(b'"\\u{41}"'), "\\U": within(b'"\\U0001F600"'), "\\'": within(b'"\\\'"'), "\\0": within(b'"\\0"'), "\\v": within(b'"\\v"'),
        "a backslash at the end": within(b'"\\'), "XML": b"<event/>", "a doctype": b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', "a form": b"type=return&source=acme", "YAML": b"type: return\nsource: acme\n", "a tag of YAML": b"!!python/object/apply:os.system [id]",
        "MessagePack": b"\x82\xa4type\xa6return", "gzip": gzip.compress(EVENT, mtime=0), "a pickle": b"\x80\x04\x95\x0b\x00.", "a template": b"{{ 7 * 7 }}", "CSV": b"type,source\nreturn,acme\n", "a program": b"__import__('os').system('id')",
    }.items():  # fmt: skip
        yield f"no JSON: {name}", Posted(body)
    for cut in (1, 2, 8, 20, 33, len(EVENT) - 1):
        yield f"cut off after {cut} bytes", Posted(EVENT[:cut])


def _numbers() -> Iterator[tuple[str, Posted]]:
    for name, number in {
        "a plus": b"+1", "a zero first": b"01", "a point first": b".5", "a point last": b"5.", "no exponent": b"1e", "a sign alone": b"-", "two signs": b"--1", "hexadecimal": b"0x10", "octal": b"0o7", "an underscore": b"1_000", "a comma": b"1,5", "an n": b"1n",
        "full-width digits": "１２".encode(), "Arabic digits": "١٢".encode(), "a minus sign": "−1".encode(), "infinity as a sign": "∞".encode(),
    }.items():  # fmt: skip
        yield f"no number: {name}", Posted(within(number))
    for name, number in {
        "NaN": b"NaN", "Infinity": b"Infinity", "-Infinity": b"-Infinity", "1e999999": b"1e999999", "-1e999999": b"-1e999999", "1e-999999": b"1e-999999", "1e1001": b"1e1001", "an exponent of 30 digits": b"1e" + b"9" * 30, "1,001 digits": b"9" * 1001,
        "1,000 places": b"0." + b"9" * 1000, "100,000 digits": b"9" * 100_000,
    }.items():  # fmt: skip
        yield f"a number past what is taken: {name}", Posted(within(number), at="/note")
        yield (
            f"such a number, deeper: {name}",
            Posted(within(b'{"a/b":[0,{"~":' + number + b"}]}"), at="/note/a~1b/1/~0"),
        )
    yield "a million digits", Posted(within(b"9" * 10**6), 413)
    for number in (b"12.50", b"-0", b"-0.0", b"0.1", b"1e2", b"1E+2", b"1e1000", b"1e-1000", b"9" * 1000, b"9007199254740993", b"18446744073709551616", b"0.30000000000000004", b"1.7976931348623159e308", b"5e-325", b"-1"):  # fmt: skip
        yield f"kept exactly: {number.decode()[:30]}", Posted(within(number, b'"price"'), 202)


def _sizes() -> Iterator[tuple[str, Posted]]:
    for name, body in {
        "lists": within(b"[" * 64 + b"]" * 64), "objects": within(b'{"a":' * 64 + b"1" + b"}" * 64), "both by turns": within(b'[{"a":' * 32 + b"[]" + b"}]" * 32), "100,000 lists": within(b"[" * 100_000 + b"]" * 100_000),
        "100,000 lists that do not end": within(b"[" * 100_000), "40,000 objects that do not end": within(b'{"a":' * 40_000), "all of it a list of one": b"[" * 66 + b"]" * 66,
    }.items():  # fmt: skip
        yield (
            f"deeper than 64: {name}",
            Posted(body, 422 if body.count(b"[") + body.count(b"{") > 50_000 else 400),
        )
    yield "64 levels", Posted(within(b"[" * 63 + b"]" * 63), 202)
    yield "200 brackets in text", Posted(within(b'"' + b"[{" * 200 + b'"'), 202)
    yield "more than 50,000 values", Posted(within(b"[" + b"1," * 50_000 + b"1]"), 422)
    yield "50,000 keys", Posted(b"{" + b",".join(b'"%d":1' % n for n in range(24_000)) + EVENT[1:].replace(b'{"type"', b',"type"'), 400)  # fmt: skip
    yield (
        "20,000 keys",
        Posted(EVENT[:-1] + b"," + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}", 202),
    )
    yield "an event past its size", Posted(within(b'"' + b"x" * 300_000 + b'"'), 413)
    yield "200,000 characters", Posted(within(b'"' + b"x" * 200_000 + b'"'), 202)
    yield "200,000 blanks before it", Posted(b" " * 200_000 + EVENT, 202)
    yield "a post past its size", Posted(b"[" + b" " * 1_100_000 + b"]", 413)
    yield "more events than are taken at once", Posted(b"[" + b",".join([EVENT] * 101) + b"]", 413)
    yield "more lines than are taken at once", Posted(b"\n".join([EVENT] * 101), 413, kind=NDJSON)
    yield "blank lines without end", Posted(b"\n" * 100_000, 413, kind=NDJSON)


def _keys() -> Iterator[tuple[str, Posted]]:
    for name, body, at in (
        ("the id", EVENT[:-1] + b',"id":"a","id":"b"}', "/id"), ("the type, equal", EVENT[:-1] + b',"type":"return"}', "/type"), ("in the lead", within(b'{"id":1,"id":2}', b'"recipient"'), "/recipient/id"), ("in a list", within(b'[0,{"a":1,"a":1}]'), "/note/1/a"),
        ("far down", within(b'{"b":{"c":{"d":[{"e":1,"e":2}]}}}'), "/note/b/c/d/0/e"), ("by an escape", within(b'{"id":1,"\\u0069d":2}'), "/note/id"), ("empty ones", within(b'{"":1,"":2}'), "/note/"), ("three times", within(b'{"a":1,"a":2,"a":3}'), "/note/a"),
        ("1,000 characters long", within(b'{"%s":1,"%s":2}' % (b"k" * 1000, b"k" * 1000)), "/note/" + "k" * 1000),
    ):  # fmt: skip
        yield f"a key twice: {name}", Posted(body, at=at)
    for key in ("__proto__", "__class__", "constructor", "prototype", "toString", "$ref", "$where", "@type", "{{ 7 * 7 }}", "{% for a in b %}", "${jndi:ldap://127.0.0.1/x}", "' OR 1=1 --", "../../etc/passwd", "<script>", "", " ", ".", "a.b", "a/b", "~", "\u202e", "\ufeff", "e\u0301", "\U0001f600", "%s%n", "id ", "ID", "k" * 10_000):  # fmt: skip
        yield f"the key {key[:30]!a}", Posted(event(**{key: {"{{ x }}": [key]}}), 202)
    for name, text in {"a NUL": "\\u0000", "a lone surrogate": "\\ud800", "a low surrogate first": "\\ude00\\ud83d", "half a pair at the end": "x\\ud83d"}.items():  # fmt: skip
        written = b'"' + text.encode() + b'"'
        yield f"{name} in text", Posted(within(written), at="/note")
        yield f"{name} in text of a list", Posted(within(b'{"a":[1,' + written + b"]}"), at="/note/a/1")
        yield f"{name} in a key", Posted(within(b"1", written))
    for name, note in {"NUL as words": "\\\\u0000", "a pair": "\\ud83d\\ude00", "not a character": "\\uffff", "a delete": "\\u007f", "the next line": "\\u0085", "from right to left": "\\u202e", "a template": "{{ 7*7 }}{% raw %}", "CDATA": "]]><x/>", "a header": "a\\r\\nX-Injected: 1"}.items():  # fmt: skip
        yield f"kept as it stands: {name}", Posted(within(b'"' + note.encode() + b'"'), 202)


def _members() -> Iterator[tuple[str, Posted]]:
    for text in ("", " ", ".", "..", "../x", "a/b", "a\\b", "a b", "a\n", "a\0", ".hidden", "a%2Fb", "a?b", "a#b", "é", "e\u0301", "\u202ea", "\ufeffa", "\uff41", "\u0430", "a\u200b", "\u0661", "{{ 7*7 }}", "a'b", 'a"b', "a;b", "<a>", "a@b", "*", "x" * 129, "x" * 10_000):  # fmt: skip
        if "\0" not in text:
            yield f"the id {text[:30]!a}", Posted(event(id=text), 422, "/id")
    for text in ("../acme", "acme/", "acme ", "/etc/passwd", "acme\n", "аcme", "acme@flow", "x" * 129):
        yield f"the source {text[:30]!a}", Posted(event(source=text), 422, "/source")
        yield f"the flow {text[:30]!a}", Posted(event(flow={"id": text}), 422, "/flow/id")
    for name in ("type", "source"):
        yield f"no {name}", Posted(event(**{name: None}), 422, f"/{name}")
    values = {"a number": 1, "a point": 0.5, "true": True, "a list": ["return"], "an object": {"a": 1}}
    for member in ("type", "source", "id", "reason", "timestamp"):
        for name, value in values.items():
            yield f"{name} as {member}", Posted(event(**{member: value}), 422, f"/{member}")
    for member in ("lead", "flow", "recipient", "submission"):
        for name, value in {"a number": 1, "false": False, "text": "x", "a list": [1]}.items():
            yield f"{name} as {member}", Posted(event(**{member: value}), 422, f"/{member}")
    for kind in ("Return", "RETURN", "return ", "returns", "conversion\n", "delete", "__init__", "{{ 'return' }}"):  # fmt: skip
        yield f"the type {kind!r}", Posted(event(type=kind), 422, "/type")
    for at in ("soon", "0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T24:61:00Z", "99999-01-01T00:00:00Z", "-1-01-01", "2026-11-23T09:15:00+99:99", "1e9", "9" * 10_000, "2026-11-23T09:15:00Z\nX", "{{ now }}", "２０２６-11-23", "NaT"):  # fmt: skip
        yield f"the timestamp {at[:30]!a}", Posted(event(timestamp=at), 422, "/timestamp")
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59-23:59", "2016-12-31T23:59:59+14:00"):  # fmt: skip
        yield f"the timestamp {at}", Posted(event(timestamp=at), 202)
    for price in (
        True,
        "free",
        "1,000.00",
        "NaN",
        [],
        {},
        -1,
        "-0",
        "1" * 5000,
        {"__class__": 1},
        "=1+1",
        None,
    ):
        yield f"the price {str(price)[:30]!r}", Posted(event(price=price), 202)
    for lead in (
        "../x",
        "\u202e",
        "'; DROP TABLE events; --",
        "x" * 10_000,
        -1,
        0.5,
        True,
        [],
        {},
        [[["x"]]],
    ):
        yield f"the lead {str(lead)[:30]!a}", Posted(event(lead={"id": lead}), 202)


def _many() -> Iterator[tuple[str, Posted]]:
    bad = {
        "no object": b"7",
        "null": b"null",
        "a list": b"[1]",
        "text": b'"x"',
        "no source": b'{"type":"return"}',
    }
    for name, body in bad.items():
        yield f"alone: {name}", Posted(body, 202 if body[:1] == b"[" else 422, "/source" if b"type" in body else "", refused=(0,) if body[:1] == b"[" else None)  # fmt: skip
        yield f"in a list: {name}", Posted(b"[%s,%s,%s]" % (EVENT, body, EVENT), 202, refused=(1,))
        yield (
            f"in lines: {name}",
            Posted(b"%s\n%s\n%s" % (EVENT, body, EVENT), 202, kind=NDJSON, refused=(1,)),
        )
    broken = {"two commas": (b"", ""), "NaN": (b'{"a":NaN}', "/1/a"), "a key twice": (b'{"b":{"a":1,"a":2}}', "/1/b/a"), "a NUL": (b'{"a":"\\u0000"}', "/1/a"), "a number": (b'{"a":[1e9999]}', "/1/a/0"), "a bracket": (b"]", ""), "an open brace": (b"{", "")}  # fmt: skip
    for name, (body, at) in broken.items():
        yield f"a list broken by {name}", Posted(b"[%s,%s,%s]" % (EVENT, body, EVENT), at=at)
        if body:
            yield f"lines, one broken by {name}", Posted(b"%s\n%s\n%s" % (EVENT, body, EVENT), 202, kind=NDJSON, refused=(1,))  # fmt: skip
    for name, body in {"does not end": b"[" + EVENT, "ends with a comma": b"[" + EVENT + b",]", "goes on behind its end": b"[" + EVENT + b"]x", "is two": b"[" + EVENT + b"][]", "is in single quotes": b"['" + EVENT + b"']"}.items():  # fmt: skip
        yield f"a list that {name}", Posted(body)
    yield "a list of nothing", Posted(b"[]", 202, refused=())
    yield "lines of which each is broken", Posted(b'{\n}\n[\n]\n"', 202, kind=NDJSON, refused=(0, 1, 2, 3, 4))
    yield "one event over several lines", Posted(b'{"type":"return",\n"source":"acme"}', 202, kind=NDJSON, refused=(0, 1))  # fmt: skip
    yield "lines that end with a carriage return", Posted(EVENT + b"\r\n" + EVENT + b"\r\n", 202, kind=NDJSON, refused=())  # fmt: skip
    yield (
        "lines parted by carriage returns alone",
        Posted(EVENT + b"\r" + EVENT, 202, kind=NDJSON, refused=(0,)),
    )
    yield "lines parted by another separator", Posted(EVENT + "\u2028".encode() + EVENT, 202, kind=NDJSON, refused=(0,))  # fmt: skip
    yield "lines, one not UTF-8", Posted(EVENT + b"\n\xff\n" + EVENT, kind=NDJSON)
    yield "lines, and a byte order mark", Posted(b"\xef\xbb\xbf" + EVENT + b"\n" + EVENT, 202, kind=NDJSON, refused=(0,))  # fmt: skip
    yield "a list as lines", Posted(b"[" + EVENT + b"]", 202, kind=NDJSON, refused=(0,))
    yield "one id, twice, with other content", Posted(b"[%s,%s]" % (event(id="twice"), event(id="twice", note=1)), 202, refused=(1,))  # fmt: skip


def _wishes() -> Iterator[tuple[str, Posted]]:
    for path in ("/events/none/replay", "/replay", "/endpoints/acme/return/pause", "/endpoints/acme/return/resume", "/forget"):  # fmt: skip
        for name, body, right, at in (
            ("NaN", b'{"why":NaN}', 400, "/why"), ("a key twice", b'{"why":"a","why":"b"}', 400, "/why"), ("a key that is none", b'{"__proto__":1}', 422, "/__proto__"), ("a list", b"[]", 422, ""), ("70 levels", b'{"why":' + b"[" * 70 + b"]" * 70 + b"}", 400, ""),
            ("no UTF-8", b'{"why":"\xff"}', 400, ""), ("an object for text", b'{"why":{"a":1}}', 422, "/why"), ("more behind it", b"{}{}", 400, ""),
        ):  # fmt: skip
            yield f"POST {path}: {name}", Posted(body, right, at, path=path)


BODIES: Mapping[str, Posted] = dict(
    row for rows in (_encodings, _broken, _numbers, _sizes, _keys, _members, _many, _wishes) for row in rows()
)
