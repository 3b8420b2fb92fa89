"""sample: a stable share, by the event's id."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import Event, Pass, Verdict, Veto, View
from plugins.criteria import sample
from plugins.criteria.sample import Sample
from tests.plugins.criteria.conftest import ENDPOINT, NOW

Ask = Callable[..., Awaitable[Verdict]]
IDS = [f"LEAD-{number}-return" for number in range(4000)]


def in_sample(id: str, share: str) -> bool:
    """Whether an event is in the sample, without an event loop: the criterion never waits."""
    view = View(NOW, {}, Sample.model_validate(share))
    asking = sample.veto(Event(id, "return", "acme", None, {}, "", NOW), ENDPOINT, view)
    try:
        asking.send(None)
    except StopIteration as answered:
        return isinstance(answered.value, Pass)
    raise AssertionError("it waited")


@pytest.mark.parametrize("share", ["0%", "0.5%", "10%", "33.3 %", "90%", "100%"])
def test_the_share_is_what_is_written(share: str) -> None:
    """Of many events about so many are in it; of 0% none, of 100% all."""
    wanted = float(share.rstrip(" %")) / 100
    found = sum(in_sample(id, share) for id in IDS) / len(IDS)
    assert found == pytest.approx(wanted, abs=0.0 if wanted in (0, 1) else 0.025)


@given(st.text("aé-0", max_size=8), st.decimals(0, 100, places=3), st.decimals(0, 100, places=3))
def test_who_is_in_stays_in_when_the_share_is_raised(id: str, one: Decimal, other: Decimal) -> None:
    """The same event is always answered the same, and a greater share holds the smaller one."""
    low, high = sorted((one, other))
    assert in_sample(id, f"{low:f}%") <= in_sample(id, f"{high:f}%")


async def test_the_veto_says_what_decided(ask: Ask) -> None:
    """In the operator's words, with the id that was looked at."""
    expected = Veto("it is not in the sample: acme gets 0% of the returns", "a sample of 0%", "e-7")
    assert expected == await ask("sample", "0%", id="e-7")


@pytest.mark.parametrize("conf", ["ten", "101%", "-1%", "1e1%", 10, "10", True, None, ["10%"]])
def test_fault(conf: Any) -> None:
    """A share is written as a percentage, and nothing is guessed."""
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(conf)
    [fault] = caught.value.errors()
    assert "(write a percentage from 0% to 100%, such as 10% or 0.5%)" in fault["msg"]


@pytest.mark.parametrize("conf", ["10%", "0.5 %", "100%"])
def test_schema(conf: str) -> None:
    """The JSON Schema takes what the plugin takes."""
    jsonschema.Draft202012Validator(Sample.model_json_schema()).validate(conf)
    Sample.model_validate(conf)
