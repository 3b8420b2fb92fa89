"""Where something stands in an answer: one text of the conf, compiled for every kind of answer.

Which kind will come is not known at load, so `status` is a dot path (JSON, SOAP, form), an XPath (XML) and a CSS
selector (HTML) at once; the answer's type says which of them is meant. What is no dot path is told by its
characters: `/ [ ] ( ) | = < >` and quotes outside braces, a leading `#` and ` @` belong to the others, so that a
broken XPath is found at load and not taken for the name of a JSON key.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.answers.media import ELEMENTS
from gateway.answers.xpaths import XPath
from gateway.paths import Segment, join, split
from gateway.patterns import Pattern

T = TypeVar("T")

MOST = 1000
_LITERAL = re.compile(r"\{[^{}]*\}")
_NOT_DOTTED = re.compile(r"[/\[\]()|=<>\"']|::|^#|\s@")
_PLAIN = re.compile(r"([\w-]+)(?:\.[\w-]+)*")
_STEP = re.compile(r"\.?([\w@-]+|\*)|\[(\d+|\*)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_POINTER = re.compile(r"(?:/[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Place:
    """One text compiled as dot path, XPath, CSS selector and pattern with one group: None where it cannot be meant so.

    children: the dot path for XML seen as a tree, without prefixes, and with `name@attribute` as two steps.
    """

    text: str
    dotted: tuple[Segment, ...] | None = None
    children: tuple[Segment, ...] | None = None
    xpath: XPath | None = None
    css: XPath | None = None
    pattern: Pattern | None = None

    @property
    def is_ambiguous(self) -> bool:
        """Whether it is names and dots alone, hardly meant for HTML: `data.status`, but not `div.status`."""
        plain = _PLAIN.fullmatch(self.text)
        return plain is not None and plain[1] not in ELEMENTS

    @classmethod
    def compile(cls, text: str, *, patterns: bool) -> "Place":
        """patterns: one with a group will do as well, for text. Raises ValueError where nothing fits."""
        if len(text) > MOST:
            raise ValueError(f"this path is longer than {MOST:,} characters (name the place by fewer steps)")
        if text.startswith("$") or "[0]" in text:
            _refuse_json_path(text)
        css = None if text.startswith(("/", "(")) else _or_none(XPath.of_css, text)
        if not _NOT_DOTTED.search(_LITERAL.sub("", text)):
            dotted = split(text) if css is None else _or_none(split, text)
            children = None if dotted is None else _children(dotted)
            return cls(text, dotted, children, _or_none(XPath.compile, text), css)
        if patterns and text.startswith("(?"):  # no XPath begins so: what is wrong with the pattern is said
            Pattern.compile(text)
        pattern = _one_group(text) if patterns else None
        xpath = _or_none(XPath.compile, text)
        if xpath is None and css is None and pattern is None:
            raise ValueError(_refusal(text, patterns))
        return cls(text, xpath=xpath, css=css, pattern=pattern)


def as_dotted(text: str) -> str | None:
    """The dot path for a JSONPath (RFC 9535) or a JSON Pointer (RFC 6901); None where it is neither."""
    if _POINTER.fullmatch(text):
        return text[1:].replace("/", ".")
    rest = text.removeprefix("$")
    segments: list[Segment] = []
    while rest:
        step = _STEP.match(rest)
        if step is None:
            return None
        name, index, *quoted = step.groups()
        segments.append(int(index) if index and index != "*" else name or index or quoted[0] or quoted[1])
        rest = rest[step.end() :]
    return join(segments) or None


def _refuse_json_path(text: str) -> None:
    """Raises ValueError for what is meant for JSON, and would be taken for an XPath or a key that begins with `$`."""
    dotted = as_dotted(text)
    if dotted is not None or text.startswith("$"):
        raise ValueError(f"{text!r} is no dot path (write {dotted or 'such as errors.*.message'})")


def _or_none(make: Callable[[str], T], text: str) -> T | None:
    try:
        return make(text)
    except ValueError:
        return None


def _children(dotted: tuple[Segment, ...]) -> tuple[Segment, ...]:
    steps: list[Segment] = []
    for segment in dotted:
        if isinstance(segment, int):
            steps.append(segment)
            continue
        name, at, attribute = segment.rpartition(":")[2].partition("@")
        steps += [step for step in (name, at + attribute) if step]
    return tuple(steps)


def _one_group(text: str) -> Pattern | None:
    if "()" in text or text.startswith("//"):  # meant as an XPath: an empty group would hold nothing
        return None
    pattern = _or_none(Pattern.compile, text)
    return pattern if pattern is not None and pattern.groups == 1 else None


def _refusal(text: str, patterns: bool) -> str:
    """Why a text is no place at all."""
    if dotted := as_dotted(text):
        return f"{text!r} is no dot path (write {dotted})"
    or_pattern = " nor a pattern with one group" if patterns else ""
    right = "(write such as //message/text(), or errors.*.message for JSON)"
    if text.startswith(("/", "(")):
        kinds = f"neither an XPath{or_pattern}" if patterns else "no XPath"
        return f"{text!r} is {kinds}: {_fault(XPath.compile, text)} {right}"
    return (
        f"{text!r} is neither an XPath ({_fault(XPath.compile, text)}) nor a CSS selector"
        f" ({_fault(XPath.of_css, text)}){or_pattern} {right}"
    )


def _fault(make: Callable[[str], object], text: str) -> str:
    try:
        make(text)
    except ValueError as error:
        return str(error)
    return ""
