"""once: what counts as the same, and what is said of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from gateway import Defer, Park, Pass, Verdict, Veto, Voice
from plugins.criteria.once import Once
from tests.plugins.criteria.conftest import NOW

Ask = Callable[..., Awaitable[Verdict]]
OTHER = Voice("e-0", "return", "acme/return", None, NOW, "delivered", True)


@dataclass
class Holding:
    """A past in which another event holds every mark, if there is one. asked: the marks that were asked for."""

    other: Voice | None = None
    asked: list[str] = field(default_factory=list)
    in_flight: int = 0

    async def given(self, mark: str) -> Voice | None:
        self.asked.append(mark)
        return self.other

    async def deliveries(self, since: Any) -> int:
        return 0

    async def voices(self) -> tuple[Voice, ...]:
        return ()


async def mark(ask: Ask, conf: Any, **body: Any) -> str | None:
    """The mark that such an event lays claim to."""
    found = await ask("once", conf, past=Holding(), **body)
    assert isinstance(found, Pass)
    return found.marks[0] if found.marks else None


@pytest.mark.parametrize(
    ("conf", "one", "other", "same"),
    [
        ("lead.id", {"lead": {"id": "7"}}, {"lead": {"id": "7"}}, True),
        ("lead.id", {"lead": {"id": "7"}}, {"lead": {"id": 7}}, True),
        ("lead.id", {"lead": {"id": " 7 "}}, {"lead": {"id": "7"}}, True),
        ("lead.id", {"lead": {"id": "7"}}, {"lead": {"id": "07"}}, False),
        ("lead.id", {"lead": {"id": "aB"}}, {"lead": {"id": "ab"}}, False),
        ("{{ lead.id | lower }}", {"lead": {"id": "aB"}}, {"lead": {"id": "ab"}}, True),
        (["lead.id", "feedback.reason"], {"lead": {"id": "7"}, "x": 1}, {"lead": {"id": "7"}}, True),
        (["lead.id", "x"], {"lead": {"id": "7"}, "x": 1}, {"lead": {"id": "7"}}, False),
        (["x", "y"], {"x": "1", "y": "2"}, {"x": "2", "y": "1"}, False),
        (["x", "y"], {"x": "1", "y": ""}, {"x": "", "y": "1"}, False),
        ("tags", {"tags": ["a", "b"]}, {"tags": ["a", "b"]}, True),
        ("tags", {"tags": ["a", "b"]}, {"tags": ["a, b"]}, False),
    ],
)
async def test_what_is_the_same(ask: Ask, conf: Any, one: Any, other: Any, same: bool) -> None:
    """Equal values make equal marks, whatever else differs, and others do not."""
    assert (await mark(ask, conf, **one) == await mark(ask, conf, **other)) is same


async def test_another_list_is_another_mark(ask: Ask) -> None:
    """A phone number is not taken for a lead's id after the conf has changed."""
    body = {"lead": {"id": "5125551212", "phone_1": "5125551212"}}
    assert await mark(ask, "lead.id", **body) != await mark(ask, "lead.phone_1", **body)


async def test_a_mark_holds_no_lead_data(ask: Ask) -> None:
    """It is a digest, whatever the value is."""
    found = await mark(ask, "lead.email", lead={"email": "joe@example.com"})
    assert found is not None
    assert "joe" not in found
    assert len(found) == len("once:") + 64


@pytest.mark.parametrize("lead", [{}, {"id": None}, {"id": " "}, {"id": []}])
async def test_what_is_blank_is_never_the_same(ask: Ask, lead: dict[str, Any]) -> None:
    """An event without the value passes, and nobody is asked."""
    past = Holding(OTHER)
    assert await ask("once", "lead.id", past=past, lead=lead) == Pass()
    assert past.asked == []


async def test_verdicts(ask: Ask) -> None:
    """A delivered one vetoes, one in flight defers; both name the other event and the value."""
    lead = {"id": "L-7"}
    found = await ask("once", "lead.id", past=Holding(OTHER), lead=lead)
    assert found == Veto("event e-0 gave acme a return for the same lead.id", "once for lead.id", "L-7")
    flying = Holding(replace(OTHER, state="queued"))
    found = await ask("once", ["lead.id", "feedback.reason"], past=flying, lead=lead)
    assert found == Defer(
        NOW + timedelta(seconds=1),
        "event e-0 is on its way with a return for the same lead.id, feedback.reason",
        "once for lead.id, feedback.reason",
        ["L-7", None],
    )


async def test_required_parks(ask: Ask) -> None:
    """A template that demands a value that is blank leaves the event to a person."""
    found = await ask("once", "{{ lead.id | required }}")
    assert isinstance(found, Park)
    assert found.reason.startswith("it cannot be told whether this was given before: lead.id is required")


@pytest.mark.parametrize("conf", [[], "the lead", 7, None, ["lead.id", 7], {"of": "lead.id"}, "event.ID"])
def test_fault(conf: Any) -> None:
    """What is no path and no template is refused."""
    with pytest.raises(ValidationError):
        Once.model_validate(conf)


@pytest.mark.parametrize("conf", ["lead.id", ["lead.id", "{{ lead.email | lower }}"]])
def test_schema(conf: Any) -> None:
    """The JSON Schema takes both forms."""
    jsonschema.Draft202012Validator(Once.model_json_schema()).validate(conf)
    Once.model_validate(conf)
