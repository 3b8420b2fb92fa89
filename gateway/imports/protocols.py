"""Which transport sends a request, and which value stands where in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from gateway.imports import markup
from gateway.imports.options import Command
from gateway.imports.rows import Parameter, Row, form_rows, parameters, tree_rows
from gateway.jsontext import JsonError, loads

_FORM, _JSON, _XML = "application/x-www-form-urlencoded", "application/json", "text/xml"
_METHODS = {
    "query": ("GET",),
    "formpost": ("POST",),
    "json": ("POST", "PUT", "PATCH", "DELETE"),
    "xml": ("POST", "PUT", "PATCH"),
    "soap": ("POST",),
}
_FAMILIES = {"formpost": "form-urlencoded", "json": "json", "xml": "xml"}
_SECURITY = f"{{{markup.WSSE}}}Security"


@dataclass(frozen=True, slots=True)
class Found:
    """One request as its transport would be told to make it.

    url: without the parameters that are rows; query: those that stay in it; keys: the endpoint's further keys; rows: by
    the conf key of their mapping; content_type: where it is not the transport's own; token: of a SOAP envelope.
    """

    command: Command
    transport: str
    url: str
    rows: Mapping[str, list[Row]]
    query: tuple[Parameter, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)
    content_type: str | None = None
    notes: tuple[str, ...] = ()
    token: markup.Token | None = None


def recognise(command: Command) -> Found:
    """The transport for a request, and the rows of its mappings. Raises ValueError where none sends it."""
    found = _found(command)
    methods = _METHODS[found.transport]
    if command.method not in methods:
        what = "a body" if found.command.body else "no body"
        raise ValueError(
            f"no transport sends {command.method} with {what} (as {found.transport} goes: {' or '.join(methods)})"
        )
    return found


def _found(command: Command) -> Found:
    if command.body is None:
        return _without_body(command)
    kind = (command.header("Content-Type") or "").partition(";")[0].strip().lower()
    tree = _json(command.body) if "form-urlencoded" not in kind else None
    if tree is not None:
        return _checked(_of_json(command, tree), kind)
    root = markup.parse(command.body)
    if root is not None and markup.is_envelope(root):
        return _of_envelope(command, root)
    if root is not None:
        return _checked(_of_xml(command, root), kind)
    if any(kind.endswith(family) for family in ("json", "xml")):
        raise ValueError(f"the body is no {kind} (paste the whole of it, quotes included)")
    if not kind or "form-urlencoded" in kind:
        return _of_form(command)
    raise ValueError(f"no transport sends {kind} (ask the source for JSON, XML or a form)")


def _checked(found: Found, kind: str) -> Found:
    """Refuse a document whose Content-Type says something else."""
    if kind and _FAMILIES[found.transport] not in kind:
        raise ValueError(
            f"the body is {found.transport.upper()}, and its Content-Type says {kind} (remove that header)"
        )
    return found


def _without_body(command: Command) -> Found:
    address, _, query = command.url.partition("?")
    given = parameters(query)
    if command.method != "GET":
        return Found(command, "formpost", address, {"mapping": []}, tuple(given))
    bare = [one for one in given if one.value is None]
    url = f"{address}?{'&'.join(one.text for one in bare)}" if bare else address
    return Found(command, "query", url, {"mapping": form_rows(one for one in given if one.value is not None)})


def _of_json(command: Command, tree: Any) -> Found:
    if tree == []:
        raise ValueError("the body is an empty list, which no mapping writes (paste a sample with values)")
    rows, notes = tree_rows(tree)
    keys = {} if command.method == "POST" else {"method": command.method}
    return _made(command, "json", rows={"mapping": rows}, keys=keys, own=_JSON, notes=tuple(notes))


def _of_xml(command: Command, root: etree._Element) -> Found:
    found = markup.document(root)
    keys = {} if command.method == "POST" else {"method": command.method}
    notes = [*found.notes, *(["comments are left out"] if "<!--" in str(command.body) else [])]
    return _made(command, "xml", rows={"mapping": found.rows}, keys=keys, own=_XML, notes=tuple(notes))


def _of_envelope(command: Command, root: etree._Element) -> Found:
    namespace = etree.QName(root).namespace
    body, head = root.find(f"{{{namespace}}}Body"), root.find(f"{{{namespace}}}Header")
    if body is None or not len(body):
        raise ValueError("the envelope has nothing in its Body (paste a call of an operation)")
    call = markup.call(body[0])
    headers = [] if head is None else [one for one in head if one.tag != _SECURITY]
    security = None if head is None else head.find(_SECURITY)
    heads = [markup.header(one) for one in headers]
    rows = {"mapping": call.rows, "soap_headers": [row for one in heads for row in one.rows]}
    keys = {
        "operation": str(etree.QName(body[0]).localname),
        "version": markup.ENVELOPES[str(namespace)],
    }
    is_wsdl = re.search(r"[?&]wsdl\b", command.url, re.IGNORECASE)
    url = command.url if is_wsdl else f"{command.url.partition('?')[0]}?wsdl"
    notes = [note for one in (call, *heads) for note in one.notes]
    if not is_wsdl:
        notes.append(
            f"the address of the WSDL is a guess: the sample is sent to {urlsplit(command.url).path or '/'}"
        )
    token = None if security is None else markup.token(security)
    return Found(command, "soap", url, rows, keys=keys, notes=tuple(notes), token=token)


def _of_form(command: Command) -> Found:
    given = parameters(str(command.body).strip())
    if not any(one.value for one in given) and "=" not in str(command.body):
        raise ValueError(
            "the body is neither JSON nor XML nor a form (paste the whole of it, quotes included)"
        )
    trees = _documents(given, _json)
    roots = _documents(given, markup.parse)
    if trees and command.method in _METHODS["json"]:
        return _of_json_parameter(command, given, trees)
    if roots and command.method in _METHODS["xml"]:
        return _of_xml_parameter(command, given, *next(iter(roots.items())))
    written = any(set(one.text) & set("[]") and one.text.partition("=")[0] == one.name for one in given)
    bare = written and not any(set(one.name) & set("&=%+ ") for one in given)
    keys = {"encode_field_names": False} if bare else {}
    return _made(command, "formpost", rows={"mapping": form_rows(given)}, keys=keys, own=_FORM)


def _of_json_parameter(command: Command, given: list[Parameter], trees: Mapping[str, Any]) -> Found:
    name, *others = trees
    rows, notes = tree_rows(trees[name])
    nested, more = tree_rows({other: trees[other] for other in others})
    beside = [one for one in given if one.name not in trees]
    keys = ({} if command.method == "POST" else {"method": command.method}) | {"json_parameter": name}
    every = {"mapping": rows, "extra_parameters": form_rows(beside), "nested_extra_parameters": nested}
    return _made(command, "json", rows=every, keys=keys, own=_FORM, notes=(*notes, *more))


def _of_xml_parameter(command: Command, given: list[Parameter], name: str, root: etree._Element) -> Found:
    found = markup.document(root)
    beside = [one for one in given if one.name != name]
    keys = ({} if command.method == "POST" else {"method": command.method}) | {"xml_parameter": name}
    every = {"mapping": found.rows, "extra_parameters": form_rows(beside)}
    return _made(command, "xml", rows=every, keys=keys, own=_FORM, notes=tuple(found.notes))


def _documents(given: Iterable[Parameter], parse: Any) -> dict[str, Any]:
    """The parameters whose value is a document, by name; those that stand twice are none, nor is an empty list."""
    listed = list(given)
    names = [one.name for one in listed]
    read = {one.name: parse(one.value) for one in listed if one.value and names.count(one.name) == 1}
    return {name: document for name, document in read.items() if document is not None and document != []}


def _made(command: Command, transport: str, *, own: str, **more: Any) -> Found:
    """The Found of a request with a body. own: the media type that the transport sends by itself."""
    address, _, query = command.url.partition("?")
    kind = (command.header("Content-Type") or own).partition(";")[0].strip()
    content_type = None if kind.lower() == own else kind
    return Found(
        command, transport, address, query=tuple(parameters(query)), content_type=content_type, **more
    )


def _json(text: str) -> Any:
    """A JSON object or list; None where it is neither."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return loads(text.strip())
    except JsonError:
        return None
