"""One SOAP envelope: its header, where there is something to say in one, and the body by the plan of the operation."""

from typing import Any

from lxml import etree

from gateway import RenderError, Values, Wss
from plugins.soap import headers, security
from plugins.soap.plan import Plan
from plugins.soap.writer import Writer

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


def write(plan: Plan, values: Values, auth: Wss | None = None) -> tuple[bytes, tuple[str, ...]]:
    """The envelope of one request, and notes on what was left out or removed. Raises RenderError only."""
    envelope = etree.Element(f"{{{plan.envelope}}}Envelope", nsmap={"soap": plan.envelope})
    notes: list[str] = []
    try:
        _header(envelope, plan, values, auth, notes)
        _body(envelope, plan, {} if values.tree is None else values.tree, notes)
    except RecursionError:
        raise RenderError("the values are nested too deeply for XML", "mapping") from None
    return DECLARATION + etree.tostring(envelope, encoding="utf-8"), tuple(notes)


def _header(envelope: etree._Element, plan: Plan, values: Values, auth: Wss | None, notes: list[str]) -> None:
    given = headers.given(values.extras.get(headers.KEY))
    if not given and auth is None:
        return
    header = etree.SubElement(envelope, f"{{{plan.envelope}}}Header")
    if auth is not None:
        security.append(header, auth, values)
    headers.write(header, plan.declared, given, notes)


def _body(envelope: etree._Element, plan: Plan, tree: Any, notes: list[str]) -> None:
    body = f"{{{plan.envelope}}}Body"
    parent = envelope if plan.root.tag == body else etree.SubElement(envelope, body)
    root = etree.SubElement(parent, plan.root.tag, dict(plan.root_attributes), nsmap=plan.prefixes)
    Writer(plan.root, notes).inside(root, plan.root.kind, tree, ())
