"""The models of the conf keys that say who we are to a source, and how TLS proves it: `auth` and `tls`."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.conf.references import SecretRef, SecretRefs, TextOrSecret
from gateway.errors import RenderError
from gateway.http.outgoing import sendable
from gateway.settings import Settings

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TAKEN = (
    "accept",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    "user-agent",
)
_OWN_FIELDS = ("grant_type", "scope", "audience", "client_id", "client_secret")


def _keys_only(value: Any) -> Any:
    """Refuse text without repeating it: it may be a secret."""
    if isinstance(value, dict):
        return value
    raise ValueError(
        "credentials are keys (write basic: {username: NAME, password: {file: NAME}} or bearer: {file: NAME})"
    )


def _header_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no header name (write letters, digits and hyphens)")
    if text.lower() in _TAKEN:
        raise ValueError(f"the header {text} has another use (write the one that the source names)")
    return text


def _token_url(text: str) -> str:
    if not text.isascii() or "{{" in text:
        raise ValueError("the token_url is not an address as it goes out (write https://..., in ASCII)")
    try:
        sendable(text)
    except RenderError as error:
        raise ValueError(str(error).replace("url", "token_url", 1)) from None
    return text


def _own_parameters(given: dict[str, str]) -> dict[str, str]:
    for name in _OWN_FIELDS & given.keys():
        raise ValueError(f"{name} is no further parameter (it has a key of its own, or is sent anyway)")
    return given


class _Credentials(Settings):
    """Base of what is never written as text: it could be the secret itself."""

    _never_text = model_validator(mode="before")(_keys_only)


class BasicAuth(_Credentials):
    """HTTP basic authentication (RFC 7617), UTF-8."""

    username: TextOrSecret
    """The user's name."""
    password: SecretRef
    """The password, by reference."""


class WssAuth(_Credentials):
    """A UsernameToken in the header of a SOAP envelope (WS-Security, UsernameToken Profile 1.0)."""

    username: TextOrSecret
    """The user's name."""
    password: SecretRef
    """The password, by reference."""
    digest: bool = False
    """Send a digest of the password, its nonce and its time, in place of the password itself."""


class ApiKeyAuth(_Credentials):
    """A key in a header, or in a parameter of the query."""

    header: Annotated[str, AfterValidator(_header_name)] | None = None
    """The header that carries the key, such as `X-Api-Key`."""
    query: Annotated[str, Field(min_length=1)] | None = None
    """The parameter that carries it, where the source takes it in no header: logs on the way often keep addresses."""
    key: SecretRef
    """The key, by reference."""

    @model_validator(mode="after")
    def _one_place(self) -> "ApiKeyAuth":
        if (self.header is None) == (self.query is None):
            what = "no place" if self.header is None else "two places"
            raise ValueError(f"the key has {what} (write header: NAME or query: NAME)")
        return self


class SignatureAuth(_Credentials):
    """Every request is signed, as Standard Webhooks has it."""

    keys: Annotated[SecretRefs, Field(max_length=4)]
    """Signing keys, by reference: `whsec_` (HMAC-SHA256) or `whsk_` (ed25519); while one is changed, both."""


class OAuth2Auth(_Credentials):
    """An access token that is fetched with client credentials (RFC 6749, section 4.4)."""

    token_url: Annotated[str, AfterValidator(_token_url)]
    """Where tokens are handed out."""
    client_id: TextOrSecret
    """Who we are there."""
    client_secret: SecretRef
    """The secret that belongs to it, by reference."""
    scope: Annotated[str, Field(min_length=1)] | None = None
    """What the token is to be good for, words with blanks between them."""
    audience: Annotated[str, Field(min_length=1)] | None = None
    """For whom the token is, where the server asks for that."""
    parameters: Annotated[dict[str, str], AfterValidator(_own_parameters)] = Field({})
    """Further parameters of the request for a token."""
    client_authentication: Literal["basic", "post"] = "basic"
    """How id and secret are sent: in a Basic header, or in the body, for servers that cannot do other."""


class AuthSettings(_Credentials):
    """One way to authenticate; a mapped header of the same name wins over it."""

    basic: BasicAuth | None = None
    """User name and password."""
    bearer: SecretRef | None = None
    """A token, by reference."""
    api_key: ApiKeyAuth | None = None
    """A key in a header or in the query."""
    signature: SignatureAuth | None = None
    """A signature over the body, by Standard Webhooks."""
    oauth2: OAuth2Auth | None = None
    """A token that is fetched, and fetched anew before it ends."""
    wss: WssAuth | None = None
    """User name and password in the envelope; for soap."""

    @model_validator(mode="after")
    def _one(self) -> "AuthSettings":
        named = [way for way in AuthSettings.model_fields if getattr(self, way) is not None]
        if len(named) != 1:
            what = f"several ways to authenticate: {', '.join(named)}" if named else "no way to authenticate"
            raise ValueError(f"this names {what} (write one of: {', '.join(AuthSettings.model_fields)})")
        return self


class TlsSettings(Settings):
    """What differs from the system's TLS for one endpoint. TLS 1.2 is the least in any case."""

    certificate: SecretRef | None = None
    """Our own certificate in PEM, shown to a source that asks for one; what else it needs to be believed follows it."""
    key: SecretRef | None = None
    """The private key to it in PEM, without a passphrase; may stand in the certificate's file instead."""
    ca: SecretRef | None = None
    """The only certificates in PEM that are believed at this source, in place of the system's: its CA's, or its own."""
    insecure_skip_verify: bool = False
    """true believes any certificate: whoever stands between us and the source can read and change everything."""

    @model_validator(mode="after")
    def _fits(self) -> "TlsSettings":
        if self.key is not None and self.certificate is None:
            raise ValueError("there is a key and no certificate (write certificate: {file: NAME} beside it)")
        if self.ca is not None and self.insecure_skip_verify:
            raise ValueError("ca says whom to believe, and insecure_skip_verify to believe anybody (keep ca)")
        return self
