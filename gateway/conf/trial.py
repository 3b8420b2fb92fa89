"""An endpoint tried before any event: what its transport needs is made, and it is rendered with every key filled."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from gateway.auth import Signature
from gateway.checked import checked_request
from gateway.conf.document import Path, dotted
from gateway.conf.model import Route
from gateway.contained import form, is_interrupt
from gateway.documents import Load, digest, is_remote
from gateway.errors import GatewayError, Held, RenderError
from gateway.http.outgoing import sendable
from gateway.model import Event, Request
from gateway.rendering import check_content_type, shown
from gateway.templates import scope

Warn = Callable[[Path, str], None]
# A fault of an endpoint: the path below it, the sentence, and whether the key is meant.
Fault = tuple[Path, str, bool]


class Tried(NamedTuple):
    """What came of a trial: the route with what its transport needs, what is wrong with it, and what is doubtful."""

    route: Route
    faults: tuple[Fault, ...] = ()
    doubts: tuple[tuple[Path, str], ...] = ()


def prepared(route: Route, load: Load) -> Route:
    """A route whose transport has what it needs, tried on its shape. Raises Held with what is wrong."""
    found = tried(route, load)
    if found.faults:
        raise Held(in_words(found.faults))
    return found.route


def tried(route: Route, load: Load) -> Tried:
    """Make what an endpoint's transport needs, and render it with every key filled. Raises Held."""
    if route.transport.prepare is None:
        return _rendered(route)
    fetched: dict[str, str] = {}

    def noted(url: str) -> bytes:
        content = load(url)
        if is_remote(url):
            fetched[url] = digest(content)
        return content

    try:
        made = route.transport.prepare(route.endpoint, noted)
    except Held:
        raise
    except (GatewayError, ValueError) as error:
        return Tried(route, ((_key(error) or ("url",), str(error), False),))
    except BaseException as error:  # a plugin's own mistake must name the plugin, not end the load
        if is_interrupt(error):
            raise
        text = f"`prepare` of {route.transport.name} failed: {form(error)}"
        return Tried(route, ((("transport",), text, False),))
    ready = replace(route, endpoint=replace(route.endpoint, prepared=made), held=None, fetched=fetched)
    return _rendered(ready)


def try_samples(route: Route, samples: Iterable[Event], warn: Warn) -> None:
    """Render the sample events that an endpoint would get, warning of what they cannot be."""
    for sample in samples:
        variables = scope(sample, route.endpoint.source_name, sample.received_at, "0" * 32)
        try:
            shown(route.transport.render, route.endpoint, route.mapper.map(variables), sample.id)
        except RenderError as error:
            warn(
                (route.endpoint.type, *_key(error)),
                f"the sample event {sample.id} cannot be rendered: {error}",
            )
        except BaseException as error:  # a plugin's own mistake must name the plugin, not end the load
            if is_interrupt(error):
                raise
            said = form(error)
            text = f"`render` of {route.transport.name} failed on the sample event {sample.id}: {said}"
            warn((route.endpoint.type, "transport"), text)


_UNSIGNED = (
    "the request has no body: id and moment are signed, and nothing of the address (ask for a key instead)"
)


def _rendered(route: Route) -> Tried:
    """What is wrong with an endpoint's values, or doubtful, whatever the event: no event can mend it."""
    shape = route.mapper.shape()
    try:
        request = checked_request(route.transport.render(shape, route.endpoint))
    except RenderError as error:
        return Tried(route, ((_key(error), str(error), True),))
    except BaseException as error:  # a plugin's own mistake must name the plugin, not end the load
        if is_interrupt(error):
            raise
        text = f"`render` of {route.transport.name} failed on a trial: {form(error)}"
        return Tried(route, ((("transport",), text, False),))
    unsendable = _unsendable(request.url) if route.transport.over_http else None
    if unsendable is not None:
        return Tried(route, ((("url",), unsendable, False),))
    try:
        check_content_type(route.transport.name, request, shape.headers)
    except RenderError as error:
        return Tried(route, ((_key(error), str(error), False),))
    return Tried(route, doubts=tuple(_doubts(route, request)))


def _doubts(route: Route, request: Request) -> Iterator[tuple[Path, str]]:
    """What is noted of conf keys, and of a signature over nothing."""
    if isinstance(route.endpoint.auth, Signature) and request.body is None:
        yield ("auth", "signature"), _UNSIGNED
    mappings = ("mapping", *getattr(route.endpoint.settings, "mapped", ()))
    for key, _, text in (note.partition(": ") for note in request.notes):
        path = key.split(".", 1)
        if text and path[0] in mappings:
            yield tuple(path), text


def _unsendable(url: str) -> str | None:
    """Why a request could not be sent to that address."""
    if "://" not in url:
        return f"the url has no scheme (write https://{url.lstrip('/')})"
    try:
        sendable(url)
    except RenderError as error:
        return str(error)
    return None


def _key(error: Exception) -> Path:
    """The path below the endpoint that an error names: `mapping` and the like, and the one key below it."""
    return tuple(part for part in str(getattr(error, "key", "")).split(".", 1) if part)


def in_words(faults: Iterable[Fault]) -> str:
    """Faults as one sentence."""
    return "; ".join(f"{dotted(inner)}: {text}" if inner else text for inner, text, _ in faults)
