"""JSON text in and out, exactly: what is kept to the last digit, and what is refused with its place."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.jsontext import (
    MAX_DEPTH,
    JsonError,
    digest,
    dumps,
    elements,
    has_more_values,
    is_array,
    loads,
)

CLEAN = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda one: abs(one.adjusted()) < 900)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | CLEAN | DECIMALS,
    lambda inner: st.lists(inner) | st.dictionaries(CLEAN, inner),
    max_leaves=20,
)
BLANKS = st.text(" \t\n\r", max_size=3)


def refused(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(JsonError) as caught:
        loads(text)
    return caught.value.detail, caught.value.place


@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    """No value changes on its way out and in, and a second time writes the same text."""
    text = dumps(value)
    assert loads(text) == value
    assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    "number",
    [
        "12.750",
        "9007199254740993",
        "0.1000000000000000000001",
        "-0.0",
        "1" * 1000,
        "0." + "3" * 900,
        "1E+999",
    ],
)
def test_numbers_are_exact(number: str) -> None:
    """Every digit stays, also zeros at the end."""
    assert dumps(loads(number)) == number


def test_whole_numbers_are_int_and_others_decimal() -> None:
    """Never a float."""
    assert [type(one) for one in loads("[1, 1.0, 1e2]")] == [int, Decimal, Decimal]


@pytest.mark.parametrize(
    ("text", "detail", "place"),
    [
        ("", "Expecting value", "line 1 column 1"),
        ('{"a":\n tru}', "Expecting value", "line 2 column 2"),
        ("1 2", "more text follows the JSON document", "line 1 column 2"),
        (b'"\xff"', "the text is not UTF-8", "byte 1"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "the key 'b' stands twice in one object", "/a/b"),
        (
            f'{{"{"k" * 999}": 1, "{"k" * 999}": 2}}',
            f"the key '{'k' * 140}' stands twice in one object",
            f"/{'k' * 999}",
        ),
        ("[NaN]", "NaN is not JSON (leave the field out, or send null)", "/0"),
        ("[-Infinity]", "-Infinity is not JSON (leave the field out, or send null)", "/0"),
        ('{"a": {"b": [1, 1e9999]}}', "a number has more than 1,000 digits", "/a/b/1"),
        (
            '{"a~/b": {"c": 1, "d": [{"x": 1, "x": 2}]}}',
            "the key 'x' stands twice in one object",
            "/a~0~1b/d/0/x",
        ),
        ('{"a": 1, "a": tru}', "Expecting value", "line 1 column 15"),
        ('{"a": {"a": 1, "a": 2}, "b": tru}', "the key 'a' stands twice in one object", ""),
        ("1" * 1001, "a number has more than 1,000 digits", ""),
        ("0." + "1" * 999, "a number has more than 1,000 digits", ""),
        ("1e1001", "a number has more than 1,000 digits", ""),
        ("1e-1001", "a number has more than 1,000 digits", ""),
        ("1e99999999999999999999", "a number has more than 1,000 digits", ""),
        ("[" * 65 + "]" * 65, "nested deeper than 64 levels", ""),
        ("[" * 99_999, "nested deeper than 64 levels", ""),
        (r'"\u0000"', "text holds a NUL or a lone surrogate", ""),
        (r'{"a": ["", {"b": "\udfff"}]}', "text holds a NUL or a lone surrogate", "/a/1/b"),
        (r'{"a/b~c": ["\ud83d"]}', "text holds a NUL or a lone surrogate", "/a~1b~0c/0"),
        (r'{"a": {"x\ud800": 1}}', "text holds a NUL or a lone surrogate", "/a"),
        ('["\ud800"]', "text holds a NUL or a lone surrogate", "/0"),
        ('["\0"]', "Invalid control character at", "line 1 column 3"),
    ],
)
def test_what_is_refused(text: str | bytes, detail: str, place: str) -> None:
    """What is wrong, and where."""
    assert refused(text) == (detail, place)


def test_what_is_just_allowed() -> None:
    """The deepest nesting, brackets in text, and surrogates that make a pair."""
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert loads(json.dumps("[" * 999)) == "[" * 999
    assert loads(r'["\ud83d\ude00"]') == ["\N{GRINNING FACE}"]


@given(VALUES, st.randoms())
def test_the_digest_is_of_the_value(value: Any, chance: Any) -> None:
    """Order of keys, spacing, escapes and the way a number is written do not count."""

    def shuffled(one: Any) -> Any:
        if isinstance(one, dict):
            return dict(chance.sample([(key, shuffled(child)) for key, child in one.items()], len(one)))
        return [shuffled(child) for child in one] if isinstance(one, list) else one

    assert digest(loads(dumps(shuffled(value)))) == digest(value)


@given(VALUES, VALUES)
@example(["1"], [1])
@example([True], [1])
@example({}, [])
def test_other_values_have_another_digest(one: Any, other: Any) -> None:
    """Unless they are the same text, once numbers are written in one way."""
    assert (digest(one) == digest(other)) == (repr_of(one) == repr_of(other))


def repr_of(value: Any) -> Any:
    """A value as Python compares it, with true and 1 apart."""
    if isinstance(value, dict):
        return {key: repr_of(child) for key, child in value.items()}
    if isinstance(value, list):
        return [repr_of(child) for child in value]
    return (isinstance(value, bool), value)


@pytest.mark.parametrize(
    "same", [("1", "1.0", "1e0", "10e-1"), ("0", "-0", "-0.0", "0e9"), ("1e999", "1" + "0" * 999), ("0.5", "5e-1")]
)  # fmt: skip
def test_one_number_has_one_digest(same: tuple[str, ...]) -> None:
    """However it is written."""
    assert len({digest(loads(number)) for number in same}) == 1


@given(st.lists(VALUES), BLANKS, st.booleans())
def test_elements_are_the_texts_between(values: list[Any], blank: str, ascii: bool) -> None:
    """Each as it stands there, so that nothing has to be written anew."""
    texts = [dumps(value) if not ascii else json.dumps(value, default=str) for value in values]
    array = blank + "[" + blank + f"{blank},{blank}".join(texts) + blank + "]" + blank
    assert is_array(array)
    assert list(elements(array)) == texts


@given(st.text('[]{},:"\\ 1a\n', max_size=30))
def test_elements_and_the_whole_agree(inner: str) -> None:
    """A text is an array of JSON exactly where its elements are found and each of them is JSON."""
    array = f"[{inner}]"
    try:
        whole = loads(array)
    except JsonError:
        whole = None
    try:
        parts = [loads(text) for text in elements(array)]
    except JsonError:
        parts = None
    assert parts == whole


@pytest.mark.parametrize("length", range(65_530, 65_545))
@pytest.mark.parametrize("filling", ["x", r"\\", r"\"", "ä", "]"])
def test_elements_longer_than_a_step(length: int, filling: str) -> None:
    """Wherever the end of a step falls: in a string, on a backslash, on a bracket."""
    text = '"' + filling * length + '"'
    found = [text, "[" + text + "]", '{"a": ' + text + "}", " " * 0 + "[" + '"",' * length + "1]"]
    assert list(elements("[" + ",".join(found) + " " * length + "]")) == found


@pytest.mark.parametrize(
    ("text", "most", "has_more"),
    [("[1,2]", 3, False), ("[1,2]", 2, True), ('[",,,,[["]', 2, False), (r'["\",", 1]', 3, False), ("7", 1, False)],
)  # fmt: skip
def test_values_are_counted_without_parsing(text: str, most: int, has_more: bool) -> None:
    """Every container and everything in one; what stands in text is none."""
    assert has_more_values(text, most) == has_more
