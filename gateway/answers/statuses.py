"""What a status says by itself (RFC 9110 §15), lists of statuses in the conf, and Retry-After."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

Kind: TypeAlias = Literal["success", "failure", "error"]

# Our address or our credentials are wrong, not the lead.
_OURS = frozenset({401, 403, 404, 405, 407, 415})
# The source wants to be asked again.
_LATER = frozenset({408, 425, 429})
# Said by a server or a proxy before anybody looked at the lead, whatever fault stands in the answer.
NEVER_A_NO = frozenset({401, 403, 407, 408, 425, 429, 502, 503, 504})
_RANGE = re.compile(r"(\d{3})(?:\s*-\s*(\d{3}))?")
_MOST_SECONDS = 10 * 366 * 86400
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided, and by what.

    rule: which rule or default, in words; reason: ours, where the source gives none; permanent: no retry.
    """

    kind: Kind
    rule: str
    reason: str | None = None
    permanent: bool = False


def by_default(status: int | None) -> Ruling:
    """What a status says where the conf says nothing. None is an answer of a transport that is not HTTP."""
    if status is None:
        return Ruling("success", "the default for an answer without a status")
    rule, said = f"the default for status {status}", answered(status)
    if 200 <= status <= 299:
        return Ruling("success", rule)
    if 300 <= status <= 399:
        return Ruling("error", rule, said, permanent=True)
    if status in _OURS:
        return Ruling("error", rule, f"{said} (our address or credentials are wrong, not the lead)")
    if 400 <= status <= 499 and status not in _LATER:
        return Ruling("failure", rule, said)
    return Ruling("error", rule, said)


def answered(status: int) -> str:
    """A status as the beginning of a sentence: `the source answered 503 Service Unavailable`."""
    return f"the source answered {status} {_PHRASES.get(status, '')}".rstrip()


def parse(value: Any) -> frozenset[int]:
    """The statuses of `200-299, 409`, of a single one, or of a YAML list of these. Raises ValueError."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return frozenset().union(*(parse(item) for item in value))
    if isinstance(value, str) and "," in value:
        return parse(value.split(","))
    value = value.strip() if isinstance(value, str) else value
    found = None if isinstance(value, bool) else _RANGE.fullmatch(str(value))
    if not found:
        raise ValueError(f"{value!s} is no status (write statuses and ranges, such as 200-299, 409)")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 100 <= first <= last <= 999:
        raise ValueError(f"{value!s} is no range of statuses (write the lower one first, from 100 on)")
    return frozenset(range(first, last + 1))


def retry_after(text: str) -> float | datetime | None:
    """A Retry-After value: seconds, or an aware moment (RFC 9110 §10.2.3); None where it is neither.

    Seconds are held below ten years, so that they can be added to any date.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:20]), _MOST_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


Statuses: TypeAlias = Annotated[
    frozenset[int],
    BeforeValidator(parse),
    WithJsonSchema(
        {
            "type": ["string", "integer", "array"],
            "items": {"type": ["string", "integer"]},
            "examples": ["200-299, 409", [409, "500-599"]],
        }
    ),
]
