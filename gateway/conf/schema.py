"""The models of the conf files. Their docstrings are the descriptions in `feedback-gateway schema` and docs/conf.md."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.addresses import Allow
from gateway.answers import ResponseSettings
from gateway.conf.access import Listener, TokenSettings, each_once, listed
from gateway.conf.authentication import AuthSettings, TlsSettings
from gateway.conf.document import shown
from gateway.conf.pacing import BreakerOrOff, BreakerSettings, QuarantineSettings, RetrySettings, Wait
from gateway.conf.retention import RetentionSettings
from gateway.paths import split
from gateway.settings import Duration, Rate, Settings, Size


def _allow(text: Any) -> str:
    Allow.parse(text if isinstance(text, str) else shown(text))
    return str(text)


AllowText = Annotated[str, BeforeValidator(_allow)]


class NetworkSettings(Settings):
    """What may be dialled beyond public addresses."""

    allow: tuple[AllowText, ...] = ()
    """Private or loopback networks that may be dialled: `10.1.0.0/16`, or with a port `127.0.0.1/32:8630`."""


_NEEDED = 128 * 1024 * 1024  # bytes


def _more_than_it_needs(size: int) -> int:
    if size < _NEEDED:
        raise ValueError(
            f"{size} bytes are less than the daemon itself needs (write {_NEEDED >> 20}MiB or more)"
        )
    return size


class LimitSettings(Settings):
    """Bounds on what is taken in, and on what is under way."""

    body: Annotated[Size, Field(ge=1)] = 16 * 1024 * 1024
    """The largest post (default 16MiB)."""
    event: Annotated[Size, Field(ge=1)] = 256 * 1024
    """The largest single event (default 256KiB)."""
    events: Annotated[int, Field(ge=1)] = 10_000
    """The most events in one post."""
    read: Wait = 30.0
    """How long a post may take to arrive."""
    connections: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The most attempts under way at once, all endpoints together (default: half of the file descriptors that the
    daemon may open, at most 10,000)."""
    intake_connections: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The most connections of posters (default: a quarter of its file descriptors). A change is for the next start."""
    in_hand: Annotated[Size, Field(ge=1)] = 64 * 1024 * 1024
    """The most bytes of posts that are being read, or not on disk yet (default 64MiB)."""
    memory: Annotated[Size, AfterValidator(_more_than_it_needs)] | None = None
    """Nothing is taken while the process has more memory than this in use; 128MiB at least (default: no bound)."""
    disk_free: Size = 1024**3
    """An alert is raised while the disk of the data folder has less room than this (default 1GiB)."""
    overdue: Wait = 3600.0
    """An alert is raised once an event has been due for longer than this, whatever holds it up (default 1h)."""

    @model_validator(mode="after")
    def _roomy(self) -> "LimitSettings":
        if self.in_hand < self.body:
            raise ValueError("the largest post would never be taken (write `in_hand` of at least `body`)")
        return self


def _shown_field(path: str) -> str:
    if len(split(path)) < 2:
        raise ValueError(f"{path!r} names no one field (write such as lead.id or feedback.reason)")
    return path


class LogSettings(Settings):
    """How the daemon tells what it does."""

    format: Literal["console", "json"] = "console"
    """`console` for people, `json` for programs."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is written."""
    show: tuple[Annotated[str, AfterValidator(_shown_field)], ...] = ()
    """The fields of an event that the lines of its attempts show, such as `lead.id`; nothing else of it is written."""


class GatewaySettings(Settings):
    """conf/gateway.yaml: what belongs to the process."""

    listen: Annotated[tuple[Listener, ...], Field(min_length=1), AfterValidator(each_once)] = (
        "127.0.0.1:8620",
    )
    """Where events are taken: addresses, and `unix:/path` sockets. A change takes effect at restart."""
    tokens: Annotated[tuple[TokenSettings, ...], BeforeValidator(listed)] = ()
    """Who may ask for what; with none, whoever reaches a listener may ask for everything."""
    hosts: tuple[str, ...] = ()
    """Further names that a request's Host header may carry."""
    data: Annotated[str, Field(min_length=1)] = "../data"
    """The folder of the store, relative to the conf folder. A change takes effect at restart."""
    secrets: Annotated[str, Field(min_length=1)] | None = None
    """The folder of secret files (default: $CREDENTIALS_DIRECTORY, else `secrets` in the conf folder)."""
    network: NetworkSettings = NetworkSettings()
    """Which addresses may be dialled."""
    limits: LimitSettings = LimitSettings()
    """Bounds on what is taken in, and on what is under way."""
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
    quarantine: QuarantineSettings = QuarantineSettings()
    """When a plugin that keeps failing is left alone."""


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
    tls: TlsSettings | None = None
    """A certificate of our own, or whose certificate to believe."""
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
