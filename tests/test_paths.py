"""Dot paths: written, cut, joined and followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.paths import MISSING, each, find, is_blank, join, split

NAMES = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.mark.parametrize("value", [None, "", "  \t\n", "\u00a0", [], {}, ()])
def test_nothing_but_these_is_blank(value):
    """Null, white space and what is empty count as not given."""
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, "0", "x", [None], {"a": None}, [""]])
def test_zero_and_false_are_values(value):
    """0, false and a list that holds anything are given."""
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("lead", ("lead",)),
        ("lead.phones.0", ("lead", "phones", 0)),
        ("{contact.email}", ("contact.email",)),
        ("data{12}.value", ("data", "12", "value")),
        ("a.{0}.b", ("a", "0", "b")),
        ("{a}{b}", ("a", "b")),
        ("0.1", (0, 1)),
        ("a.007", ("a", "007")),
        ("a.5125551212", ("a", "5125551212")),
        ("errors.*.message", ("errors", "*", "message")),
        ("a.٣", ("a", "٣")),
    ],
)
def test_path_is_cut_at_its_dots(path, segments):
    """Digits are an index, braces hold one literal name; digits that no list could have as index are a name."""
    assert split(path) == segments
    assert [type(part) for part in split(path)] == [type(part) for part in segments]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "the path '' has an empty part (write names with single dots between them)"),
        ("a..b", "the path 'a..b' has an empty part (write names with single dots between them)"),
        ("a.", "the path 'a.' has an empty part (write names with single dots between them)"),
        (".a", "the path '.a' has an empty part (write names with single dots between them)"),
        ("a{b", "the path 'a{b' has a { without its } (write {the literal name})"),
        ("{}", "the path '{}' has a { without its } (write {the literal name})"),
        ("a}b", "the path 'a}b' cannot be read at '}b' (write a.b)"),
        ("{a}b", "the path '{a}b' cannot be read at 'b' (write a.b)"),
    ],
)
def test_broken_path_is_refused_with_a_sentence(path, sentence):
    """What cannot be cut is named, with what would be right."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        split(path)
    assert str(caught.value) == sentence


@given(st.lists(st.integers(0, 10**9 - 1) | NAMES, min_size=1, max_size=6))
def test_join_is_what_split_cuts(segments):
    """Any names and indexes come back from the path that is written of them."""
    assert list(split(join(segments))) == segments


DATA = {"a": [{"b": 1}, {"b": None}, 7], "0": "zero", "items": "i", "x": {"y.z": 2, "12": 3}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.0.b", 1),
        ("a.1.b", None),
        ("0", "zero"),
        ("items", "i"),
        ("x.{y.z}", 2),
        ("x.12", 3),
        ("x.{12}", 3),
    ],
)
def test_find_follows_items(path, value):
    """A digit is an index of a list and a name of an object; null is found, not missing."""
    assert find(DATA, split(path)) == value


@pytest.mark.parametrize(
    "path", ["a.9", "a.0.b.c", "a.{0}", "a.append", "items.upper", "nope", "items.0", "__class__"]
)
def test_what_is_no_item_is_missing(path):
    """No attribute, no character of a text and no element past the end is ever found."""
    assert find(DATA, split(path)) is MISSING
    assert not MISSING


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("a.*.b", [1, None]),
        ("*.0.b", [1]),
        ("x.*", [2, 3]),
        ("a.0.b", [1]),
        ("a.*.*", [1, None]),
        ("nope.*", []),
        ("items.*", []),
    ],
)
def test_star_stands_for_every_child_in_document_order(path, values):
    """A wildcard takes list elements and object values, in the order they stand in."""
    assert list(each(DATA, split(path))) == values


@given(st.recursive(st.integers(), lambda child: st.lists(child) | st.dictionaries(st.text(), child)))
def test_star_finds_what_find_finds(data):
    """`*` on the root is every child that a plain path finds."""
    keys = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
    assert list(each(data, ("*",))) == [find(data, (key,)) for key in keys]
