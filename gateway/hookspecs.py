"""The whole plugin contract, one function per hook.

A plugin is a module, or an object, named by an entry point in the group `feedback_gateway`; the entry point's name is
the plugin's name and the word in the conf. A transport implements `render`, a criterion implements `veto`, an observer
`attempted` or `alerted`. Every hook is sync or async as written here; a plugin of the other colour is refused. An
implementation may take fewer arguments than stand here, under the same names.
"""
# mypy: disable-error-code="empty-body"
# A specification has no body: its types are those that an implementation must have.

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pluggy

from gateway.description import Description
from gateway.model import (
    Alert,
    Attempt,
    Endpoint,
    Event,
    Finding,
    Outcome,
    Request,
    Response,
    Values,
    Verdict,
    View,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gateway.http import Session

PROJECT = "feedback_gateway"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def settings() -> "type[BaseModel]":
    """This plugin's own conf keys, as a pydantic model; `check`, the JSON Schema and the docs come from it.

    A transport's keys stand beside `transport:`, a criterion's under its name. Derive from `gateway.Settings`.
    """


@hookspec(firstresult=True)
def prepare(endpoint: Endpoint, load: Callable[[str], bytes]) -> Any:
    """What a transport must fetch or compile before it can render; kept as `endpoint.prepared`.

    Runs in a thread. `load(url)` reads a file beside the conf or fetches through the guarded session. What it raises
    for a local file is a conf problem; for one that needs the network the endpoint is held and asked again later.
    """


@hookspec(firstresult=True)
def describe(address: str, load: Callable[[str], bytes], settings: Any) -> Description | None:
    """A transport: what the document at an address, such as a WSDL, offers to a person who writes the conf.

    None where it is no document of this transport's. Runs in a thread, for the command `describe` alone. `load` as for
    `prepare`; settings: those of an endpoint, where only what it calls is asked for, else None. Raises ValueError where
    the document is wrong.
    """


@hookspec(firstresult=True)
def render(values: Values, endpoint: Endpoint) -> Request:
    """A transport: encode the values as a request. Pure: no I/O, no clock, no randomness.

    `Content-Type` and the protocol's own headers only; mapped and default headers are added by the gateway.
    Raises RenderError where a value has no place in the format.
    """


@hookspec(firstresult=True)
async def send(request: Request, endpoint: Endpoint, session: "Session") -> Response:
    """Send the request and bring the answer; by default over HTTP through the guarded session.

    Raises SendError where no answer came, AddressRefused where the guard said no.
    """


@hookspec(firstresult=True)
def read(response: Response, endpoint: Endpoint) -> Outcome | None:
    """Say what an answer means, or None to let the response rules of the conf decide, as they do by default. Pure."""


@hookspec(firstresult=True)
async def veto(event: Event, endpoint: Endpoint, view: View) -> Verdict:
    """A criterion: may this event go to this endpoint now? Asked before every attempt; takes nothing."""


@hookspec(firstresult=True)
async def explain(event: Event, endpoint: Endpoint, view: View) -> Finding | None:
    """A criterion: how it came to what `veto` says, part by part, for a person who asks why. Takes nothing.

    None, or no such hook: what it votes is all there is to tell.
    """


@hookspec
def attempted(attempt: Attempt) -> None:
    """An observer: an attempt was made and recorded. Must not block; its failures change nothing."""


@hookspec
def alerted(alert: Alert) -> None:
    """An observer: something a person must know. Must not block; its failures change nothing."""
