"""`xs:redefine` in words that zeep knows: the old component gets another name, and the new one is made of that.

XML Schema part 1 §4.2.2.
"""

from collections.abc import Mapping

from lxml import etree

from plugins.soap.lexical import XSD

_TYPES = (f"{{{XSD}}}complexType", f"{{{XSD}}}simpleType")
_KINDS = (*_TYPES, f"{{{XSD}}}group", f"{{{XSD}}}attributeGroup")


def resolve(roots: Mapping[str, etree._Element]) -> None:
    """Make an include of every redefine. roots: by the name that locations give them. Raises ValueError."""
    for root in roots.values():
        for node in list(root.iter(f"{{{XSD}}}redefine")):
            _include(node, roots.get(str(node.get("schemaLocation"))))


def _include(node: etree._Element, target: etree._Element | None) -> None:
    schema = node.getparent()
    if schema is None or target is None:
        raise ValueError("a redefine names no schema that it changes")
    node.tag = f"{{{XSD}}}include"
    place = schema.index(node)
    for component in reversed(list(node)):
        schema.insert(place + 1, component)
        if component.tag in _KINDS:
            _made_of_the_old(component, target)


def _made_of_the_old(component: etree._Element, target: etree._Element) -> None:
    name = str(component.get("name"))
    old = f"{name}.redefined"
    found = [one for one in target.iterchildren(component.tag) if one.get("name") == name]
    if not found:
        raise ValueError(f"a redefine changes {name}, which the schema that it names does not hold")
    found[0].set("name", old)
    attribute = "base" if component.tag in _TYPES else "ref"
    for node in component.iter():
        prefix, colon, local = (node.get(attribute) or "").rpartition(":")
        if local == name and (attribute == "base" or node.tag == component.tag):
            node.set(attribute, f"{prefix}{colon}{old}")
