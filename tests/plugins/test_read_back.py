"""What a standard parser reads in a request is what was mapped: any text, number, nesting and order, per transport."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway import jsontext
from gateway.mapping import Mapper
from gateway.model import Request
from gateway.paths import is_blank, join, leaves
from gateway.testing.kit import request_for
from plugins import formpost, query, xml
from plugins import json as json_transport

URL = "https://a.example/x?key=1"
POSTED = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
XML_POSTED = POSTED.filter(lambda char: char in "\t\n\r" or " " <= char not in "\ufffe\uffff")
NAMES = st.text(POSTED.filter(lambda char: char not in "{}"), min_size=1, max_size=6)
XML_NAMES = st.from_regex(r"[A-Za-z_é日][A-Za-z0-9_.é-]{0,5}", fullmatch=True)
NUMBERS = st.integers(-(10**30), 10**30) | st.decimals(-(10**20), 10**20, places=9)


def trees(characters: Any, names: Any) -> Any:
    """What shall be sent: objects and lists that hold something, down to posted values that are not blank."""
    texts = st.text(characters, max_size=12).filter(lambda text: not is_blank(text))
    return st.dictionaries(
        names,
        st.recursive(
            texts | NUMBERS | st.booleans(),
            lambda inner: (
                st.lists(inner, min_size=1, max_size=3)
                | st.dictionaries(names, inner, min_size=1, max_size=3)
            ),
            max_leaves=6,
        ),
        min_size=1,
        max_size=4,
    )


TREES = trees(POSTED, NAMES)


def sent(transport: Any, tree: Any, own: dict[str, Any] | None = None, under: str = "mapping") -> Request:
    """The request for a tree whose every leaf was posted, and is mapped by a key of its own."""
    found = list(leaves(tree))
    keys = [join(path) for path, _ in found]
    if transport is xml:
        keys = [key.replace(".@", "@") for key in keys]
    mapping = {key: f"{{{{ posted.{index} }}}}" for index, key in enumerate(keys)}
    event = jsontext.loads(jsontext.dumps({"posted": [leaf for _, leaf in found]}))
    extras = {} if under == "mapping" else {under: mapping}
    mapper = Mapper.compile(
        url=URL, mapping={} if extras else mapping, headers={}, blank="omit", send_ascii=False,
        attributes=transport.settings().attributes, tables={}, extras=extras,
    )  # fmt: skip
    values = mapper.map(event)
    return request_for(transport, values.tree, own, url=values.url, extras=values.extras)


def pairs(tree: Any) -> list[tuple[str, str]]:
    """The parameters that a tree means."""
    return [
        (".".join(part for part in path if isinstance(part, str)), plain(leaf)) for path, leaf in leaves(tree)
    ]


def plain(leaf: Any) -> str:
    if isinstance(leaf, bool):
        return str(leaf).lower()
    return format(leaf, "f") if isinstance(leaf, Decimal) else str(leaf)


def form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")


def ordered(tree: Any) -> Any:
    """A tree in which order counts: objects are lists of pairs; true is not 1."""
    if isinstance(tree, dict):
        return [(name, ordered(child)) for name, child in tree.items()]
    if isinstance(tree, list):
        return [ordered(child) for child in tree]
    return type(tree).__name__ == "bool", tree


def elements(name: str, value: Any) -> Iterator[Any]:
    """The elements that a value makes, as `read` would find them."""
    if isinstance(value, list):
        for item in value:
            yield from elements(name, item)
    elif isinstance(value, dict):
        yield name, [found for key, child in value.items() for found in elements(key, child)]
    else:
        yield name, plain(value)


def read(element: etree._Element) -> Any:
    return str(element.tag), [read(child) for child in element] if len(element) else element.text or ""


@settings(max_examples=60)
@given(TREES)
def test_query(tree: Any) -> None:
    """The address's own parameter, then every value under its dotted name."""
    assert form(urlsplit(sent(query, tree).url).query) == [("key", "1"), *pairs(tree)]


@settings(max_examples=60)
@given(TREES)
def test_formpost(tree: Any) -> None:
    """Every value under its dotted name."""
    body = sent(formpost, tree).body or b""
    assert form(body.decode("ascii")) == pairs(tree)


@settings(max_examples=60)
@given(TREES | st.lists(TREES, min_size=1, max_size=3))
def test_json(tree: Any) -> None:
    """The same tree: names in order, numbers to the last digit."""
    body = sent(json_transport, tree).body or b""
    assert ordered(json.loads(body, parse_float=Decimal)) == ordered(tree)


@settings(max_examples=60)
@given(TREES)
def test_json_in_a_form(tree: Any) -> None:
    """The document is one parameter; each further one is JSON text, or plain."""
    body = sent(json_transport, tree, {"json_parameter": "d"}).body or b""
    ((name, text),) = form(body.decode("ascii"))
    assert (name, ordered(json.loads(text, parse_float=Decimal))) == ("d", ordered(tree))


@pytest.mark.parametrize("key", ["extra_parameters", "nested_extra_parameters"])
@settings(max_examples=60)
@given(tree=TREES.filter(lambda tree: "json_parameter" not in tree))
def test_beside_json(key: str, tree: Any) -> None:
    """What stands beside the document comes back too."""
    body = sent(json_transport, tree, {"json_parameter": "json_parameter"}, key).body or b""
    document, *beside = form(body.decode("ascii"))
    assert document == ("json_parameter", "{}")
    if key == "extra_parameters":
        assert beside == pairs(tree)
    else:
        found = {name: json.loads(text, parse_float=Decimal) for name, text in beside}
        assert ordered(found) == ordered(tree)


@settings(max_examples=60)
@given(trees(XML_POSTED, XML_NAMES))
def test_xml(tree: Any) -> None:
    """The same elements in the same order, each with its text; lists repeat theirs."""
    body = sent(xml, {"root": tree}).body or b""
    assert [read(etree.fromstring(body))] == list(elements("root", tree))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(XML_NAMES, st.sampled_from(["#text", "#cdata"]), *[st.text(XML_POSTED, min_size=1)] * 2),
        min_size=1,
        max_size=4,
    )
)
def test_xml_attributes_and_kinds_of_text(parts: list[tuple[str, str, str, str]]) -> None:
    """Text and CDATA read the same, attributes keep every character, line ends too."""
    tree = {"a": [{name: {"@x": value, kind: text}} for name, kind, value, text in parts]}
    wanted = [part for part in parts if not is_blank(part[3]) and not is_blank(part[2])]
    root = etree.fromstring(sent(xml, {"r": tree}).body or b"")
    found = [(child.tag, child.get("x"), child.text) for holder in root for child in holder]
    assert [one for one in found if one[1] and one[2]] == [
        (name, value, text) for name, _, value, text in wanted
    ]


@settings(max_examples=60)
@given(st.text(POSTED))
def test_any_posted_text_makes_a_document_of_the_same_shape(text: str) -> None:
    """Whatever was posted, no value becomes markup: characters that XML forbids go, with a note, and nothing else."""
    request = sent(xml, {"r": {"a": {"@x": text, "#text": text}, "b": {"#cdata": text}, "c": "end"}})
    root = etree.fromstring(request.body or b"")
    kept = "".join(char for char in text if char in "\t\n\r" or " " <= char not in "\ufffe\uffff")
    assert {element.tag for element in root} <= {"a", "b", "c"}
    assert root[-1].text == "end"
    for element in root[:-1]:
        assert (element.text or "") == kept
        assert element.get("x", kept) == kept
    assert bool(request.notes) == (kept != text and not is_blank(text))
