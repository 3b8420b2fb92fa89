"""The simple types of XML Schema, held against libxml2's own validator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from plugins.soap.lexical import TYPES, ListOf, OneOf, simple


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring(
            f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="e" type="s:{name}"/></s:schema>'
        )
    )


SCHEMAS = {name: schema(name) for name in TYPES}


def takes(name: str, text: str) -> bool:
    """Whether libxml2 takes the text for a value of the type."""
    node = etree.Element("e")
    node.text = text
    return bool(SCHEMAS[name].validate(node))


def written(name: str, text: str) -> str | None:
    try:
        return TYPES[name].write(text)
    except ValueError:
        return None


# Where libxml2 takes more than the recommendation: `1e` for a float, `0000:` for base64.
LAX = ("float", "double", "base64Binary")

RIGHT = {
    "boolean": ["true", "false", "1", "0"],
    "decimal": ["12.75", "-0.10", "+5", ".5", "5.", "0012", "9007199254740993.000000000000000001"],
    "float": ["1e3", "-INF", "NaN", "12.75", "1.E-2"],
    "double": ["1E+30", "INF", "0"],
    "dateTime": [
        "2026-11-23T09:15:00",
        "2026-11-23T09:15:00.123Z",
        "2026-11-23T24:00:00+14:00",
        "-0044-03-15T00:00:00",
    ],
    "date": ["2026-11-23", "2026-11-23Z", "2026-11-23-05:00", "12026-01-31"],
    "time": ["09:15:00", "23:59:59.999-05:00"],
    "duration": ["P7D", "-P1Y2M3DT4H5M6.7S", "PT1S", "P1M"],
    "gYear": ["2026", "2026Z"],
    "gYearMonth": ["2026-11"],
    "gMonth": ["--11"],
    "gMonthDay": ["--11-23"],
    "gDay": ["---23"],
    "hexBinary": ["", "0aFF"],
    "base64Binary": ["", "aGVsbG8=", "aGVsbG8g", "aGk=", "aA==", "aGVs\r\n bG8 ="],
    "integer": ["0", "-7", "+7", "007", "123456789012345678901234567890"],
    "nonPositiveInteger": ["0", "-1"],
    "negativeInteger": ["-1"],
    "nonNegativeInteger": ["0", "1"],
    "positiveInteger": ["1"],
    "long": ["9223372036854775807", "-9223372036854775808"],
    "int": ["2147483647", "-2147483648"],
    "short": ["32767", "-32768"],
    "byte": ["127", "-128"],
    "unsignedLong": ["18446744073709551615"],
    "unsignedInt": ["4294967295"],
    "unsignedShort": ["65535"],
    "unsignedByte": ["255"],
}
WRONG = {
    "boolean": ["", "yes", "2"],
    "decimal": ["1e3", "1,5", "", ".", "NaN", "$5", "१२"],
    "float": ["inf", "1e", ""],
    "double": ["+-1", "1e1.5"],
    "dateTime": [
        "2026-11-23",
        "2026-11-23 09:15:00",
        "2026-13-01T00:00:00",
        "2026-11-23T25:00:00",
        "2026-11-23T09:15Z",
    ],
    "date": ["26-11-23", "2026-11-32", "11/23/2026", "2026-11-23T00:00:00"],
    "time": ["9:15", "24:01:00"],
    "duration": ["P", "7D", "PT", "P1H", "P-1D", "P1DT"],
    "gYear": ["26"],
    "gYearMonth": ["2026-13"],
    "gMonth": ["11"],
    "gMonthDay": ["--11-32"],
    "gDay": ["23"],
    "hexBinary": ["0", "xy"],
    "base64Binary": ["a", "aGVsbG8", "aGVsbG9=", "Zoë=", "=aaa", "0000:"],
    "integer": ["1.0", "1e3", "--1"],
    "nonPositiveInteger": ["1"],
    "negativeInteger": ["0"],
    "nonNegativeInteger": ["-1"],
    "positiveInteger": ["0"],
    "long": ["9223372036854775808", "-9223372036854775809"],
    "int": ["2147483648", "9" * 5000],
    "short": ["32768", "-32769"],
    "byte": ["128", "-129"],
    "unsignedLong": ["18446744073709551616", "-1"],
    "unsignedInt": ["4294967296"],
    "unsignedShort": ["65536"],
    "unsignedByte": ["256", "-1"],
}


def test_every_type_has_its_cases():
    """None was forgotten in the tables."""
    assert RIGHT.keys() == WRONG.keys() == TYPES.keys()


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts])
def test_valid_text_is_written_as_it_is(name, text):
    """What libxml2 takes is not touched."""
    assert takes(name, text)
    assert written(name, text) == text


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_text_that_the_type_does_not_have_is_refused(name, text):
    """With the text, the type, and what would be right."""
    assert name in LAX or not takes(name, text)
    with pytest.raises(ValueError, match=rf" is not valid as {name} \(right would be "):
        TYPES[name].write(text)


@pytest.mark.parametrize("name", [name for name in TYPES if name not in ("date", "dateTime", "gMonthDay")])
@given(text=st.text("0123456789+-.:eEINFaPTYMDHSZtruelsxX= \t", max_size=12))
def test_libxml2_judges_the_same(name, text):
    """Whatever the text; white space round it is not part of a value. (No type here counts a month's days.)"""
    ours = written(name, text)
    if ours is not None:
        assert takes(name, ours)
    elif name not in LAX:
        assert not takes(name, text)


def test_types_without_a_shape_take_any_text():
    """Strings and what derives from them."""
    assert simple("token").write(" a  b ") == " a  b "
    assert simple("string").name == "string"


def test_a_list_and_a_union_write_in_their_member_types():
    """Each item, or the first member that takes the value."""
    either = OneOf((TYPES["int"], TYPES["boolean"]))
    assert ListOf(either).write(["1", True, 0]) == "1 true 0"
    assert ListOf(TYPES["int"]).write(7) == "7"
    with pytest.raises(ValueError, match=r"^'x' is not valid as int or boolean$"):
        either.write("x")
    assert ListOf(either).name == "list of int or boolean"
