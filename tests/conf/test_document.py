"""YAML as the conf takes it: plain data with places, exact scalars, and every trap told."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.conf.document import MAX_BYTES, MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, Document, parse
from gateway.jsontext import dumps, loads


def data(text: str) -> Any:
    document = parse(text.encode(), "x.yaml")
    assert document.problems == ()
    return document.data


def problems(content: str | bytes) -> list[str]:
    found = parse(content if isinstance(content, bytes) else content.encode(), "x.yaml").problems
    return [str(problem).removeprefix("x.yaml:") for problem in found]


SCALARS = {
    "0": 0, "-0": 0, "7": 7, "-12": -12, "9007199254740993": 9007199254740993,
    "12.75": Decimal("12.75"), "1.50": Decimal("1.50"), "1e5": Decimal("1E+5"), "-0.1E-3": Decimal("-0.0001"),
    "true": True, "false": False, "null": None, "": None, '""': "", "''": "",
    "01234": "01234", "+1": "+1", "1_000": "1_000", "0x1f": "0x1f", "0o17": "0o17", ".5": ".5", "5.": "5.",
    ".inf": ".inf", ".nan": ".nan", "NaN": "NaN", "12:30": "12:30", "1e": "1e", "٣": "٣",
    "True": "True", "TRUE": "TRUE", "yes": "yes", "NO": "NO", "no": "no", "on": "on", "off": "off", "Null": "Null", "~": "~",
    "2026-01-01": "2026-01-01", "2026-01-01T00:00:00Z": "2026-01-01T00:00:00Z",
    '"7"': "7", "'true'": "true", '"null"': "null", "|\n  1": "1\n", ">-\n  1": "1", "=": "=", "a b": "a b",
}  # fmt: skip


@pytest.mark.parametrize(("written", "value"), SCALARS.items())
def test_only_what_json_writes_is_typed(written, value):
    """Numbers, true, false and null as JSON writes them; everything else stays the text that was written."""
    found = data(f"a: {written}\n")["a"]
    assert (type(found), str(found)) == (type(value), str(value))


def test_keys_are_text():
    """A key is the text that was written, whatever it looks like."""
    assert data("1: a\ntrue: b\n01: c\n2026-01-01: d\n'x y': e\nnull: f\n") == {
        "1": "a", "true": "b", "01": "c", "2026-01-01": "d", "x y": "e", "null": "f",
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"\n", b"# a comment\n", b"---\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_value_is_none(content):
    """An empty file, comments and a bare document start are no data and no fault."""
    assert (parse(content, "x").data, parse(content, "x").problems) == (None, ())


def test_the_order_of_keys_is_kept():
    """A mapping's order is the order of the file."""
    assert list(data("b: 1\na: 2\nc: 3\n")) == ["b", "a", "c"]


def test_anchors_and_aliases():
    """An alias is what its anchor is, also inside itself's siblings; the last anchor of a name counts."""
    text = "a: &x {n: [1, &y two]}\nb: *x\nc: [*y, *x]\nd: &x 3\ne: *x\n"
    assert data(text) == {
        "a": {"n": [1, "two"]},
        "b": {"n": [1, "two"]},
        "c": ["two", {"n": [1, "two"]}],
        "d": 3,
        "e": 3,
    }


PLACED = """\
name: Acme
return:
  mapping:
    lead_id: "x"
    phones: [a, {b: c}]
  rules:
    - {field: lead.state}
    -   op: x
"""


def test_places():
    """Keys and values are known by line and column, from 1, in blocks and in brackets."""
    document = parse(PLACED.encode(), "x.yaml")
    assert document.keys[("name",)] == (1, 1)
    assert document.values[()] == (1, 1)
    assert document.values[("name",)] == (1, 7)
    assert document.keys[("return", "mapping", "lead_id")] == (4, 5)
    assert document.values[("return", "mapping", "lead_id")] == (4, 14)
    assert document.values[("return", "mapping", "phones", 0)] == (5, 14)
    assert document.values[("return", "mapping", "phones", 1, "b")] == (5, 21)
    assert document.values[("return", "rules", 0)] == (7, 7)
    assert document.keys[("return", "rules", 1, "op")] == (8, 9)


def test_a_problem_stands_at_its_value_its_key_or_what_it_would_be_below():
    """The nearest place that the file has."""
    document = parse(PLACED.encode(), "x.yaml")
    assert str(document.problem(("name",), "t")) == "x.yaml:1:7: name: t"
    assert str(document.problem(("name",), "t", key=True)) == "x.yaml:1:1: name: t"
    assert str(document.problem(("return", "url"), "t")) == "x.yaml:3:3: return.url: t"
    assert str(document.problem(("return", "url"), "t", key=True)) == "x.yaml:3:3: return.url: t"
    assert (
        str(document.problem(("return", "rules", 1, "op", "x"), "t")) == "x.yaml:8:13: return.rules.1.op.x: t"
    )
    assert str(document.problem((), "t", warning=True)) == "warning: x.yaml:1:1: t"
    assert str(Document("y.yaml", None).problem(("a",), "t")) == "y.yaml:1:1: a: t"


def test_columns_count_characters():
    """Not bytes: an operator's editor counts like this."""
    assert problems("Zoë: {a: 1, a: 2}\n") == ["1:13: Zoë.a: the key stands here twice (first in line 1)"]


def test_every_fault_of_a_file_that_can_be_walked_is_told():
    """Duplicates, tags, aliases and templates do not end the reading."""
    text = "a: 1\na: {deep: [1, 2]}\nb: !t x\nc: *d\ne: {{ f }}\n? [g, {h: i}]\n: j\nk: 1e9999\n"
    assert [problem.partition(": ")[0] for problem in problems(text)] == [
        "2:1",
        "3:4",
        "4:4",
        "5:4",
        "6:3",
        "8:4",
    ]
    assert data("l: m\n") == {"l": "m"}


def test_what_follows_a_skipped_key_is_read():
    """A duplicate's value is left out, and the keys after it are there."""
    assert parse(b"a: 1\na: {x: [1, {y: 2}]}\nb: 3\n", "x").data == {"a": 1, "b": 3}


def test_the_quotes_that_are_suggested_fit_the_template():
    """A template with double quotes is put into single ones."""
    assert problems("""a: {{ lead.id | default("x") }}\n""") == [
        "1:4: a: an unquoted template (put the whole value in quotes: '{{ lead.id | default(\"x\") }}')"
    ]


def test_escapes_as_json_writes_them():
    """Two escapes that JSON writes for one character are one character; half of one is told."""
    assert data(r'a: "😀 \/ \u00e9"') == {"a": "😀 / é"}
    assert problems(r'a: "x \ude00"') == [
        "1:4: a: an escape names half a character (write the character itself)"
    ]


@pytest.mark.parametrize("content", ["[" * 60_000, "{" * 60_000, "- " * 60_000, "a: [" + "{x: [" * 5000])
def test_depth_is_bounded(content):
    """A file made of brackets is refused early: it neither fills the stack nor takes long."""
    started = time.process_time()
    assert "the file holds too much" in problems(content)[0]
    assert time.process_time() - started < 5


def test_the_deepest_that_is_taken():
    """Exactly MAX_DEPTH levels are taken."""
    assert problems("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert len(problems("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))) == 1


def test_values_are_bounded_aliases_counted_anew():
    """A bomb of aliases ends at MAX_VALUES, with one problem and without the memory that it was to take."""
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    document = parse(f"a0: &a0 [x, x]\n{levels}".encode(), "x")
    assert [problem.text for problem in document.problems] == [
        f"the file holds too much (at most {MAX_VALUES:,} values on {MAX_DEPTH} levels, counted anew for each alias)"
    ]
    assert document.data is None


def test_what_is_skipped_is_bounded_too(monkeypatch):
    """The value of a duplicate key costs no more than a few times one that is kept."""
    monkeypatch.setattr("gateway.conf.document.MAX_VALUES", 1000)
    assert "the file holds too much" in problems("a: 1\na: [" + "x," * 4000 + "]\n")[0]


def test_size_is_bounded():
    """A file of more than a mebibyte is not parsed at all."""
    assert problems(b"#" * (MAX_BYTES + 1)) == ["1:1: the file is larger than 1024 KiB (cut it into several)"]
    assert problems(b"#" * MAX_BYTES) == []


def test_problems_are_bounded():
    """A file of faults does not fill the log."""
    assert len(problems("".join(f"a{n}: !x 1\n" for n in range(500)))) == MAX_PROBLEMS


_YAMLISH = st.text(
    st.one_of(st.sampled_from("abA01 \n\t:-{}[]#&*!|>'\"%@`,?\\~=.<_u"), st.characters(codec="utf-8")),
    max_size=80,
)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf\xff")
@example(b'a: "\\Uffffffff"')
@example(b"%YAML 9.9\n---\n")
def test_any_bytes_are_parsed_or_told(content):
    """Whatever the bytes, parse raises nothing: it gives data, or problems with a place in the file."""
    document = parse(content, "x")
    assert document.problems == () or all(p.line >= 1 and p.column >= 1 for p in document.problems)


@given(_YAMLISH)
@example("a: [\n")
@example("a: 'x\n")
@example("a: {{ x\n")
@example("? \n")
@example("&")
@example("- {*a : 1}")
def test_any_text_is_parsed_or_told(text):
    """The same for text made of YAML's own signs; every problem stands on a line that the file has."""
    document = parse(text.encode("utf-8", "surrogatepass"), "x")
    lines = len(text.splitlines()) + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in document.problems)


# YAML 1.2 refuses the control characters that JSON takes unescaped; U+FEFF and line separators are its own signs.
_TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"
    )
)
_NUMBER = st.integers() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30
)
_SCALAR = st.none() | st.booleans() | _NUMBER | _TEXT


@given(_SCALAR)
@example("")
@example(Decimal("1.50"))
@example("{{ lead.id }}")
def test_json_scalars_round_trip_exactly(value):
    """A scalar that JSON writes is read as JSON reads it: same type, same digits."""
    written = dumps(value)
    found = data(f"a: {written}\n")["a"]
    assert (type(found), str(found)) == (type(loads(written)), str(loads(written)))


@given(
    st.recursive(
        _SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
    )
)
def test_json_documents_round_trip(value):
    """So do whole JSON documents."""
    written = dumps({"a": value})
    assert data(written) == loads(written)


# YAML 1.2 §7.4.2: a key that stands before its value on one line has at most 1024 characters, escapes included.
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), _TEXT, max_size=4))
@example({"\U00012f00": "\U0001f600"})
def test_escaped_json_round_trips(value):
    """Text and keys in which JSON escapes everything that is not ASCII, half a character at a time."""
    assert data(json.dumps({"a": value})) == {"a": value}
