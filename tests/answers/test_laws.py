"""Laws: reading never raises, is pure, and a 401 is never a success unless a term was found."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

HEADERS = st.sampled_from(["Content-Type", "retry-after", "Location", "Set-Cookie", "X"])
TYPES = st.sampled_from(
    [
        "application/json",
        "text/xml",
        "text/html",
        "text/plain; charset=utf-16",
        "application/x-www-form-urlencoded",
        "application/soap+xml; charset=punycode",
        "",
    ]
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            b'{"a":', b'"ok"', b"}", b"[", b"]", b"1e9", b"null", b"<a>", b"</a>", b"<s:Envelope xmlns:s='",
            b"http://schemas.xmlsoap.org/soap/envelope/'>", b"<s:Body>", b"<s:Fault>", b"</s:Fault>", b"</s:Body>",
            b"</s:Envelope>", b"<!DOCTYPE a>", b"&lt;", b"\\ud800", b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"a=%80&",
            b"<?xml version='1.0' encoding='utf-16'?>", b"<![CDATA[<x/>]]>", b"<!--", b"-->", b" xmlns='u'", b"NaN",
        ]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200), FRAGMENTS, st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace"))
)
PATHS = st.sampled_from(
    [
        "a",
        "a.*",
        "array.0",
        "*",
        "//a",
        "//s:a/@b",
        "count(//a)",
        "{a.b}",
        "a@b",
        "/*",
        "namespace::*",
        "#a",
        ".a @b",
        "a, b",
    ]
)
FINDS = st.one_of(PATHS, st.sampled_from(["(.*)", "a(b?)c|."]).filter(lambda text: "|" not in text))
RULES = st.fixed_dictionaries(
    {},
    optional={
        "reason_path": FINDS,
        "price_path": FINDS,
        "reference_path": FINDS,
        "capture": st.just({"x": "(.)"}),
        "cookie_search_term": st.just("a"),
        "success_status": st.sampled_from(["200-299", 500]),
        "failure_status": st.just([409, "502-504"]),
        "fault_is": st.sampled_from(["error", "failure"]),
        "response_content_type_override": st.sampled_from(
            ["application/json", "application/xml", "text/plain"]
        ),
        "default_reason": st.just("no"),
    },
)
TERMS = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"outcome_search_term": st.sampled_from(["ok", "^$", "."])},
        optional={
            "outcome_search_path": PATHS,
            "outcome_on_match": st.sampled_from(["success", "failure", "error"]),
        },
    ),
)
STATUSES = st.one_of(st.none(), st.integers(-5, 1000))
OTHER_HEADERS = st.lists(st.tuples(HEADERS, st.text(max_size=40)), max_size=3).map(tuple)


@given(STATUSES, BODIES, st.one_of(TYPES, st.text(max_size=30)), OTHER_HEADERS, RULES, TERMS, st.booleans())
@example(200, b"\xd8\x00", "application/json; charset=utf-16be", (), {"reason_path": "a"}, {}, False)
@example(
    422, b'{"a":"\\ud800"}', "application/json", (), {"reason_path": "a"}, {"outcome_search_term": "."}, False
)
@example(None, b"\x01", "application/json", (), {"reason_path": "(.*)"}, {"outcome_search_term": "ok"}, False)
def test_no_answer_makes_reading_raise_and_reading_is_pure(
    judge: Any,
    status: int | None,
    body: bytes,
    content_type: str,
    headers: Any,
    rules: Any,
    term: Any,
    cut: bool,
) -> None:
    """Any bytes, headers and status give an outcome that can be stored, and twice the same one."""
    first = judge(status, body, content_type, headers, cut, **rules, **term)
    assert first.kind in ("success", "failure", "error")
    assert first.rule
    assert first.kind == "success" or first.reason
    for text in (
        first.reason,
        first.reference,
        first.cookie,
        first.rule,
        *first.capture.values(),
        *first.notes,
        *(one.text for one in first.found),
    ):
        assert text is None or (text.encode() is not None and not any(ord(char) < 32 for char in text))
    assert judge(status, body, content_type, headers, cut, **rules, **term) == first


@given(st.sampled_from([401, 403, 404, 407, 500, 503, 302]), BODIES, TYPES, TERMS)
def test_only_a_found_term_makes_a_success_of_a_bad_status(
    judge: Any, status: int, body: bytes, content_type: str, term: dict[str, Any]
) -> None:
    found = judge(status, body, content_type, **term)
    if found.kind == "success":
        assert " was found " in found.rule
        assert status // 100 == 4
