"""The envelope around the body, constant for one endpoint, with the SOAP header elements of its conf."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from gateway import RenderError
from plugins.soap import literal
from plugins.soap.documents import WsdlError
from plugins.soap.envelope import fill
from plugins.soap.plan import Compiler, Field

_BODY = b"<!--body-->"


def around(body: Field, message: Any, constants: Mapping[str, Any], namespace: str) -> tuple[bytes, bytes]:
    """What stands before and after the body's content. namespace: of the envelope. Raises WsdlError."""
    envelope = etree.Element(f"{{{namespace}}}Envelope", nsmap={"soap": namespace})
    if constants:
        header = etree.SubElement(envelope, f"{{{namespace}}}Header")
        known = () if message.header is None else message.header.type.elements
        declared = {element.qname.localname: element for _, element in known}
        for name, value in tree(constants).items():
            _write(header, name, value, declared.get(name))
    whole = body.tag == f"{{{namespace}}}Body"
    (envelope if whole else etree.SubElement(envelope, f"{{{namespace}}}Body")).append(etree.Comment("body"))
    head, tail = etree.tostring(envelope, encoding="utf-8").split(_BODY)
    return head, tail


def tree(constants: Mapping[str, Any]) -> dict[str, Any]:
    """The header elements that `Name.child: text` and `Name@attribute: text` describe. Raises ValueError."""
    found: dict[str, Any] = {}
    for key, value in constants.items():
        path, at, attribute = key.partition("@")
        inside = found
        for name in path.split("."):
            if not name or name.startswith("#") or (at and not attribute):
                raise ValueError(f"{key!r} is not a path (right would be Name.child or Name@xmlns)")
            inside = inside.setdefault(name, {})
        inside[f"@{attribute}" if at else "#text"] = value
    _check(found, ())
    return found


def _check(tree: Mapping[str, Any], path: tuple[str, ...]) -> None:
    children = [name for name in tree if name[0] not in "@#"]
    if "#text" in tree and children:
        whole, part = ".".join(path), ".".join((*path, children[0]))
        raise ValueError(f"{whole!r} cannot be text and hold {part!r} (leave one of them out)")
    for name in children:
        _check(tree[name], (*path, name))


def _write(header: etree._Element, name: str, value: dict[str, Any], declared: Any) -> None:
    """One header element: by the WSDL where it declares one of this name, or just as it is given."""
    try:
        if declared is None or "@xmlns" in value:
            literal.append(header, name, value, lambda _: None)
            return
        compiler = Compiler(encoded=False)
        field = compiler.element(declared)
        fill(etree.SubElement(header, field.tag, nsmap=compiler.prefixes), field, value)
    except (ValueError, RenderError) as error:
        raise WsdlError(f"the header {name}: {error}", "soap_headers") from None
