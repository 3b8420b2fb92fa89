"""Mapped headers: a name, and the value that one event gives it (RFC 9110, section 5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import RenderError
from gateway.mapping.leaves import Fixed, Leaf, is_templated, leaf, sample
from gateway.model import Sample, Secret
from gateway.paths import is_blank
from gateway.templates.text import to_text

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_EDGES = " \t"  # what HTTP itself takes off both ends (RFC 9110, section 5.5)
_OURS = ("content-length", "host", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Header:
    """One compiled header."""

    name: str
    leaf: Leaf

    @classmethod
    def compile(cls, name: str, value: Any, tables: Mapping[str, Mapping[str, Any]]) -> "Header":
        """Check the name and compile the value; raises ValueError with the sentence to show."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name (letters, digits and hyphens, without blanks)")
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} cannot be mapped (the gateway sets it for every request)")
        found = leaf(value, tables)
        if isinstance(value, (list, tuple)) and any(isinstance(element, Secret) for element in value):
            raise ValueError(f"the header {name} has a secret in a list (a secret must be the whole value)")
        header = cls(name, found)
        header.sample()
        return header

    def render(self, scope: Mapping[str, Any]) -> str | Secret | None:
        """The value for one event, None where it is blank.

        Raises RenderError where it cannot stand in a header.
        """
        value = self.leaf.render(scope)
        try:
            return value if isinstance(value, Secret) else self._checked(value)
        except ValueError as error:
            raise RenderError(str(error)) from None

    def sample(self) -> str | None:
        """The value as a trial shows it; a Sample where it depends on the event, or is a secret."""
        text = self._checked(sample(self.leaf))
        return Sample(text) if text is not None and self._varies() else text

    def _varies(self) -> bool:
        return is_templated(self.leaf) or (
            isinstance(self.leaf, Fixed) and isinstance(self.leaf.value, Secret)
        )

    def _checked(self, value: Any) -> str | None:
        parts = value if isinstance(value, list) else [value]
        text = ", ".join(to_text(part).strip(_EDGES) for part in parts if not is_blank(part))
        if _CONTROL.search(text):
            raise ValueError(f"the header {self.name} would hold a control character such as a line break")
        if not text.isascii():
            raise ValueError(
                f"the header {self.name} would hold characters outside ASCII (use | urlencode or | base64)"
            )
        return text or None
