"""What an endpoint is built with, and whose it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.addresses import Allow
from gateway.conf.secrets import Secrets
from gateway.documents import Load
from gateway.model import Event, Secret, Type
from gateway.registry import Registry
from gateway.retry import Policy


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every endpoint of a conf is built with.

    plugins: the observers and wrappers that the conf names; allow, secrets: None where gateway.yaml does not say, as it
    is broken; reveal: a secret's text, or ValueError; read: a document that is at hand, or Held; samples: the sample
    events, by `SOURCE` or `SOURCE@FLOW`.
    """

    registry: Registry
    plugins: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Any]]
    retry: Policy
    allow: tuple[Allow, ...] | None
    secrets: Secrets | None
    reveal: Callable[[Secret], str]
    read: Load
    samples: Mapping[str, Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Whose:
    """Which endpoint is built: its source's id and name, its flow, its type."""

    source: str
    name: str
    flow: str | None
    type: Type

    @property
    def endpoint(self) -> str:
        """`SOURCE/TYPE` or `SOURCE@FLOW/TYPE`."""
        flow = "" if self.flow is None else f"@{self.flow}"
        return f"{self.source}{flow}/{self.type}"
