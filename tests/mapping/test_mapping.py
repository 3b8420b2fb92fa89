"""Event to values: order, blanks, types, lists, attributes, ASCII, and every mistake at load."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import jsontext
from gateway.errors import RenderError
from gateway.mapping import Mapper, MappingError
from gateway.model import Sample, Secret, Values
from gateway.paths import leaves

URL = "https://api.acme.example/returns"
KEY = Secret("file", "acme_key")


def mapper(mapping, **options):
    settings = {
        "url": URL, "headers": {}, "blank": "omit", "send_ascii": False, "attributes": False, "tables": {},
    }  # fmt: skip
    return Mapper.compile(mapping=mapping, **{**settings, **options})


def tree(mapping, scope, **options):
    return mapper(mapping, **options).map(scope).tree


def problems(mapping, **options):
    with pytest.raises(MappingError) as caught:
        mapper(mapping, **options)
    return caught.value.problems


def test_values_are_address_headers_and_tree():
    """One event makes one set of values: everything a transport needs, and the keys that were left out."""
    found = mapper(
        {
            "lead_id": "{{ lead.id }}",
            "note": "{{ note }}",
            "return.reason": "{{ feedback.reason }}",
            "key": KEY,
        },
        url="https://a.example/{{ lead.id }}",
        headers={"X-Key": KEY, "X-Id": "{{ lead.id }}", "X-None": "{{ note }}"},
    ).map({"lead": {"id": "5b/b3"}, "feedback": {"reason": "Dup"}})
    assert found == Values(
        "https://a.example/5b%2Fb3",
        (("X-Key", KEY), ("X-Id", "5b/b3")),
        {"lead_id": "5b/b3", "return": {"reason": "Dup"}, "key": KEY},
        ("note",),
    )


def test_no_mapping_is_an_empty_tree():
    """An endpoint without a mapping sends nothing but its address."""
    assert mapper(None).map({}) == mapper({}).map({}) == Values(URL, (), {}, ())


def test_posted_numbers_stay_exact():
    """Big integers and decimals are written as they were posted."""
    posted = jsontext.loads(
        '{"a": 9007199254740993, "b": 12.75, "c": 12.750, "d": 1e3, "e": "1e3", "f": "01234"}'
    )
    found = tree({name: f"{{{{ {name} }}}}" for name in posted}, posted)
    assert (
        jsontext.dumps(found) == '{"a":9007199254740993,"b":12.75,"c":12.750,"d":1E+3,"e":"1e3","f":"01234"}'
    )


def test_order_is_the_mappings():
    """Output follows the order of the conf, not of the event."""
    found = tree({"z": "{{ a }}", "m.b": 1, "a": "{{ z }}", "m.a": 2}, {"a": 1, "z": 2})
    assert jsontext.dumps(found) == '{"z":1,"m":{"b":1,"a":2},"a":2}'


@pytest.mark.parametrize("value", [None, "", "  ", [], {}, [None]])
def test_blank_is_left_out_or_sent_empty(value):
    """A template that renders to nothing leaves its key out, and with `blank: empty` is sent empty."""
    mapping = {"a": "{{ x }}", "b.c": "{{ x }}", "d": 1}
    assert mapper(mapping).map({"x": value}) == Values(URL, (), {"d": 1}, ("a", "b.c"))
    empty = (value if isinstance(value, dict) else []) if isinstance(value, (list, dict)) else ""
    assert mapper(mapping, blank="empty").map({"x": value}) == Values(
        URL, (), {"a": empty, "b": {"c": empty}, "d": 1}, ()
    )


@pytest.mark.parametrize("value", [0, False, Decimal("0.0"), "0", [0], [""], {"a": None}])
def test_what_is_not_blank_is_sent_as_it_is(value):
    """0, false and whatever holds something keep their type."""
    assert tree({"a": "{{ x }}"}, {"x": value}) == {"a": value}


@pytest.mark.parametrize("value", ["", None, " a ", 0, False, [], Decimal("12.750"), 10**30, ["a", 1]])
def test_literal_is_always_sent_as_written(value):
    """An empty text, a null and an empty list in the conf are meant."""
    assert tree({"a": value}, {}) == {"a": value}


def test_lists_are_closed_up():
    """Missing and null elements go, by index, in a list and in a posted list; 0, false and empty text stay."""
    scope = {
        "zero": 0,
        "no": False,
        "empty": "",
        "null": None,
        "posted": [None, 0, False, "", {"a": None}, None],
    }
    names = ("null", "zero", "missing", "no", "empty")
    expected = [0, False, ""]
    assert tree({f"l.{index}": f"{{{{ {name} }}}}" for index, name in enumerate(names)}, scope) == {
        "l": expected
    }
    assert tree({"l": [f"{{{{ {name} }}}}" for name in names]}, scope) == {"l": expected}
    assert tree({"l": "{{ posted }}"}, scope) == {"l": [0, False, "", {"a": None}]}
    assert tree({"l": [None, 0, False, "", KEY]}, {}) == {"l": [0, False, "", KEY]}
    assert tree({"l.0": None, "l.1": 1}, {}) == {"l": [1]}
    assert scope["posted"] == [None, 0, False, "", {"a": None}, None]


def test_list_of_nothing_is_blank():
    """A list whose every element is missing is left out; so are objects that would hold nothing."""
    found = mapper({"l": ["{{ a }}", "{{ b }}"], "m.0.x": "{{ a }}", "n": 1}).map({})
    assert (found.tree, found.left_out) == ({"n": 1}, ("l", "m.0.x"))


def test_document_may_be_a_list():
    """Keys that are all indexes make the document a list, also an empty one."""
    assert tree({"0.id": "{{ a }}", "1.id": "{{ b }}"}, {"b": 2}) == [{"id": 2}]
    assert tree({"0": "{{ a }}"}, {}) == []


def test_literal_segments():
    """Braces hold a name with dots or of digits."""
    found = tree({"data{12}.value": 1, "{contact.email}": 2, "{0}": 3}, {})
    assert found == {"data": {"12": {"value": 1}}, "contact.email": 2, "0": 3}


def test_attributes():
    """With attributes an element's own value moves under #text; without, the sign means nothing."""
    mapping = {"r@v": "2", "r.a": "{{ a }}", "r.a@id": "{{ ref }}", "r.b.0": 1, "r.b.1@x": 2, "@root": 3}
    assert tree(mapping, {"a": "A", "ref": 7}, attributes=True) == {
        "r": {"@v": "2", "a": {"#text": "A", "@id": 7}, "b": [1, {"@x": 2}]},
        "@root": 3,
    }
    assert tree({"a": 1, "a@id": 2}, {}) == {"a": 1, "a@id": 2}


def test_send_ascii_transliterates_values_not_keys():
    """Literals, rendered text, lists and objects become ASCII; keys, headers, address and secrets stay."""
    found = mapper(
        {
            "naïve": "{{ name }}",
            "street": "Große Straße",
            "l": ["ß", "{{ name }}"],
            "m": ["ß", KEY],
            "o": "{{ o }}",
            "s": KEY,
            "n": 1,
        },
        send_ascii=True,
    ).map({"name": "Zoë “Q” O’Neil", "o": {"é": ["é", 1]}})
    assert found.tree == {
        "naïve": 'Zoe "Q" O\'Neil', "street": "Grosse Strasse", "l": ["ss", 'Zoe "Q" O\'Neil'],
        "m": ["ss", KEY],
        "o": {"é": ["e", 1]}, "s": KEY, "n": 1,
    }  # fmt: skip
    with pytest.raises(RenderError, match="the header X-Name would hold characters outside ASCII"):
        mapper({}, send_ascii=True, headers={"X-Name": "{{ name }}"}).map({"name": "Zoë"})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_send_ascii_makes_ascii_of_any_text(text):
    """No text gets through as anything but ASCII."""
    found = tree({"a": "{{ x }}", "b": ["{{ x }}"], "c": "x{{ x }}"}, {"x": text}, send_ascii=True)
    assert all(str(value).isascii() for _, value in leaves(found))


@pytest.mark.parametrize(
    ("options", "key", "sentence"),
    [
        ({"mapping": {"a": 1, "return.id": "{{ lead.id | required }}"}}, "mapping.return.id", "lead.id is required, and is blank"),
        ({"mapping": {"a": ["x", "{{ lead.id + 1 }}"]}}, "mapping.a",
         "a blank value cannot be calculated with (turn text into a number with | float)"),
        ({"url": "https://a.example/{{ lead.id }}"}, "url",
         "a value makes a blank, . or .. path segment of the url (map a value that is filled)"),
        ({"headers": {"X-Id": "{{ evil }}"}}, "headers.X-Id",
         "the header X-Id would hold a control character such as a line break"),
    ],
)  # fmt: skip
def test_value_that_cannot_be_made_names_its_key(options, key, sentence):
    """A RenderError says which conf key it was, with a sentence."""
    with pytest.raises(RenderError) as caught:
        mapper(options.pop("mapping", {}), **options).map({"evil": "a\r\nb"})
    assert (caught.value.key, str(caught.value)) == (key, sentence)


def test_every_problem_is_told_at_once():
    """Url, mapping and headers are all checked, and each problem stands at its own key."""
    found = problems(
        {"a": "{{ x | lowre }}", "b": {"c": 1}, "c..d": 1, "e": 1, "e.f": 2, "g": ["{{ x"], "h": [["a"]]},
        url="ftp://a.example/",
        headers={"Host": "a", "X-A": "1", "x-a": "2"},
    )
    kinds = "a value is text, a number, true, false, null, a secret or a list of those"
    assert found == [
        (("url",), "the url's scheme 'ftp' cannot be spoken (write http or https)"),
        (("mapping", "a"), "there is no filter 'lowre' (did you mean 'lower'?)"),
        (("mapping", "b"), f"{kinds} (not an object: write keys such as a.b)"),
        (
            ("mapping", "c..d"),
            "the path 'c..d' has an empty part (write names with single dots between them)",
        ),
        (("mapping", "g"), "the template's braces do not pair (every {{ needs its }})"),
        (("mapping", "h"), f"{kinds} (not what stands here)"),
        (("mapping", "e.f"), "e.f stands below e, which holds a value already (rename one of them)"),
        (("headers", "Host"), "the header Host cannot be mapped (the gateway sets it for every request)"),
        (("headers", "x-a"), "the header x-a stands here as X-A too (keep one)"),
    ]


def test_conflicts_with_attributes():
    """An attribute of a repeated element needs its index; an element has one text."""
    assert problems({"a.0": 1, "a@id": 2}, attributes=True) == [
        (
            ("mapping", "a@id"),
            "a@id and a.0 mix indexes and names under one key (write either, or {0} for a name)",
        )
    ]
    assert problems({"a": 1, "a.#text": 2, "a@id": 3}, attributes=True) == [
        (("mapping", "a.#text"), "a.#text names the same place as a (keep one of them)")
    ]


def test_shape_fills_every_key():
    """A trial gets every key: x for templates, *** for secrets, literals as they are."""
    found = mapper(
        {
            "a": "{{ a }}",
            "b.0": "{{ b }}",
            "b.3": "n {{ c }}",
            "c": [1, "{{ d }}", None],
            "d": KEY,
            "e": None,
            "f.0": None,
            "g": 7,
        },
        url="https://a.example/{{ a }}?b={{ b }}",
        headers={"X-A": "{{ a }}", "X-B": KEY, "X-C": "c", "X-D": ["{{ a }}", "d"]},
    ).shape()
    assert found == Values(
        "https://a.example/x?b=x",
        (("X-A", "x"), ("X-B", "***"), ("X-C", "c"), ("X-D", "x, d")),
        {"a": "x", "b": ["x", "x"], "c": [1, "x"], "d": "***", "e": None, "g": 7},
        now=found.now,
        random="0" * 32,
    )
    assert found.now is not None


def test_samples_fit_every_type():
    """What stands for an unknown value is marked as such, so that a transport need not take it for text."""
    found = mapper({"a": "{{ a }}", "b": KEY, "c": "x"}).shape().tree
    assert [isinstance(found[key], Sample) for key in "abc"] == [True, True, False]


def test_variables_by_conf_key():
    """What each key reads is known at load, so that a misspelt variable can be told."""
    found = mapper(
        {"a.b": "{{ lead.id }}", "c": ["{{ x }}", "{{ y | default(z) }}"], "d": "text", "e": KEY},
        url=URL + "?t={{ feedback.type }}",
        headers={"X-A": "{{ now }}", "X-B": "b"},
    )
    assert {
        key: (set(one.variables), set(one.optional)) for key, one in found.readers() if one.variables
    } == {
        "url": ({"feedback.type"}, set()),
        "headers.X-A": ({"now"}, set()),
        "mapping.a.b": ({"lead.id"}, set()),
        "mapping.c": ({"x", "y", "z"}, {"y"}),
    }


def test_further_mappings_are_mapped_as_the_mapping_is():
    """Templates, literals, secrets, lists and blanks; each under its own conf key, none where it holds nothing."""
    further = {"plain": {"a": "{{ a }}", "b.0": "{{ none }}", "c": KEY}, "nested": {"d.e": 1}, "empty": {}}
    found = mapper({"x": "{{ none }}"}, extras=further).map({"a": 7})
    assert found.extras == {"plain": {"a": 7, "c": KEY}, "nested": {"d": {"e": 1}}}
    assert found.left_out == ("x", "plain.b.0")
    filled = mapper({}, extras=further, blank="empty").map({})
    assert filled.extras["plain"] == {"a": "", "b": [""], "c": KEY}
    assert mapper({}, extras={"plain": {"é": "{{ a }}"}}, send_ascii=True).map({"a": "ß"}).extras == {
        "plain": {"é": "ss"}
    }
    assert mapper({}, extras=further).shape().extras == {
        "plain": {"a": "x", "b": ["x"], "c": "***"},
        "nested": {"d": {"e": 1}},
    }


def test_what_is_wrong_in_a_further_mapping_stands_at_its_own_key():
    """At load as a problem, for one event as the key of a RenderError."""
    assert problems({}, extras={"plain": {"a": "{{ x | lowre }}", "b": 1, "b.c": 2}}) == [
        (("plain", "a"), "there is no filter 'lowre' (did you mean 'lower'?)"),
        (("plain", "b.c"), "b.c stands below b, which holds a value already (rename one of them)"),
    ]
    with pytest.raises(RenderError) as caught:
        mapper({}, extras={"plain": {"a.b": "{{ x | required }}"}}).map({})
    assert caught.value.key == "plain.a.b"


@pytest.mark.parametrize(
    ("attributes", "mapped", "further"),
    [
        (False, {"a@b": 1}, {"a@b": 1}),
        (True, {"a": {"@b": 1}}, {"a": {"@b": 1}}),
        (("mapping",), {"a": {"@b": 1}}, {"a@b": 1}),
        (("headers",), {"a@b": 1}, {"a": {"@b": 1}}),
    ],
)
def test_a_transport_says_in_which_mappings_attributes_are_named(attributes, mapped, further):
    """In a form beside an XML document, `@` is a character like others."""
    found = mapper({"a@b": 1}, extras={"headers": {"a@b": 1}}, attributes=attributes).map({})
    assert (found.tree, found.extras) == (mapped, {"headers": further})


def test_values_carry_the_moment_and_chance_of_their_attempt():
    """What a protocol asks for beside the values, such as a nonce, is made of these."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    found = mapper({}).map({"now": now, "random": "ab" * 16})
    assert (found.now, found.random) == (now, "ab" * 16)
    assert mapper({}).shape().now is not None
    assert len(mapper({}).shape().random) == 32


def test_tables_reach_every_template():
    """Address, headers and mapping look up in the conf's tables."""
    tables = {"codes": {"Dup": "07"}}
    code = "{{ feedback.reason | lookup('codes') }}"
    found = mapper({"a": code}, url=f"https://a.example/{code}", headers={"X-A": code}, tables=tables).map(
        {"feedback": {"reason": "dup"}}
    )
    assert found == Values("https://a.example/07", (("X-A", "07"),), {"a": "07"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda child: st.lists(child, max_size=3)
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.sampled_from(["omit", "empty"]))
def test_mapping_is_pure(scope, blank):
    """The same event gives the same values, and neither the event nor the mapper is changed by it."""
    before = repr(scope)
    compiled = mapper(
        {"a": "{{ a }}", "l.0": "{{ b }}", "l.1.x": "{{ c }}", "t": "{{ a }} {{ c }}", "m": ["{{ b }}", 0]},
        blank=blank,
    )
    first = compiled.map(scope)
    assert compiled.map(scope) == first
    assert repr(scope) == before
    assert not any(
        value is None for path, value in leaves(first.tree) if isinstance(path[-1], int) and len(path) == 2
    )


@pytest.mark.parametrize("name", ["@xmlns", "@id", "#raw", "#text", "#comment", "#cdata"])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"a": {"b": [v]}}])
def test_a_posted_object_cannot_name_attributes_or_markup(name, wrap):
    """For transports where `@` and `#` mean something, only the conf may use them; for others they are names."""
    posted = {"lead": {"v": wrap({name: {}, "k": 1})}}
    with pytest.raises(RenderError) as error:
        mapper({"r.v": "{{ lead.v }}"}, attributes=True).map(posted)
    assert str(error.value) == (
        f"the posted object holds the name {name!r}, which only the conf may use (map its parts)"
    )
    assert error.value.key == "mapping.r.v"
    assert mapper({"r.v": "{{ lead.v }}"}).map(posted).tree == {"r": {"v": posted["lead"]["v"]}}
