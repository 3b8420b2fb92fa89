"""The partner's server: one handler from a request to its answer, noted in the journal in between."""

import asyncio
import json
import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from aiohttp import web

from gateway.testing.partner import behaviours, soap
from gateway.testing.partner.behaviours import BEHAVIOURS, Exchange, Wish
from gateway.testing.partner.exchange import Answer, Call, Complaint, Json, Tongue
from gateway.testing.partner.journal import Journal, Received
from gateway.testing.partner.tokens import PREFIX, TokenServer
from gateway.testing.partner.tongues import FORMPOST, JSON, QUERY, XML
from gateway.testing.partner.wire import leave

TONGUES: dict[str, Tongue] = {
    "query": QUERY,
    "formpost": FORMPOST,
    "json": JSON,
    "xml": XML,
    "soap": soap.Soap(),
}
_DOCUMENTS = ("wsdl", "xsd=1")
_MOST_BODY = 16 * 1024 * 1024
_MOST_COUNTED = 100_000


class Partner:
    """A running partner; `serve` starts one. Closes itself at the end of `async with`."""

    def __init__(self, journal: Journal) -> None:
        self.url = ""
        self._journal = journal
        self._seen: dict[tuple[str, str], int] = {}
        self._tokens = TokenServer()
        self._more = asyncio.Event()
        self._runner = web.ServerRunner(
            web.Server(self._handle, request_factory=_request, access_log=None, auto_decompress=False),
            shutdown_timeout=0.1,
        )

    @property
    def received(self) -> list[Received]:
        """What arrived so far, oldest first; after very many, only the latest."""
        return list(self._journal.kept)

    @property
    def total(self) -> int:
        """How many requests arrived, those that are no longer kept among them."""
        return self._journal.total

    async def arrived(
        self, count: int = 1, *, key: str | None = None, transport: str | None = None, timeout: float = 5.0
    ) -> list[Received]:
        """Wait until `count` requests (under this key, over this transport) have arrived; all of them.

        Raises TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while self.total < count or len(found := _select(self._journal.kept, key, transport)) < count:
                self._more.clear()
                await self._more.wait()
        return found

    async def close(self) -> None:
        """Stop listening, drop every connection, close the journal."""
        await self._runner.cleanup()
        self._journal.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _start(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=tls).start()
        taken = self._runner.addresses[0][1]
        where = f"[{host}]:{taken}" if ":" in host else f"{host}:{taken}"
        self.url = f"{'http' if tls is None else 'https'}://{where}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if path in ("/", "/journal") and request.method == "GET":
            return web.Response(text=index()) if path == "/" else self._show(query)
        call = Call(request.method, path, query, request.headers, request.host, b"")
        try:
            return await self._receive(request, call)
        except ConnectionError:
            return web.Response()  # the client went; nobody reads this

    async def _receive(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        transport, wishes, problem = _target(call.path)
        try:
            call = replace(call, body=await request.read())
        except web.HTTPRequestEntityTooLarge as error:
            self._note(call, transport, None, 413, "the body is too long")
            return web.Response(status=413, text=error.text)
        except (ConnectionError, web.RequestPayloadError):
            self._note(call, transport, None, None, "the body was cut short")
            raise
        if call.path.startswith(PREFIX):
            return await leave(request, self._token(call), ())
        if problem:
            self._note(call, transport, None, 404, problem)
            return await leave(request, _text(404, problem), ())
        if transport == "soap" and call.method == "GET" and call.query.lower() in _DOCUMENTS:
            return await leave(request, self._document(call, wishes), ())
        return await leave(request, self._judge(call, transport, wishes), wishes)

    def _judge(self, call: Call, transport: str, wishes: tuple[Wish, ...]) -> Answer:
        tongue, complaint, values = TONGUES[transport], None, None
        try:
            values = _read(tongue, call, wishes)
        except Complaint as error:
            complaint, values = error, error.values
        exchange = Exchange(
            call, tongue, values, complaint, _reference(call), lambda: self._repeats(call), self._tokens.spend
        )
        found = behaviours.answer(exchange, wishes)
        silent = any(wish.name in behaviours.SILENT for wish in wishes)
        self._note(
            call, transport, values, None if silent else found.status, str(complaint) if complaint else None
        )
        return found

    def _token(self, call: Call) -> Answer:
        found = self._tokens.answer(call)
        self._note(call, "oauth2", None, found.status, None)
        return found

    def _document(self, call: Call, wishes: tuple[Wish, ...]) -> Answer:
        name = call.query.lower()
        missing = next((int(wish.arguments[0]) for wish in wishes if wish.name == "wsdl-flaky"), 0)
        if missing and name == "wsdl" and self._repeats(call) < missing:
            found = _text(503, "the WSDL is not there yet")
        else:
            body = soap.wsdl(f"http://{call.host}{call.path}") if name == "wsdl" else soap.schema()
            found = Answer(200, "text/xml; charset=utf-8", body)
        self._note(call, "wsdl", None, found.status, None)
        return found

    def _note(
        self, call: Call, transport: str, values: Json, status: int | None, problem: str | None
    ) -> None:
        self._journal.add(
            transport=transport,
            method=call.method,
            path=call.path,
            query=call.query,
            headers=tuple(call.headers.items()),
            body=call.body,
            values=values,
            key=call.key,
            status=status,
            problem=problem,
        )
        self._more.set()

    def _repeats(self, call: Call) -> int:
        like = (call.path, call.key or f"{call.query} {blake2b(call.body).hexdigest()}")
        before = self._seen.pop(like, 0)
        self._seen[like] = before + 1
        if len(self._seen) > _MOST_COUNTED:
            del self._seen[next(iter(self._seen))]
        return before

    def _show(self, query: str) -> web.Response:
        asked = parse_qs(query)
        found = _select(self._journal.kept, asked.get("key", [None])[0], asked.get("transport", [None])[0])
        shown = {"total": self.total, "received": [received.as_json() for received in found]}
        return web.Response(text=json.dumps(shown), content_type="application/json")


async def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    journal: Path | None = None,
    announce: Callable[[Received], None] | None = None,
    keep: int = 50_000,
    tls: ssl.SSLContext | None = None,
) -> Partner:
    """Start a partner. port 0 takes any free one: see `url`.

    journal: a file to which every request is appended as one JSON line; announce: called with each; keep: how
    many requests stay in memory; tls: to be spoken to by https alone. Raises OSError where the address
    is taken or the journal cannot be opened.
    """
    partner = Partner(Journal(journal, announce, keep))
    try:
        await partner._start(host, port, tls)
    except BaseException:
        await partner.close()
        raise
    return partner


def index() -> str:
    """The page at `/`: what the partner speaks, and how it can misbehave."""
    width = max(map(len, BEHAVIOURS))
    lines = "\n".join(f"  {form:<{width}}  {sentence}" for form, sentence in BEHAVIOURS.items())
    return _INDEX.format(behaviours=lines)


_INDEX = """\
A stand-in for a lead source's end points. It judges every request as a strict source would.

  /query          GET, everything in the query string
  /formpost       POST, application/x-www-form-urlencoded
  /json           POST, PUT, PATCH or DELETE, application/json
  /xml            POST, PUT or PATCH, text/xml or application/xml
  /soap           POST, SOAP 1.1 or 1.2, document/literal: SubmitReturn, ReportConversion
  /soap?wsdl      GET, the WSDL; its schema is a second document, /soap?xsd=1
  /oauth2/ID:SECRET[:SECONDS]   POST, gives out access tokens (client credentials)
  /journal        GET, everything that arrived as JSON; ?key=K: under this Idempotency-Key; ?transport=json

It misbehaves on request: /json/flaky:2, or several at once: /json/bearer:s3cret,slow:2.
What follows after the next slash is free: /json/ok/leads/77.

{behaviours}
"""


def _text(status: int, text: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", text.encode(errors="replace"))


def _request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: "asyncio.Task[None]"
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MOST_BODY)


def _target(path: str) -> tuple[str, tuple[Wish, ...], str]:
    """The transport that a path means, its wishes, and what is wrong with the path, if anything is."""
    _, transport, *rest = path.split("/", 3)
    if transport not in TONGUES:
        return "", (), f"nothing is at {path} (try {', '.join('/' + name for name in TONGUES)}; / explains)"
    try:
        return transport, behaviours.parse(unquote(rest[0]), transport) if rest and rest[0] else (), ""
    except ValueError as error:
        return transport, (), str(error)


def _read(tongue: Tongue, call: Call, wishes: tuple[Wish, ...]) -> Json:
    if "Content-Encoding" in call.headers:
        raise Complaint(
            415, f"Content-Encoding is {call.headers['Content-Encoding']} (send the body as it is)"
        )
    parameter = next((wish.arguments[0] for wish in wishes if wish.name == "parameter"), None)
    return tongue.read(call, parameter)


def _reference(call: Call) -> int:
    """The same for the same event, as a source that knows duplicates by their key would have it."""
    named = (call.key or call.query).encode(errors="surrogateescape")
    like = named if call.key else named + call.body
    return int.from_bytes(blake2b(like, digest_size=5).digest())


def _select(received: Iterable[Received], key: str | None, transport: str | None) -> list[Received]:
    return [one for one in received if key in (None, one.key) and transport in (None, one.transport)]
