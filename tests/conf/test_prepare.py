"""Endpoints are made ready by what is fetched for them, and follow what changes there, whoever does not answer."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.conf import prepare as prepare_module
from gateway.conf.files import Files
from gateway.conf.model import Conf
from gateway.conf.prepare import Preparer
from gateway.conf.reload import Reloader
from gateway.http import Session
from gateway.registry import Registry
from gateway.testing.partner import serve
from tests.conf import clumsy as clumsy_plugin
from tests.conf.conftest import Folder

SOAP = """\
return:
  transport: soap
  url: {url}
  operation: SubmitReturn
  mapping:
    ApiKey: key
    LeadId: "{{{{ lead.id }}}}"
    Reason: "{{{{ feedback.reason }}}}"
    ReturnedAt: "{{{{ feedback.timestamp }}}}"
"""
WRAPPED = (Path(__file__).parents[1] / "plugins" / "wsdl" / "wrapped.wsdl").read_bytes()
WSDL = WRAPPED.replace(b"http://acme.example/", b"http://127.0.0.1/")
PAGE = b"<html>down for maintenance</html>"
CLUMSY = "return:\n  transport: clumsy\n  url: {url}\n  fails: {fails}\n"


class Daemonlet:
    """The rooms round a Preparer: a Reloader that holds the Conf, a guarded session, and what was told ready."""

    def __init__(self, folder: Folder, session: Session) -> None:
        self.folder = folder
        self.ready: list[str] = []
        self.reloader = Reloader(folder.path, folder.registry, folder.load(), self._swapped, lambda _: None)
        self.misfits: list[tuple[str, str]] = []
        self.preparer = Preparer(
            self.reloader,
            session,
            lambda: Files.read(folder.path),
            self.ready.append,
            lambda endpoint, why: self.misfits.append((endpoint, why)),
        )

    async def _swapped(self, before: Conf) -> None:
        self.preparer.follow()

    def plan(self, endpoint: str = "acme/return") -> Any:
        found = self.reloader.conf.route(endpoint)
        assert found is not None
        return found.endpoint.prepared

    def doubts(self) -> list[str]:
        return [str(doubt) for doubt in self.reloader.doubts.values()]

    def held(self, endpoint: str = "acme/return") -> str | None:
        found = self.reloader.conf.route(endpoint)
        assert found is not None
        return found.held

    async def until(self, holds: Callable[[], object], seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_module, "FIRST", 0.05)
    monkeypatch.setattr(prepare_module, "LONGEST", 0.2)


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session.open(["127.0.0.0/8"]) as opened:
        yield opened


@pytest.fixture
async def start(conf: Folder, session: Session) -> AsyncIterator[Callable[..., Daemonlet]]:
    """Start with these sources; closed at the end."""
    conf.remove("sources/acme.yaml")
    conf.write({"gateway.yaml": "network: {allow: [127.0.0.0/8]}\n"})
    started: list[Daemonlet] = []

    def start(**sources: str) -> Daemonlet:
        started.append(Daemonlet(conf.write(**sources), session))
        started[-1].preparer.follow()
        return started[-1]

    yield start
    for each in started:
        await each.preparer.close()


@contextlib.asynccontextmanager
async def server(answer: Callable[[web.BaseRequest], web.Response]) -> AsyncIterator[str]:
    async def handle(request: web.BaseRequest) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    async with TestServer(app, host="127.0.0.1") as running:
        yield f"http://127.0.0.1:{running.port}"


@contextlib.asynccontextmanager
async def silence() -> AsyncIterator[str]:
    """A server that takes every connection and says nothing."""
    connections: set[asyncio.StreamWriter] = set()
    listening = await asyncio.start_server(lambda _, writer: connections.add(writer), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/?wsdl"
    finally:
        for writer in connections:
            writer.transport.abort()
        listening.close()


def copies(daemonlet: Daemonlet) -> list[Path]:
    folder = daemonlet.folder.path.parent / "data" / "documents"
    return list(folder.iterdir()) if folder.exists() else []


async def test_a_wsdl_is_fetched_with_what_it_imports(start, partner):
    """The endpoint is ready, that is told, and copies of both documents are kept for the next start."""
    daemonlet = start(acme=SOAP.format(url=f"{partner.url}/soap?wsdl"))
    assert daemonlet.held() == f"{partner.url}/soap?wsdl has not been fetched yet"
    await daemonlet.until(lambda: daemonlet.ready)
    assert (daemonlet.ready, daemonlet.held()) == (["acme/return"], None)
    assert daemonlet.reloader.conf.route("acme/return").endpoint.prepared.operation.endswith(".SubmitReturn")
    assert [received.query for received in partner.received] == ["wsdl", "xsd=1"]
    assert len(copies(daemonlet)) == 2
    assert daemonlet.folder.load().route("acme/return").held is None


async def test_it_is_asked_again_until_it_is_there(start, partner):
    """A 503 holds the endpoint with that reason; the answer that follows makes it ready."""
    url = f"{partner.url}/soap/wsdl-flaky:3?wsdl"
    daemonlet = start(acme=SOAP.format(url=url))
    reason = f"{url} cannot be fetched: it was answered with status 503 (200 is right)"
    await daemonlet.until(lambda: daemonlet.held() == reason)
    await daemonlet.until(lambda: daemonlet.ready)
    assert [received.status for received in partner.received] == [503, 503, 503, 200, 200]


async def test_a_source_that_is_not_up_yet(start):
    """The endpoint waits for it, and for nobody's help."""
    async with await serve() as once:
        port = int(once.url.rpartition(":")[2])
    daemonlet = start(acme=SOAP.format(url=f"http://127.0.0.1:{port}/soap?wsdl"))
    await daemonlet.until(lambda: "cannot be fetched" in daemonlet.held())
    async with await serve(port=port):
        await daemonlet.until(lambda: daemonlet.ready)


async def test_an_error_page_is_no_wsdl_and_not_kept(start, partner):
    """A page under status 200 holds the endpoint, leaves no copy behind, and is asked for again."""
    pages = [WSDL, PAGE, PAGE]

    def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=pages.pop() if len(pages) > 1 else pages[0])

    async with server(answer) as url:
        daemonlet = start(
            acme='return:\n  transport: soap\n  operation: SubmitReturn\n  mapping: {LeadId: "{{ lead.id }}"}\n'
            f"  url: {url}/\n"
        )
        await daemonlet.until(
            lambda: (
                daemonlet.held()
                == f"url: {url}/ is not a WSDL: its root element is html (right would be definitions)"
            )
        )
        assert copies(daemonlet) == []
        await daemonlet.until(lambda: daemonlet.ready)
        assert len(copies(daemonlet)) == 1


async def test_a_mapping_that_does_not_fit_is_held_until_it_is_mended(start, partner):
    """With the sentence that a WSDL in the folder would have given; a reload with the mended file makes it ready."""
    source = SOAP.format(url=f"{partner.url}/soap?wsdl")
    daemonlet = start(acme=source.replace("LeadId", "LeedId"))
    await daemonlet.until(lambda: "has not been fetched" not in daemonlet.held())
    assert daemonlet.held() == "mapping.LeedId: the operation has no argument 'LeedId' (did you mean LeadId?)"
    daemonlet.folder.write(acme=source)
    await daemonlet.reloader.reload()
    await daemonlet.until(lambda: daemonlet.ready)


async def test_reloads_do_not_disturb_it(start, partner):
    """However often the conf is reloaded meanwhile: what goes on for an unchanged endpoint goes on."""
    daemonlet = start(acme=SOAP.format(url=f"{partner.url}/soap?wsdl"))
    for number in range(5):
        daemonlet.folder.write(bolt=f"name: '{number}'\n")
        await daemonlet.reloader.reload()
        daemonlet.preparer.follow()
    await daemonlet.until(lambda: daemonlet.ready)
    await asyncio.sleep(0.2)
    assert [received.query for received in partner.received] == ["wsdl", "xsd=1"]
    assert daemonlet.ready == ["acme/return"]


async def test_a_removed_source_is_not_asked_for_any_more(start):
    """Nor is one whose endpoint went to another transport."""
    asked: list[str] = []
    async with server(lambda request: asked.append(request.path) or web.Response(status=503)) as url:
        daemonlet = start(acme=SOAP.format(url=f"{url}/acme"), bolt=SOAP.format(url=f"{url}/bolt"))
        await daemonlet.until(lambda: {"/acme", "/bolt"} <= set(asked))
        daemonlet.folder.remove("sources/acme.yaml")
        daemonlet.folder.write(bolt="return: {transport: json, url: 'https://bolt.example/'}\n")
        await daemonlet.reloader.reload()
        asked.clear()
        await asyncio.sleep(0.5)
    assert (asked, list(daemonlet.reloader.conf.sources)) == ([], ["bolt"])


async def test_sources_that_never_answer_delay_nobody(start, partner):
    """Forty of them hold no thread: another endpoint is ready at once, and a thread is free for whoever needs one."""
    async with silence() as url:
        silent = {f"s{number}": SOAP.format(url=url) for number in range(40)}
        daemonlet = start(acme=SOAP.format(url=f"{partner.url}/soap?wsdl"), **silent)
        await daemonlet.until(lambda: daemonlet.ready == ["acme/return"], seconds=5.0)
        async with asyncio.timeout(1.0):
            await asyncio.gather(*(asyncio.to_thread(lambda: None) for _ in range(20)))


async def test_closing_waits_for_nobody(start):
    """Also while a source does not answer."""
    async with silence() as url:
        daemonlet = start(acme=SOAP.format(url=url))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(1.0):
            await daemonlet.preparer.close()


class TestClumsyPlugins:
    """What a plugin does wrong holds its endpoint, with the reason."""

    @pytest.fixture(autouse=True)
    def clumsy(self, conf: Folder) -> None:
        conf.registry = Registry(found=[EntryPoint("clumsy", "tests.conf.clumsy", "feedback_gateway")])

    @pytest.mark.parametrize(
        ("fails", "reason"),
        [
            ("after fetching", "transport: `prepare` of clumsy failed: ZeroDivisionError('by /x')"),
            ("greedily", "it asks for more than 5 documents (a few are right)"),
            ("held", "the moon is not up yet"),
        ],
    )
    async def test_its_failure_is_the_reason(self, start, monkeypatch, fails, reason):
        """Asked again later, as the fault may be in what was fetched."""
        monkeypatch.setattr(prepare_module, "_MOST", 5)
        async with server(lambda request: web.Response(text=request.path)) as url:
            daemonlet = start(acme=CLUMSY.format(url=f"{url}/x", fails=fails))
            await daemonlet.until(lambda: daemonlet.held() == reason)

    async def test_one_that_does_not_come_to_an_end(self, start, partner, monkeypatch):
        """It holds its endpoint, with the reason, and nobody else: not a reload, not the threads of others."""
        monkeypatch.setattr(prepare_module, "PATIENCE", 0.1)
        async with server(lambda request: web.Response(text="x")) as url:
            daemonlet = start(acme=CLUMSY.format(url=f"{url}/x", fails="endlessly"))
            await daemonlet.until(
                lambda: daemonlet.held() == "making it ready takes longer than 0.1 s (one is right)"
            )
            daemonlet.folder.write(bolt=CLUMSY.format(url=f"{url}/x", fails="hiding what it lacks"))
            async with asyncio.timeout(2.0):
                await daemonlet.reloader.reload()
            await daemonlet.until(lambda: daemonlet.ready == ["bolt/return"])
            assert sum(thread.name == "making it ready" for thread in threading.enumerate()) <= 2
            clumsy_plugin.ENOUGH.set()

    async def test_one_that_hides_what_it_lacks(self, start):
        """The document is fetched though the plugin turns its absence into an error of its own."""
        async with server(lambda request: web.Response(text="content")) as url:
            daemonlet = start(acme=CLUMSY.format(url=f"{url}/x", fails="hiding what it lacks"))
            assert daemonlet.held() == "url: something went wrong"
            await daemonlet.until(lambda: daemonlet.ready)
            assert daemonlet.reloader.conf.route("acme/return").endpoint.prepared == "content"


LEAD = """\
return:
  transport: soap
  url: {url}
  operation: SubmitReturn
  mapping: {{LeadId: "{{{{ lead.id }}}}"}}
"""


class Host:
    """Hands out one document, or whatever else it is told to answer."""

    def __init__(self) -> None:
        self.body, self.status = WSDL, 200
        self.asked: list[str] = []

    def __call__(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.path_qs)
        return web.Response(body=self.body, status=self.status)


OLD, NEW = b"http://127.0.0.1/returns11", b"http://127.0.0.1/v2"


class TestRenewal:
    """What came through the network is asked for anew at a start and a reload; what is ready stays ready meanwhile."""

    @pytest.fixture
    async def host(self) -> AsyncIterator[Host]:
        host = Host()
        async with server(host) as url:
            host.url = f"{url}/?wsdl"
            yield host

    @pytest.fixture
    async def ready(self, start: Callable[..., Daemonlet], host: Host) -> Daemonlet:
        """With the endpoint made ready of the first document."""
        daemonlet = start(acme=LEAD.format(url=host.url))
        await daemonlet.until(lambda: daemonlet.ready)
        host.asked.clear()
        return daemonlet

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prepare_module, "AGAIN", 0.2)
        monkeypatch.setattr(prepare_module, "SELDOM", 0.2)

    async def test_a_changed_document_takes_the_place_of_the_old(self, ready, host):
        """The route has the new plan, was never held, and the new document is the one that is kept."""
        before = ready.plan()
        assert before.address.encode() == OLD
        host.body = WSDL.replace(OLD, NEW)
        ready.preparer.follow(at_once=True)
        held = []
        await ready.until(lambda: held.append(ready.held()) or ready.plan() is not before)
        assert ready.plan().address.encode() == NEW
        assert set(held) == {None}
        assert ready.folder.load().route("acme/return").endpoint.prepared.address.encode() == NEW
        assert (ready.ready, ready.misfits, ready.doubts()) == (["acme/return"], [], [])

    async def test_an_equal_document_changes_nothing(self, ready, host):
        """It is asked for, and the route stays the very same."""
        before = ready.reloader.conf
        ready.preparer.follow(at_once=True)
        await ready.until(lambda: host.asked)
        await asyncio.sleep(0.1)
        assert ready.reloader.conf is before
        assert host.asked == ["/?wsdl"]

    async def test_a_start_asks_anew(self, ready, host, session):
        """With the copy the endpoint is ready at once; what changed while nobody looked is in force a moment later."""
        host.body = WSDL.replace(OLD, NEW)
        restarted = Daemonlet(ready.folder, session)
        assert (restarted.held(), restarted.plan().address.encode()) == (None, OLD)
        restarted.preparer.follow()
        try:
            await restarted.until(lambda: restarted.plan().address.encode() == NEW)
        finally:
            await restarted.preparer.close()

    async def test_the_host_is_down(self, ready, host):
        """The copy goes on, with a warning that says so; it ends when the host is back, which is noticed by itself."""
        host.status = 503
        ready.preparer.follow(at_once=True)
        await ready.until(ready.doubts)
        assert ready.doubts() == [
            f"warning: sources/acme.yaml: return.url: {host.url} cannot be fetched: it was answered with status 503 "
            "(200 is right) (what was fetched before stays in use)"
        ]
        assert (ready.held(), ready.misfits) == (None, [])
        assert ready.folder.load().route("acme/return").held is None
        host.status, host.body = 200, WSDL.replace(OLD, NEW)
        await ready.until(lambda: not ready.doubts())
        assert ready.plan().address.encode() == NEW

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (PAGE, "url: {url} is not a WSDL: its root element is html (right would be definitions)"),
            (
                WSDL.replace(b'"LeadId"', b'"LeadIdent"'),
                "mapping.LeadId: the operation has no argument 'LeadId' (did you mean LeadIdent?)",
            ),
            (
                WSDL.replace(OLD, b"http://evil.example/"),
                "address: the WSDL at {url} gives Acme.Plain.SubmitReturn the address http://evil.example/, of another "
                "host (write address: http://evil.example/ to allow that)",
            ),
        ],
        ids=["garbage", "changed", "elsewhere"],
    )
    async def test_one_that_does_not_fit_is_not_taken(self, ready, host, body, why):
        """The old plan and the old copy stay, and a person is told: an event that is due is not to wait for that."""
        before = ready.plan()
        host.body = body
        ready.preparer.follow(at_once=True)
        await ready.until(ready.doubts)
        said = f"what was fetched anew does not fit: {why.format(url=host.url)} (what was fetched before stays in use)"
        assert ready.doubts() == [f"warning: sources/acme.yaml: return.url: {said}"]
        assert ready.misfits[0] == ("acme/return", said)
        assert ready.plan() is before
        assert ready.folder.load().route("acme/return").held is None
        host.body = WSDL
        await ready.until(lambda: not ready.doubts())

    async def test_it_is_not_asked_for_more_often_than_that(self, ready, host, monkeypatch):
        """However often the folder changes; a person who reloads is heeded at once."""
        monkeypatch.setattr(prepare_module, "AGAIN", 30.0)
        for number in range(3):
            ready.folder.write(bolt=f"name: '{number}'\n")
            await ready.reloader.reload()
        await asyncio.sleep(0.1)
        assert host.asked == []
        ready.preparer.follow(at_once=True)
        await ready.until(lambda: host.asked)

    async def test_many_endpoints_ask_once(self, start, host):
        """A document that they share is fetched once for all of them."""
        daemonlet = start(**{f"s{number}": LEAD.format(url=host.url) for number in range(20)})
        await daemonlet.until(lambda: len(daemonlet.ready) == 20)
        assert len(host.asked) == 1
        host.body = WSDL.replace(OLD, NEW)
        daemonlet.preparer.follow(at_once=True)
        await daemonlet.until(
            lambda: all(daemonlet.plan(f"s{n}/return").address == NEW.decode() for n in range(20))
        )
        assert len(host.asked) == 2

    async def test_a_warning_goes_with_its_endpoint(self, ready, host):
        """Nobody is warned of what the conf does not hold any more."""
        host.status = 503
        ready.preparer.follow(at_once=True)
        await ready.until(ready.doubts)
        ready.folder.write(bolt="name: Bolt\n").remove("sources/acme.yaml")
        await ready.reloader.reload()
        assert ready.doubts() == []
