"""The SOAP header elements that `soap_headers` maps: by the WSDL where it declares one, else just as given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from gateway import RenderError
from plugins.soap import literal
from plugins.soap.families import Families
from plugins.soap.lexical import Text
from plugins.soap.names import dotted, key
from plugins.soap.plan import Anything, Attribute, Compiler, Complex, Field
from plugins.soap.writer import Writer

KEY = "soap_headers"
# What any header element may say of itself (SOAP 1.1 §4.2, SOAP 1.2 part 1 §5.2).
_OWN = ("mustUnderstand", "actor", "role", "relay", "encodingStyle")


def declared(message: Any, families: Families, namespace: str) -> dict[str, Field]:
    """The header elements that a WSDL declares for a message, by name. namespace: of the envelope."""
    compiler = Compiler(families)
    parts = () if message.header is None else message.header.type.elements
    fields = (compiler.element(element) for _, element in parts)
    return {field.name: _with_own(field, namespace) for field in fields}


def given(tree: Any) -> dict[str, Any]:
    """What is to be written: all but null, and elements of which nothing is left but their namespace."""
    return {name: value for name, value in (tree or {}).items() if not _is_nothing(value)}


def write(
    header: etree._Element, known: Mapping[str, Field], tree: Mapping[str, Any], notes: list[str]
) -> None:
    """Write every header element. known: those that the WSDL declares. Raises RenderError."""
    namespace = str(etree.QName(header).namespace)
    for name, value in tree.items():
        field = known.get(name)
        if field is not None and not (isinstance(value, dict) and "@xmlns" in value):
            Writer(field, notes, KEY).field(header, field, value, (name,))
            continue
        place = key((name,), KEY)
        try:
            literal.append(header, name, value, _noting(notes, place), {"soap": namespace})
        except ValueError as error:
            raise RenderError(f"{dotted((name,))}: {error}", place) from None


def _noting(notes: list[str], place: str) -> literal.Note:
    return lambda text: notes.append(f"{place}: {text}")


def _is_nothing(value: Any) -> bool:
    declarations = isinstance(value, dict) and all(literal.declares(name) for name in value)
    return value is None or (declarations and bool(value))


def _with_own(field: Field, namespace: str) -> Field:
    """A header element that may also carry the attributes of SOAP itself, such as `@soap:mustUnderstand`."""
    own = {f"@soap:{name}": Attribute(f"{{{namespace}}}{name}", Text(), False) for name in _OWN}
    kind = field.kind
    if isinstance(kind, Anything):
        return field
    if not isinstance(kind, Complex):
        kind = Complex(text=kind, known=frozenset(("#text",)))
    both = {**kind.attributes, **own}
    return replace(field, kind=replace(kind, attributes=both, known=kind.known | own.keys()))
