"""An endpoint tried before any event: what its transport needs is made, and it is rendered with every key filled."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from gateway.conf.document import Path, dotted
from gateway.conf.model import Route
from gateway.documents import Load, digest, is_remote
from gateway.errors import GatewayError, Held, RenderError
from gateway.http.outgoing import sendable
from gateway.model import Event
from gateway.rendering import check_content_type, shown
from gateway.templates import scope

Warn = Callable[[Path, str], None]
# A fault of an endpoint: the path below it, the sentence, and whether the key is meant.
Fault = tuple[Path, str, bool]


def prepared(route: Route, load: Load) -> Route:
    """A route whose transport has what it needs, tried on its shape. Raises Held with what is wrong."""
    ready, faults = tried(route, load)
    if faults:
        raise Held(in_words(faults))
    return ready


def tried(route: Route, load: Load) -> tuple[Route, list[Fault]]:
    """The route with what its transport needs, and what is wrong with it. Raises Held."""
    if route.transport.prepare is None:
        return route, _shape_faults(route)
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
        return route, [(_key(error) or ("url",), str(error), False)]
    except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's own mistake must name the plugin, not end the load
        return route, [(("transport",), f"`prepare` of {route.transport.name} failed: {error!r}", False)]
    ready = replace(route, endpoint=replace(route.endpoint, prepared=made), held=None, fetched=fetched)
    return ready, _shape_faults(ready)


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
        except Exception as error:  # noqa: BLE001  a plugin's own mistake must name the plugin, not end the load
            text = f"`render` of {route.transport.name} failed on the sample event {sample.id}: {error!r}"
            warn((route.endpoint.type, "transport"), text)


def doubt_notes(route: Route, warn: Warn) -> None:
    """Warn of what the transport notes of a conf key although every key is filled: no event can mend that."""
    try:
        request = route.transport.render(route.mapper.shape(), route.endpoint)
    except Exception:  # noqa: BLE001  told as a fault before
        return
    mappings = ("mapping", *getattr(route.endpoint.settings, "mapped", ()))
    for key, _, text in (note.partition(": ") for note in request.notes):
        path = key.split(".", 1)
        if text and path[0] in mappings:
            warn((route.endpoint.type, *path), text)


def _shape_faults(route: Route) -> list[Fault]:
    """What is wrong with an endpoint's values whatever the event: they are rendered with every key filled."""
    shape = route.mapper.shape()
    try:
        request = route.transport.render(shape, route.endpoint)
    except RenderError as error:
        return [(_key(error), str(error), True)]
    except Exception as error:  # noqa: BLE001  a plugin's own mistake must name the plugin, not end the load
        return [(("transport",), f"`render` of {route.transport.name} failed on a trial: {error!r}", False)]
    unsendable = _unsendable(request.url) if route.transport.over_http else None
    if unsendable is not None:
        return [(("url",), unsendable, False)]
    try:
        check_content_type(route.transport.name, request, shape.headers)
    except RenderError as error:
        return [(_key(error), str(error), False)]
    return []


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


def in_words(faults: list[Fault]) -> str:
    """Faults as one sentence."""
    return "; ".join(f"{dotted(inner)}: {text}" if inner else text for inner, text, _ in faults)
