"""Plain text in which a template or a secret was meant, and text that is just that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conf import doubts
from gateway.templates import VARIABLES


@pytest.mark.parametrize(
    "text",
    [
        *("lead", "now", "event", "web", "12.50", "", "lead.", "lead id", "leads.id", "a lead.id", "Lead.id"),
        *(
            "source.id is acme",
            "https://lead.example.com/",
            "{{ lead.id }}",
            "{{ lead.id }} x",
            "{lead_id}",
            "100%",
        ),
        *("{{ '%lead.id%' }}", "{{ 1 if lead.a <lead.b> lead.c else 2 }}", "a|b", "now|", "$5", "#1", "[1]"),
    ],
)
def test_what_is_meant_as_written(text: str) -> None:
    """Words, sentences and whole templates are no slips."""
    assert doubts.literal(text) is None


@given(st.sampled_from(sorted(VARIABLES)), st.from_regex(r"[a-z_]{1,9}(\.[a-z0-9_]{1,9})?", fullmatch=True))
def test_a_path_in_whatever_marks(root: str, rest: str) -> None:
    """Each way of other languages to write a variable is told with the one that is right here."""
    path = f"{root}.{rest}"
    right = f"(a template needs {{{{ {path} }}}})"
    for marks in (
        "{}",
        "%{}%",
        "[{}]",
        "[[{}]]",
        "<{}>",
        "${}",
        "${{{}}}",
        "{{{}}}",
        "#{}#",
        " {} ",
        "x=%{}%&y",
    ):
        said = doubts.literal(marks.format(path))
        assert said is not None
        assert said.endswith(f" is sent as written {right}")


def test_a_long_one_is_cut() -> None:
    """The sentence stays one that can be read."""
    assert len(doubts.literal("lead." + "x" * 900) or "") < 200
    assert doubts.literal("lead." + "x" * 5000) is None


@pytest.mark.parametrize(
    ("header", "text", "right"),
    [
        (
            "Authorization",
            "Bearer abc",
            "write auth: {bearer: {file: NAME}}, with the token in that secret file",
        ),
        ("authorization", "basic am9l", "write auth: {basic: {username: NAME, password: {file: NAME}}}"),
        (
            "Authorization",
            "abc",
            "write Authorization: {file: NAME}, with the whole value in that secret file",
        ),
    ],
)
def test_a_credential_in_a_header(header: str, text: str, right: str) -> None:
    """It belongs into a secret, and the sentence does not repeat it."""
    assert doubts.credential(header, text) == f"a credential stands in the conf ({right})"


def test_other_headers_and_templates_are_no_credentials() -> None:
    """A header of another name, and one that is made of the event."""
    assert doubts.credential("X-Client", "Bearer abc") is None
    assert doubts.credential("Authorization", "Acme {{ lead.id }}") is None
    assert doubts.credential("Authorization", "") is None


def test_brackets_in_a_key() -> None:
    """`check` says how an element is written."""
    assert doubts.index("a.b") is None
    assert doubts.index("tags[]") is None
    assert doubts.index("phones[0][1].number") == (
        "phones[0][1].number is one name, brackets and all (write phones.0.1.number for an element)"
    )
