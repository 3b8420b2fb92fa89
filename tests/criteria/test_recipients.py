"""Who spoke about which lead is remembered, and no more than that."""

from typing import Any

from gateway.criteria.recipients import Recipients
from tests import making


def heard(*spoken: tuple[str, str, Any], remembered: int = 100) -> list[tuple[str, str]]:
    """What is told where these speak in turn: (event, lead, recipient)."""
    told: list[tuple[str, str]] = []
    recipients = Recipients(lambda event, before: told.append((event.id, before)), remembered)
    for id, lead, recipient in spoken:
        recipients.speaks(making.event(id, lead={"id": lead}, recipient=recipient))
    assert len(recipients._last) <= remembered
    return told


def test_the_same_recipient_may_repeat_itself() -> None:
    """One recipient is one, however often it speaks; a number is the same as its text."""
    assert heard(("a", "1", {"id": 7}), ("b", "1", {"id": "7"}), ("c", "2", {"id": "8"})) == []


def test_a_second_one_is_told_of_once() -> None:
    """The first contradiction is worth a word, the next ones are not."""
    assert heard(("a", "1", {"id": "x"}), ("b", "1", {"id": "y"}), ("c", "1", {"id": "x"})) == [("b", "x")]


def test_who_is_not_named_is_nobody() -> None:
    """Events without a recipient, or with an odd one, contradict nobody."""
    odd = (None, {}, {"id": None}, "crm", ["crm"])
    assert heard(*((str(number), "1", recipient) for number, recipient in enumerate(odd))) == []


def test_what_is_remembered_is_bounded() -> None:
    """The leads that were silent the longest are forgotten first."""
    x, y = {"id": "x"}, {"id": "y"}
    spoken = (("a", "1", x), ("b", "2", x), ("c", "1", x), ("d", "3", x), ("e", "2", y), ("f", "1", y))
    assert heard(*spoken, remembered=2) == []
    assert heard(*spoken, remembered=3) == [("e", "x")]
