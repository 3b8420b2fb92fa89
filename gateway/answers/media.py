"""What an answer says it is, by its Content-Type, and its text."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["json", "xml", "form", "html", "text"]

# Blanks, NULs and byte order marks round a document are tolerated.
EDGES = "\ufeff \t\r\n\f\v\0"
_FORMS: Mapping[str, Form] = {
    "application/json": "json",
    "text/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/x-www-form-urlencoded": "form",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
_SUFFIXES: Mapping[tuple[str, str], Form] = {("+", "json"): "json", ("+", "xml"): "xml"}
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml[^>]{1,80}?encoding\s*=\s*[\"']([\w.:-]+)")
# A closed list: some codecs of Python take quadratic time, and looking up a name from outside leaves a trace.
_CODECS = {
    **{name: name for name in ("utf-8", "utf-16", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "euc-kr")},
    **{name: name for name in ("gb2312", "gbk", "gb18030", "big5", "koi8-r", "koi8-u")},
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (*range(2, 12), *range(13, 17))},
    **{f"windows-125{part}": f"cp125{part}" for part in range(9)},
    **dict.fromkeys(("utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "cp1252"), "cp1252"),
}
# Of HTML, those whose names nobody gives to a JSON key, as `body`, `form`, `input`, `html` and `title` are.
ELEMENTS = frozenset(
    ("div", "span", "p", "td", "th", "tr", "tbody", "table", "li", "ul", "ol", "em", "strong", "pre", "img")
) | {f"h{level}" for level in range(1, 7)}
_TAG = re.compile(rb"<\??([a-z][\w:.-]*)")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKED = frozenset(mark[:1] for mark, _ in _BYTE_ORDER_MARKS)


@lru_cache(maxsize=64)
def media(content_type: str) -> tuple[Form, str | None]:
    """Form and charset that a Content-Type declares; what is not known is text."""
    declared = content_type.partition(";")[0].strip().lower()
    charset = _CHARSET.search(content_type)
    suffix = declared.rpartition("+")[1:]
    form = _FORMS.get(declared) or _SUFFIXES.get(suffix, "text")
    return form, charset[1].lower() if charset else None


def guessed(body: bytes) -> str | None:
    """The Content-Type that a document begins like, for a person: no answer is read by it. None for text."""
    begins = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if begins.startswith(b"<!doctype html"):
        return "text/html"
    if begins.startswith((b"{", b"[")):
        return "application/json"
    tag = _TAG.match(begins)
    if tag is None:
        return None
    return "text/html" if tag[1].decode() in {*ELEMENTS, "html", "head", "body", "form"} else "text/xml"


def decode(body: bytes, charset: str | None, form: Form) -> tuple[str, str | None]:
    """The text of a body without its edges, and a note where it is not in the charset that it names.

    A byte order mark wins over the charset, that over the XML declaration, and UTF-8 over nothing at all. A
    declaration of UTF-16 that can be read byte by byte is not true.
    """
    named = charset
    if body[:1] in _MARKED:
        named = next((codec for mark, codec in _BYTE_ORDER_MARKS if body.startswith(mark)), charset)
    if named is None and form == "xml" and (declared := _XML_ENCODING.match(body)):
        named = declared[1].decode().lower().replace("utf-16", "utf-8")
    try:
        return body.decode(_CODECS.get(named or "utf-8", "utf-8")).strip(EDGES), None
    except UnicodeDecodeError:
        note = f"the answer is not {(named or 'UTF-8')[:40]}, so it was read as windows-1252"
        return body.decode("cp1252", "replace").strip(EDGES), note
