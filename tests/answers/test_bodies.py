"""Bodies from hostile and careless partners: charsets, depth, doctypes, cut answers."""

import time
from typing import Any

import pytest

from gateway.answers.media import decode, media

XML = "application/xml"
JSON = "application/json"


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/json", "json"),
        ("APPLICATION/JSON; charset=utf-8", "json"),
        ("text/json", "json"),
        ("application/vnd.acme.v2+json", "json"),
        ("text/xml;charset=UTF-8", "xml"),
        ("application/xml", "xml"),
        ("application/soap+xml; action=x", "xml"),
        ("text/html", "html"),
        ("application/xhtml+xml", "html"),
        ("application/x-www-form-urlencoded", "form"),
        ("text/plain", "text"),
        ("application/octet-stream", "text"),
        ("json", "text"),
        ("", "text"),
        (";;;", "text"),
    ],
)
def test_the_content_type_says_how_an_answer_is_read(content_type: str, form: str) -> None:
    assert media(content_type)[0] == form


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Zoë".encode(), None, "Zoë"),
        ("Zoë".encode("latin-1"), "iso-8859-1", "Zoë"),
        ("Zoë €".encode("cp1252"), "iso-8859-1", "Zoë €"),
        ("Zoë".encode("utf-16"), None, "Zoë"),
        ("Zoë".encode("utf-16-le"), "utf-16le", "Zoë"),
        (b"\xef\xbb\xbf" + "Zoë".encode(), "iso-8859-1", "Zoë"),
        ("Жук".encode("koi8-r"), "koi8-r", "Жук"),
        ("Zoë".encode(), "no-such-charset", "Zoë"),
        (b"abc", "unicode_escape", "abc"),
        (b"abc", "idna", "abc"),
        (b"\0 \r\nabc\0", None, "abc"),
    ],
)
def test_text_is_decoded_by_mark_then_charset_then_utf_8(body: bytes, charset: str | None, text: str) -> None:
    """Only charsets of a closed list are asked of the runtime: its other codecs are not made for strangers."""
    assert decode(body, charset, "text") == (text, None)


def test_the_xml_declaration_names_the_charset_where_nothing_else_does(judge: Any) -> None:
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><r>Zoë</r>'.encode("latin-1")
    assert judge(200, body, XML, reference_path="/r").reference == "Zoë"


def test_a_wrong_charset_is_read_as_well_as_can_be_and_noted(judge: Any) -> None:
    found = judge(422, "zu spät".encode("latin-1"), "text/plain; charset=utf-8", reason_path="(.+)")
    assert found.reason == "zu spät"
    assert found.notes == ("the answer is not utf-8, so it was read as windows-1252",)


BILLION_LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><r>&j;</r>"
)
QUADRATIC = (
    f'<!DOCTYPE r [<!ENTITY a "{"a" * 50_000}">]><r>{"<b c=" + chr(34) + "&a;&a;" + chr(34) + "/>"}</r>'
)
EXTERNAL = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>'
REMOTE = '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r>&x;</r>'
PARAMETER = '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><r/>'
HIDDEN = "<!--><a --> <!DOCTYPE r><r>ok</r>"
MARKED = '<?xml version="1.0"?>\ufeff<!DOCTYPE r><r>ok</r>'


@pytest.mark.parametrize("body", [BILLION_LAUGHS, QUADRATIC, EXTERNAL, REMOTE, PARAMETER, HIDDEN, MARKED])
def test_a_doctype_is_refused_and_nothing_is_expanded_or_fetched(judge: Any, body: str) -> None:
    found = judge(200, body, XML, outcome_search_path="/r", outcome_search_term=".", reference_path="/r")
    assert (found.kind, found.reference) == ("error", None)
    assert "doctype" in found.reason or "not XML" in found.reason


@pytest.mark.parametrize("body", ["<!DOCTYPE r><r>ok</r>", HIDDEN, MARKED])
def test_a_doctype_is_named_as_what_is_wrong(judge: Any, body: str) -> None:
    found = judge(200, body, XML, outcome_search_path="/r", outcome_search_term="ok")
    assert found.reason == "the answer is XML with a doctype, which is not read"


def test_an_undeclared_entity_is_not_xml(judge: Any) -> None:
    found = judge(200, "<r>&nbsp;</r>", XML, outcome_search_path="/r", outcome_search_term="ok")
    assert found.reason == "the answer is not XML (Entity 'nbsp' not defined, line 1, column 10)"


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        ("[" * 65 + "]" * 65, JSON, "the answer is JSON nested deeper than 64 levels, which is not read"),
        ("[" * 40_000, JSON, "the answer is JSON nested deeper than 64 levels, which is not read"),
        (
            "[" * 50_001,
            JSON,
            "the answer is JSON with more than 50,000 commas and brackets, which is not read",
        ),
        (
            "<r>" + "<a/>" * 50_000 + "</r>",
            XML,
            "the answer is XML with more than 50,000 tags and attributes, which is not read",
        ),
        (
            "a=1&" * 10_001,
            "application/x-www-form-urlencoded",
            "the answer is a form of more than 10,000 fields, which is not read",
        ),
        (
            "a=" + "%41" * 50_001,
            "application/x-www-form-urlencoded",
            "the answer is a form with more than 50,000 escapes, which is not read",
        ),
        (
            "<p>x" * 50_001,
            "text/html",
            "the answer is HTML with more than 50,000 tags and attributes, which is not read",
        ),
        (
            '{"a":[' + "1," * 1001 + "1]}",
            JSON,
            "more than 1,000 texts stand at 'a', of which only so many are searched",
        ),
        (
            '{"a":' * 65 + "1" + "}" * 65,
            JSON,
            "the answer is JSON nested deeper than 64 levels, which is not read",
        ),
        ("<a>" * 65 + "</a>" * 65, XML, "the answer is XML nested deeper than 64 levels, which is not read"),
        (
            "<div>" * 300 + "<a>ok</a>",
            "text/html",
            "the answer is HTML nested deeper than 250 levels, which is not read",
        ),
        (
            f'{{"a":{"9" * 5000}}}',
            JSON,
            "the answer is not JSON that can be read (a number has thousands of digits)",
        ),
    ],
)
def test_depth_and_digits_are_bounded(judge: Any, body: str, content_type: str, reason: str) -> None:
    found = judge(200, body, content_type, outcome_search_path="a", outcome_search_term="ok")
    assert (found.kind, found.reason) == ("error", reason)


def test_very_deep_xml_is_refused_while_parsing(judge: Any) -> None:
    found = judge(200, "<a>" * 50_000, XML, outcome_search_path="//a", outcome_search_term="ok")
    assert found.kind == "error"
    assert found.reason.startswith("the answer is not XML (Excessive depth in document")


@pytest.mark.parametrize(
    ("body", "content_type"), [("[" * 64 + "1" + "]" * 64, JSON), ("<a>" * 64 + "</a>" * 64, XML)]
)
def test_sixty_four_levels_are_read(judge: Any, body: str, content_type: str) -> None:
    assert judge(200, body, content_type, reference_path="a").notes == ()


def test_many_brackets_are_not_depth(judge: Any) -> None:
    assert judge(200, '{"a":[' + "[]," * 200 + '"x"]}', JSON, reference_path="a").reference == "x"


def test_nan_and_strange_exponents_are_text(judge: Any) -> None:
    found = judge(200, '{"a":NaN,"b":1e99999999999999999999}', JSON, reference_path="*", price_path="b")
    assert (found.reference, found.price) == ("NaN", None)


def test_a_cut_answer_says_so(judge: Any) -> None:
    """Half a document does not parse; the note says why."""
    found = judge(
        200, '{"status":"ok"', JSON, truncated=True, outcome_search_path="status", outcome_search_term="ok"
    )
    assert found.kind == "error"
    assert found.notes == ("the answer was cut after 14 bytes",)


def test_a_broken_body_is_noted_where_the_status_decides(judge: Any) -> None:
    found = judge(500, "<br>", JSON, reason_path="message")
    assert found.reason == "the source answered 500 Internal Server Error"
    assert found.notes == ("the answer is not JSON (expecting value, line 1 column 1)",)


@pytest.mark.parametrize(
    ("path", "content_type", "body", "note"),
    [
        (
            "//a/b",
            JSON,
            "{}",
            "reason_path: the answer is JSON, but '//a/b' is no dot path (write such as errors.*.message)",
        ),
        (
            "a.*",
            XML,
            "<r/>",
            "reason_path: the answer is XML, but 'a.*' is no XPath (write such as //message/text())",
        ),
    ],
)
def test_a_place_that_cannot_be_meant_here_is_noted(
    judge: Any, path: str, content_type: str, body: str, note: str
) -> None:
    assert judge(422, body, content_type, reason_path=path).notes == (note,)


def test_what_is_kept_is_cut(judge: Any) -> None:
    body = '{"m":"%s"}' % ("x" * 100_000)
    found = judge(422, body, JSON, reason_path="m", reference_path="m", capture={"all": "(x+)"})
    assert (len(found.reason), len(found.reference), len(found.capture["all"])) == (1000, 200, 1000)
    assert found.reason.endswith("x…")


def test_the_cookie_that_matches_is_kept(judge: Any) -> None:
    cookies = (("Set-Cookie", "lang=en"), ("set-cookie", "Session=A7; Path=/; HttpOnly"))
    assert (
        judge(503, headers=cookies, cookie_search_term="^session=").cookie == "Session=A7; Path=/; HttpOnly"
    )
    assert judge(200, headers=cookies, cookie_search_term="^other=").cookie is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<r xmlns='urn:a'>" + "<a b='1'><c/></a>" * 60_000 + "</r>", XML),
        (
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><r>"
            + "<a>&lt;x/></a>" * 60_000
            + "</r></s:Body></s:Envelope>",
            XML,
        ),
        ('{"a":[' + '{"b":1},' * 120_000 + "0]}", JSON),
        ("a=1&" * 250_000, "application/x-www-form-urlencoded"),
        ("<!--" * 250_000, XML),
        ("x" * 1_000_000, "text/plain"),
    ],
)
def test_the_biggest_answer_is_read_in_bounded_time(judge: Any, body: str, content_type: str) -> None:
    """A mebibyte of the worst shape takes no more than seconds on any machine (some tenths on an idle one)."""
    started = time.process_time()
    judge(422, body, content_type, reason_path="//b", reference_path="a", outcome_search_term="(x+x+)+y")
    assert time.process_time() - started < 5
