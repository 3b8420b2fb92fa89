"""What an element says of itself in attributes: that it is nil, of which type it is, what its array holds."""

from lxml import etree

from plugins.soap.documents import SOAP12_ENC, SOAP_ENC
from plugins.soap.plan import XSI

# The word in a mapping by which a type is chosen.
TYPE_WORD = "@xsi:type"
NIL = f"{{{XSI}}}nil"
TYPE = f"{{{XSI}}}type"
ARRAY_TYPE = f"{{{SOAP_ENC}}}arrayType"
ITEM_TYPE, ARRAY_SIZE = f"{{{SOAP12_ENC}}}itemType", f"{{{SOAP12_ENC}}}arraySize"


def set_nil(node: etree._Element) -> None:
    """It has no value (XML Schema part 1 §2.6.2)."""
    node.set(NIL, "true")


def set_type(node: etree._Element, name: str | etree.QName) -> None:
    """Its type (XML Schema part 1 §2.6.1); of a QName lxml declares the prefix where there is none yet."""
    node.set(TYPE, name)  # type: ignore[arg-type]  # lxml takes a QName, its stubs do not


def set_array(node: etree._Element, type_: str) -> None:
    """The type and number of its items (SOAP 1.1 §5.4.2, SOAP 1.2 part 2 §3.1.6)."""
    if SOAP12_ENC in node.nsmap.values():
        node.set(ITEM_TYPE, type_)
        node.set(ARRAY_SIZE, str(len(node)))
    else:
        node.set(ARRAY_TYPE, f"{type_}[{len(node)}]")
