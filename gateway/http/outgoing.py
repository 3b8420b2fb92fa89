"""What may be put on the wire, and where a redirect leads. Pure."""

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urljoin

from yarl import URL

from gateway.addresses import literal
from gateway.errors import RedirectRefused, RenderError
from gateway.model import Request, Response

_URL = re.compile(r"(?i:https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::([0-9]{1,5}))?(?:[/?#][!-~]*)?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ACCEPT_ENCODING = ("Accept-Encoding", "gzip, deflate")
_AUTOMATIC = ("accept", "content-type", "user-agent")
# Whatever else a request carries may be a secret, and stays with the scheme, host and port it was meant for.
_HARMLESS = frozenset(
    ("accept", "accept-encoding", "content-type", "idempotency-key", "soapaction", "user-agent")
)


def sendable(text: str) -> URL:
    """The URL whose bytes go out as they are written; raises RenderError where they cannot."""
    return _checked(text) if "?" in text else _known(text)


def _checked(text: str) -> URL:
    found = _URL.fullmatch(text)
    if not found or not 1 <= int(found[2] or 80) <= 65535:
        raise RenderError(
            "the url cannot be sent (it takes http or https, a host without a user name, a port of 1 to "
            "65535 and visible ASCII only)",
            "url",
        )
    host = found[1]
    if host[0] == "[" or host[0].isdigit():
        _check_literal(host)
    return URL(text, encoded=True)


# An address without a query string is most often the same for every event.
_known = lru_cache(maxsize=1024)(_checked)


@lru_cache(maxsize=4096)
def _check_literal(host: str) -> None:
    meant = literal(host)
    if host[0] == "[" and (meant is None or meant.version == 4):
        raise RenderError(f"the url's host {host} is not an IPv6 address (such as [2001:db8::1])", "url")
    if meant is not None and meant.version == 4 and str(meant) != host:
        raise RenderError(f"the url's host {host} is an address in an odd notation (write {meant})", "url")


def sendable_headers(headers: tuple[tuple[str, str], ...]) -> tuple[list[tuple[str, str]], list[str]]:
    """The headers to send, and the names of those that aiohttp would add by itself and must not.

    Raises RenderError, which names the header but never its value, where one cannot be sent.
    """
    sent: list[tuple[str, str]] = []
    spelled: dict[str, str] = {}
    for name, value in headers:
        # One spelling per name: under two, aiohttp would keep only the last.
        sent.append((spelled.setdefault(_field_name(name), name), value))
        if not value.isascii():
            raise RenderError(f"the header {name} holds more than ASCII", f"headers.{name}")
        if not value.isprintable() and _CONTROL.search(value):
            raise RenderError(f"the header {name} holds a control character", f"headers.{name}")
    if "accept-encoding" not in spelled:
        sent.append(_ACCEPT_ENCODING)
    return sent, [name for name in _AUTOMATIC if name not in spelled]


@lru_cache(maxsize=4096)
def _field_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise RenderError(f"{name!r} is not a header name (letters, digits and hyphens)", "headers")
    return name.lower()


def redirected(request: Request, response: Response, *, bound: bool = False) -> Request | None:
    """The request that a redirect asks for; None where it asks for none, or for one that is not followed.

    GET only leads to GET; other methods are repeated, with their body, on 307 and 308 only. To another
    scheme, host or port only the headers go along that cannot hold a secret. bound: whether the connection itself
    proves who we are, or whom we trust.
    Raises RedirectRefused where it leads from TLS to plain HTTP, or to another origin with a secret in the request.
    """
    repeats = response.status in (307, 308)
    if not repeats and not (request.method == "GET" and response.status in (301, 302, 303)):
        return None
    location = response.header("Location")
    if not location:
        return None
    try:
        target = urljoin(request.url, location)
        here, there = sendable(request.url), sendable(target)
    except (ValueError, RenderError):
        return None
    if _origin(here) == _origin(there):
        return replace(request, url=target)
    if (here.scheme, there.scheme) == ("https", "http"):
        raise _refused(here, there, "which is without TLS (ask the source for an https address)")
    if request.secret or bound:
        raise _refused(
            here, there, "and the request holds a secret that is not meant for it (write that url)"
        )
    kept = tuple(pair for pair in request.headers if pair[0].lower() in _HARMLESS)
    return replace(request, url=target, headers=kept)


def followed(response: Response, onward: Request) -> str:
    """The note on a redirect that was followed: an address may hold what is nobody's business."""
    target = sendable(onward.url)
    return f"it was sent on by status {response.status} to {target.scheme}://{target.raw_authority}"


def _refused(here: URL, there: URL, why: str) -> RedirectRefused:
    return RedirectRefused(f"{here.raw_authority} redirects to {there.scheme}://{there.raw_authority}, {why}")


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.raw_host or "").lower(), url.port
