"""Where an awkward string is mapped to, in a source for each transport and place, and what its receiver must read then."""

import re
from typing import Any

from tests.attacks.strings import Fate

NOTHING = "nothing was sent"
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
SPLITS = re.compile("[&=+%\x00-\x1f\x7f]")  # in a name that is not encoded

PLAIN = """\
    text: "{{ lead.text }}"
    amid: "<{{ lead.text }}>"
    reason: "{{ feedback.reason }}"
    list: ["{{ lead.text }}", "{{ recipient.name }}"]
    tree: "{{ lead.tree }}"
"""
SOURCES = {
    "query": f"  transport: query\n  url: PARTNER/query\n  mapping:\n{PLAIN}",
    "formpost": f"  transport: formpost\n  url: PARTNER/formpost\n  mapping:\n{PLAIN}",
    "as_written": f"  transport: formpost\n  url: PARTNER/formpost\n  encode_field_names: false\n  mapping:\n{PLAIN}",
    "json": f"  transport: json\n  url: PARTNER/json\n  mapping:\n{PLAIN}",
    "json_in_form": f"""\
  transport: json
  url: PARTNER/json_in_form
  json_parameter: document
  extra_parameters: {{plain: "{{{{ lead.text }}}}"}}
  nested_extra_parameters: {{nested.text: "{{{{ lead.text }}}}"}}
  mapping:
{PLAIN}""",
    "xml": """\
  transport: xml
  url: PARTNER/xml
  mapping:
    Return@kind: "{{ lead.text }}"
    Return.Text: "{{ lead.text }}"
    Return.Amid: "<{{ lead.text }}>"
    Return.Reason: "{{ feedback.reason }}"
    Return.Item: ["{{ lead.text }}", "{{ recipient.name }}"]
    Return.Data.#cdata: "{{ lead.text }}"
    Return.Tree: "{{ lead.branch }}"
""",
    "xml_in_form": """\
  transport: xml
  url: PARTNER/xml_in_form
  xml_parameter: document
  extra_parameters: {plain: "{{ lead.text }}"}
  mapping:
    Return.Amid: "<{{ lead.text }}>"
""",
    "soap": """\
  transport: soap
  url: wsdl/strings.wsdl
  address: PARTNER/soap
  operation: Take
  soap_headers:
    Key@xmlns: urn:key
    Key.Id: "{{ lead.text }}"
  mapping:
    Text: "{{ lead.text }}"
    Amid: "<{{ lead.text }}>"
    Reason: "{{ feedback.reason }}"
    Item: ["{{ lead.text }}", "{{ recipient.name }}"]
    Tree@kind: "{{ lead.text }}"
    Tree.Inner: "[{{ lead.branch.Inner }}]"
""",
    "header": '  transport: json\n  url: PARTNER/header\n  headers: {X-Text: "{{ lead.text }}"}\n',
    "action": """\
  transport: soap
  url: wsdl/strings.wsdl
  address: PARTNER/action
  operation: Take
  headers: {SOAPAction: "{{ lead.text }}"}
  mapping: {Amid: x, Tree.Inner: x}
""",
    "path": '  transport: query\n  url: "PARTNER/path/{{ lead.text }}/end?q={{ lead.text }}"\n',
}


def event(source: str, key: str, text: str) -> dict[str, Any]:
    """A string in every field that may hold any text, and as a name."""
    return {
        "id": f"{source}-{key}", "type": "return", "source": source, "reason": text, "recipient": {"name": text},
        "lead": {"id": key, "text": text, "tree": {text: "named", "inner": [text]}, "branch": {"Inner": text}},
    }  # fmt: skip


def expected(source: str, text: str, fate: Fate) -> Any:
    """What the receiver must have read."""
    whole = fate.body == "same"
    clean = FORBIDDEN.sub("", text)
    match source:
        case "as_written" if SPLITS.search(text):
            return NOTHING
        case "as_written" | "query" | "formpost":
            return [
                *([["text", text]] if whole else []), ["amid", f"<{text}>"], *([["reason", text]] if whole else []),
                ["list", text], ["list", text], [f"tree.{text}", "named"], ["tree.inner", text],
            ]  # fmt: skip
        case "json":
            given = {"text": text, "amid": f"<{text}>", "reason": text, "list": [text, text]}
            kept = {name: value for name, value in given.items() if whole or name in ("amid", "list")}
            return {**kept, "tree": {text: "named", "inner": [text]}}
        case "json_in_form":
            document = ["document", expected("json", text, fate)]
            return [document, *([["plain", text], ["nested", {"text": text}]] if whole else [])]
        case "xml":
            return [
                *([["@kind", clean], ["Text", clean]] if whole else []), ["Amid", f"<{clean}>"],
                *([["Reason", clean]] if whole else []), ["Item", clean], ["Item", clean],
                *([["Data", clean]] if whole else []), ["Inner", clean],
            ]  # fmt: skip
        case "xml_in_form":
            return [["document", [["Amid", f"<{clean}>"]]], *([["plain", text]] if whole else [])]
        case "soap":
            return [
                *([["Id", clean], ["Text", clean]] if whole else []), ["Amid", f"<{clean}>"],
                *([["Reason", clean]] if whole else []), ["Item", clean], ["Item", clean],
                *([["@kind", clean]] if whole else []), ["Inner", f"[{clean}]"],
            ]  # fmt: skip
        case "header" | "action":
            default = {"header": None, "action": ['"urn:strings:take"']}[source]
            return {"same": [text], "trimmed": [text.strip()], "dropped": default, "parked": NOTHING}[
                fate.header
            ]
        case _:
            return NOTHING if fate.path == "parked" else [["", "path", text, "end"], [["q", text]]]
