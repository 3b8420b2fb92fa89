"""SOAP answers: paths from the Body's first element, XML in text, Faults at any status."""

from typing import Any

import pytest

from gateway.answers.envelopes import plain
from gateway.answers.markup import xml_root

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


def envelope(body: str, namespace: str = SOAP_11, prefix: str = "s") -> str:
    return (
        f'<?xml version="1.0"?><{prefix}:Envelope xmlns:{prefix}="{namespace}"><{prefix}:Header><h>ok</h></{prefix}:Header>'
        f"<{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
    )


def answer(result: str) -> str:
    return envelope(f'<SubmitReturnResponse xmlns="urn:acme">{result}</SubmitReturnResponse>')


FAULT_11 = envelope(
    "<s:Fault><faultcode>s:Client</faultcode><faultstring>Duplicate lead</faultstring>"
    "<detail><code>17</code></detail></s:Fault>"
)
FAULT_12 = envelope(
    "<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason>"
    '<e:Text xml:lang="en">Duplicate lead</e:Text><e:Text xml:lang="de">Doppelt</e:Text></e:Reason></e:Fault>',
    SOAP_12,
    "e",
)


@pytest.mark.parametrize(
    ("result", "path"),
    [
        ("<SubmitReturnResult><Success>OK</Success></SubmitReturnResult>", "SubmitReturnResult.Success"),
        ("<SubmitReturnResult><Success>OK</Success></SubmitReturnResult>", "/Envelope/Body/*/*/Success"),
        (
            "<SubmitReturnResult><Success>OK</Success></SubmitReturnResult>",
            "/s:Envelope//*[local-name()='Success']",
        ),
        ("<SubmitReturnResult><Success>OK</Success></SubmitReturnResult>", "a:SubmitReturnResult.a:Success"),
        ("<R><E>no</E><E>OK</E></R>", "R.E.1"),
        ("<R><E>no</E><E>OK</E></R>", "R.E"),
        ("<R><E><M>no</M></E><E><M>OK</M></E></R>", "R.E.*.M"),
        ("<R><E><M>no</M></E><E><M>OK</M></E></R>", "R.E.M"),
        ("<R><E><M>OK</M></E></R>", "R.E.*.M"),
        ("<R><E><M>OK</M></E></R>", "R.E.0.M"),
        ("<R><E>OK</E></R>", "R.E.*"),
        ("<R><E>OK</E></R>", "R.*"),
        ("<R><E>OK</E></R>", "*.E"),
        ('<R code="OK">text</R>', "R.@code"),
        ('<R code="OK">text</R>', "R@code"),
        ('<R code="7">OK</R>', "R"),
        ('<R code="7">OK</R>', "R.#text"),
        ('<R x:type="x:string" xmlns:x="http://www.w3.org/2001/XMLSchema-instance">OK</R>', "R"),
        ("<R><![CDATA[<r><Success>OK</Success></r>]]></R>", "R.r.Success"),
        (
            "<R>&lt;?xml version='1.0' encoding='utf-16'?>&lt;r>&lt;Success>OK&lt;/Success>&lt;/r></R>",
            "R.r.Success",
        ),
        ("<R>&lt;r>&lt;Success>OK&lt;/Success>&lt;/r></R>", "//Success/text()"),
    ],
)
def test_a_path_finds_what_stands_in_the_body(judge: Any, result: str, path: str) -> None:
    """Repeats, attributes, encoding attributes and XML in text make no difference to how a path is written."""
    found = judge(200, answer(result), "text/xml", outcome_search_path=path, outcome_search_term="^OK$")
    assert found.kind == "success", found.rule


@pytest.mark.parametrize("result", ["<R>no</R>", "", "<R><E>no</E></R>"])
@pytest.mark.parametrize("path", ["R", "R.E.0", "R.1", "R.E.*.M", "R@code", "Header.h", "//nothing"])
def test_a_path_that_finds_nothing_of_the_kind_is_a_failure(judge: Any, result: str, path: str) -> None:
    """The SOAP header is never looked at by a dot path."""
    found = judge(200, answer(result), "text/xml", outcome_search_path=path, outcome_search_term="^OK$")
    assert found.kind == "failure"


def test_nil_is_null() -> None:
    nil = '<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><a x:nil="true"/><b/></r>'
    assert plain(xml_root(nil)) == {"a": None, "b": ""}


def test_attributes_of_the_encoding_say_nothing() -> None:
    """An rpc/encoded answer gives every element an xsi:type."""
    typed = '<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><a x:type="x:string">ok</a></r>'
    assert plain(xml_root(typed)) == {"a": "ok"}


def test_the_plain_tree_keeps_attributes_text_and_repeats() -> None:
    tree = plain(xml_root('<r><a id="1">x</a><b/><a>y</a><a><c>z</c></a></r>'))
    assert tree == {"a": [{"@id": "1", "#text": "x"}, "y", {"c": "z"}], "b": ""}


def test_text_that_only_looks_like_xml_stays_text(judge: Any) -> None:
    found = judge(200, answer("<R>&lt;not xml</R>"), "text/xml", reference_path="R")
    assert found.reference == "<not xml"


def test_a_doctype_in_text_is_not_read_either(judge: Any) -> None:
    found = judge(200, answer("<R>&lt;!DOCTYPE r>&lt;r/></R>"), "text/xml", reference_path="R")
    assert found.reference == "<!DOCTYPE r><r/>"


@pytest.mark.parametrize("status", [200, 202, 400, 404, 500, 302, None])
@pytest.mark.parametrize("fault", [FAULT_11, FAULT_12])
@pytest.mark.parametrize("means", ["error", "failure"])
def test_a_fault_at_any_status_is_what_fault_is_says(
    judge: Any, status: int | None, fault: str, means: str
) -> None:
    found = judge(status, fault, "application/soap+xml; charset=utf-8", fault_is=means)
    assert (found.kind, found.reason, found.permanent) == (means, "Duplicate lead", False)
    assert found.rule.startswith("a SOAP fault ")


def test_a_fault_is_never_a_success(judge: Any) -> None:
    """Not by a list, and not by a term that happens to stand in its text."""
    found = judge(200, FAULT_11, "text/xml", success_status="200-500", outcome_search_term="lead")
    assert (found.kind, found.reason) == ("error", "Duplicate lead")


def test_a_term_found_in_a_fault_tells_one_fault_from_another(judge: Any) -> None:
    rules = {
        "outcome_search_path": "detail.code",
        "outcome_search_term": "^17$",
        "outcome_on_match": "failure",
    }
    assert judge(400, FAULT_11, "text/xml", **rules).kind == "failure"
    assert judge(400, FAULT_11.replace("17", "18"), "text/xml", **rules).kind == "error"


def test_failure_status_serves_a_partner_whose_no_is_a_fault(judge: Any) -> None:
    found = judge(500, FAULT_11, "text/xml", failure_status=500)
    assert (found.kind, found.reason) == ("failure", "Duplicate lead")


def test_retry_status_wins_over_fault_is(judge: Any) -> None:
    assert judge(503, FAULT_11, "text/xml", fault_is="failure", retry_status=503).kind == "error"


def test_reason_path_reads_the_detail_of_a_fault(judge: Any) -> None:
    assert judge(500, FAULT_11, "text/xml", reason_path="detail.code").reason == "17"
    assert judge(500, FAULT_11, "text/xml", reason_path="Result.Message").reason == "Duplicate lead"


def test_a_fault_without_words_names_its_code(judge: Any) -> None:
    empty = envelope("<s:Fault><faultcode>s:Server</faultcode></s:Fault>")
    assert judge(500, empty, "text/xml").reason == "the source answered with a SOAP fault s:Server"


def test_a_page_instead_of_an_envelope_is_never_a_fault(judge: Any) -> None:
    """A 503 with an HTML page is judged by its status, and says what it is, whatever fault_is says."""
    rules = {
        "outcome_search_path": "SubmitReturnResult.Success",
        "outcome_search_term": "ok",
        "fault_is": "failure",
    }
    down = judge(503, "<html>faultstring</html>", "text/html", **rules)
    assert (down.kind, down.reason) == (
        "error",
        "the source answered 503 Service Unavailable, with an HTML page",
    )
    lies = judge(503, "<html><br></html>", "text/xml", **rules)
    assert (lies.kind, lies.reason) == ("error", "the source answered 503 Service Unavailable")
    assert lies.notes[0].startswith("the answer is not XML (Opening and ending tag mismatch")
    odd = judge(200, "<html>ok</html>", "text/html", **rules)
    assert (odd.kind, odd.permanent) == ("error", False)


@pytest.mark.parametrize("body", ["", "<x/>", envelope(""), f'<s:Envelope xmlns:s="{SOAP_11}"/>'])
def test_an_envelope_without_a_fault_is_judged_by_status(judge: Any, body: str) -> None:
    assert judge(200, body, "text/xml").kind == "success"
    assert judge(500, body, "text/xml").kind == "error"
