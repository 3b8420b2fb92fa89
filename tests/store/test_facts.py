"""What is kept of an attempt, and that values come back as they were."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Found, Outcome, Replay, Request, Response, Secret, Values, Vote
from gateway.paths import leaves
from gateway.store import facts

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
SECRETS = st.builds(Secret, st.sampled_from(["file", "env"]), TEXT)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT | SECRETS
TREES = st.recursive(
    LEAVES, lambda node: st.lists(node, max_size=4) | st.dictionaries(TEXT, node, max_size=4)
)
VALUES = st.builds(
    Values,
    TEXT,
    st.lists(st.tuples(TEXT, TEXT | SECRETS)).map(tuple),
    TREES,
    st.lists(TEXT).map(tuple),
    st.dictionaries(TEXT, TREES, max_size=2),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    TEXT,
)


@given(VALUES)
def test_values_come_back(values):
    """Any tree with secrets at any leaf comes back equal: order, types, every digit."""
    back = facts.values_of(facts.values_text(values))
    assert back == values
    for (path, leaf), (path_back, leaf_back) in zip(leaves(values.tree), leaves(back.tree), strict=True):
        assert path_back == path
        assert type(leaf_back) is type(leaf) or {type(leaf_back), type(leaf)} == {int, Decimal}


@given(TREES)
def test_a_posted_object_is_no_secret(tree):
    """What looks like the text of stored values, secrets included, is data: no Secret comes out of it."""
    posted = json.loads(facts.values_text(Values("u", (), {"a": Secret("file", "k"), "b": tree})))
    back = facts.values_of(facts.values_text(Values("u", (), posted)))
    assert not any(isinstance(leaf, Secret) for _, leaf in leaves(back.tree))


def test_the_secret_is_not_in_the_tree():
    """The text holds the reference beside the tree, where nothing else can stand."""
    text = facts.values_text(Values("u", (("K", Secret("env", "E")),), {"a": [1, Secret("file", "k")]}))
    assert json.loads(text) == {
        "url": "u",
        "headers": [["K", None]],
        "tree": {"a": [1, None]},
        "extras": {},
        "left_out": [],
        "now": None,
        "random": "",
        "secrets": [[["headers", 0, 1], "env", "E"], [["tree", "a", 1], "file", "k"]],
    }


def test_values_of_an_older_version():
    """What was stored before there were extras can still be sent again."""
    text = '{"url": "u", "headers": [], "tree": {"a": 1}, "left_out": ["b"], "secrets": []}'
    assert facts.values_of(text) == Values("u", (), {"a": 1}, ("b",))


def test_values_deeper_than_a_post_may_be():
    """A mapping may put a post of 64 levels below keys of its own; what was sent can still be sent again."""
    tree = "leaf"
    for _ in range(100):
        tree = {"a": tree}
    values = Values("u", (), tree)
    assert facts.values_of(facts.values_text(values)) == values


@given(
    st.recursive(
        LEAVES | st.floats() | st.text() | st.dates() | st.binary(),
        lambda node: st.lists(node) | st.dictionaries(st.text(), node),
    )
)
def test_anything_can_be_written(value):
    """Whatever stands in an attempt becomes JSON text that UTF-8 can hold."""
    facts.read(facts.written(value).encode().decode())


def test_an_attempt_to_the_letter(make):
    """The whole object of the HTTP interface."""
    said = {
        "reason": "ok",
        "price": Decimal("1.50"),
        "reference": "R",
        "capture": {"a": "b"},
        "rule": "status 200",
        "cookie": "session=A7",
    }
    found = (Found("reference_path", "id", "A7"),)
    attempt = make.attempt(
        make.event("a"),
        said={**said, "found": found, "notes": ("charset guessed",), "retry_after": 30.0},
        started_at=datetime(2026, 11, 23, 10, 0, 0, 999999, tzinfo=timezone(timedelta(hours=1))),
        ms=12.34567,
        key="a.2",
        votes=(Vote("max_age", "pass", None, make.now), Vote("rules", "skipped", "overruled")),
        values=Values("u", left_out=("phone",), now=make.now, random="ab" * 16),
        request=Request("POST", "https://acme.example/é", (("A", "1"), ("A", "2")), "é".encode(), ("cut",)),
        response=Response(200, (("Server", "x"),), b"\xff", truncated=True),
        replay=Replay("fresh", ("rules",), again=True, why="asked", by="ada", job="j1"),
        due_at=make.after(1),
    )
    assert facts.attempt_json(attempt) == {
        "number": 1,
        "endpoint": "acme/return",
        "transport": "json",
        "started_at": "2026-11-23T09:00:00.999Z",
        "ms": 12.346,
        "state": "queued",
        "outcome": "success",
        **said,
        "found": [{"key": "reference_path", "place": "id", "text": "A7"}],
        "price": "1.50",
        "permanent": False,
        "retry_after": 30.0,
        "due_at": "2026-11-23T12:00:01.123Z",
        "conf": "c0ffee",
        "key": "a.2",
        "replay": {
            "values": "fresh",
            "skip_criteria": ["rules"],
            "again": True,
            "why": "asked",
            "by": "ada",
            "job": "j1",
        },
        "criteria": [
            {
                "name": "max_age",
                "verdict": "pass",
                "reason": None,
                "until": "2026-11-23T12:00:00.123Z",
                "rule": None,
                "seen": None,
            },
            {
                "name": "rules",
                "verdict": "skipped",
                "reason": "overruled",
                "until": None,
                "rule": None,
                "seen": None,
            },
        ],
        "now": "2026-11-23T12:00:00.123Z",
        "random": "ab" * 16,
        "left_out": ["phone"],
        "request": {"method": "POST", "url": "https://acme.example/é", "headers": {"A": "1, 2"}, "body": "é"},
        "response": {"status": 200, "headers": {"Server": "x"}, "body_base64": "/w==", "truncated": True},
        "network_error": None,
        "maybe_received": False,
        "notes": ["charset guessed", "cut"],
    }


@pytest.mark.parametrize("seen", [None, "TX", Decimal("12.750"), [10**30, {"a": Decimal("1e-9")}]])
@pytest.mark.parametrize("reason", [None, "no", "so viel: \u20ac", "odd \udcff"])
def test_what_is_stored_is_what_is_told(make, seen, reason):
    """Whichever way it is written: the stored text says what the facts say, every digit of it."""
    made = make.attempt(make.event("a"), said={"reason": reason}, votes=(Vote("rules", "pass", seen=seen),))
    told = facts.attempt_json(made) | {"reason": facts.storable_text(reason)}
    assert facts.read(facts.attempt_text(made)) == told


def test_an_attempt_that_sent_nothing(make):
    """Without request and answer these are null, not left away."""
    told = facts.attempt_json(
        make.attempt(make.event("a"), "error", network_error="reset", maybe_received=True)
    )
    assert (told["request"], told["response"], told["left_out"]) == (None, None, [])
    assert (told["network_error"], told["maybe_received"]) == ("reset", True)


def test_a_request_without_body(make):
    """A body that is not there is null, which an empty one is not."""
    bodies = [
        facts.attempt_json(make.attempt(make.event("a"), request=Request("GET", "u", (), body)))
        for body in (None, b"")
    ]
    assert [told["request"]["body"] for told in bodies] == [None, ""]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"x" * facts.KEPT_BYTES, b"x" * facts.KEPT_BYTES),
        (b"x" * (facts.KEPT_BYTES + 1), b"x" * facts.KEPT_BYTES),
        (b"x" * (facts.KEPT_BYTES - 1) + "é".encode(), b"x" * (facts.KEPT_BYTES - 1)),
        (b"x" * (facts.KEPT_BYTES - 3) + "😀".encode(), b"x" * (facts.KEPT_BYTES - 3)),
    ],
    ids=["all of it", "one byte more", "a character cut in two", "a character cut in four"],
)
def test_a_long_answer(make, body, kept):
    """Of an answer 64 KiB are kept, ending with a whole character, and a note says how many there were."""
    told = facts.attempt_json(make.attempt(make.event("a"), response=Response(200, (), body)))
    cut = len(body) > facts.KEPT_BYTES
    note = f"the answer had {len(body):,} bytes, of which the first 65,536 are kept"
    assert told["response"]["body"] == kept.decode()
    assert (told["response"]["truncated"], told["notes"]) == (cut, [note] if cut else [])


def test_a_moment_to_wait_for(make):
    """Retry-After as a date is shown as a date."""
    told = facts.attempt_json(
        make.attempt(make.event("a"), "error", said={"retry_after": datetime(2026, 1, 1, tzinfo=UTC)})
    )
    assert told["retry_after"] == "2026-01-01T00:00:00.000Z"


def test_outcome_without_a_word(make):
    """An outcome that says nothing more is shown with nulls."""
    told = facts.attempt_json(make.attempt(make.event("a")))
    silent = Outcome("success")
    assert (told["price"], told["reference"], told["capture"]) == (None, silent.reference, {})
