import asyncio
import io
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, ServerDisconnectedError
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from yarl import URL

from gateway.testing.partner import BEHAVIOURS, Partner, serve
from gateway.testing.partner.exchange import Answer, Call, Complaint
from gateway.testing.partner.server import TONGUES

FORM = "application/x-www-form-urlencoded"


async def ask(
    client: ClientSession, partner: Partner, method: str, target: str, body: bytes = b"", **headers: str
):
    """Send the bytes as written: nothing of the address or the headers is mended on the way."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = URL(partner.url + target, encoded=True)
    skip = ["Content-Type", "User-Agent"]
    async with client.request(
        method, url, data=body or None, headers=named, skip_auto_headers=skip, allow_redirects=False
    ) as response:
        return response.status, dict(response.headers), await response.read()


ACCEPTED = [
    ("GET", "/query?a=1&a=2&b=caf%C3%A9%20%2B&c=", b"", "", {"a": ["1", "2"], "b": "café +", "c": ""}),
    ("GET", "/query/ok/leads/77?x.y=1", b"", "", {"x.y": "1"}),
    ("GET", "/query", b"", "", {}),
    ("POST", "/formpost", b"a=1&a=2&b%5B0%5D=x%26y&b[1]=z", FORM, {"a": ["1", "2"], "b[0]": "x&y", "b[1]": "z"}),
    ("POST", "/formpost", b"a=%F0%9F%98%80", f"{FORM}; charset=UTF-8", {"a": "😀"}),
    ("POST", "/json", b'{"a":{"b":[1,2.5,null,true,""]}}', "application/json; charset=utf-8", {"a": {"b": [1, 2.5, None, True, ""]}}),
    ("PUT", "/json", b"[]", "application/json", []),
    ("PATCH", "/json", b"{}", "application/vnd.lead+json", {}),
    ("DELETE", "/json", "[\"é\"]".encode(), "application/json", ["é"]),
    ("POST", "/json/parameter:doc", b"doc=%7B%22a%22%3A1%7D&key=k", FORM, {"a": 1}),
    ("POST", "/xml/parameter:doc", b"doc=%3Ca%3E1%3C/a%3E", FORM, {"a": "1"}),
    ("POST", "/xml", b'<?xml version="1.0" encoding="utf-8"?><r xmlns="urn:x" id="7"><b>1</b><b n="2">x<![CDATA[<&]]></b><!-- c --><e/></r>',
     "text/xml; charset=utf-8", {"r": {"@id": "7", "b": ["1", {"@n": "2", "#text": "x<&"}], "e": ""}}),
    ("PUT", "/xml", b'<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><n xsi:nil="true"/></r>', "application/xml", {"r": {"n": None}}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "body", "kind", "values"), ACCEPTED)
async def test_a_right_request_is_taken_and_read(partner, client, method, target, body, kind, values):
    """Every protocol answers 200 to a right request, and the journal holds its values and its bytes as they came."""
    status, _, _ = await ask(
        client, partner, method, target, body, **({"Content_Type": kind} if kind else {})
    )
    [received] = partner.received
    path, _, query = target.partition("?")
    assert status == 200
    assert received.values == values
    assert (received.method, received.path, received.query, received.body) == (method, path, query, body)
    assert (received.status, received.problem) == (200, None)
    assert received.header("content-type") == (kind or None)
    assert received.transport == target.split("/")[1].partition("?")[0]


REFUSED = [
    ("POST", "/query?a=1", b"", "", 405, "POST is not taken here (send GET)"),
    ("GET", "/query?a=%zz", b"", "", 400, "character 2 is a % that begins no escape (send %25)"),
    ("GET", "/query?a=%FF", b"", "", 400, "the percent escapes are not UTF-8"),
    ("GET", "/query?lonely", b"", "", 400, "bad query field: 'lonely' (send name=value pairs, joined by &)"),
    ("GET", "/query?a=1", b"x", "", 400, "a query has no body (send everything in the query string)"),
    ("GET", "/formpost", b"", "", 405, "GET is not taken here (send POST)"),
    ("POST", "/formpost", b"a=1", "application/json", 415, f"Content-Type is application/json (send {FORM})"),
    ("POST", "/formpost", b"a=1", "", 415, f"Content-Type is missing (send {FORM})"),
    ("POST", "/formpost", b"a=1", f"{FORM}; charset=latin-1", 415, "the charset is latin-1 (send utf-8)"),
    ("POST", "/formpost", b"a=1 2", FORM, 400, "character 3 is not percent-encoded ASCII: ' '"),
    ("POST", "/formpost", "a=é".encode(), FORM, 400, "character 2 is not percent-encoded ASCII: 'Ã'"),
    ("GET", "/json", b"", "", 405, "GET is not taken here (send POST, PUT, PATCH, DELETE)"),
    ("POST", "/json", b"{}", "text/plain", 415, "Content-Type is text/plain (send application/json)"),
    ("POST", "/json", b"", "application/json", 400, "the body is empty (send a JSON document)"),
    ("POST", "/json", b"{'a':1}", "application/json", 400,
     "the body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("POST", "/json", b'{"a":1,"a":2}', "application/json", 400, "the body is not JSON: a key stands twice in one object"),
    ("POST", "/json", b"[NaN]", "application/json", 400, "the body is not JSON: NaN is no JSON number"),
    ("POST", "/json", b'["\xe9"]', "application/json", 400, "the body is not UTF-8 at byte 2"),
    ("POST", "/json", b"{}", "application/json; charset=utf-16", 415, "the charset is utf-16 (send utf-8)"),
    ("POST", "/json/parameter:doc", b"other=1", FORM, 400,
     "the form field doc is missing or repeated (send the document in it, once)"),
    ("DELETE", "/xml", b"", "", 405, "DELETE is not taken here (send POST, PUT, PATCH)"),
    ("POST", "/xml", b"<a/>", "application/json", 415, "Content-Type is application/json (send text/xml)"),
    ("POST", "/xml", b" ", "text/xml", 400, "the body is empty (send an XML document)"),
    ("POST", "/xml", b"<!DOCTYPE a><a/>", "text/xml", 400, "the document has a DOCTYPE (send it without)"),
    ("POST", "/xml", b'<?xml version="1.0" encoding="iso-8859-1"?><a/>', "text/xml; charset=utf-8", 400,
     "Content-Type says utf-8, the document says iso-8859-1 (let both say utf-8)"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "body", "kind", "status", "sentence"), REFUSED)
async def test_a_wrong_request_is_refused_in_the_protocols_own_words(
    partner, client, method, target, body, kind, status, sentence
):
    """A 4xx names the fault in the body, in the protocol's own format, and the journal holds the same sentence."""
    answered, headers, answer = await ask(
        client, partner, method, target, body, **({"Content_Type": kind} if kind else {})
    )
    assert answered == status
    assert read_answer(headers["Content-Type"], answer)[1] == sentence
    assert (partner.received[0].status, partner.received[0].problem) == (status, sentence)
    assert ("Allow" in headers) == (status == 405)


async def test_xml_that_is_not_well_formed_is_refused(partner, client):
    """The parser's own words say where a document breaks."""
    status, _, answer = await ask(client, partner, "POST", "/xml", b"<a><b></a>", Content_Type="text/xml")
    assert status == 400
    assert b"the body is not well-formed XML: Opening and ending tag mismatch: b line 1 and a" in answer


@pytest.mark.parametrize(
    ("method", "target", "body", "kind", "answer_kind"),
    [
        ("GET", "/query?a=1", b"", "", "text/plain; charset=utf-8"),
        ("POST", "/formpost", b"a=1", FORM, f"{FORM}; charset=utf-8"),
        ("POST", "/json", b"{}", "application/json", "application/json; charset=utf-8"),
        ("POST", "/xml", b"<a/>", "text/xml", "text/xml; charset=utf-8"),
    ],
)
async def test_a_yes_has_a_status_and_a_reference(partner, client, method, target, body, kind, answer_kind):
    """A yes comes in the protocol's own format; the same event gets the same reference, another one another."""
    headers = {"Content_Type": kind} if kind else {}
    references = []
    for key in ("one", "one", "two"):
        _, answered, answer = await ask(client, partner, method, target, body, Idempotency_Key=key, **headers)
        word, reference = read_answer(answered["Content-Type"], answer)
        references.append(reference)
        assert word in ("ok", "OK", "accepted")
        assert answered["Content-Type"] == answer_kind
    assert references[0] == references[1]
    assert references[0] != references[2]
    assert references[0].isdigit()


def read_answer(kind: str, body: bytes) -> tuple[str, str]:
    """The status word, and the reference or the reason, of an answer in any of the four plain formats."""
    text = body.decode()
    if kind.startswith("application/json"):
        fields = json.loads(text)
        return fields["status"], str(fields.get("id", fields.get("message")))
    if kind.startswith(FORM):
        form = parse_qs(text, strict_parsing=True)
        return form["status"][0], form.get("id", form.get("message"))[0]
    if kind.startswith("text/xml"):
        root = etree.fromstring(body)
        assert root.tag == "response"
        return root.findtext("status"), root.findtext("reference") or root.findtext("message")
    word, _, rest = text.partition(" ")
    return word, rest


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("/nowhere", "nothing is at /nowhere (try /query, /formpost, /json, /xml, /soap; / explains)"),
        ("/json/flakey:2", "'flakey:2' is no behaviour (the nearest is flaky:N; / lists them all)"),
        ("/json/slow", "'slow' is no behaviour (the nearest is slow:SECONDS; / lists them all)"),
        ("/json/status:700", "'status:700' is no behaviour (the nearest is status:CODE; / lists them all)"),
        ("/json/wss:u:p", "wss is for soap only"),
        ("/soap/parameter:doc", "parameter is for json and xml only"),
    ],
)
async def test_an_address_that_means_nothing_is_a_404_that_says_so(partner, client, target, sentence):
    """A misspelt behaviour never passes for a well-behaved source."""
    status, _, body = await ask(client, partner, "POST", target)
    assert (status, body.decode()) == (404, sentence)
    assert partner.received[0].problem == sentence


async def test_a_packed_body_is_refused(partner, client):
    """A source that knows nothing of Content-Encoding says so."""
    status, _, body = await ask(
        client, partner, "POST", "/json", b"{}", Content_Type="application/json", Content_Encoding="gzip"
    )
    assert (status, json.loads(body)["message"]) == (415, "Content-Encoding is gzip (send the body as it is)")


async def test_a_body_of_more_than_16_mib_is_refused(partner, client):
    """The partner's own memory is bounded, too."""
    large = io.BytesIO(b" " * (16 * 1024 * 1024 + 1))
    async with client.post(partner.url + "/json", data=large) as response:
        assert response.status == 413
    assert partner.received[0].problem == "the body is too long"


async def test_the_index_explains_every_behaviour(partner, client):
    """What can be asked for stands on the first page, which is no request of a source and not in the journal."""
    status, _, body = await ask(client, partner, "GET", "/")
    assert status == 200
    for form, sentence in BEHAVIOURS.items():
        assert f"  {form} " in body.decode()
        assert sentence in body.decode()
    assert partner.received == []


async def test_closing_does_not_wait_for_what_hangs(client):
    """A partner closes within a second while a request hangs and another connection idles."""
    partner = await serve()
    hanging = asyncio.create_task(ask(client, partner, "POST", "/json/hang", b"{}"))
    await partner.arrived()
    async with asyncio.timeout(1):
        await partner.close()
    with pytest.raises(ServerDisconnectedError):
        await hanging


async def test_a_taken_address_is_an_error(partner):
    """Two partners cannot share one port, and the second says so."""
    with pytest.raises(OSError, match="address already in use"):
        await serve(port=urlsplit(partner.url).port)


async def test_the_partner_speaks_ipv6(client):
    """An IPv6 literal stands in brackets in the address."""
    async with await serve("::1") as partner:
        assert partner.url.startswith("http://[::1]:")
        assert (await ask(client, partner, "GET", "/query?a=1"))[0] == 200


@given(
    transport=st.sampled_from(sorted(TONGUES)),
    method=st.sampled_from(["GET", "POST"]),
    kind=st.sampled_from(
        ["", "text/xml; charset=\udcff", "application/json", FORM, "application/soap+xml; action=\udcff"]
    ),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=255)),
    body=st.binary() | st.text('<>&;=%a/!?[]{}",:1 \n-xml').map(str.encode),
)
def test_no_request_is_too_strange_to_be_judged(transport, method, kind, query, body):
    """Whatever arrives, the partner reads it or complains; it never breaks, and can always word its answer."""
    tongue = TONGUES[transport]
    call = Call(method, f"/{transport}", query, {"Content-Type": kind, "SOAPAction": "\udcff"}, "x", body)
    try:
        answer = tongue.accept(call, tongue.read(call), 1)
    except Complaint as complaint:
        answer = tongue.refuse(call, complaint)
        assert answer.status >= 400
    assert isinstance(answer, Answer)


async def test_the_partner_stands_alone():
    """The judge imports nothing of the gateway but its own rooms, so no fault of ours can hide in it."""
    root = Path(sys.modules[Partner.__module__].__file__).parent
    imported = {
        line.split()[1]
        for file in root.glob("*.py")
        for line in file.read_text().splitlines()
        if line.startswith(("from gateway", "import gateway", "from plugins", "import plugins"))
    }
    assert {name for name in imported if not name.startswith("gateway.testing.partner")} == set()
