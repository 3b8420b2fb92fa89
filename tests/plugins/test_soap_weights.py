"""Transport `soap`: a WSDL that means harm is refused, or done with at once; one that is merely large is read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plugins.soap import plan as plan_module
from plugins.soap.documents import MAX_WEIGHT, WsdlError, gather
from plugins.soap.settings import SoapSettings
from plugins.soap.wsdl import plan
from tests.plugins import hostile

SECONDS, MEBIBYTES = 2.0, 96  # twice and half again what it should take, as other tests run beside it
TOO_LARGE = f"written out it has more than {MAX_WEIGHT:,} parts (a few thousand are right)"
TOO_DEEP = "its schemas are nested too deeply (a few dozen levels are right)"


@pytest.fixture(scope="module")
def found() -> dict[str, list]:
    """How planning and describing each hostile WSDL went, in a process that does nothing else, by name."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.plugins.hostile"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return {name: rest for name, *rest in map(json.loads, ran.stdout.splitlines())}


def test_none_takes_long_or_much(found):
    """Neither to plan nor to describe; in seconds of the processor, and in memory over all of them."""
    slow = {
        name: rest for name, rest in found.items() if any(float(how.split()[0]) > SECONDS for how in rest[:2])
    }
    assert slow == {}
    peaks = [peak for *_, peak in found.values()]
    assert peaks[-1] - peaks[0] < MEBIBYTES
    assert len(found) == len(list(hostile.shapes()))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("groups 24 2", TOO_LARGE),
        ("groups 5 40", TOO_LARGE),
        ("groups 2000 1", TOO_DEEP),
        ("attribute groups 24 2", TOO_LARGE),
        ("attribute groups 2000 1", TOO_DEEP),
        ("unions 24 2", TOO_LARGE),
        ("unions 2000 1", TOO_DEEP),
        ("substitutes 8000 8000", TOO_LARGE),
        ("extensions 1000", TOO_LARGE),
        ("operations", TOO_LARGE),
        ("included", TOO_LARGE),
        ("nameless", TOO_LARGE),
    ],
)
def test_what_comes_to_too_much_is_refused(found, name, sentence):
    """In words, where it is planned and where it is described."""
    said = [how.partition(" ")[2] for how in found[name][:2]]
    assert said == [f"the WSDL at w.wsdl cannot be used: {sentence}"] * 2


CIRCLES = {
    "G": '<xs:group name="G"><xs:sequence><xs:group ref="t:G"/></xs:sequence></xs:group>',
    "A": '<xs:attributeGroup name="A"><xs:attributeGroup ref="t:A"/></xs:attributeGroup>',
    "U": '<xs:simpleType name="U"><xs:union memberTypes="xs:int t:U t:U"/></xs:simpleType>',
    "X": '<xs:complexType name="X"><xs:complexContent><xs:extension base="t:X"/></xs:complexContent></xs:complexType>',
}


@pytest.mark.parametrize("name", CIRCLES)
def test_what_is_made_of_itself_is_refused(name):
    """By name."""
    with pytest.raises(WsdlError, match=f"'{name}' in its schemas is made of itself$"):
        gather("w.wsdl", lambda _: hostile.wsdl(CIRCLES[name]))


def test_what_holds_itself_is_fine():
    """A group whose element holds the group again, and a type with a part of that type."""
    types = (
        '<xs:group name="G"><xs:sequence><xs:element name="in" minOccurs="0"><xs:complexType><xs:group ref="t:G"/>'
        '</xs:complexType></xs:element></xs:sequence></xs:group><xs:complexType name="T"><xs:sequence>'
        '<xs:element name="T" type="t:T" minOccurs="0"/></xs:sequence></xs:complexType>'
    )
    text = hostile.wsdl(types, '<xs:group ref="t:G"/><xs:element name="t" type="t:T"/>')
    assert plan(SoapSettings(operation="Do"), "w.wsdl", lambda _: text).size == 5


def test_a_large_one_is_read(monkeypatch):
    """With thousands of elements; past what an operation may take it is that operation alone that cannot be called."""
    parts = "".join(f'<xs:element name="e{n}" type="xs:string"/>' for n in range(5000))
    text = hostile.wsdl("", parts)
    assert plan(SoapSettings(operation="Do"), "w.wsdl", lambda _: text).size == 5001
    monkeypatch.setattr(plan_module, "MAX_FIELDS", 5000)
    with pytest.raises(WsdlError, match=r"^an operation takes more than 5,000 elements \(a few"):
        plan(SoapSettings(operation="Do"), "w.wsdl", lambda _: text)


def test_an_include_of_another_namespace_is_refused():
    """It would put components where nobody counts them; XML Schema forbids it, too."""
    texts = {
        "w.wsdl": hostile.wsdl('<xs:include schemaLocation="a.xsd"/>'),
        "a.xsd": b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a"/>',
    }
    with pytest.raises(WsdlError, match="it includes a schema of another namespace, urn:a"):
        gather("w.wsdl", texts.__getitem__)
