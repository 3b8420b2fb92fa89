"""Patterns that operators write, on a linear-time engine: no pattern and no text can hang the daemon."""

import re
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import re2
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

MAX_PATTERN = 1000
MAX_MATCHES = 1000
# The engine's time is at most this times the length of the text, at a few nanoseconds each.
_MAX_PROGRAM = 3000
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

    def span(self, number: int = 0, /) -> tuple[int, int]:
        """Where a group begins and ends."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; equal to another of the same text. groups: how many capture groups it has."""

    text: str
    groups: int = field(compare=False)
    _regexp: Any = field(compare=False, repr=False)

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
        try:
            regexp = re2.compile(f"(?m){body}" if "m" in flags else body, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError(_sentence(text, error)) from None
        if regexp.programsize > _MAX_PROGRAM:
            raise ValueError(
                f"the pattern {text} is too large when written out (repeat less, or name fewer cases)"
            )
        return cls(text, regexp.groups, regexp)

    def search(self, text: str) -> Match | None:
        """The first match anywhere in a text, or None; a lone surrogate is searched as a question mark."""
        return cast("Match | None", self._regexp.search(_encodable(text)))

    def matches(self, text: str) -> "list[Match]":
        """Every match in a text, in order; one more than MAX_MATCHES says that there are too many."""
        found = []
        for match in self._regexp.finditer(_encodable(text)):
            found.append(match)
            if len(found) > MAX_MATCHES:
                break
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


def _encodable(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
