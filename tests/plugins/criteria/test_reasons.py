"""reasons: only those on the list."""

from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from gateway import Pass, Verdict, Veto
from plugins.criteria.reasons import Reasons

Ask = Callable[..., Awaitable[Verdict]]
TABLES = {"tables": {"acme_reasons": {"Wrong number": "WN", 12: None}, "none": {}}}
LIST = ["Wrong number", "Straße", 12]


@pytest.mark.parametrize("reason", ["Wrong number", "WRONG NUMBER", " wrong number ", "STRASSE", "12", 12])
async def test_pass(ask: Ask, reason: Any) -> None:
    """A reason on the list may go, whatever its case and the white space round it."""
    assert Pass() == await ask("reasons", LIST, reason=reason)


@pytest.mark.parametrize(
    ("reason", "seen"),
    [
        ("Wrong", "'Wrong' is not on the list"),
        ("Wrong number, Straße", "'Wrong number, Straße' is not on the list"),
        (13, "13 is not on the list"),
        (["Wrong number"], "Wrong number is not on the list"),
        ({"code": 12}, "an object is not on the list"),
        (None, "is blank"),
        (" ", "is blank"),
        ([], "is blank"),
    ],
)
async def test_veto(ask: Ask, reason: Any, seen: str) -> None:
    """Anything else is a veto that names the reason given, and the list."""
    said = f"the reason {seen}: acme takes Wrong number, Straße, 12"
    expected = Veto(said, "one of Wrong number, Straße, 12", reason)
    assert expected == await ask("reasons", LIST, reason=reason)


async def test_missing(ask: Ask) -> None:
    """No reason at all is a veto too."""
    found = await ask("reasons", LIST)
    assert isinstance(found, Veto)
    assert found.reason == "the reason is blank: acme takes Wrong number, Straße, 12"


@pytest.mark.parametrize(
    ("conf", "place", "text"),
    [
        ("Wrong number", (), "a list of reasons belongs here (write each behind a dash, or {table: NAME})"),
        ([], (), "a list of reasons belongs here (write each behind a dash, or {table: NAME})"),
        ({"table": "acme_reason"}, (), "there is no table 'acme_reason' (did you mean 'acme_reasons'?)"),
        ({"table": "none"}, (), "the table 'none' is empty (write at least one reason in it)"),
        (
            {"tables": "acme_reasons"},
            (),
            "reasons are a list, or the keys of a table (write {table: acme_reasons})",
        ),
        (
            {"table": ["acme_reasons"]},
            (),
            "reasons are a list, or the keys of a table (write {table: acme_reasons})",
        ),
        (["Wrong number", ""], (1,), "a reason is text (write it as it is posted)"),
        (["Wrong number", ["Duplicate"]], (1,), "a reason is text (write it as it is posted)"),
        ([True], (0,), "a reason is text (write it as it is posted)"),
    ],
)
def test_fault(conf: Any, place: tuple[int, ...], text: str) -> None:
    """What the conf may not write is said at its place."""
    with pytest.raises(ValidationError) as caught:
        Reasons.model_validate(conf, context=TABLES)
    [fault] = caught.value.errors()
    assert (place, f"Value error, {text}") == (fault["loc"], fault["msg"])


def test_a_table() -> None:
    """The keys of a table are the reasons, numbers too, and what they are looked up to does not matter."""
    assert Reasons.model_validate({"table": "acme_reasons"}, context=TABLES).root == ("Wrong number", "12")


@pytest.mark.parametrize("conf", [LIST, {"table": "acme_reasons"}])
def test_schema(conf: Any) -> None:
    """The JSON Schema takes a list of texts and numbers, and a table."""
    jsonschema.Draft202012Validator(Reasons.model_json_schema()).validate(conf)
