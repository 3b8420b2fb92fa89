"""The body of an answer: decoded, parsed as what it is, and asked for what stands where.

Answers are hostile: nothing here raises anything but Unreadable, whatever the bytes. A doctype is refused,
entities are never resolved, nothing is fetched, depth is bounded; the size was bounded by who read the body.
"""

import json
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qs

from lxml import etree

from gateway import jsontext
from gateway.answers.media import EDGES
from gateway.answers.places import Place, Unreadable
from gateway.paths import find_all

MAX_DEPTH = jsontext.MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Fault:
    """What a SOAP fault says: its code, and the fault string (1.1) or Reason/Text (1.2)."""

    code: str
    reason: str


class Body(Protocol):
    """One parsed body. name: what it is, in a sentence; text: where a term without a path is searched."""

    name: str
    text: str
    fault: Fault | None

    def look(self, place: Place) -> list[str]:
        """The texts that stand at a place, in document order. Raises Unreadable where that makes no sense."""


class NoBody:
    """An empty body, or one of which nothing is asked: nothing is found in it."""

    name = "empty"
    text = ""
    fault: Fault | None = None

    def look(self, place: Place) -> list[str]:
        """Nothing."""
        return []


class TextBody:
    """Text, in which only a pattern finds anything."""

    fault: Fault | None = None

    def __init__(self, text: str, name: str = "text") -> None:
        self.text = text
        self.name = name

    def look(self, place: Place) -> list[str]:
        """The group of every match."""
        if place.pattern is not None:
            return [match.group(1) or "" for match in place.pattern.matches(self.text)]
        raise Unreadable(
            f"the answer is {self.name}, in which {place.text!r} finds nothing (a path needs JSON or XML:"
            " leave it out, or name the true type by response_content_type_override)"
        )


class ScalarBody(TextBody):
    """A JSON document that is one text, number or boolean: a term is searched in it, path or not."""


class JsonBody:
    """A JSON object, or a list as `{"array": list}`."""

    name = "JSON"
    fault: Fault | None = None

    def __init__(self, tree: Any, text: str) -> None:
        self.text = text
        self._tree = tree

    def look(self, place: Place) -> list[str]:
        """What stands at a dot path."""
        if place.dotted is None:
            raise Unreadable(
                f"the answer is JSON, but {place.text!r} is no dot path (write such as errors.*.message)"
            )
        found: list[str] = []
        for value in find_all(self._tree, place.dotted):
            found += texts(value)
        return found


class FormBody(JsonBody):
    """A form: a name that stands once has a text, one that stands more often a list."""

    name = "a form"

    def look(self, place: Place) -> list[str]:
        """What stands at a dot path; a name may hold the dots itself."""
        return texts(self._tree[place.text]) if place.text in self._tree else super().look(place)


class XmlBody:
    """An XML document, asked by XPath."""

    name = "XML"
    fault: Fault | None = None

    def __init__(self, root: Any, text: str) -> None:
        self.text = text
        self.root = root
        self._bare: Any = None

    def look(self, place: Place) -> list[str]:
        """What an XPath finds; one without prefixes is evaluated on a copy without namespaces."""
        if place.xpath is None:
            raise Unreadable(
                f"the answer is {self.name}, but {place.text!r} is no XPath (write such as //message/text())"
            )
        return place.xpath.evaluate(self.root if place.xpath.prefixes else self._without_namespaces())

    def _without_namespaces(self) -> Any:
        if self._bare is None:
            self._bare = bare(self.root)
        return self._bare


def texts(value: Any) -> list[str]:
    """A JSON value as text: each element of a list for itself, an object as its JSON, null as nothing."""
    if isinstance(value, str):
        return [value]
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [jsontext.dumps(value) if isinstance(value, dict) else str(value)]


def parse_json(text: str) -> Body:
    """Exact numbers; duplicate keys, NUL and NaN are tolerated in answers. Raises Unreadable."""
    try:
        tree = _JSON.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"the answer is not JSON ({error.msg.lower()}, line {error.lineno} column {error.colno})"
        ) from None
    except ValueError:
        raise Unreadable(
            "the answer is not JSON that can be read (a number has thousands of digits)"
        ) from None
    except RecursionError:
        raise Unreadable(_TOO_DEEP.format("JSON")) from None
    if not isinstance(tree, (dict, list)):
        return ScalarBody("".join(texts(tree)), "JSON")
    if text.count("[") + text.count("{") > MAX_DEPTH and _deep(tree):
        raise Unreadable(_TOO_DEEP.format("JSON"))
    return JsonBody(tree if isinstance(tree, dict) else {"array": tree}, text)


def parse_form(text: str) -> Body:
    """`application/x-www-form-urlencoded`, as UTF-8."""
    fields = parse_qs(text, keep_blank_values=True)
    return FormBody({name: found if len(found) > 1 else found[0] for name, found in fields.items()}, text)


def parse_xml(text: str) -> XmlBody:
    """Raises Unreadable, also for a doctype."""
    return XmlBody(xml_root(text), text)


def xml_root(text: str) -> Any:
    """The root element of a document, which must be shallow and have no doctype. Raises Unreadable."""
    if text.startswith("<?xml"):  # what it says of the encoding no longer holds
        text = text[text.find("?>") + 2 :].strip(EDGES)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _XML)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the answer is not XML ({error.msg})") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the answer is XML with a doctype, which is not read")
    if _too_deep(root):
        raise Unreadable(_TOO_DEEP.format("XML"))
    return root


def bare(root: Any) -> Any:
    """The same tree in no namespace; itself, where it is in none."""
    if not any(True for _ in etree.iterwalk(root, events=("start-ns",))):
        return root
    copied = deepcopy(root)
    for element in copied.iter():
        element.tag = etree.QName(element).localname
        for name, value in element.attrib.items():
            local = etree.QName(name).localname
            if local not in element.attrib:
                element.set(local, value)
    return copied


def _decimal(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except ArithmeticError:  # an exponent of twenty digits
        return digits


def _deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
        level = [child for child in level if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


_TOO_DEEP = f"the answer is {{}} nested deeper than {MAX_DEPTH} levels, which is not read"
_JSON = json.JSONDecoder(parse_float=_decimal, parse_constant=str)
_XML = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_too_deep = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})", regexp=False)
