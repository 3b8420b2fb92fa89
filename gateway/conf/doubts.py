"""What stands in a conf as plain text, and was hardly meant so: it is sent as written, and `check` warns of it."""

import re

from gateway.addresses import literal as literal_address
from gateway.templates import VARIABLES

_LONGEST = 1000  # what is longer is no slip, and looking through it could take its time
_ROOT = "|".join(sorted(VARIABLES))
_PATH = rf"(?:{_ROOT}|secrets)(?:\.[\w-]+)+"
# A variable in single braces, a secret amid text.
_BROKEN = re.compile(
    rf"(?<!\{{)\$?\{{\s*(?:(?P<variable>(?:{_ROOT})(?:\.\w+)*)|(?P<secret>(?:file|env)\s*:\s*[\w.-]+))\s*\}}(?!\}})"
)
# A variable in the marks of another language.
_MARKED = re.compile(
    rf"%(?P<percent>{_PATH})%|\[\[?(?P<square>{_PATH})\]\]?|<(?P<angle>{_PATH})>"
    rf"|\$(?P<dollar>{_PATH})|#(?P<hash>{_PATH})#"
)
# A variable without any marks, perhaps with filters.
_BARE = re.compile(rf"(?:{_PATH}|(?:{_PATH}|now|today|random)\s*\|\s*[a-z]\w*.*)", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PLAIN = re.compile(r"http://([^/?#:\[\]]+|\[[^\]]*\])", re.IGNORECASE)
_BRACKETS = re.compile(r"\[(\d+)\]")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z-]*)\s+\S")


def literal(text: str) -> str | None:
    """What is to be said of text in which a template or a secret was meant, and is none."""
    if len(text) > _LONGEST:
        return None
    plain = _TEMPLATE.sub("", text)
    found = _BROKEN.search(plain)
    if found and found["secret"]:
        return f"{found[0]} is sent as written (a secret must be the whole value, without quotes)"
    if found:
        return _as_written(found[0], found["variable"])
    marked = _MARKED.search(plain)
    if marked:
        return _as_written(marked[0], str(marked[marked.lastgroup or 0]))
    bare = text.strip()
    return _as_written(bare, bare) if _BARE.fullmatch(bare) else None


def address(text: str) -> str | None:
    """The same of an address: of the whole, and of each value in its query."""
    if said := literal(text):
        return said
    pairs = text.partition("?")[2].partition("#")[0].split("&")
    return next(filter(None, (literal(pair.partition("=")[2]) for pair in pairs)), None)


def credential(header: str, text: str) -> str | None:
    """What is to be said of a header that holds a credential in plain text."""
    if header.lower() not in ("authorization", "proxy-authorization") or not text or "{{" in text:
        return None
    found = _SCHEME.match(text)
    scheme = found["scheme"].lower() if found else ""
    right = {
        "bearer": "write auth: {bearer: {file: NAME}}, with the token in that secret file",
        "basic": "write auth: {basic: {username: NAME, password: {file: NAME}}}",
    }.get(scheme, f"write {header}: {{file: NAME}}, with the whole value in that secret file")
    return f"a credential stands in the conf ({right})"


def in_the_open(url: str) -> str | None:
    """What is to be said of credentials for an address without TLS, beyond this machine and addresses in numbers."""
    host = _PLAIN.match(url)
    if host is None or literal_address(host[1]) is not None or host[1].lower() == "localhost":
        return None
    return f"what is sent to {host[1]} without TLS can be read on the way, credentials and all (write https)"


def index(key: str) -> str | None:
    """What is to be said of a mapping key that counts elements in square brackets."""
    if not _BRACKETS.search(key):
        return None
    right = _BRACKETS.sub(r".\1", key).removeprefix(".")
    return f"{key} is one name, brackets and all (write {right} for an element)"


def _as_written(text: str, variable: str) -> str:
    if variable.startswith("secrets."):
        return f"{text} is sent as written (a secret is the whole value: {{file: {variable.removeprefix('secrets.')}}})"
    shown = text if len(text) <= 60 else text[:60] + "…"
    inner = variable if len(variable) <= 60 else variable[:60] + "…"
    return f"{shown} is sent as written (a template needs {{{{ {inner} }}}})"
