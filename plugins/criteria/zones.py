"""Time zones as a conf names them: `America/New_York`, never an offset that forgets summer."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, WithJsonSchema

from plugins.criteria.words import shown

# What people in the United States call theirs: some are IANA names, too, of an offset that forgets summer.
_CALLED: Mapping[str, str] = {
    **dict.fromkeys(("est", "edt", "et", "eastern", "est5edt"), "America/New_York"),
    **dict.fromkeys(("cst", "cdt", "ct", "central", "cst6cdt"), "America/Chicago"),
    **dict.fromkeys(("mst", "mdt", "mt", "mountain", "mst7mdt"), "America/Denver"),
    **dict.fromkeys(("pst", "pdt", "pt", "pacific", "pst8pdt"), "America/Los_Angeles"),
    **dict.fromkeys(("akst", "akdt", "alaska"), "America/Anchorage"),
    **dict.fromkeys(("hst", "hdt", "hawaii"), "Pacific/Honolulu"),
}


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    word = shown(value).lower()
    if called := _CALLED.get(word.removesuffix(" time").removesuffix(" standard")):
        raise ValueError(f"{shown(value)} is no time zone (did you mean {called!r}?)")
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        names = {name.lower(): name for name in available_timezones()}
        near = get_close_matches(word, names, n=1)
        right = (
            f"did you mean {names[near[0]]!r}?" if near else "write its IANA name, such as America/New_York"
        )
        raise ValueError(f"{shown(value)} is no time zone ({right})") from None


Zone: TypeAlias = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["America/New_York"]}),
]
