"""Why an event may go or not: what criteria tell of themselves, and what is told where they cannot."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway import Defer, Finding, Park, Pass, Veto
from gateway.explain import Explained, explain
from gateway.jsontext import dumps
from gateway.model import Event, Vote
from tests import making
from tests.making import NOON

EVENT = Event("e1", "return", "acme", None, {"lead": {"state": "CA"}}, "", NOON)
TREE = Finding("all of these", False, None, (Finding("lead.state is equal to TX", False, "CA"),))


async def asked(verdict: Any, tell: Any = None) -> Explained:
    """What is told of a route with one criterion that says that, and explains itself so."""

    async def veto(*_: Any) -> Any:
        return verdict

    one = making.asked(veto)
    one = replace(one, criterion=replace(one.criterion, explain=tell))
    return await explain(EVENT, making.conf(making.route(criteria=(one,))), NOON, "0" * 32)


def telling(found: Any) -> Any:
    async def tell(*_: Any) -> Any:
        if isinstance(found, BaseException):
            raise found
        return found

    return tell


async def test_a_criterion_tells_its_own_tree():
    """What `explain` gives stands beside the vote."""
    told = await asked(Veto("no", "lead.state is equal to TX", "CA"), telling(TREE))
    [why] = told.criteria
    assert (why.finding, why.told) == (TREE, True)
    assert why.vote == Vote("strict", "veto", "no", rule="lead.state is equal to TX", seen="CA")
    assert told.stopped is not None
    assert told.stopped.reason == "no"


@pytest.mark.parametrize(
    ("verdict", "holds"),
    [
        (Pass(), True),
        (Veto("no"), False),
        (Park("who knows"), False),
        (Defer(NOON.replace(hour=15), "later"), False),
        ("nonsense", None),
    ],
)
async def test_without_a_tree_the_vote_is_told(verdict: Any, holds: bool | None):
    """One node, made from the vote."""
    [why] = (await asked(verdict)).criteria
    assert (why.finding, why.told) == (Finding("strict", holds), False)


@pytest.mark.parametrize("found", [None, "nonsense", LookupError("broken"), SystemExit(3)], ids=repr)
async def test_a_tree_that_cannot_be_had_is_left_out(found: Any):
    """What `explain` raises, or gives instead of a tree, leaves the vote as it was."""
    [why] = (await asked(Veto("no", "a rule", 7), telling(found))).criteria
    assert (why.finding, why.told) == (Finding("a rule", False, 7), False)


async def test_a_tree_that_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch):
    """Nobody waits longer for an explanation than for a vote."""
    monkeypatch.setattr("gateway.explain.PATIENCE", 0.01)

    async def hang(*_: Any) -> Finding:
        await asyncio.sleep(60)
        return TREE

    [why] = (await asked(Pass(), hang)).criteria
    assert (why.finding, why.told) == (Finding("strict", True), False)


async def test_what_a_tree_shows_is_bounded():
    """Of a long value its beginning is shown, at every depth."""
    long = Finding("a", None, "x" * 100_000, (Finding("b", True, list(range(100_000))),))
    [why] = (await asked(Pass(), telling(long))).criteria
    assert len(why.finding.seen) <= 1000
    assert len(why.finding.parts[0].seen) <= 50


async def test_whoever_explains_changes_nothing():
    """A criterion that writes into its event or its variables does so for itself alone."""

    async def tell(event: Any, endpoint: Any, view: Any) -> Finding:
        found = Finding("seen", True, view.scope["lead"]["state"])
        view.scope["lead"]["state"] = event.body["lead"]["state"] = "changed"
        return found

    body: Mapping[str, Any] = EVENT.body
    for _ in range(2):
        [why] = (await asked(Pass(), tell)).criteria
        assert why.finding.seen == "CA"
    assert body == {"lead": {"state": "CA"}}


async def test_an_event_without_an_endpoint():
    """An unknown source is told as it would be stored."""
    told = await explain(replace(EVENT, source="nobody"), making.conf(making.route()), NOON, "0" * 32)
    assert told.refused is not None
    assert "nobody" in told.refused
    assert told.criteria == ()


class Evil:
    """What cannot be written."""

    def __repr__(self) -> str:
        raise SystemExit(3)

    __str__ = __repr__


def ring() -> Finding:
    parts: list[Any] = []
    found = Finding("round", True, None, parts)  # type: ignore[arg-type]
    parts += [found, found]
    return found


@pytest.mark.parametrize(
    "tree", [ring(), Finding("a", True, None, 7), Finding("a", True, None, ("b",))], ids=["ring", "7", "text"]
)
async def test_a_tree_that_is_none_is_left_out(tree: Finding):
    """One without an end, or with parts that are none, leaves the vote as it was."""
    [why] = (await asked(Pass(), telling(tree))).criteria
    assert (why.finding, why.told) == (Finding("strict", True), False)


async def test_whatever_a_tree_holds_it_can_be_written():
    """No JSON, no text, a lone surrogate, a ring: shown by its form, as of a vote."""
    seen: list[Any] = [Evil(), "\ud800", {Evil(): {1, 2}}]
    tree = Finding(Evil(), "maybe", seen, (Finding("\ud800", False, seen),))  # type: ignore[arg-type]
    [why] = (await asked(Veto("no", "a rule", seen), telling(tree))).criteria
    cannot = "a Evil whose form cannot be had (SystemExit)"
    shown = [cannot, "?", {cannot: "{1, 2}"}]
    assert why.finding == Finding(cannot, None, shown, (Finding("?", False, shown),))
    assert why.vote.seen == shown
    assert dumps(why.finding.seen).encode()
