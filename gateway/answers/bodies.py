"""The body of an answer, asked for what stands where.

Answers are hostile: no body raises anything but Unreadable, whatever the bytes, and none gives more than one text
over MOST_MATCHES; the size was bounded by who read it.
"""

from dataclasses import dataclass
from typing import Protocol

from gateway.answers.places import Place
from gateway.answers.xpaths import Unreadable
from gateway.patterns import Pattern


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
    _right = (
        "a path needs JSON, XML or HTML:"
        " leave it out, or name the true type by response_content_type_override"
    )

    def __init__(self, text: str, name: str = "text") -> None:
        self.text = text
        self.name = name

    def look(self, place: Place) -> list[str]:
        """The group of every match."""
        if place.pattern is not None:
            return groups(place.pattern, self.text)
        raise Unreadable(f"the answer is {self.name}, in which {place.text!r} finds nothing ({self._right})")


class UntypedBody(TextBody):
    """What came without a Content-Type, and is taken for text."""

    _right = "it has no Content-Type: where the source sends none, name it by response_content_type_override"


class ScalarBody(TextBody):
    """A JSON document that is one text, number or boolean: a term is searched in it, path or not."""


def groups(pattern: Pattern, text: str) -> list[str]:
    """The one group of every match."""
    return [match.group(1) or "" for match in pattern.matches(text)]
