"""The shapes that conf keys come in, for the gateway's own models and for every plugin's `settings()`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
# Each unit's letter, and the words that are read as it.
_WORDS = r"ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?"
_DURATION = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*({_WORDS})")
_SIZES = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|)")
_RATE = re.compile(r"([1-9][0-9]{0,5})\s*/\s*([smh])")


@dataclass(frozen=True, slots=True)
class Frequency:
    """So many times in a unit of time: `s`, `m` or `h`."""

    times: int
    unit: str

    @property
    def seconds(self) -> float:
        """The length of the unit."""
        return _UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.times}/{self.unit}"


class Settings(BaseModel):
    """Base of every settings model: unknown keys are refused, instances are frozen.

    attributes: set to True by a transport in whose mapping keys `name@attribute` addresses an attribute, or to the
    names of the mappings in which it does; mapped: the transport's own keys that are mappings too, with templates and
    secrets in them: the gateway maps them, and `values.extras` holds the trees of those that stand in the conf;
    one_at_a_time: set by a criterion whose answer depends on what is in flight, to `endpoint` where it is asked about
    one event of its endpoint at a time, to `lead` where about one event of each lead of its source; writes_auth: set to
    True by a transport whose `render` writes `endpoint.auth` into its request, so that `auth: {wss: ...}` may stand
    beside it; expects: set to `envelope` by a transport whose source answers with SOAP envelopes: any other answer is
    an error.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )

    attributes: ClassVar[bool | tuple[str, ...]] = False
    mapped: ClassVar[tuple[str, ...]] = ()
    one_at_a_time: ClassVar[Literal["endpoint", "lead"] | None] = None
    writes_auth: ClassVar[bool] = False
    expects: ClassVar[Literal["envelope"] | None] = None
    bracketed: ClassVar[bool] = False

    @property
    def admits(self) -> Mapping[str, Sequence[str]]:
        """The texts that a criterion alone lets through, by variable: `check` warns where a table has no such key."""
        return {}

    @property
    def heeds_blanks(self) -> bool:
        """Whether what its templates read may well be missing: `check` then warns of a misspelt name alone."""
        return False

    @property
    def doubt(self) -> str | None:
        """What `check` warns of where these keys stand: a sentence, what is doubtful (what would be right)."""
        return None


def duration(text: Any) -> float:
    """Seconds of a duration written as `30s`, `2h`, `14d`, `14 days`; raises ValueError with the sentence to show."""
    if isinstance(text, float):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(
            f"{text!s} is not a duration (write a number with its unit: 500ms, 30s, 5m, 2h, 14d)"
        )
    unit = found[2]
    return float(found[1]) * _UNITS["ms" if unit == "ms" else unit[0]]


def size(text: Any) -> int:
    """Bytes of a size written as `64KiB`; raises ValueError with the sentence to show."""
    found = (
        _SIZE.fullmatch(str(text)) if isinstance(text, (str, int)) and not isinstance(text, bool) else None
    )
    if not found:
        raise ValueError(f"{text!s} is not a size (write bytes, or a number with its unit: 64KiB, 1MiB)")
    return int(found[1]) * _SIZES[found[2]]


def rate(text: Any) -> Frequency:
    """A rate written as `10/s`, `600/m`, `1000/h`; raises ValueError with the sentence to show."""
    if isinstance(text, Frequency):
        return text
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{text!s} is not a rate (write a whole number and its unit: 10/s, 600/m, 1000/h)")
    return Frequency(int(found[1]), found[2])


Duration: TypeAlias = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)?\s*({_WORDS})$", "examples": ["30s", "14d"]}
    ),
]
Size: TypeAlias = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema(
        {"type": ["string", "integer"], "pattern": r"^\d+\s*(B|KiB|MiB|GiB)?$", "examples": ["64KiB"]}
    ),
]
Rate: TypeAlias = Annotated[
    Frequency,
    BeforeValidator(rate),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[1-9][0-9]{0,5}\s*/\s*[smh]$", "examples": ["10/s", "600/m"]}
    ),
]
