"""The criterion `sample`: a stable share of the events may go, by their ids; for trying out a new endpoint."""

import re
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, ConfigDict, RootModel, WithJsonSchema

from gateway import Endpoint, Event, Pass, Verdict, Veto, View, hookimpl
from plugins.criteria.words import shown

_PASS = Pass()
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,10})?)\s*%")
_ALL = 2**64


def _share(value: Any) -> Decimal:
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or (percent := Decimal(found[1])) > 100:
        raise ValueError(
            f"{shown(value)} is no share (write a percentage from 0% to 100%, such as 10% or 0.5%)"
        )
    return percent


_Percent: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*{_SHARE.pattern}\s*$", "examples": ["10%", "0.5%"]}),
]


class Sample(RootModel[_Percent]):
    """How many of a hundred events may go."""

    model_config = ConfigDict(frozen=True)

    @cached_property
    def below(self) -> int:
        """Which of 2**64 equal places are in the sample: those below this one."""
        return int(self.root * _ALL / 100)


@hookimpl
def settings() -> type[Sample]:
    """A percentage."""
    return Sample


@hookimpl
async def veto(event: Event, endpoint: Endpoint, view: View) -> Verdict:
    """Veto what is not in the sample; whoever is in it stays in it when the share is raised."""
    sample: Sample = view.settings
    if int.from_bytes(sha256(event.id.encode()).digest()[:8]) < sample.below:
        return _PASS
    share = f"{sample.root:f}%"
    reason = f"it is not in the sample: {endpoint.source_name} gets {share} of the {endpoint.type}s"
    return Veto(reason, rule=f"a sample of {share}", seen=event.id)
