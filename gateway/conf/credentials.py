"""The `auth:` and `tls:` of one endpoint, with their secrets in them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from gateway.auth import ApiKey, Auth, Basic, Bearer, OAuth2, Signature, SigningKey, Wss
from gateway.conf.authentication import (
    ApiKeyAuth,
    AuthSettings,
    BasicAuth,
    OAuth2Auth,
    SignatureAuth,
    TlsSettings,
    WssAuth,
)
from gateway.conf.document import Path
from gateway.http.certificates import ends
from gateway.http.tls import Tls, TlsError
from gateway.model import MASK, Secret

# A secret's text; what is wrong with it was told under its path.
Reveal = Callable[[Secret, Path], str]
# Told what is wrong, or doubtful, with its path.
Say = Callable[[Path, str], None]
SOON = timedelta(days=14)


def credentials(settings: AuthSettings, reveal: Reveal, tell: Say) -> Auth | None:
    """What the settings name; None where a fault was told. reveal: asked for each secret, with its place."""
    if settings.basic is not None:
        return Basic(*_login(settings.basic, reveal, ("auth", "basic")))
    if settings.wss is not None:
        shown = MASK if isinstance(settings.wss.username, Secret) else settings.wss.username
        return Wss(*_login(settings.wss, reveal, ("auth", "wss")), settings.wss.digest, shown)
    if settings.bearer is not None:
        return Bearer(reveal(settings.bearer, ("auth", "bearer")))
    if settings.api_key is not None:
        return _api_key(settings.api_key, reveal)
    if settings.signature is not None:
        return _signature(settings.signature, reveal, tell)
    if settings.oauth2 is not None:
        return _oauth2(settings.oauth2, reveal)
    raise ValueError("settings that name no way to authenticate are refused before")


def tls(settings: TlsSettings, reveal: Reveal, reveal_public: Reveal, tell: Say, warn: Say) -> Tls | None:
    """The TLS that the settings describe; None where a fault was told. reveal_public: for what is no secret."""
    certificate = key = ca = None
    if settings.certificate is not None:  # where no key stands beside it, it is in there
        open_or_not = reveal if settings.key is None else reveal_public
        certificate = open_or_not(settings.certificate, ("tls", "certificate"))
    if settings.key is not None:
        key = reveal(settings.key, ("tls", "key"))
    if settings.ca is not None:
        ca = reveal_public(settings.ca, ("tls", "ca"))
    if "" in (certificate, key, ca):
        return None
    for part, pem in (("certificate", certificate), ("ca", ca)):
        for doubt in _ending(pem or ""):
            warn(("tls", part), doubt)
    if settings.insecure_skip_verify:
        warn(("tls", "insecure_skip_verify"), _UNCHECKED)
    try:
        return Tls.of(certificate, key, ca, check=not settings.insecure_skip_verify)
    except TlsError as error:
        tell(("tls", error.part), str(error))
        return None


_UNCHECKED = (
    "any certificate is believed: others can read and change what is sent (name the source's under ca)"
)


def _ending(pem: str) -> Iterator[str]:
    now = datetime.now(UTC)
    for end in ends(pem):
        if end < now:
            yield f"a certificate ended on {end:%Y-%m-%d} (ask for a new one)"
        elif end < now + SOON:
            yield f"a certificate ends on {end:%Y-%m-%d} (ask for a new one)"


def _login(login: BasicAuth | WssAuth, reveal: Reveal, path: Path) -> tuple[str, str]:
    """A user name and its password."""
    return _text(login.username, reveal, (*path, "username")), reveal(login.password, (*path, "password"))


def _text(written: Secret | str, reveal: Reveal, path: Path) -> str:
    return reveal(written, path) if isinstance(written, Secret) else written


def _api_key(settings: ApiKeyAuth, reveal: Reveal) -> ApiKey:
    key = reveal(settings.key, ("auth", "api_key", "key"))
    return ApiKey(settings.header or settings.query or "", key, settings.query is not None)


def _signature(settings: SignatureAuth, reveal: Reveal, tell: Say) -> Signature | None:
    keys = []
    for index, named in enumerate(settings.keys):
        path = ("auth", "signature", "keys", index)
        text = reveal(named, path)
        try:
            keys += [SigningKey.parse(text)] if text else []
        except ValueError as error:
            tell(path, str(error))
    return Signature(tuple(keys)) if len(keys) == len(settings.keys) else None


def _oauth2(settings: OAuth2Auth, reveal: Reveal) -> OAuth2:
    path = ("auth", "oauth2")
    audience = () if settings.audience is None else (("audience", settings.audience),)
    return OAuth2(
        settings.token_url,
        _text(settings.client_id, reveal, (*path, "client_id")),
        reveal(settings.client_secret, (*path, "client_secret")),
        settings.scope,
        (*audience, *settings.parameters.items()),
        in_body=settings.client_authentication == "post",
    )
