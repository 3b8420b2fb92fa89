"""Status first: the default table, the lists of the conf, Retry-After."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answers import statuses

OURS = {401, 403, 404, 405, 407, 415}
LATER = {408, 425, 429}


def expected(status: int) -> tuple[str, bool]:
    if 200 <= status <= 299:
        return "success", False
    if 300 <= status <= 399:
        return "error", True
    if 400 <= status <= 499 and status not in OURS | LATER:
        return "failure", False
    return "error", False


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_default(judge: Any, status: int) -> None:
    """2xx is a success, 3xx parks, our own faults and outages are retried, every other 4xx is the source's no."""
    found = judge(status, "whatever", "text/plain")
    assert (found.kind, found.permanent) == expected(status)
    assert found.rule == f"the default for status {status}"
    assert (found.reason is None) == (found.kind == "success")


@pytest.mark.parametrize("status", range(100, 600))
@pytest.mark.parametrize("on_match", ["success", "failure", "error"])
def test_a_term_that_is_not_found_changes_nothing_outside_2xx(judge: Any, status: int, on_match: str) -> None:
    """So "not found means success" can never turn a 401 into a success."""
    found = judge(status, "whatever", "text/plain", outcome_search_term="absent", outcome_on_match=on_match)
    if 200 <= status <= 299:
        assert found.kind == {"success": "failure", "failure": "success", "error": "success"}[on_match]
    else:
        assert (found.kind, found.permanent) == expected(status)


@pytest.mark.parametrize("status", range(100, 600))
def test_a_term_that_is_found_counts_on_2xx_and_4xx_only(judge: Any, status: int) -> None:
    found = judge(status, "accepted", "text/plain", outcome_search_term="accepted")
    read = status // 100 in (2, 4)
    assert found.kind == ("success" if read else expected(status)[0])


@pytest.mark.parametrize("status", [99, 600, 999, 0, -1])
def test_a_status_beyond_all_classes_is_an_error_that_is_retried(judge: Any, status: int) -> None:
    found = judge(status)
    assert (found.kind, found.permanent) == ("error", False)
    assert found.reason == f"the source answered {status}"


def test_an_answer_without_a_status_is_a_success(judge: Any) -> None:
    """Transports that are not HTTP have none; their rules decide."""
    assert judge(None).kind == "success"


def test_a_redirect_names_where_it_leads(judge: Any) -> None:
    found = judge(302, headers=(("location", "https://acme.example/login"),))
    assert found.reason == (
        "the source answered 302 Found, a redirect to https://acme.example/login that was not followed"
    )


def test_a_redirect_keeps_the_words_of_the_partner_too(judge: Any) -> None:
    found = judge(301, '{"m":"moved to v2"}', "application/json", reason_path="m")
    assert found.reason == "the source answered 301 Moved Permanently without a Location: moved to v2"


def test_an_html_page_on_a_json_endpoint_is_judged_by_status_and_says_so(judge: Any) -> None:
    found = judge(503, "<h1>Down</h1>", "text/html", outcome_search_path="status", outcome_search_term="ok")
    assert (found.kind, found.permanent) == ("error", False)
    assert found.reason == "the source answered 503 Service Unavailable, with an HTML page"


@pytest.mark.parametrize(
    ("written", "statuses_"),
    [
        ("409", {409}),
        (409, {409}),
        ("200-202, 409", {200, 201, 202, 409}),
        ([409, "500-501"], {409, 500, 501}),
        (" 409 ,410", {409, 410}),
        ("200 - 201", {200, 201}),
        ([], set()),
    ],
)
def test_statuses_are_lists_and_ranges(written: Any, statuses_: set[int]) -> None:
    assert statuses.parse(written) == statuses_


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("2xx", "2xx is no status (write statuses and ranges, such as 200-299, 409)"),
        ("409,", " is no status (write statuses and ranges, such as 200-299, 409)"),
        (True, "True is no status (write statuses and ranges, such as 200-299, 409)"),
        ("500-400", "500-400 is no range of statuses (write the lower one first, from 100 on)"),
        (42, "42 is no status (write statuses and ranges, such as 200-299, 409)"),
        ("099", "099 is no range of statuses (write the lower one first, from 100 on)"),
        ({"a": 1}, "{'a': 1} is no status (write statuses and ranges, such as 200-299, 409)"),
    ],
)
def test_what_is_no_status_is_refused_with_a_sentence(written: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        statuses.parse(written)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 4000, 316224000.0),
        ("Mon, 23 Nov 2026 09:15:00 GMT", datetime(2026, 11, 23, 9, 15, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 10:15:00 +0100", datetime(2026, 11, 23, 9, 15, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 09:15:00 -0000", datetime(2026, 11, 23, 9, 15, tzinfo=UTC)),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        ("Mon, 32 Nov 2026 09:15:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:00 -2359", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, moment: float | datetime | None) -> None:
    assert statuses.retry_after(text) == moment


@given(st.text())
def test_retry_after_takes_any_text(text: str) -> None:
    found = statuses.retry_after(text)
    assert found is None or isinstance(found, float) or found.tzinfo is UTC


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 401])
def test_an_error_obeys_retry_after(judge: Any, status: int) -> None:
    assert judge(status, headers=(("retry-AFTER", "120"),)).retry_after == 120.0


@pytest.mark.parametrize("status", [200, 302, 410])
def test_what_is_not_retried_has_no_retry_after(judge: Any, status: int) -> None:
    assert judge(status, headers=(("Retry-After", "120"),)).retry_after is None


def test_a_retry_after_that_is_neither_is_noted(judge: Any) -> None:
    found = judge(503, headers=(("Retry-After", "soon"),))
    assert found.retry_after is None
    assert found.notes == (
        "the Retry-After header 'soon' is neither seconds nor a date, so it was not heeded",
    )
