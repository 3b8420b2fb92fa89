"""Transport `soap`: what an answer means where only an envelope makes sense."""

from dataclasses import replace

import pytest

from gateway.answers import ResponseSettings, Rules, read
from gateway.model import Response
from plugins import soap
from tests import making

ENVELOPE = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>'
FINE = ENVELOPE % b"<r><Success>OK</Success></r>"
FAULT = ENVELOPE % b"<e:Fault><faultcode>e:Server</faultcode><faultstring>duplicate</faultstring></e:Fault>"


def outcome(status, body, type_="text/xml", **settings):
    rules = Rules.compile(ResponseSettings.model_validate(settings), soap.settings().expects)
    endpoint = replace(making.route().endpoint, response=rules)
    return read(Response(status, (("Content-Type", type_),), body), endpoint)


def test_an_envelope_is_a_success():
    """Without any rule, on 2xx."""
    assert outcome(200, FINE).kind == "success"
    assert outcome(200, FINE, "application/soap+xml").kind == "success"


@pytest.mark.parametrize("type_", ["text/html", "text/plain; charset=utf-8", "application/octet-stream", ""])
def test_an_envelope_is_one_whatever_it_is_called(type_):
    """A return that was taken must not be sent again because of a wrong Content-Type."""
    for body in (FINE, b'<?xml version="1.0" encoding="utf-8"?>\r\n' + FINE, b"\xef\xbb\xbf" + FINE):
        found = outcome(200, body, type_, outcome_search_path="Success", outcome_search_term="^ok$")
        assert found.kind == "success"
    assert outcome(500, FAULT, type_, fault_is="failure").reason == "duplicate"


NO_ENVELOPES = [
    (b"<html><body>Down for maintenance</body></html>", "text/html", "the source answered 200 OK with an HTML page, not with a SOAP envelope"),
    (b'{"ok": true}', "application/json", "the source answered 200 OK with JSON, not with a SOAP envelope"),
    (b"<ok/>", "text/xml", "the source answered 200 OK with XML, not with a SOAP envelope"),
    (b"OK", "text/plain", "the source answered 200 OK with text, not with a SOAP envelope"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "type_", "reason"), NO_ENVELOPES)
def test_any_other_answer_is_an_error(body, type_, reason):
    """A page of a proxy is neither yes nor no; the attempt is repeated."""
    found = outcome(200, body, type_)
    assert (found.kind, found.permanent, found.rule) == ("error", False, "a SOAP envelope was expected")
    assert found.reason == reason


def test_a_broken_envelope_says_where_it_breaks():
    """In the parser's words."""
    found = outcome(200, b"<e:Envelope", "text/xml")
    assert found.kind == "error"
    assert found.reason.startswith("the answer is not XML (")


@pytest.mark.parametrize("status", [200, 202, 204])
def test_nothing_at_all_is_what_a_one_way_operation_gets(status):
    """The status says that it was taken."""
    assert outcome(status, b"", "text/plain").kind == "success"


def test_a_term_decides_on_envelopes_only():
    """Not found in a page of a proxy, it must not reject the event for good."""
    page = b"<html>maintenance</html>"
    assert outcome(200, page, "text/html", outcome_search_term="^accepted").kind == "error"
    assert (
        outcome(200, FINE, outcome_search_term="^accepted", outcome_search_path="Success").kind == "failure"
    )


def test_the_conf_may_expect_something_else():
    """`response_content_type_override` says what answers are, whatever the transport thinks."""
    assert outcome(200, b"OK", "text/html", response_content_type_override="text/plain").kind == "success"


@pytest.mark.parametrize(
    ("status", "kind"), [(503, "error"), (404, "error"), (410, "failure"), (500, "error")]
)
def test_without_an_envelope_the_status_decides(status, kind):
    """A 503 with an HTML page is an error that says so."""
    found = outcome(status, b"<html>sorry</html>", "text/html", fault_is="failure")
    assert found.kind == kind
    assert found.reason.endswith("with an HTML page")


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_fault_can_be_a_no(status):
    """Where the conf says so: the statuses that faults come with (SOAP 1.1 §6.2, SOAP 1.2 part 2 §7.5)."""
    found = outcome(status, FAULT, fault_is="failure")
    assert (found.kind, found.reason) == ("failure", "duplicate")
    assert outcome(status, FAULT).kind == "error"


@pytest.mark.parametrize("status", [401, 403, 407, 408, 425, 429, 502, 503, 504])
def test_a_fault_of_a_server_that_did_not_look_is_no_no(status):
    """Wrong credentials and an overloaded server say nothing of the lead; the words of the fault are kept."""
    found = outcome(status, FAULT, fault_is="failure")
    assert (found.kind, found.reason, found.permanent) == ("error", "duplicate", False)


def test_the_conf_can_make_a_no_of_any_status():
    """`failure_status` lists what this one source means by it."""
    assert outcome(503, FAULT, failure_status="503").kind == "failure"
