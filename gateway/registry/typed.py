"""The hooks of one plugin, each a typed function of positional arguments."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel

from gateway.description import Description
from gateway.model import Endpoint, Event, Finding, Outcome, Request, Response, Values, Verdict, View

Prepare: TypeAlias = Callable[[Endpoint, Callable[[str], bytes]], Any]
Describe: TypeAlias = Callable[[str, Callable[[str], bytes], Any], Description | None]
Render: TypeAlias = Callable[[Values, Endpoint], Request]
Send: TypeAlias = Callable[[Request, Endpoint, Any], Coroutine[Any, Any, Response]]
Read: TypeAlias = Callable[[Response, Endpoint], Outcome]
Ask: TypeAlias = Callable[[Event, Endpoint, View], Coroutine[Any, Any, Verdict]]
Explain: TypeAlias = Callable[[Event, Endpoint, View], Coroutine[Any, Any, Finding | None]]


@dataclass(frozen=True, slots=True)
class Transport:
    """A transport plugin's hooks; prepare and describe are None where it has none.

    over_http: its requests go out by the core's own `send`.
    """

    name: str
    settings: type[BaseModel]
    prepare: Prepare | None
    render: Render
    send: Send
    read: Read
    over_http: bool = True
    describe: Describe | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion plugin's hooks; explain is None where its vote is all there is to tell."""

    name: str
    settings: type[BaseModel]
    veto: Ask
    explain: Explain | None = None
