"""The models of the conf files. Their docstrings are the descriptions in `feedback-gateway schema` and docs/conf.md."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from gateway.addresses import Allow
from gateway.answers import ResponseSettings
from gateway.conf.document import shown
from gateway.conf.pacing import BreakerOrOff, BreakerSettings, RetrySettings, Wait
from gateway.conf.retention import RetentionSettings
from gateway.model import SECRET_NAME, Secret
from gateway.settings import Duration, Rate, Settings, Size

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_LOOPBACK = re.compile(rf"(127(?:\.{_OCTET}){{3}}|localhost|\[::1\]):([0-9]{{1,5}})")
_SOCKET = re.compile(r"unix:(/[^\x00]{1,106})")  # what fits into a socket's address
_KINDS = ("file", "env")


def _listener(text: Any) -> str:
    if isinstance(text, str):
        found = _LOOPBACK.fullmatch(text)
        if _SOCKET.fullmatch(text) or (found and int(found[2]) <= 65535):
            return text
    raise ValueError(
        f"{shown(text)} is no listener (only loopback is served: 127.0.0.1:8620, [::1]:8620 or unix:/path)"
    )


def _each_once(texts: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((text for at, text in enumerate(texts) if text in texts[:at]), None)
    if twice is not None:
        raise ValueError(f"{twice} stands here twice (write it once)")
    return texts


def _allow(text: Any) -> str:
    Allow.parse(text if isinstance(text, str) else shown(text))
    return str(text)


def secret(value: Any) -> Any:
    """`{file: NAME}` or `{env: NAME}` as a Secret; anything else as it is. Raises ValueError for a misspelt one."""
    _misspelt(value)
    if not isinstance(value, dict) or not value or value.keys() - set(_KINDS):
        return value
    if len(value) > 1:
        raise ValueError("a secret is in one place only (write {file: NAME} or {env: NAME})")
    ((kind, name),) = value.items()
    if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
        raise ValueError(
            f"{shown(name)} cannot name a secret (write a plain name of letters, digits, `.`, `_`, `-`)"
        )
    return Secret(kind, name)


def _misspelt(value: Any) -> None:
    """Refuse `{flie: NAME}`: one key that is nearly right, with what could be a name."""
    if not isinstance(value, dict) or len(value) != 1:
        return
    ((kind, name),) = value.items()
    near = get_close_matches(kind.lower(), _KINDS, n=1)
    if kind not in _KINDS and near and isinstance(name, str) and SECRET_NAME.fullmatch(name):
        raise ValueError(f"{kind!r} is unknown (did you mean {{{near[0]}: {name}}}?)")


def _only_secret(value: Any) -> Any:
    found = secret(value)
    if isinstance(found, Secret):
        return found
    raise ValueError("a secret must not stand in the conf (write {file: NAME} or {env: NAME})")


def _text_or_secret(value: Any) -> Any:
    found = secret(value)
    if isinstance(found, (Secret, str)):
        return found
    raise ValueError("this is neither text nor a secret (write text in quotes, {file: NAME} or {env: NAME})")


def _keys_only(value: Any) -> Any:
    """Refuse text without repeating it: it may be a secret."""
    if isinstance(value, dict):
        return value
    raise ValueError(
        "credentials are keys (write basic: {username: NAME, password: {file: NAME}} or bearer: {file: NAME})"
    )


_SECRET_SCHEMA = {
    "type": "object",
    "properties": {"file": {"type": "string"}, "env": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "description": "A secret: a file below the secrets folder, or an environment variable.",
}
SecretRef = Annotated[Secret, BeforeValidator(_only_secret), WithJsonSchema(_SECRET_SCHEMA)]
TextOrSecret = Annotated[
    Secret | str,
    BeforeValidator(_text_or_secret),
    WithJsonSchema({"anyOf": [{"type": "string"}, _SECRET_SCHEMA]}),
]
Listener = Annotated[str, BeforeValidator(_listener)]
AllowText = Annotated[str, BeforeValidator(_allow)]


class BasicAuth(Settings):
    """HTTP basic authentication (RFC 7617), UTF-8."""

    _never_text = model_validator(mode="before")(_keys_only)

    username: TextOrSecret
    """The user's name."""
    password: SecretRef
    """The password, by reference."""


class WssAuth(Settings):
    """A UsernameToken in the header of a SOAP envelope (WS-Security, UsernameToken Profile 1.0)."""

    _never_text = model_validator(mode="before")(_keys_only)

    username: TextOrSecret
    """The user's name."""
    password: SecretRef
    """The password, by reference."""
    digest: bool = False
    """Send a digest of the password, its nonce and its time, in place of the password itself."""


class AuthSettings(Settings):
    """One way to authenticate; a mapped `Authorization` header wins over it."""

    basic: BasicAuth | None = None
    """User name and password."""
    bearer: SecretRef | None = None
    """A token, by reference."""
    wss: WssAuth | None = None
    """User name and password in the envelope; for soap."""

    _never_text = model_validator(mode="before")(_keys_only)

    @model_validator(mode="after")
    def _one(self) -> "AuthSettings":
        named = [way for way in AuthSettings.model_fields if getattr(self, way) is not None]
        if len(named) != 1:
            what = f"several ways to authenticate: {', '.join(named)}" if named else "no way to authenticate"
            raise ValueError(f"this names {what} (write one of: {', '.join(AuthSettings.model_fields)})")
        return self


class NetworkSettings(Settings):
    """What may be dialled beyond public addresses."""

    allow: tuple[AllowText, ...] = ()
    """Private or loopback networks that may be dialled: `10.1.0.0/16`, or with a port `127.0.0.1/32:8630`."""


class LimitSettings(Settings):
    """Bounds on what is taken in."""

    body: Annotated[Size, Field(ge=1)] = 16 * 1024 * 1024
    """The largest post (default 16MiB)."""
    event: Annotated[Size, Field(ge=1)] = 256 * 1024
    """The largest single event (default 256KiB)."""
    events: Annotated[int, Field(ge=1)] = 10_000
    """The most events in one post."""
    read: Wait = 30.0
    """How long a post may take to arrive."""
    disk_free: Size = 1024**3
    """An alert is raised while the disk of the data folder has less room than this (default 1GiB)."""


class LogSettings(Settings):
    """How the daemon tells what it does."""

    format: Literal["console", "json"] = "console"
    """`console` for people, `json` for programs."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is written."""


class GatewaySettings(Settings):
    """conf/gateway.yaml: what belongs to the process."""

    listen: Annotated[tuple[Listener, ...], Field(min_length=1), AfterValidator(_each_once)] = (
        "127.0.0.1:8620",
    )
    """Where events are taken: loopback addresses, and `unix:/path` sockets. A change takes effect at restart."""
    hosts: tuple[str, ...] = ()
    """Further names that a request's Host header may carry."""
    data: Annotated[str, Field(min_length=1)] = "../data"
    """The folder of the store, relative to the conf folder. A change takes effect at restart."""
    secrets: Annotated[str, Field(min_length=1)] | None = None
    """The folder of secret files (default: $CREDENTIALS_DIRECTORY, else `secrets` in the conf folder)."""
    network: NetworkSettings = NetworkSettings()
    """Which addresses may be dialled."""
    limits: LimitSettings = LimitSettings()
    """Bounds on what is taken in."""
    retry: RetrySettings = RetrySettings()
    """The default for every endpoint's `retry`."""
    retention: RetentionSettings = RetentionSettings()
    """How long what is over is kept."""
    shutdown: Duration = 20.0
    """How long what is on its way may take to finish when the daemon is told to stop."""
    log: LogSettings = LogSettings()
    """How the daemon tells what it does."""
    alerts: dict[str, Any] | None = None
    """Where alerts are sent: the keys of an endpoint; its templates read `alert.kind`, `.key`, `.text`, `.at`."""
    plugins: tuple[str, ...] = ()
    """Observers and wrappers to load; transports and criteria are loaded because an endpoint names them."""


def _name_token(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", text):
        raise ValueError(f"{text!r} is no header name (write letters, digits and hyphens, or `off`)")
    if text.lower() in _TAKEN:
        raise ValueError(f"the header {text} has another use (write such as Idempotency-Key, or `off`)")
    return text


_TAKEN = ("authorization", "connection", "content-length", "content-type", "host", "transfer-encoding")


class EndpointSettings(Settings):
    """`return` or `conversion` in conf/sources/SOURCE.yaml: what one source accepts for one feedback type."""

    transport: str
    """The plugin that renders and sends: query, formpost, json, xml, soap, or a third party's."""
    url: Annotated[str, Field(min_length=1)]
    """The address; may hold templates in path and query. For soap: of the WSDL, or a file beside the conf."""
    enabled: bool = True
    """false turns this feedback type off: its events end vetoed, and nothing posted meanwhile is sent later."""
    mapping: dict[str, Any] = Field({})
    """Where each value goes (`lead.phones.0`) and what it is: a template, a literal, a list, or a secret."""
    blank: Literal["omit", "empty"] = "omit"
    """What becomes of a value that renders to nothing: its key is left out, or sent empty."""
    headers: dict[str, Any] = Field({})
    """Header names and their templates."""
    send_ascii: bool = False
    """Transliterate values to ASCII: Zoë to Zoe."""
    auth: AuthSettings | None = None
    """How to authenticate."""
    criteria: dict[str, Any] = Field({})
    """The criteria that are asked before every attempt, by name, in this order."""
    response: ResponseSettings = ResponseSettings()
    """How the answer is read."""
    retry: RetrySettings = RetrySettings()
    """When to try again."""
    on_unknown: Literal["retry", "park"] = "retry"
    """What follows where the source may have received a request and no answer came: `park` sends nothing twice."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many attempts may be under way at once."""
    rate: Rate | None = None
    """How many attempts may begin in a second, a minute or an hour, spread over it (default: as many as come)."""
    breaker: BreakerOrOff = BreakerSettings()
    """When it is left alone since it keeps failing; `off`: never."""
    timeout: Wait = 10.0
    """Of one whole attempt, the answer's body included."""
    follow_redirects: bool = False
    """Follow up to 3 redirects: GET to GET, POST on 307 and 308 only."""
    idempotency_header: Annotated[str, AfterValidator(_name_token)] = "Idempotency-Key"
    """The header that carries the event's id on every attempt; `off` sends none."""


class SourceSettings(Settings):
    """conf/sources/SOURCE.yaml, or SOURCE@FLOW.yaml, which replaces it whole for that flow."""

    name: str | None = None
    """The source's name for people (default: its id)."""
    kind: Literal["standard", "account", "prebuilt"] = "standard"
    """Only standard sources can have feedback endpoints."""
    common: dict[str, Any] = Field({})
    """Keys shared by both types. An own key wins; mapping, headers, criteria, response, retry, breaker are joined."""
    returns: dict[str, Any] | None = Field(None, alias="return")
    """Present: returns are on for this source."""
    conversion: dict[str, Any] | None = None
    """Present: conversions are on for this source."""
