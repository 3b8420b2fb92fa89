"""What a plugin gives back is of the types that it promised: the error names the plugin, not whoever trips over it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from gateway.model import Found, Outcome, Response

_READ = ("success", "failure", "error")


def checked_response(given: object) -> Response:
    """The answer that a `send` brought. Raises TypeError, which says what would be right."""
    if not isinstance(given, Response):
        raise TypeError(f"{given!r} is no answer (a Response is)")
    if not (given.status is None or isinstance(given.status, int)):
        raise TypeError(f"the Response has the status {given.status!r} (a number or None is right)")
    if not (isinstance(given.headers, tuple) and all(map(_is_header, given.headers))):
        raise TypeError("the Response has headers that are no tuple of (name, value), each a str")
    if not isinstance(given.body, bytes):
        raise TypeError(f"the Response has a body of the type {type(given.body).__name__} (bytes is right)")
    return given


def checked_outcome(given: object) -> Outcome:
    """What a `read` made of an answer. Raises TypeError, which says what would be right."""
    if not isinstance(given, Outcome) or given.kind not in _READ:
        raise TypeError(f"{given!r} is no answer (an Outcome of kind {', '.join(_READ)} is)")
    fits = {
        "reason": _is_text_or_none(given.reason),
        "price": given.price is None or isinstance(given.price, Decimal),
        "reference": _is_text_or_none(given.reference),
        "capture": isinstance(given.capture, Mapping)
        and _are_texts([*given.capture, *given.capture.values()]),
        "cookie": _is_text_or_none(given.cookie),
        "permanent": isinstance(given.permanent, bool),
        "retry_after": _is_wait(given.retry_after),
        "rule": isinstance(given.rule, str),
        "found": isinstance(given.found, tuple) and all(isinstance(one, Found) for one in given.found),
        "notes": isinstance(given.notes, tuple) and _are_texts(given.notes),
    }
    for name, is_right in fits.items():
        if not is_right:
            raise TypeError(
                f"the Outcome has {name}={getattr(given, name)!r} ({_RIGHT.get(name, 'a str or None')} is right)"
            )
    return given


_RIGHT = {
    "price": "a Decimal or None",
    "capture": "a mapping of str to str",
    "permanent": "a bool",
    "retry_after": "a number of seconds, a moment with its time zone, or None",
    "rule": "a str",
    "found": "a tuple of Found",
    "notes": "a tuple of str",
}


def _is_header(header: object) -> bool:
    return isinstance(header, tuple) and len(header) == 2 and _are_texts(header)


def _are_texts(given: Sequence[object]) -> bool:
    return all(isinstance(one, str) for one in given)


def _is_text_or_none(given: object) -> bool:
    return given is None or isinstance(given, str)


def _is_wait(given: object) -> bool:
    if isinstance(given, datetime):
        return given.utcoffset() is not None
    return given is None or (isinstance(given, int | float) and not math.isnan(given))
