"""One endpoint of a source file to a Route, or every fault in it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from gateway import answers
from gateway.addresses import literal, refusal
from gateway.auth import Auth
from gateway.conf import doubts
from gateway.conf.authentication import AuthSettings, TlsSettings
from gateway.conf.credentials import credentials, tls
from gateway.conf.document import Path
from gateway.conf.faults import Tell, validate, validate_partly
from gateway.conf.model import Asked, Route
from gateway.conf.references import secret
from gateway.conf.schema import EndpointSettings
from gateway.conf.surroundings import Surroundings, Whose
from gateway.conf.trial import in_words, tried
from gateway.documents import is_remote
from gateway.errors import Held, PluginError, RenderError
from gateway.http.tls import Tls
from gateway.mapping import Mapper, MappingError
from gateway.model import Endpoint, Secret
from gateway.registry import Transport

Warn = Callable[[Path, str], None]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# For keys that are missing or wrong, so that the others can be judged.
_STAND_INS = {"transport": "json", "url": "https://example.com/"}


def build(
    data: Mapping[str, Any], whose: Whose, around: Surroundings, tell: Tell, warn: Warn
) -> Route | None:
    """Build the Route of one endpoint from its keys; None where a fault was told."""
    return _Builder(whose, around, tell, warn).build(data)


class _Builder:
    """Judges every part of one endpoint by itself, so that one fault hides no other."""

    def __init__(self, whose: Whose, around: Surroundings, tell: Tell, warn: Warn) -> None:
        self.whose = whose
        self.around = around
        self.at: Path = (whose.type,)
        self.faults = 0
        self._tell = tell
        self._warn = warn

    def tell(self, path: Path, text: str, key: bool = False) -> None:
        self.faults += 1
        self._tell((*self.at, *path), text, key)

    def build(self, data: Mapping[str, Any]) -> Route | None:
        own = {key: value for key, value in data.items() if key in EndpointSettings.model_fields}
        context = {"tables": self.around.tables}
        settings, _ = validate_partly(EndpointSettings, own, (), self.tell, context, _STAND_INS)
        transport = self._transport(data)
        special = None
        if transport is not None:
            rest = {key: value for key, value in data.items() if key not in own}
            also = EndpointSettings.model_fields
            special = validate(transport.settings, rest, (), self.tell, context, also)
        if settings is None:
            return None
        mapper = self._mapper(settings, transport, data)
        criteria = self._criteria(settings)
        auth = self._auth(settings.auth, transport)
        if auth is not None:
            self._doubt(doubts.in_the_open(settings.url), ("auth",))
        secured = self._tls(settings.tls, settings.url)
        self._address(settings.url, ("url",))
        for inner, text in answers.warnings(settings.response):
            self._warn((*self.at, "response", *inner), text)
        if self.faults or transport is None or mapper is None:
            return None
        route = Route(
            endpoint=self._endpoint(settings, special, auth, secured),
            transport=transport,
            mapper=mapper,
            criteria=criteria,
            retry=settings.retry.policy(self.around.retry),
            concurrency=settings.concurrency,
            rate=settings.rate,
            breaker=None if settings.breaker == "off" else settings.breaker.policy,
            on_unknown=settings.on_unknown,
            enabled=settings.enabled,
        )
        return self._ready(route)

    def _transport(self, data: Mapping[str, Any]) -> Transport | None:
        name = data.get("transport")
        if not isinstance(name, str):
            return None  # told as missing, or as no text, by the model
        try:
            return self.around.registry.transport(name, self.around.plugins)
        except PluginError as error:
            self.tell(("transport",), str(error))
            return None

    def _mapper(
        self, settings: EndpointSettings, transport: Transport | None, data: Mapping[str, Any]
    ) -> Mapper | None:
        own = transport and transport.settings
        further = {key: data[key] for key in getattr(own, "mapped", ()) if isinstance(data.get(key), dict)}
        self._doubt(doubts.address(settings.url), ("url",))
        if not getattr(own, "bracketed", False):
            for name in settings.mapping:
                self._doubt(doubts.index(name), ("mapping", name))
        try:
            mapper = Mapper.compile(
                url=settings.url,
                mapping=self._mapping("mapping", settings.mapping),
                headers=self._mapping("headers", settings.headers),
                blank=settings.blank,
                send_ascii=settings.send_ascii,
                attributes=getattr(own, "attributes", False),
                tables=self.around.tables,
                extras={key: self._mapping(key, written) for key, written in further.items()},
            )
        except MappingError as error:
            for inner, text in error.problems:
                self.tell(inner, text)
            return None
        return self._signing(mapper)

    def _signing(self, mapper: Mapper) -> Mapper:
        """The mapper with the secrets that its signatures need; what its templates hardly mean is told."""
        named: dict[Secret, str] = {}
        for key, reader in mapper.readers():
            path = tuple(key.split(".", 1))
            named |= {found: self._reveal(found, path) for found in sorted(reader.secrets, key=repr)}
            for doubt in reader.doubts:
                self._doubt(doubt, path)
        return mapper.with_secrets(named)

    def _mapping(self, key: str, written: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._with_secrets(value, (key, name)) for name, value in written.items()}

    def _doubt(self, text: str | None, path: Path) -> None:
        if text is not None:
            self._warn((*self.at, *path), text)

    def _with_secrets(self, value: Any, path: Path) -> Any:
        """A value of the conf with its secrets as such; what is wrong with one is told, and text stands in for it."""
        if isinstance(value, list):
            return [self._with_secrets(element, (*path, index)) for index, element in enumerate(value)]
        if isinstance(value, str):
            said = doubts.literal(value)
            if said is None and path[0] == "headers":
                said = doubts.credential(str(path[1]), value)
            self._doubt(said, path)
            return value
        try:
            found = secret(value)
        except ValueError as error:
            self.tell(path, str(error))
            return ""
        if isinstance(found, Secret):
            text = self._reveal(found, path)
            if path[0] == "headers" and (_CONTROL.search(text) or not text.isascii()):
                self.tell(
                    path,
                    "the secret holds a line break, another control character, or more than ASCII (a header cannot)",
                )
        return found

    def _reveal_public(self, found: Secret, path: Path) -> str:
        """The text of what others may read as well, such as a certificate."""
        try:
            return self.around.reveal(found)
        except ValueError as error:
            self.tell(path, str(error))
            return ""

    def _reveal(self, found: Secret, path: Path) -> str:
        text = self._reveal_public(found, path)
        if not text:
            return text
        warning = self.around.secrets.warning(found) if self.around.secrets else None
        if warning is not None:
            self._warn((*self.at, *path), warning)
        return text

    def _criteria(self, settings: EndpointSettings) -> tuple[Asked, ...]:
        asked = []
        for name, data in settings.criteria.items():
            path = ("criteria", name)
            try:
                criterion = self.around.registry.criterion(name, self.around.plugins)
            except PluginError as error:
                self.tell(path, str(error), True)
                continue
            own = validate(criterion.settings, data, path, self.tell, {"tables": self.around.tables})
            if own is not None:
                asked.append(Asked(criterion, own))
        return tuple(asked)

    def _auth(self, settings: AuthSettings | None, transport: Transport | None) -> Auth | None:
        if settings is None:
            return None
        before = self.faults
        auth = credentials(settings, self._reveal, self.tell)
        if settings.oauth2 is not None:
            token_url, at = settings.oauth2.token_url, ("auth", "oauth2", "token_url")
            self._address(token_url, at)
            self._doubt(doubts.in_the_open(token_url), at)
        if settings.wss and transport and not getattr(transport.settings, "writes_auth", False):
            wrong = f"wss stands in a SOAP envelope, which {transport.name} does not write"
            self.tell(("auth", "wss"), f"{wrong} (write basic or bearer)", True)
        if self.faults > before or self.around.secrets is None or auth is None:
            return None
        try:
            auth.headers()
        except RenderError as error:
            self.tell(tuple(error.key.split(".")), str(error))
        return auth

    def _tls(self, settings: TlsSettings | None, url: str) -> Tls | None:
        if settings is None or self.around.secrets is None:
            return None
        if url.lower().startswith("http:"):
            self._doubt(
                "it says nothing about an address without TLS (write https, or leave it out)", ("tls",)
            )
        return tls(
            settings, self._reveal, self._reveal_public, self.tell, lambda path, text: self._doubt(text, path)
        )

    def _address(self, url: str, path: Path) -> None:
        """Say already now that an address written as numbers would be refused when dialled."""
        try:
            parts = urlsplit(url)
            address = literal(parts.hostname or "")
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (ValueError, KeyError):
            return  # no URL at all is told by the mapper
        why = (
            None
            if address is None or self.around.allow is None
            else refusal(address, port, self.around.allow)
        )
        if why is not None:
            self.tell(path, why)

    def _endpoint(
        self, settings: EndpointSettings, special: Any, auth: Auth | None, secured: Tls | None
    ) -> Endpoint:
        header = settings.idempotency_header
        return Endpoint(
            id=self.whose.endpoint,
            source=self.whose.source,
            source_name=self.whose.name,
            flow=self.whose.flow,
            type=self.whose.type,
            transport=settings.transport,
            url=settings.url,
            settings=special,
            auth=auth,
            tls=secured,
            response=answers.Rules.compile(settings.response, getattr(special, "expects", None)),
            timeout=settings.timeout,
            follow_redirects=settings.follow_redirects,
            idempotency_header=None if header == "off" else header,
        )

    def _ready(self, route: Route) -> Route | None:
        """The route with what its transport needs; held where that, or a copy of it, came through the network."""
        remote: list[str] = []

        def read(url: str) -> bytes:
            remote.extend([url] if is_remote(url) else [])
            return self.around.read(url)

        try:
            found = tried(route, read)
        except Held as error:
            return replace(route, held=str(error))
        if found.faults and remote:
            return replace(route, held=in_words(found.faults))
        for inner, text, key in found.faults:
            self.tell(inner, text, key)
        for inner, text in found.doubts:
            self._doubt(text, inner)
        return None if found.faults else found.route
