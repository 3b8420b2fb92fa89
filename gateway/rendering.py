"""Values and secrets to two requests: the one for the wire, and the one that may be shown and stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway import __version__
from gateway.errors import RenderError
from gateway.model import MASK, Endpoint, Request, Secret, Tree, Values

ACCEPT = "application/json;q=0.9,text/xml;q=0.8,application/xml;q=0.7,text/html;q=0.6,text/plain;q=0.5"
USER_AGENT = f"feedback-gateway/{__version__}"

Render = Callable[[Values, Endpoint], Request]
Reveal = Callable[[Secret], str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One request twice: wire goes out (the session adds `auth` to it), shown has `***` for every secret."""

    wire: Request
    shown: Request


def render(
    with_: Render, endpoint: Endpoint, values: Values, secrets: Mapping[Secret, str], key: str
) -> Rendered:
    """Render values through a transport's `render`. key: the idempotency key. Raises RenderError."""
    if not _holds_secret(values):
        wire = _dressed(with_(values, endpoint), values, endpoint, key)
        return Rendered(wire, _with_masked_auth(wire, endpoint))
    revealed = _with(values, lambda secret: _revealed_secret(secret, secrets))
    wire = _dressed(with_(revealed, endpoint), revealed, endpoint, key)
    return Rendered(wire, shown(with_, endpoint, values, key))


def shown(with_: Render, endpoint: Endpoint, values: Values, key: str) -> Request:
    """The request as it may be shown: no secret is needed, and none stands in it. Raises RenderError."""
    masked = _with(values, lambda _: MASK) if _holds_secret(values) else values
    return _with_masked_auth(_dressed(with_(masked, endpoint), masked, endpoint, key), endpoint)


def _holds_secret(values: Values) -> bool:
    return _has_secret(values.tree) or any(isinstance(value, Secret) for _, value in values.headers)


def _has_secret(tree: Tree) -> bool:
    if isinstance(tree, dict):
        return any(_has_secret(child) for child in tree.values())
    if isinstance(tree, list):
        return any(_has_secret(child) for child in tree)
    return isinstance(tree, Secret)


def _revealed_secret(secret: Secret, secrets: Mapping[Secret, str]) -> str:
    if secret not in secrets:
        raise RenderError(
            f"the secret {{{secret.kind}: {secret.name}}} is not in the conf any more (a fresh replay maps anew)"
        )
    return secrets[secret]


def _with(values: Values, reveal: Reveal) -> Values:
    headers = tuple((name, reveal(v) if isinstance(v, Secret) else v) for name, v in values.headers)
    return replace(values, headers=headers, tree=_revealed(values.tree, reveal))


def _revealed(tree: Tree, reveal: Reveal) -> Any:
    if isinstance(tree, Secret):
        return reveal(tree)
    if isinstance(tree, dict):
        return {key: _revealed(child, reveal) for key, child in tree.items()}
    if isinstance(tree, list):
        return [_revealed(child, reveal) for child in tree]
    return tree


def _dressed(request: Request, values: Values, endpoint: Endpoint, key: str) -> Request:
    """The transport's request with the mapped headers over its own, and the default ones under both."""
    mapped = {name.lower() for name, _ in values.headers}
    headers = [header for header in request.headers if header[0].lower() not in mapped]
    headers += [(name, str(value)) for name, value in values.headers]
    there = {name.lower() for name, _ in headers}
    defaults = (("Accept", ACCEPT), ("User-Agent", USER_AGENT), (endpoint.idempotency_header, key))
    headers += [(name, value) for name, value in defaults if name and name.lower() not in there]
    return replace(request, headers=tuple(headers))


def _with_masked_auth(shown: Request, endpoint: Endpoint) -> Request:
    if endpoint.auth is None or any(name.lower() == "authorization" for name, _ in shown.headers):
        return shown
    return replace(shown, headers=(*shown.headers, *endpoint.auth.masked()))
