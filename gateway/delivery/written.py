"""A secret as others may write it: each of its characters as it is or coded, once or several times over.

A source that repeats a request may have it percent-encoded within JSON within HTML: no list holds every such form.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html.entities import codepoint2name
from itertools import groupby
from typing import Any

import re2

SHORTEST = 4  # characters: what is shorter stands in every text, and is no secret
LONGEST = 256
MOST = 64  # characters in it that may be written otherwise: a larger pattern would take long
_PERCENT = "%(?:25)*"
_AND = rf"(?:&|{_PERCENT}26|\\u0026)"
_END = rf"(?:;|{_PERCENT}3B)"
_BACKSLASH = rf"(?:\\|{_PERCENT}5C)+"
_AMPERSAND = rf"{_AND}(?:(?:amp|#0*38|#x0*26){_END})*"
_WHITE = rf"(?:\s|\+|{_PERCENT}(?:20|2B|09|0A|0D)|{_BACKSLASH}[nrt]|{_AMPERSAND}#(?:x?[0-9a-f]+){_END})+"
_PLAIN = re.compile(r"[A-Za-z0-9_]")
_PLAINS = re.compile(r"[A-Za-z0-9_]+")
_QUIETLY = re2.Options()
_QUIETLY.log_errors = False  # it would write to standard error, past our log
_OWN = {"\\": _BACKSLASH, "&": rf"(?:{_AMPERSAND}|{_BACKSLASH}(?:u00|x)26)"}


@dataclass(frozen=True, slots=True)
class Written:
    """Finds one secret. core: a part of it that is written in one way only, and quickly looked for."""

    core: bytes
    pattern: Any

    def masked(self, body: bytes, mask: bytes) -> bytes:
        """The bytes with the mask in its place."""
        return self.pattern.sub(mask, body) if self.core in body else body


@lru_cache(maxsize=4096)
def written(secret: str) -> Written | None:
    """What finds a secret in UTF-8; None where all of it is written in one way only, or too much in many."""
    secret = secret.strip()
    if not SHORTEST <= len(secret) <= LONGEST or not 0 < len(_PLAIN.sub("", secret)) <= MOST:
        return None
    # How letters that codes are written with are cased does not matter; those of the secret itself do.
    runs = (("".join(run), white) for white, run in groupby(secret, str.isspace))
    pattern = "".join(_WHITE if white else _chars(text) for text, white in runs)
    pattern = pattern.replace(_chars("]]>"), f"{_chars(']]')}(?:{_chars(']]><![CDATA[')})?{_chars('>')}")
    core = max(_PLAINS.findall(secret), key=len, default="")
    return Written(core.encode(), re2.compile(pattern.encode(errors="surrogatepass"), _QUIETLY))


def _chars(text: str) -> str:
    return "".join(map(_char, text))


def _char(char: str) -> str:
    if _PLAIN.fullmatch(char):
        return char
    if char in _OWN:
        return f"(?i:{_OWN[char]})"
    raw, code = char.encode(errors="surrogatepass"), ord(char)
    units = char.encode("utf-16-be", "surrogatepass").hex()
    name = codepoint2name.get(code)
    ways = [
        re.escape(char),
        "".join(f"{_PERCENT}{byte:02X}" for byte in raw),
        f"{_AMPERSAND}(?:#0*{code}|#x0*{code:x}{f'|{name}' if name else ''}){_END}",
        "".join(f"{_BACKSLASH}u{units[at : at + 4]}" for at in range(0, len(units), 4)),
        "".join(f"{_BACKSLASH}x{byte:02x}" for byte in raw),
        *([f"{_BACKSLASH}x{code:02x}"] if code < 256 else []),
        *([r"\s"] if char == "+" else []),
    ]
    return f"(?:{_BACKSLASH})?(?i:{'|'.join(ways)})"
