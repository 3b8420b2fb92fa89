"""What people write in a template that other languages know, and what would be right here."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from gateway.nearest import nearest
from gateway.templates.hashes import ALGORITHMS
from gateway.templates.tree import VARIABLES

Sentence: TypeAlias = str | Callable[[re.Match[str]], str]

_OPENED = re.compile(r"\{\{|\{%")
_ENDS = {"{{": "}}", "{%": "%}"}
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*(?P<end>'|\Z)|\"(?:[^\"\\]|\\.)*(?P<close>\"|\Z)", re.DOTALL)
_UNENDED = "\0"
_MINUS = re.compile(
    rf"(?<![\w.'\"\])])(?P<left>(?P<root>{'|'.join(sorted(VARIABLES - {'now', 'today', 'random'}))})"
    r"(?P<path>(?:\.\w+)*))-(?P<right>[A-Za-z_]\w*(?:-\w+)*)(?![\w.(\[])"
)
_INLINE = "write {{ 'x' if lead.a else 'y' }}"
# In the order of asking, on a template's code without what stands in quotes: an empty pair is left of that.
_SLIPS: tuple[tuple[str, Sentence], ...] = (
    (r"[“”„‘’‚]", "typographic quotes are not read as quotes (write ' or \")"),
    (_UNENDED, "a quote has no pair (end text as it began)"),
    (r"\|\|", "|| is not known (write or; ~ joins texts)"),
    (r"&&?", lambda found: f"{found[0]} is not known (write and; ~ joins texts)"),
    (r"\?\?|\?:", lambda found: f"{found[0]} is not known (write | default('x'))"),
    (r"\?", f"? is not known ({_INLINE})"),
    (r"\{%-?\s*(?:el)?if\b[^%]*\bthen\b", "then is not known (write {% if lead.a %}x{% endif %})"),
    (r"\bthen\b|\{\{-?\s*if\b", f"an inline if begins with its value ({_INLINE})"),
    (r"===|!==|<>", lambda found: f"{found[0]} is not known (write {'==' if found[0] == '===' else '!='})"),
    (r"=>|=<", lambda found: f"{found[0]} is not known (write {found[0][::-1]})"),
    (r"!(?!=)", "! is not known (write not)"),
    (r"(?<!is )\bnot\s+(?:blank|defined)\b", "a test follows is (write lead.a is not blank)"),
    (r"\{\{-?\s*-?\}\}", "nothing stands between {{ and }} (write such as {{ lead.id }})"),
    (r"\{%-?\s*(?:el)?if\s*-?%\}", "the if has no condition (write {% if lead.a %})"),
    (r"\.\s*\.|\.\s*(?=[|~)\]}%])", "a dot has no name after it (write such as lead.id)"),
    (r"\|>?\s*(?=[|~)\]}%<>]|-?\}\}|-?%\})", "a | has no filter after it (write such as lead.id | lower)"),
    (
        r"\|\s*(?P<name>\w+)\s+(?=''|\"\"|\d)",
        lambda found: f"the arguments of {found['name']} stand in brackets (write {found['name']}(...))",
    ),
    (r"(?<=[\w.])\s*;|;\s*(?=[-%}])", "; is not known (one expression stands between {{ and }})"),
    (r"\b(?P<key>\w+)\s*:", lambda found: f"a colon is not known here (write an argument as {found['key']}=...)"),
    (r"\$\{?|@|`|\\|\^|#", lambda found: f"{found[0][0]} is not known here (write lead.id, and text in quotes)"),
)  # fmt: skip
_TAG = re.compile(r"unknown tag '(\w+)'")
_GOT = re.compile(r"got '(.+)'$")
_UNKNOWN_TAGS: Mapping[str, str] = {
    **dict.fromkeys(("elseif", "elsif"), "{{% {0} %}} is not known (write {{% elif lead.a %}})"),
    **dict.fromkeys(
        ("else", "elif", "endif"), "{{% {0} %}} has no {{% if %}} before it (write the if first)"
    ),
    "unless": "{{% {0} %}} is not known (write {{% if not lead.a %}})",
}
_CLOSED = {")": "(", "]": "["}
_MEANT: Mapping[str, str] = {
    "default": "d fallback ifempty if_empty coalesce",
    "lower": "downcase lowercase tolower",
    "upper": "upcase uppercase toupper",
    "title": "capitalize capitalise ucfirst ucwords",
    "trim": "strip lstrip rstrip",
    "substring": "slice substr truncate left right mid",
    "extract": "match regex regex_search regex_replace",
    "lookup": "map translate dict switch",
    "length": "size count len",
    "json": "tojson to_json json_encode",
    "base64": "b64 b64encode base64_encode",
    "urlencode": "url_encode urlescape uri_encode",
    "sha1": "sha sha_1",
    "sha256": "sha2 sha_256",
}
_WRITE: Mapping[str, str] = {
    "write | extract('[^@]+$') for a part by its pattern, | substring(1, 5) by its position": "split explode",
    "none is needed; for text in JSON write {{ value ~ '' }}": "string str tostring to_string",
    "write | number('0.00') for a number, ~ to join texts": "format number_format numberformat sprintf",
    "write | sha256, or | hmac('sha256', key=secrets.NAME)": "hash hash_hmac sign signature",
    "write | date('yyyy-MM-dd')": "strftime date_format datetime time todate to_date",
    "write | date('epoch')": "timestamp unix epoch to_timestamp",
    "none is needed: the transport encodes every value": "safe escape e forceescape xmlescape",
    "write ~ to join texts, + to add numbers": "concat append prepend add plus",
}
# Filters that are known elsewhere, each with the end of its sentence.
_FILTERS: Mapping[str, str] = {
    **{name: f"did you mean {right!r}?" for right, names in _MEANT.items() for name in names.split()},
    **{name: right for right, names in _WRITE.items() for name in names.split()},
    **{f"hmac_{name}": f"write | hmac({name!r}, key=secrets.NAME)" for name in ALGORITHMS},
}


def filter_meant(name: str, known: Iterable[str]) -> str:
    """The end of the sentence that there is no such filter."""
    hint = _FILTERS.get(name.lower())
    return f" ({hint})" if hint else nearest(name, known)


def hyphen(text: str) -> str | None:
    """What is wrong where a name with a hyphen would be read as a subtraction."""
    if "-" not in text:
        return None
    found = next(filter(None, map(_MINUS.search, _code(text))), None)
    if found is None:
        return None
    left, right = found["left"], found["right"]
    if not found["path"]:
        return f"{found[0]} takes {right} away from {left} (write {left}.{right})"
    before, _, name = left.rpartition(".")
    meant = f"{before}['{name}-{right}']"
    return f"{found[0]} takes {right} away from {left} (write {meant}; to subtract, put blanks round the -)"


def sentence(text: str, said: str) -> str:
    """What is wrong with a template that the parser refuses. said: its own words."""
    for opened, closed in (("{{", "}}"), ("{%", "%}")):
        if text.count(opened) != text.count(closed):
            return f"the template's braces do not pair (every {opened} needs its {closed})"
    if tag := _TAG.search(said):
        return _UNKNOWN_TAGS.get(tag[1], "{{% {0} %}} is not known (if, elif, else and endif are)").format(
            tag[1]
        )
    if said.startswith("Unexpected end of template"):
        return "an {% if %} has no end (write {% endif %})"
    for code in _code(text):
        if wrong := _unpaired(code):
            return wrong
    for pattern, meant in _SLIPS:
        found = next(filter(None, (re.search(pattern, code) for code in _code(text))), None)
        if found:
            return meant if isinstance(meant, str) else meant(found)
    if "end of" in said and "got" not in said:
        return "an expression ends too early (write what follows its operator)"
    if said.endswith("got '='"):
        return "= does not compare (write ==)"
    if said.endswith("got 'else'"):
        return f"an else has no if before it ({_INLINE})"
    got = _GOT.search(said)
    if got and "end of" in said:
        what = "text" if got[1] in ("string", "integer", "float") else got[1]
        return f"{what} stands behind a whole expression (join texts with ~; write a name with a blank as lead['a b'])"
    return f"the template cannot be read: {said[:1].lower()}{said[1:].rstrip('.')} (write such as {{{{ lead.id }}}})"


def _code(text: str) -> Iterator[str]:
    """The pieces of a template that are no text, without what stands in quotes in them."""
    at = 0
    while (found := _OPENED.search(text, at)) is not None:
        at = text.find(_ENDS[found[0]], found.end()) + 2
        if at < 2:  # asking on from every further brace would take its time
            return
        yield _QUOTED.sub(_without_text, text[found.start() : at])


def _without_text(found: re.Match[str]) -> str:
    return "''" if found["end"] or found["close"] else _UNENDED


def _unpaired(code: str) -> str | None:
    """What is wrong where the brackets of an expression do not pair."""
    opened: list[str] = []
    for char in code:
        if char in "([":
            opened.append(char)
        elif char in ")]" and (not opened or opened.pop() != _CLOSED[char]):
            return f"a {char} closes nothing (every {char} needs its {_CLOSED[char]})"
    return f"a {opened[-1]} is not closed (every ( needs its ), every [ its ])" if opened else None
