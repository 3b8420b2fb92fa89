"""What a document such as a WSDL offers, as its transport describes it to a person who writes the conf.

Frozen, no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Argument:
    """One mapping key that an offer takes.

    type: in the document's own words; required: it must be given, or must be given wherever `within` is, a part that
    may be left out; most: how often it may stand, None for any number; nillable: null may be sent for it; instead: the
    keys, its own among them, of which only one is meant; values: the only ones that are right; placeholder: what can
    stand until a person has filled it in; text: what the document says about it.
    """

    key: str
    type: str
    required: bool = True
    within: str = ""
    most: int | None = 1
    nillable: bool = False
    instead: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    placeholder: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be called, such as an operation.

    place: what it belongs to, such as a service's port; facts: name and value of what else to know; keys: the conf keys
    that choose it; problem: why it cannot be called.
    """

    name: str
    place: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[Argument, ...] = ()
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A document in short. kind: what it is, such as `WSDL 1.1`; text: what it says about itself."""

    kind: str
    offers: tuple[Offer, ...]
    text: str = ""
