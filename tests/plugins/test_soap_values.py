"""Transport `soap`: values in the types of the schema, exactly or refused by name."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import RenderError
from gateway.model import MASK, Values
from gateway.testing.kit import endpoint_for
from plugins import soap

FOLDER = Path(__file__).parent / "wsdl"
BASE = {"LeadId": "5bb3", "Amount": None}
LEGAL = st.text(
    st.characters(exclude_categories=["Cs"]).filter(lambda c: c in "\t\n\r" or " " <= c not in "\ufffe\uffff")
)
ANY_TEXT = st.text(st.characters() | st.sampled_from("<>&]\x00\ud800"))
SCALARS = st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | ANY_TEXT
NAMES = st.sampled_from(
    ["LeadId", "Amount", "Count", "Phone", "Lead", "Name", "Phones", "string", "Codes", "Price", "Extra", "Email",
     "Town", "Key", "Value", "@id", "@state", "#text", "#raw", "@xmlns", "@xmlns:p", "p:x", "a b", "", "Other"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def endpoint(operation="SubmitReturn"):
    load = lambda path: (FOLDER / path).read_bytes()  # noqa: E731
    return endpoint_for(soap, {"operation": operation}, url="wrapped.wsdl", load=load)


READY = endpoint()


def request(tree):
    return soap.render(Values("", tree=tree), READY)


def body(tree) -> etree._Element:
    return etree.fromstring(request(tree).body)[0]


def content(tree) -> str:
    """What stands in the body's element, without the prefixes."""
    text = etree.tostring(body(tree)[0], encoding="unicode")
    return text[text.index(">") + 1 : text.rindex("<")].replace("ns0:", "")


def refused(tree) -> RenderError:
    with pytest.raises(RenderError) as caught:
        request(tree)
    return caught.value


WRITTEN = [
    ({**BASE, "Reason": ""}, "<LeadId>5bb3</LeadId><Reason/>"),
    ({**BASE, "Count": 0, "Final": False}, "<Count>0</Count><Final>false</Final>"),
    ({**BASE, "Count": ""}, "<Count/>"),
    ({**BASE, "Count": Decimal("5.00")}, "<Count>5</Count>"),
    ({**BASE, "Big": 10**400}, f"<Big>{10**400}</Big>"),
    ({**BASE, "Rate": Decimal("12.750")}, "<Rate>12.750</Rate>"),
    ({**BASE, "Rate": 0.1}, "<Rate>0.1</Rate>"),
    ({**BASE, "Price": Decimal("1E+3")}, "<Price>1000</Price>"),
    ({**BASE, "Reason": Decimal("0.0000001")}, "<Reason>0.0000001</Reason>"),
    ({**BASE, "Reason": True}, "<Reason>true</Reason>"),
    ({**BASE, "Final": "TRUE"}, "<Final>true</Final>"),
    ({**BASE, "Final": "0"}, "<Final>0</Final>"),
    ({**BASE, "Count": " 07 "}, "<Count>07</Count>"),
    ({**BASE, "At": datetime(2026, 11, 23, 9, 15, tzinfo=UTC)}, "<At>2026-11-23T09:15:00Z</At>"),
    ({**BASE, "Codes": "12 13"}, "<Codes>12 13</Codes>"),
    ({**BASE, "Reason": " two\n\tlines "}, "<Reason> two\n\tlines </Reason>"),
    ({**BASE, "Reason": "]]>&lt;"}, "<Reason>]]&gt;&amp;lt;</Reason>"),
    ({**BASE, "Reason": {"#text": "x"}}, "<Reason>x</Reason>"),
    ({**BASE, "Phone": []}, "<LeadId>5bb3</LeadId>"),
    ({**BASE, "Key": ["a", "b"], "Value": [1]}, "<Key>a</Key><Value>1</Value><Key>b</Key><Value/>"),
    (
        {**BASE, "Reason": {"r": {"@id": 1, "a": ["x", 2], "b": "<", "c": None}}},
        '<Reason>&lt;r id="1"&gt;&lt;a&gt;x&lt;/a&gt;&lt;a&gt;2&lt;/a&gt;&lt;b&gt;&amp;lt;&lt;/b&gt;&lt;/r&gt;</Reason>',
    ),
]


@pytest.mark.parametrize(("tree", "expected"), WRITTEN, ids=str)
def test_values_are_written_as_they_were_posted(tree, expected):
    """Exact numbers, 0 and false, empty text as an empty element, trees in a string as a document."""
    assert expected in content(tree)


REFUSED = [
    ({"Amount": "abc"}, "mapping.Amount", "Amount: 'abc' is not valid as decimal (right would be a number such as 12.75)"),
    ({"Amount": "1,000.50"}, "mapping.Amount", "Amount: '1,000.50' is not valid as decimal (right would be a number such as 12.75)"),
    ({"Count": 2**31}, "mapping.Count", "Count: '2147483648' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Count": Decimal("5.5")}, "mapping.Count", "Count: '5.5' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Final": "yes"}, "mapping.Final", "Final: 'yes' is not valid as boolean (right would be true or false)"),
    ({"At": "2026-11-23"}, "mapping.At", "At: '2026-11-23' is not valid as dateTime (right would be a moment such as 2026-11-23T09:15:00Z)"),
    ({"Day": "2026-11-23T09:15:00Z"}, "mapping.Day", "Day: '2026-11-23T09:15:00Z' is not valid as date (right would be a day such as 2026-11-23)"),
    ({"Photo": "Zoë"}, "mapping.Photo", "Photo: 'Zoë' is not valid as base64Binary (right would be base64 text; the filter `base64` makes it)"),
    ({"Codes": ["1", "x"]}, "mapping.Codes", "Codes: 'x' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Answer": "maybe"}, "mapping.Answer", "Answer: 'maybe' is not valid as int or boolean"),
    ({"Count": "9" * 70}, "mapping.Count", f"Count: '{'9' * 59}…' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"@id": "x"}, "mapping.@id", "@id: 'x' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Phone": ["1", object()]}, "mapping.Phone.1", "Phone.1: a value of the type object has no plain text (map one of its parts)"),
    ({"leadid": "x"}, "mapping.leadid", "the operation has no argument 'leadid' (did you mean LeadId?)"),
    ({"state": "x"}, "mapping.state", "the operation has no argument 'state' (did you mean Lead@state?)"),
    ({"Strings": "x"}, "mapping.Strings", "the operation has no argument 'Strings' (did you mean Lead.Phones.string?)"),
    ({"Lead": {"@state": "", "Phones": {"strng": 1}}}, "mapping.Lead.Phones.strng", "Lead.Phones has no argument 'strng' (did you mean Lead.Phones.string?)"),
    ({"Price": {"#text": 1, "@curency": "USD"}}, "mapping.Price@curency", "Price has no attribute 'curency' (did you mean Price@currency?)"),
    ({"Price": {"Zz": 1}}, "mapping.Price.Zz", "Price has no argument 'Zz' (it has Price@currency)"),
    ({"Reason": {"#text": "x", "@id": "1"}}, "mapping.Reason@id", "Reason has no attribute 'id'"),
    ({"Reason": ["x", "y"]}, "mapping.Reason", "Reason takes one value, not a list of 2"),
    ({"Phone": ["1", "2", "3", "4"]}, "mapping.Phone", "Phone takes at most 3 values, not a list of 4"),
    ({"Lead": "Joe"}, "mapping.Lead", "Lead is made of parts (map them: Lead.Name, Lead.Phones, Lead.Referrer, Lead@state)"),
    ({"Count": {"a": 1}}, "mapping.Count", "Count has no parts such as Count.a (it is one int)"),
    ({"Reason": {"a": 1, "b": 2}}, "mapping.Reason", "Reason: an XML document has one root element, here are 2 (a, b)"),
    ({"Reason": {"p:a": 1}}, "mapping.Reason", "Reason: the prefix of p:a is not declared (with @xmlns:p)"),
    ({"Reason": {"a b": 1}}, "mapping.Reason", "Reason: 'a b' is not a name in XML"),
    ({"Extra": {"a": {"#cdata": "x"}}}, "mapping.Extra.a", "Extra.a: #cdata has no meaning in soap (right would be #text)"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "key", "sentence"), REFUSED, ids=[key for _, key, _ in REFUSED])
def test_what_has_no_place_in_the_schema_is_refused_by_name(tree, key, sentence):
    """The error names the argument, what it was given and what would be right; its key is the conf's."""
    error = refused({**BASE, **tree})
    assert (error.key, str(error)) == (key, sentence)


def test_a_mapping_without_names_is_refused():
    """A list cannot be the arguments of an operation."""
    assert str(refused(["x"])).startswith("the mapping is made of parts (map them: LeadId, Reason, Amount, ")


@given(text=LEGAL)
def test_any_text_is_read_back_as_it_was(text):
    """What XML can hold survives writing and parsing: in an element, in an attribute, in a document in text."""
    root = body({**BASE, "Reason": text, "Lead": {"@state": text, "Name": {"a": text}}})
    assert (root.findtext(".//{urn:acme}Reason") or "") == text
    assert root.find(".//{urn:acme}Lead").get("state") == text
    assert (etree.fromstring(root.findtext(".//{urn:acme}Name")).text or "") == text


@given(text=ANY_TEXT)
def test_what_xml_forbids_is_removed_and_noted(text):
    """Nothing else is removed, and the note does not hold the text."""
    made = request({**BASE, "Reason": text})
    left = "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
    assert (etree.fromstring(made.body).findtext(".//{urn:acme}Reason") or "") == left
    removed = len(text) - len(left)
    plural = "" if removed == 1 else "s"
    assert made.notes == (
        (f"mapping.Reason: removed {removed} character{plural} that XML forbids",) if removed else ()
    )


@given(number=st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_are_exact(number):
    """A decimal or integer of any size arrives as the number that was posted, in plain notation."""
    text = body({**BASE, "Reason": number, "Amount": number}).findtext(".//{urn:acme}Amount")
    assert Decimal(text) == number
    assert "E" not in text


@given(tree=TREES)
def test_render_gives_the_same_request_again_or_a_render_error(tree):
    """Whatever the values, nothing but RenderError is raised, and the request is well-formed."""
    ready = READY
    try:
        first = soap.render(Values("", tree=tree), ready)
    except RenderError:
        return
    assert soap.render(Values("", tree=tree), ready) == first
    etree.fromstring(first.body)


def test_deeply_nested_values_are_a_render_error():
    """Also where the schema lets a type hold itself."""
    deep = {"Name": "x", "@state": ""}
    for _ in range(2000):
        deep = {"Name": "x", "@state": "", "Referrer": deep}
    assert str(refused({**BASE, "Lead": deep})) == "the values are nested too deeply for XML"


@pytest.mark.parametrize("operation", ["SubmitReturn", "Acme.Modern.SubmitReturn"])
def test_a_masked_secret_has_a_place_in_every_argument(operation):
    """`***` stands where the secret would: in a number, a date, a list, even for a whole complex argument."""
    names = [
        "LeadId",
        "Amount",
        "Count",
        "Final",
        "At",
        "Day",
        "Rate",
        "Photo",
        "Codes",
        "Answer",
        "Lead",
        "Price",
    ]
    tree = {"@id": MASK, **dict.fromkeys(names, MASK)}
    made = soap.render(Values("", tree=tree), endpoint(operation))
    assert made.body.count(MASK.encode()) == len(names)  # all but Lead, whose parts are not known, and @id


@pytest.mark.parametrize("name", ["Amount", "Codes", "Answer", "Lead"])
def test_text_that_looks_like_a_mask_is_text(name):
    """Only what stands for an unknown value fits every type."""
    assert refused({**BASE, name: "***"}).key == f"mapping.{name}"
