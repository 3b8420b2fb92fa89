"""The words of the field: types, states, outcomes, secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Type: TypeAlias = Literal["return", "conversion"]
TYPES: tuple[Type, ...] = ("return", "conversion")

State: TypeAlias = Literal["queued", "delivered", "rejected", "vetoed", "parked"]
STATES: Mapping[str, str] = {
    "queued": "waits for its next try",
    "delivered": "the source took it",
    "rejected": "the source said no",
    "vetoed": "a criterion, or the conf, said it must not be sent",
    "parked": "no more automatic tries; a person decides",
}
SHOWN_STATES: Mapping[str, str] = {
    **STATES,
    "sending": "queued, and on its way right now",
    "held": "queued, but its endpoint is paused, gone, quarantined or lacks something; goes on once that is over",
}

OutcomeKind: TypeAlias = Literal["success", "failure", "error", "skip"]
OUTCOMES: Mapping[str, str] = {
    "success": "the source took it",
    "failure": "the source said no",
    "error": "technical, neither yes nor no",
    "skip": "not sent: a criterion or the conf said no, or not now",
}


class Sample(str):
    """Text that stands for a value that is not known, in trials and where secrets are masked: it fits every type."""

    __slots__ = ()


MASK = Sample("***")


# How a secret's file, or its variable, may be called.
SECRET_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret: a file below the secrets folder, or an environment variable. Never the secret itself."""

    kind: Literal["file", "env"]
    name: str

    def __str__(self) -> str:
        return MASK


# A JSON value as posted: exact integers and decimals, never floats; mappings keep their order.
Json: TypeAlias = Any
# A JSON value in which a Secret may stand as a leaf.
Tree: TypeAlias = Any
