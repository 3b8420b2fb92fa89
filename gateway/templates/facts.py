"""What is to be known of a template by its text alone, so that a start need not read thousands of them again."""

from contextvars import ContextVar
from typing import NamedTuple, Protocol


class Facts(NamedTuple):
    """What a template without secrets and tables is. lone: it is one expression; path: what it is, if only that."""

    variables: tuple[str, ...]
    optional: tuple[str, ...]
    doubts: tuple[str, ...]
    lone: bool
    path: tuple[str | int, ...] | None


class Memory(Protocol):
    """Keeps facts by text."""

    def recall(self, text: str) -> Facts | None:
        """What was noted of a text, if anything."""

    def note(self, text: str, facts: Facts) -> None:
        """Keep what was found out about a text."""


# Asked, and told, by whatever compiles a template in this context, such as a load.
MEMORY: ContextVar[Memory | None] = ContextVar("MEMORY", default=None)
