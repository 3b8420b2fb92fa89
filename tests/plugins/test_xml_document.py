"""What a tree becomes as an XML document, to the byte."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import RenderError
from plugins.xml.document import DECLARATION, build

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"]).filter(lambda c: c in "\t\n\r" or " " <= c not in "\ufffe\uffff")
)
ANY_TEXT = st.text(st.characters() | st.sampled_from("<>&]-\x00\ud800"))
NAME = st.from_regex(r"[A-Za-z_é][A-Za-z0-9_.-]{0,8}", fullmatch=True)
HOSTILE = st.text(st.sampled_from("<>/!?-[]&;:='\" abfragmentns0xlCDATA"))


def document(tree) -> str:
    text, _ = build(tree)
    return text.removeprefix(DECLARATION)


def parsed(tree) -> etree._Element:
    text, _ = build(tree)
    return etree.fromstring(text.encode())


ELEMENTS = [
    ({"a": {"b": {"c": "x"}}}, "<a><b><c>x</c></b></a>"),
    ({"a": {"b": ["x", "y"]}}, "<a><b>x</b><b>y</b></a>"),
    ({"a": {"b": [["x"], ["y", ["z"]]]}}, "<a><b>x</b><b>y</b><b>z</b></a>"),
    ({"a": {"b": [{"c": "1"}, {"c": "2"}]}}, "<a><b><c>1</c></b><b><c>2</c></b></a>"),
    ({"a": ["x"]}, "<a>x</a>"),
    ({"a": {"z": "1", "y": "2"}}, "<a><z>1</z><y>2</y></a>"),
    ({"a": {"b": None, "c": [None, "x", None]}}, "<a><c>x</c></a>"),
    ({"a": {"b": "", "c": {}, "d": []}}, "<a><b/><c/><d/></a>"),
    ({"a": {"b": ["", 0, False]}}, "<a><b/><b>0</b><b>false</b></a>"),
    (
        {"a": {"b": True, "c": 9007199254740993, "d": Decimal("1E+3")}},
        "<a><b>true</b><c>9007199254740993</c><d>1000</d></a>",
    ),
    ({"a": "Zoë 😀 <&>\"' ]]>"}, "<a>Zoë 😀 &lt;&amp;&gt;\"' ]]&gt;</a>"),
    ({"a": " two\n lines\r\t"}, "<a> two\n lines&#13;\t</a>"),
    ({"é": "x"}, "<é>x</é>"),
]
ATTRIBUTES = [
    ({"a": {"b": {"@id": "1", "#text": "x"}}}, '<a><b id="1">x</b></a>'),
    ({"a": {"@id": "1", "b": "x"}}, '<a id="1"><b>x</b></a>'),
    ({"@id": "1", "a": {"b": "x"}}, '<a id="1"><b>x</b></a>'),
    ({"@id": "1", "a": "x"}, '<a id="1">x</a>'),
    ({"a": {"b": [{"@id": 1, "#text": "x"}, {"@id": 2}, "z"]}}, '<a><b id="1">x</b><b id="2"/><b>z</b></a>'),
    ({"a": {"@y": "1", "@x": True, "@n": None, "@e": ""}}, '<a y="1" x="true" e=""/>'),
    ({"a": {"@b": "<&\"'\n\t\r>"}}, '<a b="&lt;&amp;&quot;\'&#10;&#9;&#13;&gt;"/>'),
    ({"a": {"b": "x", "@id": "1"}}, '<a id="1"><b>x</b></a>'),
    ({"a": {"b": {"@id": "1", "#text": ["x", None, "y"]}}}, '<a><b id="1">x</b><b id="1">y</b></a>'),
    ({"a": {"b": {"@id": "1", "#text": []}}}, '<a><b id="1"/></a>'),
    ({"a": {"b": {"@id": "1", "#text": {"c": "x", "@id": "2"}}}}, '<a><b id="1"><c>x</c></b></a>'),
    ({"a": {"@xml:lang": "de"}}, '<a xml:lang="de"/>'),
]
CONTENT = [
    ({"a": {"#text": "x", "b": "y", "#comment": "c"}}, "<a>x<b>y</b><!--c--></a>"),
    ({"a": {"b": "y", "#text": "1"}}, "<a><b>y</b>1</a>"),
    ({"a": {"#cdata": "<b>&"}}, "<a><![CDATA[<b>&]]></a>"),
    ({"a": {"#cdata": "x]]>y"}}, "<a><![CDATA[x]]]]><![CDATA[>y]]></a>"),
    ({"a": {"#cdata": ["x", "y"]}}, "<a><![CDATA[x]]><![CDATA[y]]></a>"),
    ({"a": {"b": "1", "#cdata": " x ", "#text": "t"}}, "<a><b>1</b><![CDATA[ x ]]>t</a>"),
    ({"a": {"#text": "t", "#cdata": "x"}}, "<a>t<![CDATA[x]]></a>"),
    ({"a": {"#cdata": ""}}, "<a><![CDATA[]]></a>"),
    ({"a": {"#cdata": "x\r\ny\r\r"}}, "<a><![CDATA[x]]>&#13;<![CDATA[\ny]]>&#13;&#13;</a>"),
    ({"a": {"b": "1", "#cdata": "\rx"}}, "<a><b>1</b>&#13;<![CDATA[x]]></a>"),
    ({"a": {"#comment": "x--y---z-"}}, "<a><!--x- -y- - -z- --></a>"),
    ({"a": {"#comment": None, "#text": None}}, "<a/>"),
    ({"a": {"#raw": "t<b i='1'>x</b><c/>u"}}, '<a>t<b i="1">x</b><c/>u</a>'),
    ({"a": {"#raw": ""}}, "<a/>"),
    (
        {"a": {"b": {"#raw": "<![CDATA[<]]><!--c--><?p i?>&amp;"}, "c": "d"}},
        "<a><b><![CDATA[<]]><!--c--><?p i?>&amp;</b><c>d</c></a>",
    ),
    (
        {"a": {"@xmlns:p": "urn:p", "#raw": "<p:b p:c='1'/><d xmlns='urn:d'/>"}},
        '<a xmlns:p="urn:p"><p:b p:c="1"/><d xmlns="urn:d"/></a>',
    ),
    ({"a": {"@xmlns": "urn:d", "#raw": "<b/>", "c": "x"}}, '<a xmlns="urn:d"><b/><c>x</c></a>'),
]
NAMESPACES = [
    ({"a": {"@xmlns": "urn:x", "b": "y"}}, '<a xmlns="urn:x"><b>y</b></a>'),
    ({"a": {"b": "y", "@xmlns": "urn:x"}}, '<a xmlns="urn:x"><b>y</b></a>'),
    ({"@xmlns:p": "urn:x", "p:a": {"p:b": "y", "c": "z"}}, '<p:a xmlns:p="urn:x"><p:b>y</p:b><c>z</c></p:a>'),
    ({"p:a": {"@xmlns:p": "urn:x", "@p:b": "y", "@c": "z"}}, '<p:a xmlns:p="urn:x" p:b="y" c="z"/>'),
    ({"a": {"@xmlns": "urn:x", "@id": "1"}}, '<a xmlns="urn:x" id="1"/>'),
    ({"a": {"@xmlns": "urn:x", "b": {"@xmlns": "urn:y", "c": "1"}}}, '<a xmlns="urn:x"><b xmlns="urn:y"><c>1</c></b></a>'),
    ({"a": {"@xmlns": "urn:x", "b": {"@xmlns": "", "c": "1"}, "d": ""}}, '<a xmlns="urn:x"><b xmlns=""><c>1</c></b><d/></a>'),
    ({"a": {"@xmlns:p": "urn:x", "b": {"@xmlns:p": "urn:y", "p:c": ""}, "p:d": ""}}, '<a xmlns:p="urn:x"><b xmlns:p="urn:y"><p:c/></b><p:d/></a>'),
    ({"a": {"@xmlns:xsi": "urn:xsi", "@xmlns:t": "urn:t", "@xsi:type": "t:Return"}}, '<a xmlns:xsi="urn:xsi" xmlns:t="urn:t" xsi:type="t:Return"/>'),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "expected"), ELEMENTS + ATTRIBUTES + CONTENT + NAMESPACES)
def test_the_document(tree, expected):
    """What the tree says is what is written, to the byte."""
    assert document(tree) == expected


@pytest.mark.parametrize(
    ("tree", "expected", "note"),
    [
        ({"a": {"b": "x\x00\ud800y"}}, "<a><b>xy</b></a>", "mapping.a.b: removed 2 characters that XML forbids"),
        ({"a": {"b": ["", "\ufffe"]}}, "<a><b/><b/></a>", "mapping.a.b.1: removed 1 character that XML forbids"),
        ({"a": {"@b": "\x0b"}}, '<a b=""/>', "mapping.a@b: removed 1 character that XML forbids"),
        ({"a": {"#cdata": "]\x01]>"}}, "<a><![CDATA[]]]]><![CDATA[>]]></a>", "mapping.a.#cdata: removed 1 character that XML forbids"),
        ({"a": {"#comment": "-\x01-"}}, "<a><!--- - --></a>", "mapping.a.#comment: removed 1 character that XML forbids"),
        ({"a": {"#raw": "<b\x01/>"}}, "<a><b/></a>", "mapping.a.#raw: removed 1 character that XML forbids"),
    ],
)  # fmt: skip
def test_forbidden_characters_are_removed_and_noted(tree, expected, note):
    """What XML 1.0 cannot hold is left out, and the attempt says where."""
    assert build(tree) == (DECLARATION + expected, (note,))


NO_ROOT = "there is no root element, as no value is left to send (map e.g. return.lead_id)"


@pytest.mark.parametrize(
    ("tree", "key", "sentence"),
    [
        (None, "mapping", NO_ROOT),
        ({}, "mapping", NO_ROOT),
        ({"@id": "1"}, "mapping", NO_ROOT),
        ({"a": None}, "mapping", NO_ROOT),
        (["x"], "mapping", "a document cannot begin with a list (begin every key with the root element's name)"),
        ({"a": "1", "b": "2"}, "mapping.b", "the document has more than one root: a and b (begin every key with the same one)"),
        ({"a": ["1", "2"]}, "mapping.a", "the document has more than one root: a and a (begin every key with the same one)"),
        ({"#text": "x"}, "mapping.#text", "#text stands outside the root element (write it below)"),
        ({"@id": "1", "a": {"@id": "2"}}, "mapping.@id", "the root has the attribute @id twice (write it once)"),
        ({"a": {"lead id": "1"}}, "mapping.a.lead id", "'lead id' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"1st": "1"}}, "mapping.a.1st", "'1st' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"@a b": "1"}}, "mapping.a@a b", "'a b' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"": "1"}}, "mapping.a.{}", "'' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"{urn:x}b": "1"}}, "mapping.a.{{urn:x}b}", "'{urn:x}b' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {":b": "1"}}, "mapping.a.:b", "':b' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"b:": "1"}}, "mapping.a.b:", "'b:' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"b:c:d": "1"}}, "mapping.a.b:c:d", "'b:c:d' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"@xmlns:": "urn:x"}}, "mapping.a@xmlns:", "'xmlns:' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"@xmlns:b c": "urn:x"}}, "mapping.a@xmlns:b c", "'xmlns:b c' cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)"),
        ({"a": {"p:b": "1"}}, "mapping.a.p:b", "the prefix p is not declared (map NAME@xmlns:p on this element or one around it)"),
        ({"a": {"@p:b": "1"}}, "mapping.a@p:b", "the prefix p is not declared (map NAME@xmlns:p on this element or one around it)"),
        ({"a": {"xmlns:b": "1"}}, "mapping.a.xmlns:b", "the prefix xmlns is not declared (map NAME@xmlns:xmlns on this element or one around it)"),
        ({"a": {"b": {"@xmlns:p": "urn:p"}, "p:c": "1"}}, "mapping.a.p:c", "the prefix p is not declared (map NAME@xmlns:p on this element or one around it)"),
        ({"a": {"@xmlns:p": ""}}, "mapping.a@xmlns:p", "the prefix p has no namespace (give it a URI)"),
        ({"a": {"@xmlns:p": "a b"}}, "mapping.a@xmlns:p", "the namespace is not a URI (urn:example:returns is one)"),
        ({"a": {"@xmlns": "}"}}, "mapping.a@xmlns", "the namespace is not a URI (urn:example:returns is one)"),
        ({"a": {"@xmlns:xml": "urn:x"}}, "mapping.a@xmlns:xml", "the prefixes xml and xmlns need no declaration (leave this out)"),
        ({"a": {"@xmlns": "http://www.w3.org/2000/xmlns/"}}, "mapping.a@xmlns", "the prefixes xml and xmlns need no declaration (leave this out)"),
        ({"a": {"@xmlns:p": "u", "@xmlns:q": "u", "@p:a": "1", "@q:a": "2"}}, "mapping.a@q:a", "this attribute stands twice, under two prefixes of one namespace"),
        ({"a": {"@b": ["1"]}}, "mapping.a@b", "an attribute takes one value, not a list or an object"),
        ({"a": {"#cdata": {"b": "1"}}}, "mapping.a.#cdata", "#cdata takes text, not an object (map one of its parts)"),
        ({"a": {"b": "x", "#text": ["1"]}}, "mapping.a", "a list or an object cannot stand amid other content (map its parts)"),
        ({"a": {"#html": "x"}}, "mapping.a.#html", "#html is not known (content is #text, #cdata, #comment, #raw)"),
        ({"a": {"#raw": "<b>"}}, "mapping.a.#raw", "#raw is not well-formed XML: Opening and ending tag mismatch: b line 1 and the end of the piece (give whole elements)"),
        ({"a": {"#raw": "&nbsp;"}}, "mapping.a.#raw", "#raw is not well-formed XML: Entity 'nbsp' not defined (give whole elements)"),
        ({"a": {"#raw": "<p:b/>"}}, "mapping.a.#raw", "#raw is not well-formed XML: Namespace prefix p on b is not defined (give whole elements)"),
        ({"a": {"#raw": "<!DOCTYPE b>"}}, "mapping.a.#raw", "#raw is not well-formed XML: StartTag: invalid element name (give whole elements)"),
        ({"a": {"#raw": "</ns0:fragment><!--"}}, "mapping.a.#raw", "#raw is not well-formed XML: Comment not terminated (give whole elements)"),
        ({"a": {"b": Decimal("NaN")}}, "mapping.a.b", "NaN is not a number that can be sent (check the template's arithmetic)"),
    ],
)  # fmt: skip
def test_what_is_no_xml_is_refused_with_its_key(tree, key, sentence):
    """A fault of structure names the mapping key and says what would be right."""
    with pytest.raises(RenderError) as caught:
        document(tree)
    assert (caught.value.key, str(caught.value)) == (key, sentence)


@given(XML_TEXT)
def test_cdata_is_read_back(text):
    """Any text comes back from CDATA as it went in, carriage returns too."""
    assert (parsed({"r": {"#cdata": text}}).text or "") == text


@given(HOSTILE)
def test_a_raw_fragment_stays_in_its_place(text):
    """Whatever a fragment holds, it is refused or it stays inside its element."""
    try:
        root = parsed({"r": {"a": {"#raw": text}, "b": "end"}})
    except RenderError:
        return
    assert [child.tag for child in root] == ["a", "b"]
    assert root[1].text == "end"


@given(
    st.recursive(
        ANY_TEXT | st.none() | st.booleans() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                NAME
                | ANY_TEXT
                | st.sampled_from(
                    ["@id", "@xmlns", "@xmlns:p", "p:b", "#text", "#cdata", "#comment", "#raw"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_every_tree_is_well_formed_or_refused(tree):
    """No tree at all makes a document that a parser refuses, or another exception."""
    with suppress(RenderError):
        parsed({"r": tree})
