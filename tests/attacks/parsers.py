"""Every parser of the product: what is handed to it, samples of what it reads, and the errors that it may raise.

Anything else that it raises is a crash. Each takes one text; where bytes are read, a text stands for its bytes in
UTF-8, lone surrogates from `surrogateescape` for any other byte.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from ssl import DER_cert_to_PEM_cert, PEM_cert_to_DER_cert
from typing import Any
from urllib.parse import parse_qsl

import click
from pydantic import BaseModel

from gateway import answers, jsontext, paths
from gateway.access import Signing, check_signature, signing_key
from gateway.addresses import Allow, literal
from gateway.answers.places import Place
from gateway.answers.statuses import parse as statuses
from gateway.answers.statuses import retry_after
from gateway.answers.xpaths import XPath
from gateway.auth.oauth2 import granted
from gateway.cli.filters import Moment
from gateway.conf import parsed
from gateway.conf.document import parse
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.schema import GatewaySettings
from gateway.daemon import registry
from gateway.errors import ConfError, EventError, RenderError
from gateway.events import parse_event
from gateway.http.certificates import ends
from gateway.http.outgoing import sendable
from gateway.imports import Named, from_curl, written
from gateway.mapping.urls import Url
from gateway.model import Endpoint, Response
from gateway.patterns import Pattern
from gateway.settings import duration, rate, size
from gateway.store.reading import _cursor
from gateway.templates import Template, dates, numbers, phones
from plugins.criteria import moments
from plugins.criteria.hours import Hours
from plugins.soap.documents import WsdlError
from plugins.soap.settings import SoapSettings
from plugins.soap.wsdl import plan

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
LEAD: Mapping[str, Any] = {
    "id": "5bb3",
    "phone_1": "5125551212",
    "state": "TX",
    "born": "1980-02-29",
    "n": 12.5,
}
SCOPE: Mapping[str, Any] = {
    "lead": LEAD,
    "feedback": {"type": "return", "reason": "Wrong number"},
    "now": NOW,
    "random": "0" * 32,
}
FILES = Files.read(ROOT / "conf")
REGISTRY = registry()
YAML = tuple(path.read_text() for path in sorted((ROOT / "conf").glob("**/*.yaml")))
WSDL = tuple(
    path.read_text()
    for path in sorted((ROOT / "tests/plugins/wsdl").glob("*.wsdl"))
    if path.stat().st_size < 4000
)


@dataclass(frozen=True)
class Parser:
    """call: what reads a text; samples: what it reads; named: the errors it may raise; cost: of one text, 1 is 0.1 ms."""

    call: Callable[[str], object]
    samples: tuple[str, ...]
    named: tuple[type[Exception], ...] = (ValueError,)
    cost: float = 1


def as_bytes(text: str) -> bytes:
    return text.encode(
        "utf-8", "surrogateescape" if not re.search("[\ud800-\udc7f\udd00-\udfff]", text) else "replace"
    )


def many(text: str) -> None:
    """An array of events, as it is cut before any of it is parsed."""
    if jsontext.is_array(text):
        for element in jsontext.elements(text):
            jsontext.has_more_values(element, 50)
            jsontext.loads(element)


def rendered(text: str) -> None:
    template = Template.compile(text, {"states": {"TX": "Texas"}})
    template.render(SCOPE)


def address(text: str) -> None:
    sendable(Url.compile(text, {}).render(SCOPE))


def pattern(text: str) -> None:
    found = Pattern.compile(text)
    found.matches("Wrong number, joe@example.com")
    found.quick_matches(text)


def number(text: str) -> None:
    found, _, format = text.partition("|")
    numbers.formatted(found, format or "#,##0.00")


def date(text: str) -> None:
    found, _, format = text.partition("|")
    dates.formatted(found, format or "yyyy-MM-dd", "America/New_York")


def phone(text: str) -> None:
    for form in ("e164", "national", "digits"):
        phones.formatted(text, form, "US")


def model(kind: type[BaseModel], key: str) -> Callable[[str], object]:
    """A model of which one key is read."""
    return lambda text: kind.model_validate({key: text})


def source(text: str) -> None:
    """A source's file in the example conf."""
    load(Files(ROOT / "conf", {**FILES.content, "sources/acme.yaml": as_bytes(text)}), REGISTRY)


def answered(kind: str, **response: Any) -> Callable[[str], object]:
    """An answer of a type, read by rules; reading it raises nothing."""
    rules = answers.Rules.compile(answers.ResponseSettings(**response))
    endpoint = Endpoint(
        "acme/return", "acme", "Acme", None, "return", "json", "https://a.example/", None, response=rules
    )

    def call(text: str) -> None:
        headers, _, body = text.rpartition("\r\n\r\n")
        found = tuple((name, value) for name, value in parse_qsl(headers[:200], keep_blank_values=True))
        for status in (200, 422, 500):
            answers.read(Response(status, (("Content-Type", kind), *found), as_bytes(body), False), endpoint)

    return call


def imported(text: str) -> None:
    parse(written(from_curl(text, Named("return", "Acme")), "Acme").encode(), "acme.yaml")


def line(text: str) -> parsed._Line:
    """A line of the kept conf, its hash right."""
    return parsed._Line(parsed._hash(as_bytes(text)), as_bytes(text))


def signed(text: str) -> None:
    """The headers of a signed post."""
    check_signature(Signing((b"k" * 24,), 300.0), dict(parse_qsl(text)), b"body", 1_795_425_300.0)


def wsdl(text: str) -> None:
    plan(SoapSettings(operation="ReportReturn"), "service.wsdl", lambda _: as_bytes(text))


PEM = """\
-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhRBLd/dNBv38PGvFV0pE5rfyf7SRzAFBgMrZXAwFDESMBAG
A1UEAwwJYS5leGFtcGxlMB4XDTI2MTEyMzE2MDQ0OFoXDTI3MTEyMzE2MDQ0OFow
FDESMBAGA1UEAwwJYS5leGFtcGxlMCowBQYDK2VwAyEAqitj+3deyDfjr8WXR4lE
cf3RLDehtrQf0v3JZRtooIKjUzBRMB0GA1UdDgQWBBQQ45S0DhEqz07Jgo0Okdr7
mv8vTDAfBgNVHSMEGDAWgBQQ45S0DhEqz07Jgo0Okdr7mv8vTDAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBAJTVOEKbNAs8VqleQRHm12FocViYdDw8NVkh5f0A2J5m
UHPlCGsp5YV/E6sRBqRXTZStVQl4XP3Fl7as4PCOpwU=
-----END CERTIFICATE-----
"""
DER = PEM_cert_to_DER_cert(PEM).decode("utf-8", "surrogateescape")
TERM = {
    "outcome_search_path": "status",
    "outcome_search_term": "^ok$",
    "reason_path": "errors.*.message",
    "price_path": "price",
}
PARSERS: Mapping[str, Parser] = {
    "an event": Parser(
        lambda text: parse_event(text, NOW),
        ('{"type": "return", "source": "acme", "id": "L-1", "flow": {"id": "a"}, "price": 12.75}', '{"type": "return", "source": "a", "timestamp": "2026-11-23T09:15:00Z"}'),
        (EventError,),
    ),
    "many events": Parser(many, ('[{"a": [1, 2e5]}, {"b": "\\u00e4"}, []]', "[]", "[1]"), (jsontext.JsonError,)),
    "YAML": Parser(lambda text: parse(as_bytes(text), "a.yaml"), YAML, (), 30),
    "a conf file": Parser(source, YAML, (ConfError,), 300),
    "a listener": Parser(model(GatewaySettings, "listen"), ("127.0.0.1:8620", "[::1]:80", "unix:/run/a", "localhost:1"), cost=2),
    "listeners": Parser(lambda text: GatewaySettings.model_validate({"listen": [text]}), ("127.0.0.1:8620", "[::1]:80", "unix:/run/a", "0.0.0.0:1"), cost=2),
    "a host": Parser(lambda text: GatewaySettings.model_validate({"hosts": [text]}), ("gateway.internal",), cost=2),
    "an allowed block": Parser(Allow.parse, ("10.0.0.0/8", "[::1/128]:8630", "fd00::/8", "10.0.0.5/32:8080")),
    "an address as written": Parser(literal, ("127.1", "0x7f.1", "0177.0.0.1", "2130706433", "[::ffff:1.2.3.4]", "１２７.0.0.1"), ()),
    "a duration": Parser(duration, ("30s", "14 days", "500ms", "1.5h")),
    "a size": Parser(size, ("64KiB", "12", "1 MiB")),
    "a rate": Parser(rate, ("10/s", "600/m", "1 / h")),
    "statuses": Parser(statuses, ("200-299, 409", "500"), cost=2),
    "hours": Parser(lambda text: Hours.model_validate(text), ("08:00-18:00", "22:00-24:00", "UTC"), cost=2),
    "a template": Parser(
        rendered,
        ("{{ lead.id }}", "{{ lead.phone_1 | phone('e164', 'US') }}", "{% if lead.n > 3 %}a{% else %}{{ lead.n * 2 }}{% endif %}", "{{ lead.state | lookup('states') }}", "{{ now | date('yyyy') }}", "{{ lead.n | number('0.00') ~ 'x' }}"),
        (ValueError, RenderError),
        10,
    ),
    "a url": Parser(address, ("https://a.example/x/{{ lead.id }}?b={{ lead.state }}", "http://127.0.0.1:80/", "https://[2001:db8::1]:443/%20#x", "https://münchen.example/"), (ValueError, RenderError), 4),
    "a pattern": Parser(pattern, ("^ok$", "/a(b|c)+/ic", r"(?:\d{2,5})\b", "/[^a-z]/m", r"\p{Greek}"), cost=2),
    "a path": Parser(lambda text: list(paths.each({"a": [{"b": 1}], "contact.email": 2}, paths.split(text))), ("a.0.b", "{contact.email}", "a.*.b", "a.00")),
    "a place": Parser(lambda text: Place.compile(text, patterns=True), ("errors.*.message", "//a/b[1]/text()", "div.reason > p @title", r"ok (\d+)"), cost=5),
    "an xpath": Parser(lambda text: XPath.compile(text), ("//a/b[1]/text()", "string(/s:Envelope/s:Body)", "count(//x[@y='1'])", "//a[last()]|//b"), cost=3),
    "a retry-after": Parser(retry_after, ("120", "Mon, 23 Nov 2026 09:15:00 GMT", "Mon, 23 Nov 2026 09:15:00 -2400"), ()),
    "a date": Parser(date, ("2026-11-23T09:15:00Z|yyyy-MM-dd HH:mm", "1980-02-29|d. MMMM y", "1764000000|epoch", "2026-11-23T09:15:00.123456+05:30|SSS"), cost=3),
    "a moment": Parser(moments.moment, ("2026-11-23T09:15:00Z", "2026-11-23", "9999-12-31T23:59:59-12:00"), ()),
    "a number": Parser(number, ("1234.5|#,##0.00", "-12|000", "1e400|0.##", "12,5|0"), cost=2),
    "a phone number": Parser(phone, ("+1 512 555 1212", "(512) 555-1212 x5", "+49 30 123456"), cost=4),
    "a curl command": Parser(
        imported,
        ("curl -X POST https://a.example/r -H 'Content-Type: application/json' -d '{\"lead_id\": \"5bb3\"}'", "curl 'https://a.example/?id=5bb3&k=x' -u a:b", "curl https://a.example -F a=b --data-urlencode 'c=d e'", "curl $'https://a.example/\\u00e4' --json '{}'", 'curl ^"https://a.example^" ^\n -d ^"a=b^"', "curl https://a.example -H 'Content-Type: text/xml' -d '<r><lead id=\"1\">x</lead></r>'"),
        cost=20,
    ),
    "a wsdl": Parser(wsdl, WSDL, (WsdlError,), 150),
    "a kept conf file": Parser(lambda text: parsed._read(line(text), "a.yaml"), ('[{"a": {"b": [1, "x"]}}, [1, 1, 1, 1, 1, 4, 2, 3, 2, 6, 2, 7, 2, 9]]', "[null, []]"), (), 2),
    "a kept template": Parser(lambda text: parsed._facts(line(text)), ('[["lead.id"], [], [], true, ["lead", "id"]]', "[[], [], [], false, null]"), (), 2),
    "an access token": Parser(lambda text: granted(Response(200, (), as_bytes(text), False)), ('{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}', '{"error": "invalid_client"}'), (ValueError,), 2),
    "a certificate": Parser(ends, (PEM, PEM * 2, "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----"), (), 2),
    "a certificate's bytes": Parser(lambda text: ends(DER_cert_to_PEM_cert(as_bytes(text))), (DER,), (), 2),
    "a signing secret": Parser(signing_key, ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)),
    "a signature": Parser(signed, ("webhook-id=a&webhook-timestamp=1795425300&webhook-signature=v1,g0hM9SsE OTP", "webhook-id=a")),
    "a cursor": Parser(_cursor, ("1795425301456.6",)),
    "a time of the command line": Parser(lambda text: Moment().convert(text, None, None), ("2h", "7d", "2026-11-23T09:15:00Z"), (click.BadParameter,)),
    "an answer in JSON": Parser(answered("application/json", **TERM), ('{"status": "ok", "errors": [{"message": "no"}], "price": 1.5}', "Retry-After=5\r\n\r\n[]"), (), 5),
    "an answer in XML": Parser(answered("text/xml; charset=utf-8", **{**TERM, "outcome_search_path": "//status", "reason_path": "//message"}), ("<r><status>ok</status><message>x</message></r>", '<?xml version="1.0" encoding="utf-16"?><r/>', "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring></s:Fault></s:Body></s:Envelope>"), (), 8),
    "an answer in HTML": Parser(answered("text/html", outcome_search_path="div.status @title", outcome_search_term="ok"), ("<html><body><div class=status title=ok>x</div>", "<p>&nbsp;<!-- -->"), (), 8),
    "an answer in a form": Parser(answered("application/x-www-form-urlencoded", **TERM), ("status=ok&price=1,000.50&errors[0][message]=x", "a%zz=%ff&b"), (), 5),
    "an answer in text": Parser(answered("text/plain; charset=shift_jis", outcome_search_term="^OK", reference_path=r"ok (\d+)", capture={"a": "(x+)"}), ("OK 632", "Set-Cookie=a\r\n\r\nOK 1"), (), 5),
}  # fmt: skip
