"""Values and secrets to two requests: the one for the wire, and the one that may be shown and stored."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from gateway import __version__
from gateway.checked import checked_request
from gateway.errors import RenderError
from gateway.model import MASK, Endpoint, Request, Sample, Secret, Tree, Values

ACCEPT = "application/json;q=0.9,text/xml;q=0.8,application/xml;q=0.7,text/html;q=0.6,text/plain;q=0.5"
USER_AGENT = f"feedback-gateway/{__version__}"
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)

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
    if endpoint.auth is None and not _holds_secret(values):
        wire = _dressed(with_(values, endpoint), values, endpoint, key)
        return Rendered(wire, wire)
    if not _holds_secret(values) and not _writes_auth(endpoint):
        wire = _dressed(with_(values, _masked(endpoint)), values, endpoint, key)
        return Rendered(wire, _with_masked_auth(wire, endpoint))
    revealed = _with(values, lambda secret: _revealed_secret(secret, secrets))
    wire = replace(_dressed(with_(revealed, endpoint), revealed, endpoint, key), secret=True)
    return Rendered(wire, shown(with_, endpoint, values, key))


def shown(with_: Render, endpoint: Endpoint, values: Values, key: str) -> Request:
    """The request as it may be shown: no secret is needed, and none stands in it. Raises RenderError."""
    masked = _with(values, lambda _: MASK) if _holds_secret(values) else values
    return _with_masked_auth(_dressed(with_(masked, _masked(endpoint)), masked, endpoint, key), endpoint)


def _holds_secret(values: Values) -> bool:
    return (
        _has_secret(values.tree)
        or any(map(_has_secret, values.extras.values()))
        or any(isinstance(value, Secret) for _, value in values.headers)
    )


def _has_secret(tree: Tree) -> bool:
    kind = type(tree)
    if kind is str:  # as most leaves are
        return False
    if issubclass(kind, dict):
        return any(map(_has_secret, tree.values()))
    return any(map(_has_secret, tree)) if issubclass(kind, list) else issubclass(kind, Secret)


def _revealed_secret(secret: Secret, secrets: Mapping[Secret, str]) -> str:
    if secret not in secrets:
        raise RenderError(
            f"the secret {{{secret.kind}: {secret.name}}} is not in the conf any more (a fresh replay maps anew)"
        )
    return secrets[secret]


def _with(values: Values, reveal: Reveal) -> Values:
    headers = tuple((name, reveal(v) if isinstance(v, Secret) else v) for name, v in values.headers)
    extras = {key: _revealed(tree, reveal) for key, tree in values.extras.items()}
    return replace(values, headers=headers, tree=_revealed(values.tree, reveal), extras=extras)


def _revealed(tree: Tree, reveal: Reveal) -> Any:
    if isinstance(tree, Secret):
        return reveal(tree)
    if isinstance(tree, dict):
        return {key: _revealed(child, reveal) for key, child in tree.items()}
    if isinstance(tree, list):
        return [_revealed(child, reveal) for child in tree]
    return tree


def check_content_type(transport: str, request: Request, headers: Iterable[tuple[str, str | Secret]]) -> None:
    """A mapped Content-Type stays in the family of the transport's own, or a source would parse another format.

    Raises RenderError naming the header.
    """
    own = next((value for name, value in request.headers if name.lower() == "content-type"), None)
    for name, value in headers:
        if own is None or name.lower() != "content-type" or isinstance(value, Sample):
            continue
        if _family(str(value)) != _family(own):
            text = f"{value} is not what {transport} sends (stay with {own})"
            raise RenderError(text, f"headers.{name}")
        charset = _CHARSET.search(str(value))
        if charset is not None and charset[1].lower() not in ("utf-8", "utf8"):
            raise RenderError(
                f"the text is sent as UTF-8, not {charset[1]} (stay with {own})", f"headers.{name}"
            )


def _family(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    return next((family for family in ("json", "xml", "form-urlencoded") if family in kind), kind)


def _dressed(request: Request, values: Values, endpoint: Endpoint, key: str) -> Request:
    """The transport's request with the mapped headers over its own, and the default ones under both."""
    request = checked_request(request)
    headers = request.headers
    if values.headers:
        check_content_type(endpoint.transport, request, values.headers)
        mapped = {name.lower() for name, _ in values.headers}
        kept = [header for header in headers if header[0].lower() not in mapped]
        headers = (*kept, *[(name, str(value)) for name, value in values.headers])
    names = tuple([name for name, _ in headers])
    headers += _defaults_beside(names)
    if endpoint.idempotency_header and not _stands(endpoint.idempotency_header, names):
        headers += ((endpoint.idempotency_header, key),)
    if endpoint.auth is not None:
        stamps = endpoint.auth.stamps(key, values.now)
        headers += tuple([(name, value) for name, value in stamps if not _stands(name, names)])
    return Request(request.method, request.url, headers, request.body, request.notes, request.secret)


@lru_cache(maxsize=256)
def _defaults_beside(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The default headers, but for those that stand there already."""
    defaults = (("Accept", ACCEPT), ("User-Agent", USER_AGENT))
    return tuple((name, value) for name, value in defaults if not _stands(name, names))


@lru_cache(maxsize=1024)
def _stands(name: str, names: tuple[str, ...]) -> bool:
    """Whether a header is among these names, whatever their case."""
    return name.lower() in {other.lower() for other in names}


def _with_masked_auth(shown: Request, endpoint: Endpoint) -> Request:
    return shown if endpoint.auth is None else endpoint.auth.masked().on(shown)


def _writes_auth(endpoint: Endpoint) -> bool:
    return endpoint.auth is not None and getattr(endpoint.settings, "writes_auth", False)


def _masked(endpoint: Endpoint) -> Endpoint:
    """The endpoint as `render` gets it for what may be shown: its auth has `***` for every secret."""
    return endpoint if endpoint.auth is None else replace(endpoint, auth=endpoint.auth.masked())
