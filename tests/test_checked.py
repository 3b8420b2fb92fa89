"""What plugins give back is of the right types, all the way down, or refused with a sentence."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest

from gateway import checked
from gateway.checked import checked_outcome, checked_request, checked_response
from gateway.contained import WrongError
from gateway.model import Found, Outcome, Request, Response


class Text(str):
    """A text with methods of its own."""

    def replace(self, *_: Any) -> Any:  # type: ignore[override]
        raise SystemExit(3)

    def __eq__(self, other: object) -> bool:
        raise SystemExit(3)

    __hash__ = str.__hash__


class Bytes(bytes):
    """Bytes with methods of their own."""


class Whole(int):
    """A number with methods of its own."""


class Broken(float):
    """A number with methods of its own."""


class Shifty(Outcome):
    """Says one thing when it is checked, and another when it is used."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(3)

    def __repr__(self) -> str:
        return "shifty"


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        yield from (leaf for part in value for leaf in leaves(part))
    elif isinstance(value, dict):
        yield from (leaf for pair in value.items() for leaf in leaves(pair))
    elif isinstance(value, Found):
        yield from leaves((value.key, value.place, value.text))
    else:
        yield value


def test_what_is_derived_becomes_the_right_thing_itself() -> None:
    """Nothing of the plugin's own makes is left in an outcome, however deep it stands."""
    given = Outcome(
        Text("success"), Text("r"), Decimal("1.5"), Text("ref"), {Text("a"): Text("b")}, Text("c"), False,
        datetime(2026, 11, 23, tzinfo=UTC), Text("rule"), (Found(Text("k"), Text("p"), Text("t")),), (Text("n"),),
    )  # type: ignore[arg-type]  # fmt: skip
    found = checked_outcome(given)
    kinds = {type(leaf) for field in fields(Outcome) for leaf in leaves(getattr(found, field.name))}
    assert kinds == {str, Decimal, bool, datetime}
    assert (found.kind, found.capture, found.notes) == ("success", {"a": "b"}, ("n",))


@pytest.mark.parametrize("wait", [Whole(3), Broken(3.0)])
def test_a_wait_that_is_derived_is_a_number(wait: float) -> None:
    """Also a number may have methods of its own."""
    found = checked_outcome(Outcome("error", retry_after=wait)).retry_after
    assert (type(found), found) in ((int, 3), (float, 3.0))


@pytest.mark.parametrize("body", [Bytes(b""), Bytes(b"x")])
def test_a_body_that_is_derived_is_bytes(body: bytes) -> None:
    """Also one with nothing in it."""
    for found in (
        checked_request(Request("POST", "u", body=body)),
        checked_response(Response(200, (), body)),
    ):
        assert type(found.body) is bytes
        assert found.body == body


def test_what_must_not_be_shown_is_kept_with_the_answer() -> None:
    """A wrapper around `send` gives back the gateway's own answer: a token that was fetched for it stays a secret."""
    fields_of_it = {"truncated": True, "notes": ("sent again",), "secrets": (Text("t0ken"),)}
    found = checked_response(Response(200, (("A", "b"),), b"x", **fields_of_it))  # type: ignore[arg-type]
    assert found == Response(200, (("A", "b"),), b"x", True, ("sent again",), ("t0ken",))
    assert type(found.secrets[0]) is str
    with pytest.raises(WrongError, match="secrets that are no tuple of str") as refused:
        checked_response(Response(200, secrets=["t0ken"]))  # type: ignore[arg-type]
    assert "t0ken" not in str(refused.value)


def test_every_field_of_an_outcome_has_its_rule() -> None:
    """A new field would else go unchecked."""
    assert {field.name for field in fields(Outcome)} == {"kind", *checked._RIGHT}


def test_a_number_that_is_a_status_is_one() -> None:
    """`HTTPStatus.OK` is an int derived; what comes out is none."""
    found = checked_response(Response(HTTPStatus.OK, ((Text("A"), Text("b")),), b"x"))
    assert (type(found.status), found.status, found.headers) == (int, 200, (("A", "b"),))
    assert type(found.headers[0][0]) is str


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "None is no request"),
        (Response(200), "is no request (a Request is)"),
        (Request("POST", b"u"), "a method or url that is no str"),  # type: ignore[arg-type]
        (Request("POST", "u", [("a", "b")]), "headers that are no tuple"),  # type: ignore[arg-type]
        (Request("POST", "u", (), "text"), "a body of the type str"),  # type: ignore[arg-type]
        (Request("POST", "u", (), b"", "note"), "notes='note' (a tuple of str is right)"),  # type: ignore[arg-type]
    ],
)
def test_a_request_that_is_none(wrong: Any, said: str) -> None:
    """The field is named, and what would be right."""
    with pytest.raises(WrongError) as refused:
        checked_request(wrong)
    assert said in str(refused.value)


@pytest.mark.parametrize("status", [-1, 1000, 10**4000, "200", 2.0])
def test_a_status_that_is_none(status: Any) -> None:
    """Also a number that nobody could write."""
    with pytest.raises(WrongError, match="has the status"):
        checked_response(Response(status))


def test_a_request_that_is_right_is_the_same_object() -> None:
    """It is made for every event: nothing is copied."""
    request = Request("POST", "https://a.example/", (("A", "b"),), b"{}", ("note",))
    assert checked_request(request) is request


def test_what_cannot_even_be_looked_at_raises_its_own() -> None:
    """Whoever asks contains that; it does not come out as an outcome."""
    with pytest.raises(SystemExit):
        checked_outcome(object.__new__(Shifty))
