"""What the OpenAPI document says of a route, written beside its handler: `@described(...)`.

The handler's docstring is the operation's text, its path and method are those of the application, its roles those of
`gateway.web.roles`. What is said here is how it is asked and what it answers; problems that any request of its kind can
meet (`EVERYWHERE`, `WITH_BODY`, `THAT_WRITES`) need no word.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from aiohttp import web
from pydantic import BaseModel

from gateway.web.openapi.shapes import Problem

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Schema: TypeAlias = dict[str, Any]

# When a status is answered. docs/http.md has the same table.
PROBLEMS: Mapping[int, str] = {
    400: "the body is not JSON or not UTF-8, a parameter is wrong, or nothing of a conf could be taken",
    401: "a token is asked for, is unknown, or what is posted is not signed as it must be",
    403: "a page in a browser asks, or the token lacks the role, or is for other sources",
    404: "there is no such event, endpoint or path",
    405: "the path knows other methods",
    408: "the body took longer than `limits.read`",
    409: "the id is taken by other content, or the event cannot be sent again now",
    413: "larger than `limits.body`, `limits.event` or `limits.events`",
    415: "the body has another Content-Type or charset, or is compressed",
    421: "the Host is not served here",
    422: "the event, or the replay, has wrong fields",
    429: "the token's `rate` is used up; ask again after `Retry-After` seconds",
    500: "a fault in the gateway; its log says more",
    503: "nothing was stored; post again after `Retry-After` seconds",
    507: "the disk is full, nothing was stored; post again after `Retry-After` seconds",
}
EVERYWHERE = (400, 401, 403, 415, 421, 429, 500, 503)
WITH_BODY = (408, 413, 422)
THAT_WRITES = (507,)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path or a header. what: a sentence."""

    name: str
    within: Literal["path", "header"]
    what: str
    schema: Schema
    example: Any = None


class Answer:
    """What a status says, and the document, or each that it may be; without any it is plain text."""

    __slots__ = ("kind", "shapes", "what")

    def __init__(self, what: str, *shapes: type[BaseModel]) -> None:
        self.what = what
        self.shapes = shapes
        self.kind = "application/json" if shapes else "text/plain"


@dataclass(frozen=True, slots=True)
class Example:
    """A body that may be posted as it stands to a daemon on the example conf, and the status that it gets."""

    value: Any
    status: int
    kind: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """How a route is asked, and what it answers.

    body: what may be posted, by content type: a model, or a schema; problems: its own ones, with what they tell
    besides; query: the model of its parameters.
    """

    tag: Literal["events", "operators", "monitors"]
    answers: Mapping[int, Answer]
    problems: Mapping[int, type[Problem]] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    query: type[BaseModel] | None = None
    body: Mapping[str, type[BaseModel] | Schema] = field(default_factory=dict)
    needs_body: bool = False
    examples: Mapping[str, Example] = field(default_factory=dict)


EVENT_ID = Parameter("id", "path", "The event's id.", {"type": "string"}, "5bb3-return")
ENDPOINT_ID = Parameter(
    "id",
    "path",
    "`SOURCE/TYPE` or `SOURCE@FLOW/TYPE`, its slash as it is or as %2F.",
    {"type": "string"},
    "acme/return",
)
# What a post carries beside a token that has a `signature` (standardwebhooks.com).
SIGNATURE = (
    Parameter("webhook-id", "header", "Names what is posted, for its signature.", {"type": "string"}),
    Parameter(
        "webhook-timestamp", "header", "When it was signed, in seconds since 1970.", {"type": "string"}
    ),
    Parameter("webhook-signature", "header", "`v1,` and the HMAC of ID.TIMESTAMP.BODY.", {"type": "string"}),
)

_OPERATIONS: dict[Handler, Operation] = {}
OPERATIONS: Mapping[Handler, Operation] = MappingProxyType(_OPERATIONS)


def described(operation: Operation) -> Callable[[Handler], Handler]:
    """Say how a handler is asked and what it answers."""

    def decorate(handler: Handler) -> Handler:
        _OPERATIONS[handler] = operation
        return handler

    return decorate
