"""one_voice: which voices count against an event, rule by rule."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from gateway import Defer, Park, Pass, Verdict, Veto, Voice
from plugins.criteria.one_voice import OneVoice
from tests.plugins.criteria.conftest import NOW

Ask = Callable[..., Awaitable[Verdict]]


@dataclass
class Spoken:
    """A past with these voices."""

    all: tuple[Voice, ...]
    in_flight: int = 0

    async def voices(self) -> tuple[Voice, ...]:
        return self.all

    async def deliveries(self, since: Any) -> int:
        return 0

    async def given(self, mark: str) -> Voice | None:
        return None


def voice(type: Any, state: Any, earlier: bool) -> Voice:
    return Voice(f"{type}-{state}", type, f"acme/{type}", None, NOW, state, earlier)


@pytest.mark.parametrize("type", ["return", "conversion"])
@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("state", ["delivered", "queued"])
@pytest.mark.parametrize("rule", ["first", "agree", "park"])
async def test_one_other_voice(ask: Ask, rule: str, state: str, earlier: bool, type: str) -> None:
    """Delivered, in any order, decides; undecided is waited for if it is earlier; agree hears no agreement."""
    found = await ask("one_voice", rule, past=Spoken((voice(type, state, earlier),)), lead={"id": "L-1"})
    if rule == "agree" and type == "return":
        assert found == Pass()
    elif state == "delivered":
        assert isinstance(found, Park if rule == "park" else Veto)
        assert (found.rule, found.seen) == (rule, f"{type}-delivered")  # type: ignore[union-attr]
    elif earlier:
        assert isinstance(found, Defer)
        assert found.until == NOW + timedelta(seconds=1)
    else:
        assert found == Pass()


async def test_nobody_else_spoke(ask: Ask) -> None:
    """The only voice passes, and so does one without a lead."""
    assert await ask("one_voice", "first", past=Spoken(()), lead={"id": "L-1"}) == Pass()
    assert await ask("one_voice", "first") == Pass()


async def test_what_was_delivered_weighs_more_than_what_waits(ask: Ask) -> None:
    """With one of each it is decided at once."""
    past = Spoken((voice("return", "queued", True), voice("conversion", "delivered", False)))
    assert isinstance(await ask("one_voice", "first", past=past, lead={"id": "L-1"}), Veto)


async def test_the_wait_grows_with_the_age(ask: Ask) -> None:
    """Asked at an age of ten minutes it is asked again at twenty; never seldomer than every quarter of an hour."""
    past = Spoken((voice("return", "queued", True),))
    for age, wait in ((0, 1), (10, 10), (600, 600), (5000, 900)):
        found = await ask("one_voice", "first", timedelta(seconds=age), past=past, lead={"id": "L-1"})
        assert isinstance(found, Defer)
        assert found.until - (NOW + timedelta(seconds=age)) == timedelta(seconds=wait)


@pytest.mark.parametrize("conf", ["frist", "First", "", None, 1, True, ["first"], {"rule": "first"}])
def test_fault(conf: Any) -> None:
    """There are three rules, and no other is guessed."""
    with pytest.raises(ValidationError):
        OneVoice.model_validate(conf)


@pytest.mark.parametrize("conf", ["first", "agree", "park"])
def test_schema(conf: str) -> None:
    """The JSON Schema takes each rule."""
    jsonschema.Draft202012Validator(OneVoice.model_json_schema()).validate(conf)
