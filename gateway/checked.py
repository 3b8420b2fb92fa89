"""What a plugin gives back is of the types that it promised: the error names the plugin, not whoever trips over it.

What is of a type derived from the right one becomes the right one itself: it may have methods that do anything, and
is kept, compared and written long after the plugin was asked.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from gateway.contained import WrongError, form, plain
from gateway.model import Found, Outcome, Request, Response

T = TypeVar("T")

_READ = ("success", "failure", "error")


def checked_request(given: object) -> Request:
    """The request that a `render` made. Raises WrongError, which says what would be right."""
    if type(given) is Request and _is_plain(given):  # as nearly every one is
        return given
    request = _of(Request, given, "is no request (a Request is)")
    method, url, body = request.method, request.url, request.body
    if not (_is_text(method) and _is_text(url)):
        raise WrongError("the Request has a method or url that is no str (POST and https://... are right)")
    headers = _headers(request.headers, "Request")
    if body is not None and not isinstance(body, bytes):
        raise WrongError(f"the Request has a body of the type {_type(body)} (bytes or None is right)")
    notes = request.notes
    if not _are_texts(notes):
        raise WrongError(f"the Request has notes={form(notes)} (a tuple of str is right)")
    content = None if body is None else _bytes(body)
    return Request(plain(method), plain(url), headers, content, tuple(map(plain, notes)))


def checked_response(given: object) -> Response:
    """The answer that a `send` brought. Raises WrongError, which says what would be right."""
    response = _of(Response, given, "is no answer (a Response is)")
    status, body = response.status, response.body
    if not (status is None or (isinstance(status, int) and 0 <= int.__index__(status) <= 999)):
        raise WrongError(f"the Response has the status {form(status)} (a number up to 999 or None is right)")
    headers = _headers(response.headers, "Response")
    if not isinstance(body, bytes):
        raise WrongError(f"the Response has a body of the type {_type(body)} (bytes is right)")
    notes = response.notes
    if not _are_texts(notes):
        raise WrongError(f"the Response has notes={form(notes)} (a tuple of str is right)")
    secrets = response.secrets
    if not _are_texts(secrets):
        raise WrongError("the Response has secrets that are no tuple of str")
    number = None if status is None else int.__index__(status)
    noted, hidden = tuple(map(plain, notes)), tuple(map(plain, secrets))
    return Response(number, headers, _bytes(body), response.truncated is True, noted, hidden)


def checked_outcome(given: object) -> Outcome:
    """What a `read` made of an answer. Raises WrongError, which says what would be right."""
    outcome = _of(Outcome, given, _NO_OUTCOME)
    fields = {name: getattr(outcome, name) for name in Outcome.__slots__}  # read once: it may be derived
    kind = fields.pop("kind")
    if not (_is_text(kind) and plain(kind) in _READ):
        raise WrongError(f"{form(given)} {_NO_OUTCOME}")
    for name, value in fields.items():
        is_right, right = _RIGHT[name]
        if not is_right(value):
            raise WrongError(f"the Outcome has {name}={form(value)} ({right} is right)")
    return Outcome(plain(kind), **{name: _plain(value) for name, value in fields.items()})  # type: ignore[arg-type]


_NO_OUTCOME = f"is no answer (an Outcome of kind {', '.join(_READ)} is)"
_BODIES = (bytes, type(None))
_STR = frozenset((str,))


def _of(kind: type[T], given: object, wrong: str) -> T:
    # Unlike isinstance it asks nothing of what was given.
    if not issubclass(type(given), kind):
        raise WrongError(f"{form(given)} {wrong}")
    return given  # type: ignore[return-value]


def _headers(headers: object, whose: str) -> tuple[tuple[str, str], ...]:
    """Headers as they are, or with each text as a str of its own."""
    if not (isinstance(headers, tuple) and all(map(_is_header, headers))):
        raise WrongError(f"the {whose} has headers that are no tuple of (name, value), each a str")
    return tuple((plain(name), plain(value)) for name, value in headers)


def _is_plain(request: Request) -> bool:
    """Whether a request is right, and all that is in it of Python's own types."""
    return (
        type(request.method) is str is type(request.url)
        and type(request.body) in _BODIES
        and type(request.headers) is tuple
        and all(map(_is_plain_header, request.headers))
        and type(request.notes) is tuple
        and _STR.issuperset(map(type, request.notes))
    )


def _is_plain_header(header: object) -> bool:
    return type(header) is tuple and len(header) == 2 and type(header[0]) is str is type(header[1])


def _is_header(header: object) -> bool:
    return type(header) is tuple and len(header) == 2 and _is_text(header[0]) and _is_text(header[1])


def _is_text(given: object) -> bool:
    return issubclass(type(given), str)


def _is_text_or_none(given: object) -> bool:
    return given is None or _is_text(given)


def _is_number(given: object) -> bool:
    return given is None or (isinstance(given, Decimal) and Decimal.is_finite(given))


def _are_texts(given: object) -> bool:
    return type(given) is tuple and all(map(_is_text, given))


def _is_capture(given: object) -> bool:
    known = type(given) in (dict, MappingProxyType)  # any other Mapping may have no end
    return known and isinstance(given, Mapping) and _are_texts((*given, *given.values()))


def _is_wait(given: object) -> bool:
    if isinstance(given, datetime):
        return given.utcoffset() is not None
    return given is None or (isinstance(given, int | float) and not math.isnan(given))


def _are_found(given: object) -> bool:
    return type(given) is tuple and all(
        type(one) is Found and _are_texts((one.key, one.place, one.text)) for one in given
    )


_TEXT_OR_NONE = (_is_text_or_none, "a str or None")
_RIGHT = {
    "reason": _TEXT_OR_NONE,
    "price": (_is_number, "a Decimal or None"),
    "reference": _TEXT_OR_NONE,
    "capture": (_is_capture, "a mapping of str to str"),
    "cookie": _TEXT_OR_NONE,
    "permanent": (lambda given: type(given) is bool, "a bool"),
    "retry_after": (_is_wait, "a number of seconds, a moment with its time zone, or None"),
    "rule": (_is_text, "a str"),
    "found": (_are_found, "a tuple of Found"),
    "notes": (_are_texts, "a tuple of str"),
}


def _plain(value: Any) -> Any:
    """A value, and what is in it, as Python's own types have it."""
    match value:
        case str():
            return plain(value)
        case int() if type(value) is not bool:
            return int.__index__(value)
        case float():
            return float.__float__(value)
        case Decimal() if type(value) is not Decimal:
            return Decimal(value)
        case datetime():
            return datetime.fromisoformat(datetime.isoformat(value.astimezone(UTC)))
        case tuple():
            return tuple(map(_plain, value))
        case dict() | MappingProxyType():
            return {plain(name): plain(text) for name, text in value.items()}
        case Found():
            return Found(plain(value.key), plain(value.place), plain(value.text))
    return value


def _bytes(body: bytes) -> bytes:
    return body if type(body) is bytes else bytes.__getitem__(body, slice(None))


def _type(value: object) -> str:
    return form(type(value)).removeprefix("<class '").removesuffix("'>")
