"""Places of mapping keys: attributes, conflicts, and the tree that grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.trees import Grower, beside_attributes, conflicts, place


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("a.b@id", ("a", "b", "@id")),
        ("a.b.0@id", ("a", "b", 0, "@id")),
        ("@id", ("@id",)),
        ("a@xsi:type", ("a", "@xsi:type")),
        ("a.#text", ("a", "#text")),
        ("{joe@example.com}.b", ("joe@example.com", "b")),
        ("{joe@example.com}@b", ("joe@example.com", "@b")),
    ],
)
def test_attribute_is_the_last_part(key, found):
    """`@name` at the end of a key is an attribute, on the root too; inside braces it is none."""
    assert place(key, attributes=True) == found


def test_without_attributes_the_sign_means_nothing():
    """In JSON and forms `@` is a character like others."""
    assert place("a@b", attributes=False) == ("a@b",)


def test_attribute_needs_a_name():
    """A key that ends with @ is refused with a sentence."""
    with pytest.raises(
        ValueError, match=r"^the key 'a@' names no attribute after its @ \(write name@attribute\)$"
    ):
        place("a@", attributes=True)


def test_element_with_attributes_keeps_its_value_as_text():
    """`a.b` beside `a.b@id` becomes the text of `a.b`."""
    places = [("a", "b"), ("a", "b", "@id"), ("a", "c")]
    assert beside_attributes(places) == [("a", "b", "#text"), ("a", "b", "@id"), ("a", "c")]


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        (["a", "b.c", "b.d", "e.0", "e.1"], []),
        (["a", "a.b"], [("a.b", "a.b stands below a, which holds a value already (rename one of them)")]),
        (["a.b", "a"], [("a", "a is to hold a value, but a.b stands below it (rename one of them)")]),
        (["a.b.c", "a.b", "a"], [
            ("a.b", "a.b is to hold a value, but a.b.c stands below it (rename one of them)"),
            ("a", "a is to hold a value, but a.b.c stands below it (rename one of them)"),
        ]),
        (["a.0", "a.b"], [("a.b", "a.b and a.0 mix indexes and names under one key (write either, or {0} for a name)")]),
        (["a.b", "a.0.c"], [("a.0.c", "a.0.c and a.b mix indexes and names under one key (write either, or {0} for a name)")]),
        (["0", "a"], [("a", "a and 0 mix indexes and names under one key (write either, or {0} for a name)")]),
        (["a.b", "a.{b}"], [("a.{b}", "a.{b} names the same place as a.b (keep one of them)")]),
        (["a.{0}", "a.b"], []),
    ],
)  # fmt: skip
def test_conflicts_name_both_keys(keys, problems):
    """A leaf with children, names beside indexes and one place twice are found at load."""
    assert conflicts([(key, place(key, attributes=False)) for key in keys]) == problems


def grow(**values):
    placed = [(place(key, attributes=True), value) for key, value in values.items()]
    return Grower.plan(where for where, _ in placed).grow(placed)


def test_tree_keeps_the_order_of_the_mapping():
    """Names come in the order in which their first key was written, indexes in their own."""
    tree = grow(**{"b.y": 1, "a": 2, "b.x": 3, "l.1": "second", "l.0": "first", "l.7": "last"})
    assert tree == {"b": {"y": 1, "x": 3}, "a": 2, "l": ["first", "second", "last"]}
    assert list(tree) == ["b", "a", "l"]
    assert list(tree["b"]) == ["y", "x"]


def test_lists_nest_and_may_be_the_root():
    """Indexes at every level make lists of lists and of objects, and a document that is a list."""
    assert grow(**{"0.a.1.b": 1, "0.a.0.b": 2, "2.a.0.b": 3}) == [
        {"a": [{"b": 2}, {"b": 1}]},
        {"a": [{"b": 3}]},
    ]
    assert grow(**{"a.0.1": 1, "a.0.0": 2, "a.1.0": 3}) == {"a": [[2, 1], [3]]}
    assert Grower.plan([(0,)]).grow([]) == []
    assert Grower.plan([("a", 0)]).grow([]) == {}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b.x", "b.y", "c.0", "c.1", "c.4", "d.0.x", "d.2.x"]), st.integers()
    )
)
def test_every_value_is_in_the_tree_once(values):
    """Whatever keys have a value, the tree holds these values and no other, without gaps."""

    def leaves(tree):
        if isinstance(tree, dict | list):
            return [
                leaf
                for child in (tree.values() if isinstance(tree, dict) else tree)
                for leaf in leaves(child)
            ]
        return [tree]

    tree = grow(**values)
    assert sorted(leaves(tree)) == sorted(values.values())
    assert tree.get("c", []) == [values[key] for key in ("c.0", "c.1", "c.4") if key in values]
