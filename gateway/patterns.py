"""Patterns that operators write, on a linear-time engine: no pattern and no text can hang the daemon."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol, cast

import re2
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

MAX_PATTERN = 1000
MAX_MATCHES = 1000
# The engine's time is at most this times the length of the text, at about five nanoseconds each.
_MAX_PROGRAM = 3000
_ORDINARY = 200  # a program of this size searches the longest event
_MAX_WORK = 4_000_000  # of a larger one: its size times the bytes of a text, 20 ms at worst
_SHORT = 32  # characters, in which what was found before is remembered
_MAX_SCAN = 10_000_000  # characters looked at for all matches in a text, each time to its end at worst: 20 ms
_SLASHED = re.compile(r"/(.*)/([A-Za-z]*)", re.DOTALL)
_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_REFUSED = {
    "(?=": "look-ahead (?=…)",
    "(?!": "look-ahead (?!…)",
    "(?<": "look-behind (?<…)",
    "(?>": "an atomic group (?>…)",
    "(?(": "a conditional (?(…)",
    "(?#": "a comment (?#…)",
    "(?P": "a back-reference (?P=…)",
    r"\k": r"a back-reference \k<…>",
    "++": "a possessive repetition ++",
    "*+": "a possessive repetition *+",
    "?+": "a possessive repetition ?+",
} | {rf"\{digit}": rf"a back-reference \{digit}" for digit in range(1, 10)}


class Match(Protocol):
    """What was found."""

    def group(self, number: int = 0, /) -> str | None:
        """The text of a group; 0 is the whole match."""

    def start(self, number: int = 0, /) -> int:
        """Where a group begins."""

    def span(self, number: int = 0, /) -> tuple[int, int]:
        """Where a group begins and ends."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; equal to another of the same text. groups: how many capture groups it has."""

    text: str
    groups: int = field(compare=False)
    _regexp: Any = field(compare=False, repr=False)
    _finder: Any = field(compare=False, repr=False)

    @classmethod
    def compile(cls, text: str) -> "Pattern":
        """Compile `/regex/flags` or a bare regular expression. Case is ignored unless the flags say `c`.

        Flags: i ignore case (as always), c heed case, m ^ and $ at every line, s a dot also matches a break.
        Raises ValueError with the sentence to show.
        """
        body, flags = _parse(text)
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = "c" in flags
        options.dot_nl = "s" in flags
        written = f"(?m){body}" if "m" in flags else body
        try:
            regexp = re2.compile(written, options)
            # Groups cost the engine most of its time: without them one is found sooner.
            options.never_capture = True
            finder = re2.compile(written, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError(_sentence(text, error)) from None
        if regexp.programsize > _MAX_PROGRAM:
            raise ValueError(
                f"the pattern {text} is too large when written out (repeat less, or name fewer cases)"
            )
        return cls(text, regexp.groups, regexp, finder)

    def holds(self, text: str) -> bool:
        """Whether it matches anywhere in a text."""
        return self._finder.search(_bytes(text)) is not None

    def first(self, text: str) -> str | None:
        """The text of the first match anywhere in a text, or None; a lone surrogate is searched as a question mark."""
        return (_first_again if len(text) <= _SHORT else _first)(self._finder, text)

    def is_quick(self, text: str) -> bool:
        """Whether a search of so long a text takes the engine no time worth mentioning."""
        size = self._regexp.programsize
        return bool(size <= _ORDINARY or size * len(_bytes(text)) <= _MAX_WORK)

    def search(self, text: str) -> Match | None:
        """The first match anywhere in a text, or None; a lone surrogate is searched as a question mark."""
        return cast("Match | None", self._regexp.search(_encodable(text)))

    def matches(self, text: str) -> "list[Match]":
        """Every match in a text, in order; one more than MAX_MATCHES says that there are too many."""
        return list(islice(self._regexp.finditer(_encodable(text)), MAX_MATCHES + 1))

    def quick_matches(self, text: str) -> "list[Match] | None":
        """As `matches`; None where looking for them would take long, as each may be looked for to the text's end."""
        if not self.is_quick(text):
            return None
        found, scanned = [], 0
        for match in islice(self._regexp.finditer(_encodable(text)), MAX_MATCHES + 1):
            found.append(match)
            scanned += len(text) - match.start()
            if scanned > _MAX_SCAN:
                return None
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(lambda pattern: pattern.text)
        return core_schema.no_info_plain_validator_function(_validate, serialization=as_text)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string"}


def _validate(value: Any) -> Pattern:
    if isinstance(value, Pattern):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!s} is not a pattern (put it in quotes)")
    return Pattern.compile(value)


def _parse(text: str) -> tuple[str, str]:
    slashed = _SLASHED.fullmatch(text)
    body, flags = (slashed[1], slashed[2]) if slashed else (text, "")
    if unknown := set(flags) - set("imsc"):
        raise ValueError(f"the pattern {text} has an unknown flag {min(unknown)} (i, c, m and s are known)")
    if {"i", "c"} <= set(flags):
        raise ValueError(f"the pattern {text} both ignores and heeds case (write i or c, not both)")
    if not body:
        raise ValueError("the pattern is empty (it would match everything)")
    if len(body) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN:,} characters (cut it into several)")
    if _ANY_BYTE.search(body):
        raise ValueError(rf"the pattern {text} uses \C, a single byte (write . for any character)")
    return body, flags


def _sentence(text: str, error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "the pattern holds a lone surrogate (write whole characters)"
    reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
    fragment = reason.partition(": ")[2]
    for construct, name in _REFUSED.items():
        if fragment.startswith(construct):
            return f"the pattern {text} uses {name}, which no linear-time engine has (write it without)"
    return f"the pattern {text} cannot be read: {reason} (see RE2 syntax)"


def _first(finder: Any, text: str) -> str | None:
    found = finder.search(_bytes(text))
    return None if found is None else str(found.group(), "utf-8")


# Sources answer in a few words of their own, again and again.
_first_again = lru_cache(maxsize=1024)(_first)


def _bytes(text: str) -> bytes:
    """What the engine itself searches: where nobody asks for places in the text, they need not be reckoned."""
    return text.encode(errors="replace")


def _encodable(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
