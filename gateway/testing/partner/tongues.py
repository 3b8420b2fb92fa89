"""How query, formpost, json and xml are read, as strictly as a source may, and how they are answered."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from lxml import etree

from gateway.testing.partner.exchange import Answer, Call, Complaint, Json

FORM = "application/x-www-form-urlencoded"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^!-~]")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True, slots=True)
class Plain:
    """A protocol without an envelope.

    kinds: whether a media type is taken; expected: the one to send; parse: a call's values; yes, no: answers.
    """

    methods: tuple[str, ...]
    kinds: Callable[[str], bool]
    expected: str
    parse: Callable[[Call], Json]
    content_type: str
    yes: Callable[[int, str], str]
    no: Callable[[str], str]

    def read(self, call: Call, parameter: str | None = None) -> Json:
        """The values of a call, or a Complaint about the first thing that is wrong with it."""
        check_method(call, self.methods)
        if parameter is not None:
            return self.parse(_unwrap(call, parameter))
        kind, _ = call.content_type
        if not self.kinds(kind):
            raise Complaint(415, f"Content-Type is {kind or 'missing'} (send {self.expected})")
        return self.parse(call)

    def accept(self, call: Call, values: Json, reference: int, remark: str = "") -> Answer:
        """Yes, under this reference."""
        return Answer(200, self.content_type, _bytes(self.yes(reference, remark)))

    def decline(self, call: Call, values: Json, text: str) -> Answer:
        """A no that travels under status 200."""
        return Answer(200, self.content_type, _bytes(self.no(text)))

    def refuse(self, call: Call, complaint: Complaint) -> Answer:
        """A no under the complaint's own status."""
        return Answer(complaint.status, self.content_type, _bytes(self.no(str(complaint))), complaint.headers)


def check_method(call: Call, methods: tuple[str, ...]) -> None:
    """Raises the 405 that names the methods that would be right (RFC 9110, 15.5.6)."""
    if call.method not in methods:
        allow = ", ".join(methods)
        raise Complaint(405, f"{call.method} is not taken here (send {allow})", headers=(("Allow", allow),))


def parse_xml(body: bytes, charset: str | None) -> etree._Element:
    """The root of a document: no DTD, no entities, no network, one charset. Raises Complaint."""
    if not body.strip():
        raise Complaint(400, "the body is empty (send an XML document)")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Complaint(400, f"the body is not well-formed XML: {error.msg}") from None
    info = root.getroottree().docinfo
    if info.doctype:  # type: ignore[union-attr]
        raise Complaint(400, "the document has a DOCTYPE (send it without)")
    declared = (info.encoding or "utf-8").lower()
    if charset and charset.lower() != declared:
        raise Complaint(
            400, f"Content-Type says {charset}, the document says {declared} (let both say utf-8)"
        )
    return root


def tree(element: etree._Element) -> Json:
    """An element's content as JSON: repeated children as a list, `@name`, `#text`; xsi:nil is null."""
    if element.get(_NIL) in ("true", "1"):
        return None
    found: dict[str, Any] = {
        "@" + etree.QName(name).localname: value for name, value in element.attrib.items()
    }
    for child in element.iterchildren(etree.Element):
        _add(found, etree.QName(child).localname, tree(child))
    text = "".join(element.xpath("text()"))  # type: ignore[arg-type]
    if not found:
        return text
    return {**found, "#text": text} if text.strip() else found


def _add(found: dict[str, Any], name: str, value: Json) -> None:
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _unwrap(call: Call, parameter: str) -> Call:
    """The call as if the document in one of its form fields had been its body."""
    fields = FORMPOST.read(call)
    if not isinstance(fields.get(parameter), str):
        raise Complaint(
            400, f"the form field {parameter} is missing or repeated (send the document in it, once)"
        )
    return Call(call.method, call.path, call.query, {}, call.host, fields[parameter].encode())


def _fields(text: str) -> dict[str, Json]:
    if bad := _UNSAFE.search(text):
        raise Complaint(400, f"character {bad.start()} is not percent-encoded ASCII: {bad[0]!r}")
    if bad := _BROKEN_ESCAPE.search(text):
        raise Complaint(400, f"character {bad.start()} is a % that begins no escape (send %25)")
    if not text:
        return {}
    found: dict[str, Any] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict"):
            _add(found, name, value)
    except UnicodeDecodeError:
        raise Complaint(400, "the percent escapes are not UTF-8") from None
    except ValueError as error:
        raise Complaint(400, f"{error} (send name=value pairs, joined by &)") from None
    return found


def _check_charset(call: Call) -> None:
    charset = call.content_type[1].get("charset", "utf-8")
    if charset.lower() != "utf-8":
        raise Complaint(415, f"the charset is {charset} (send utf-8)")


def _query(call: Call) -> Json:
    if call.body:
        raise Complaint(400, "a query has no body (send everything in the query string)")
    return _fields(call.query)


def _form(call: Call) -> Json:
    _check_charset(call)
    return _fields(call.body.decode("latin-1"))


def _json(call: Call) -> Json:
    _check_charset(call)
    if not call.body.strip():
        raise Complaint(400, "the body is empty (send a JSON document)")
    try:
        return json.loads(call.body.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise Complaint(400, f"the body is not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise Complaint(400, f"the body is not JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _xml(call: Call) -> Json:
    root = parse_xml(call.body, call.content_type[1].get("charset"))
    return {etree.QName(root).localname: tree(root)}


def _is_xml(kind: str) -> bool:
    return kind in ("text/xml", "application/xml") or kind.endswith("+xml")


def _is_json(kind: str) -> bool:
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def _element(pairs: Iterable[tuple[str, str | int]]) -> str:
    inside = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in pairs)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<response>{inside}</response>'


def _dump(pairs: Mapping[str, str | int]) -> str:
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # a complaint may quote header bytes that are no text


def _remark(text: str) -> dict[str, str]:
    return {"message": text} if text else {}


QUERY = Plain(
    methods=("GET",),
    kinds=lambda kind: True,
    expected="none",
    parse=_query,
    content_type="text/plain; charset=utf-8",
    yes=lambda reference, remark: f"OK {reference} {remark}".rstrip(),
    no=lambda text: f"ERROR {text}",
)
FORMPOST = Plain(
    methods=("POST",),
    kinds=lambda kind: kind == FORM,
    expected=FORM,
    parse=_form,
    content_type=f"{FORM}; charset=utf-8",
    yes=lambda reference, remark: urlencode({"status": "ok", "id": reference, **_remark(remark)}),
    no=lambda text: urlencode({"status": "error", "message": text}),
)
JSON = Plain(
    methods=("POST", "PUT", "PATCH", "DELETE"),
    kinds=_is_json,
    expected="application/json",
    parse=_json,
    content_type="application/json; charset=utf-8",
    yes=lambda reference, remark: _dump({"status": "ok", "id": reference, **_remark(remark)}),
    no=lambda text: _dump({"status": "error", "message": text}),
)
XML = Plain(
    methods=("POST", "PUT", "PATCH"),
    kinds=_is_xml,
    expected="text/xml",
    parse=_xml,
    content_type="text/xml; charset=utf-8",
    yes=lambda reference, remark: _element(
        [("status", "accepted"), ("reference", reference), *_remark(remark).items()]
    ),
    no=lambda text: _element([("status", "error"), ("message", text)]),
)
