"""Patterns: how they are written, what is refused, what they find."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from gateway.patterns import MAX_MATCHES, Pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("accepted", "Status: ACCEPTED", "ACCEPTED"),
        ("/accepted/", "ACCEPTED", "ACCEPTED"),
        ("/accepted/i", "ACCEPTED", "ACCEPTED"),
        ("/accepted/c", "ACCEPTED", None),
        ("^(ok|accepted)$", "token expired", None),
        ("/^ok$/m", "no\nok\n", "ok"),
        ("^ok$", "no\nok", None),
        ("/a.b/s", "a\nb", "a\nb"),
        ("a.b", "a\nb", None),
        ("ok/", "ok/", "ok/"),
        ("/ok", "not/ok", "/ok"),
        ("é", "É", "É"),
        (r"\d+", "id 77.", "77"),
    ],
)
def test_pattern_finds(pattern, text, found):
    """Case is ignored unless `c` stands among the flags; m and s do what they do elsewhere."""
    match = Pattern.compile(pattern).search(text)
    assert (match and match.group(0)) == found


def test_groups_are_counted_and_read():
    """The one group of a reason or a capture is what it surrounds, where it stands."""
    pattern = Pattern.compile("rejected: (.*)")
    match = pattern.search("Zoë was Rejected: too old")
    assert pattern.groups == 1
    assert match is not None
    assert match.group(1) == "too old"
    assert match.span(1) == (18, 25)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        (
            "(?=a)",
            "the pattern (?=a) uses look-ahead (?=…), which no linear-time engine has (write it without)",
        ),
        (
            "(?!a)b",
            "the pattern (?!a)b uses look-ahead (?!…), which no linear-time engine has (write it without)",
        ),
        (
            "(?<=a)b",
            "the pattern (?<=a)b uses look-behind (?<…), which no linear-time engine has (write it without)",
        ),
        (
            "(?<!a)b",
            "the pattern (?<!a)b uses look-behind (?<…), which no linear-time engine has (write it without)",
        ),
        (
            r"(a)\1",
            r"the pattern (a)\1 uses a back-reference \1, which no linear-time engine has (write it without)",
        ),
        (
            "(?P<n>a)(?P=n)",
            "the pattern (?P<n>a)(?P=n) uses a back-reference (?P=…), which no linear-time engine has (write it without)",
        ),
        (
            "(?>a)",
            "the pattern (?>a) uses an atomic group (?>…), which no linear-time engine has (write it without)",
        ),
        (
            "a++",
            "the pattern a++ uses a possessive repetition ++, which no linear-time engine has (write it without)",
        ),
        ("a(", "the pattern a( cannot be read: missing ): a( (see RE2 syntax)"),
        (r"a\C", r"the pattern a\C uses \C, a single byte (write . for any character)"),
        ("/a/g", "the pattern /a/g has an unknown flag g (i, c, m and s are known)"),
        ("/a/ic", "the pattern /a/ic both ignores and heeds case (write i or c, not both)"),
        ("", "the pattern is empty (it would match everything)"),
        ("//i", "the pattern is empty (it would match everything)"),
        ("a" * 1001, "the pattern is longer than 1,000 characters (cut it into several)"),
        ("\ud800", "the pattern holds a lone surrogate (write whole characters)"),
        (
            r"\pL\pL\pL",
            r"the pattern \pL\pL\pL is too large when written out (repeat less, or name fewer cases)",
        ),
    ],
)
def test_what_the_engine_refuses_is_named(pattern, sentence):
    """A construct that needs backtracking is named, as is every other mistake."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        Pattern.compile(pattern)
    assert str(caught.value) == sentence


def test_escaped_backslash_before_c_is_no_single_byte():
    r"""`\\C` is a backslash and a C."""
    assert Pattern.compile(r"a\\C").search("a\\c") is not None


def test_evil_pattern_takes_no_time():
    """Nested repetition over a long text that never matches, the classic bomb, is over at once."""
    began = time.perf_counter()
    assert Pattern.compile("(x+x+)+y").search("x" * 200_000) is None
    assert time.perf_counter() - began < 1


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_text_can_be_searched(text):
    """Lone surrogates, NUL and all other characters are searched without an error, each as one character."""
    match = Pattern.compile("/^.*$/s").search(text)
    assert match is not None
    assert match.span() == (0, len(text))


def test_lone_surrogate_is_one_character():
    """A half character is searched as a question mark, and what stands after it is found where it is."""
    match = Pattern.compile("a").search("é\ud800a")
    assert match is not None
    assert match.span() == (2, 3)


def test_matches_are_counted_to_the_bound():
    """No text makes more matches than the bound and one."""
    assert [match.group() for match in Pattern.compile("[0-9]+").matches("1 a 22")] == ["1", "22"]
    assert len(Pattern.compile("a").matches("a" * 5000)) == MAX_MATCHES + 1


def test_pattern_is_a_field_of_a_settings_model():
    """A model takes the text, tells the sentence of a broken one, gives the text back, and is `string` in its schema."""

    class Rules(BaseModel):
        term: Pattern

    assert Rules(term="^ok$").term == Pattern.compile("^ok$")
    assert Rules(term=Pattern.compile("a")).model_dump() == {"term": "a"}
    assert Rules.model_json_schema()["properties"]["term"] == {"type": "string", "title": "Term"}
    with pytest.raises(ValidationError, match="look-ahead"):
        Rules(term="(?=a)")
    with pytest.raises(ValidationError, match="7 is not a pattern"):
        Rules(term=7)
