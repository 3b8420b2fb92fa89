"""What several transports write alike."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.encoding import (
    form_encode,
    form_of,
    form_parameters,
    json_text,
    mapping_key,
    plain_text,
)
from gateway.errors import RenderError
from gateway.paths import split


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" as it is ", " as it is "),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (9007199254740993, "9007199254740993"),
        pytest.param(10**5000, "1" + "0" * 5000, id="beyond what str() writes"),
        (Decimal("12.75"), "12.75"),
        (Decimal("12.750"), "12.750"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("0." + "1" * 60), "0." + "1" * 60),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
    ],
)
def test_plain_text(value, text):
    """Numbers are written digit by digit, never with an exponent and never rounded."""
    assert plain_text(value) == text


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (Decimal("NaN"), "NaN is not a number that can be sent (check the template's arithmetic)"),
        (float("inf"), "inf is not a number that can be sent (check the template's arithmetic)"),
        ({"a": 1}, "a value of the type dict has no plain text (map one of its parts)"),
        (date(2026, 1, 1), "a value of the type date has no plain text (map one of its parts)"),
    ],
)
def test_plain_text_refuses(value, sentence):
    """What is no JSON leaf is refused with a sentence that names the conf key."""
    with pytest.raises(RenderError) as caught:
        plain_text(value, "mapping.amount")
    assert (str(caught.value), caught.value.key) == (sentence, "mapping.amount")


@pytest.mark.parametrize(
    ("tree", "pairs"),
    [
        (None, []),
        ({}, []),
        ({"a": 1, "b": "x"}, [("a", "1"), ("b", "x")]),
        ({"b": 1, "a": 2}, [("b", "1"), ("a", "2")]),
        ({"a": {"b": {"c": 1}}}, [("a.b.c", "1")]),
        ({"a": ["x", "", 0, False, None]}, [("a", "x"), ("a", ""), ("a", "0"), ("a", "false"), ("a", "")]),
        ({"a": [{"b": 1}, {"b": 2}]}, [("a.b", "1"), ("a.b", "2")]),
        ({"a": [[1, 2], [3]]}, [("a", "1"), ("a", "2"), ("a", "3")]),
        ({"a": None, "b": [], "c": {}}, [("a", ""), ("b", ""), ("c", "")]),
        ({"contact.email": 1}, [("contact.email", "1")]),
    ],
)
def test_form_parameters(tree, pairs):
    """Nested names are dotted, lists repeat their name, null and empty containers are empty."""
    assert list(form_parameters(tree)) == pairs


@pytest.mark.parametrize("tree", [[], ["x"], [{"a": "x"}]])
def test_a_form_cannot_begin_with_a_list(tree):
    """Its elements have no names; the error is at the conf key that the tree stands under."""
    with pytest.raises(RenderError, match=r"^a form cannot begin with a list ") as caught:
        list(form_parameters(tree, "extra_parameters"))
    assert caught.value.key == "extra_parameters"


def test_form_of_several_keys():
    """The parts stand one behind the other; a name may repeat within one, and not across them."""
    assert form_of({"a": [("x", "1"), ("x", "2 3")], "b": iter([("y", "")])}) == b"x=1&x=2%203&y="
    with pytest.raises(RenderError) as caught:
        form_of({"a": [("x", "1")], "b": [("y", "2"), ("x", "3")]})
    assert caught.value.key == "b.x"
    assert str(caught.value) == "the form has a parameter x already, from a (give each its own name)"


def test_form_encode_escapes_all_but_the_unreserved():
    """Of ASCII only letters, digits and - _ . ! ~ * ' ( ) stay; hex digits are upper case."""
    escaped = {chr(code) for code in range(128) if form_encode([("", chr(code))]) != f"={chr(code)}"}
    kept = {chr(code) for code in range(128)} - escaped
    assert "".join(sorted(kept)) == (
        "!'()*-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    )
    assert form_encode([("a b", "c+d e"), ("é", "/☃")]) == "a%20b=c%2Bd%20e&%C3%A9=%2F%E2%98%83"


def test_form_encode_refuses_half_a_character():
    """A lone surrogate has no UTF-8; the sentence comes with the mapping key."""
    with pytest.raises(RenderError) as caught:
        form_encode(form_parameters({"lead": {"name": "\ud800"}}))
    assert str(caught.value) == "text holds half a character (a lone surrogate)"
    assert caught.value.key == "mapping.lead.name"


@pytest.mark.parametrize("name", ["a&b", "a=b", "a+b", "a%41", "a\nb", "a\x00", "\ud800"])
def test_a_name_as_written_cannot_become_another_parameter(name):
    """Without encoding, a name that would split or garble the form is refused."""
    with pytest.raises(RenderError, match="would be read as something else"):
        form_encode([(name, "x")], encode_names=False)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"b": 1, "a": [True, False, None]}, '{"b":1,"a":[true,false,null]}'),
        ({"n": 9007199254740993}, '{"n":9007199254740993}'),
        ({"d": Decimal("12.75")}, '{"d":12.75}'),
        ({"d": Decimal("12.750")}, '{"d":12.750}'),
        ({"d": Decimal("1E+5")}, '{"d":1E+5}'),
        ({"d": [Decimal("0.0000001"), Decimal("-0.00000012")]}, '{"d":[0.0000001,-0.00000012]}'),
        ({"d": Decimal("0.0000001"), "E-": "1E-7"}, '{"d":0.0000001,"E-":"1E-7"}'),
        ({"d": Decimal("0E-7")}, '{"d":0.0000000}'),
        ({"t": 'é☃😀 "\\/\n\u2028</script>'}, '{"t":"é☃😀 \\"\\\\/\\n\u2028</script>"}'),
    ],
)
def test_json_text(tree, text):
    """Compact, in the given order, numbers exact, non-ASCII as it is."""
    assert json_text(tree) == text


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), date(2026, 1, 1), "\ud800"])
def test_json_text_names_what_json_cannot_hold(value):
    """The key of the first unfit value is named."""
    with pytest.raises(RenderError, match=r"^a value has no place in JSON: ") as caught:
        json_text({"fine": 1, "lead": {"phones": ["x", value]}})
    assert caught.value.key == "mapping.lead.phones.1"


def test_json_text_refuses_half_a_character_in_a_name():
    """A name that has no UTF-8 is refused too, without a key that could not be printed."""
    with pytest.raises(RenderError) as caught:
        json_text({"\ud800": 1})
    assert caught.value.key == ""


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("a",), "mapping.a"),
        (("lead", "phones", 0), "mapping.lead.phones.0"),
        (("lead", "@id"), "mapping.lead@id"),
        (("lead", 0, "@id"), "mapping.lead.0@id"),
        (("@id",), "mapping.@id"),
        (("contact.email",), "mapping.{contact.email}"),
        (("a", "12", "b"), "mapping.a.{12}.b"),
    ],
)
def test_mapping_key(path, key):
    """A place in the tree is named as the operator wrote it."""
    assert mapping_key(path) == key


@given(st.lists(st.text("ab.1{", min_size=1).filter(lambda s: s != "*") | st.integers(0, 99), min_size=1))
def test_mapping_key_is_read_back_by_split(path):
    """Splitting the key gives the same place again."""
    assert list(split(mapping_key(path).removeprefix("mapping."))) == path
