"""The pure parts of a plan: what is counted, what was then, what is written otherwise."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.model import Request, Secret, Values
from gateway.plan import differences
from gateway.plan.edits import endpoint_edits, shared_edits
from gateway.plan.report import Edit, Example
from gateway.plan.tally import MOST, Tally
from gateway.plan.then import chance_of, moment_of
from gateway.store import Recorded
from tests.plan.histories import BEGAN, post

LATER = BEGAN + timedelta(hours=1)


def test_a_tally_keeps_the_first_example():
    """Each key has its number and the first event that showed it."""
    tally = Tally("rest")
    for id in ("E-2", "E-1"):
        tally.add("key", lambda id=id: Example(id))
    assert list(tally) == [("key", 2, Example("E-2"))]


def test_a_tally_is_bounded():
    """Keys that a poster makes up are told apart only up to a number; the rest is counted together."""
    tally = Tally("rest")
    for number in range(MOST + 5):
        tally.add(str(number), lambda: Example("E"))
    found = {key: count for key, count, _ in tally}
    assert (len(found), found["rest"]) == (MOST + 1, 5)


def recorded(**more):
    return Recorded(1, post(1), "acme/return", "queued", None, None, **more)


@pytest.mark.parametrize(
    ("found", "at"),
    [
        (recorded(), post(1).received_at),
        (recorded(last={"started_at": LATER.isoformat()}), LATER),
        (recorded(last={"started_at": BEGAN.isoformat(), "now": LATER.isoformat()}), LATER),
        (recorded(last={"now": BEGAN.isoformat()}, values=Values("u", now=LATER)), LATER),
    ],
)
def test_the_moment_of_an_event(found, at):
    """That of its last attempt, as exactly as it is kept; of one that was never tried, when it came."""
    assert moment_of(found) == at


def test_the_chance_of_an_event():
    """That of its last attempt; without one always the same for the same id, and another for another."""
    assert chance_of(recorded(last={"random": "ab" * 16})) == "ab" * 16
    mine, other = recorded(), replace(recorded(), event=post(2))
    assert chance_of(mine) == chance_of(recorded()) != chance_of(other)
    assert len(chance_of(mine)) == 32


def test_values_that_differ():
    """Address, headers, trees and further mappings by the names of the conf; a secret by its own name."""
    old = Values(
        "u", (("X-A", "1"),), {"a": {"b": [1, None]}, "c": {}}, extras={"header": {"t": Secret("file", "k")}}
    )
    new = Values("v", (), {"a": {"b": [True, None, 2]}, "c": {}}, extras={"header": {"t": "x"}})
    assert differences.of_values(old, new) == [
        ("url", "changed", "u", "v"),
        ("headers.X-A", "removed", "1", None),
        ("mapping.a.b.0", "changed", 1, True),
        ("header.t", "changed", "{file: k}", "x"),
        ("mapping.a.b.2", "added", None, 2),
    ]


def test_requests_that_differ():
    """Method, address, each header, and the body as text."""
    old = Request("GET", "u", (("A", "1"), ("B", "2")))
    new = Request("POST", "u", (("A", "1"),), b"\xff")
    assert differences.of_requests(old, new) == [
        ("method", "changed", "GET", "POST"),
        ("headers.B", "removed", "2", None),
        ("body", "added", None, "\ufffd"),
    ]


def files(**texts: str) -> Files:
    content = {name.replace("_", "/") + ".yaml": text.encode() for name, text in texts.items()}
    return Files(Path("conf"), content)


def test_edits_of_endpoints():
    """Key by key, with what stands in `common`; comments, blanks and the order of other keys are none."""
    old = files(
        sources_a="name: A\ncommon: {retry: {first: 1s, max: 5m}, mapping: {x: a}}\nreturn: {url: u}\nconversion:\n"
    )
    new = files(
        sources_a="# b\ncommon: {mapping: {x: b}, retry: {max: 5m, first: 2s}}\nname: A\nreturn: {url: u}\n"
    )
    assert endpoint_edits(old, new) == {
        "a/return": (
            Edit("retry.first", "changed", "1s", "2s"),
            Edit("mapping.x", "changed", "a", "b"),
        ),
        "a/conversion": (
            Edit("name", "removed", "A"),
            Edit("retry", "removed", {"first": "1s", "max": "5m"}),
            Edit("mapping", "removed", {"x": "a"}),
        ),
    }


def test_edits_of_lists():
    """Element by element where as many are left; else as a whole."""
    old, longer = files(sources_a="return: {rules: [a, b]}"), files(sources_a="return: {rules: [a, c, b]}")
    assert endpoint_edits(old, longer) == {
        "a/return": (Edit("rules", "changed", ["a", "b"], ["a", "c", "b"]),)
    }
    assert endpoint_edits(old, files(sources_a="return: {rules: [a, c]}")) == {
        "a/return": (Edit("rules.1", "changed", "b", "c"),)
    }


def test_edits_of_what_is_shared():
    """gateway.yaml and tables key by key; a file that is new or gone, and a WSDL, as such. Sample events do not count."""
    old = Files(
        Path("conf"),
        {"gateway.yaml": b"data: x\nlog: {a: 1, b: 2}", "tables/t.yaml": b"a: 1", "events/e.json": b"1"},
    )
    new = Files(
        Path("conf"),
        {"gateway.yaml": b"data: y\nlog: {b: 2, a: 1}", "wsdl/w.wsdl": b"<w/>", "events/e.json": b"2"},
    )
    assert shared_edits(old, new) == (
        Edit("gateway.yaml: data", "changed", "x", "y"),
        Edit("tables/t.yaml", "removed"),
        Edit("wsdl/w.wsdl", "added"),
    )
    assert shared_edits(new, replace(new, content={**new.content, "wsdl/w.wsdl": b"<v/>"})) == (
        Edit("wsdl/w.wsdl", "changed"),
    )
