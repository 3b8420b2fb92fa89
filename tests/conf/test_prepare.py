"""Held endpoints are made ready by what is fetched for them, whoever else does not answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.conf import prepare as prepare_module
from gateway.conf.files import Files
from gateway.conf.model import Conf
from gateway.conf.prepare import Preparer, fetch
from gateway.conf.reload import Reloader
from gateway.errors import Held
from gateway.http import Session
from gateway.registry import Registry
from gateway.testing.partner import Partner, serve
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
WSDL = (Path(__file__).parents[1] / "plugins" / "wsdl" / "wrapped.wsdl").read_bytes()
PAGE = b"<html>down for maintenance</html>"
CLUMSY = "return:\n  transport: clumsy\n  url: {url}\n  fails: {fails}\n"


class Daemonlet:
    """The rooms round a Preparer: a Reloader that holds the Conf, a guarded session, and what was told ready."""

    def __init__(self, folder: Folder, session: Session) -> None:
        self.folder = folder
        self.ready: list[str] = []
        self.reloader = Reloader(folder.path, folder.registry, folder.load(), self._swapped, lambda _: None)
        self.preparer = Preparer(self.reloader, session, lambda: Files.read(folder.path), self.ready.append)

    async def _swapped(self, before: Conf) -> None:
        self.preparer.follow()

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
async def partner() -> AsyncIterator[Partner]:
    async with await serve() as running:
        yield running


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

    async def test_one_that_hides_what_it_lacks(self, start):
        """The document is fetched though the plugin turns its absence into an error of its own."""
        async with server(lambda request: web.Response(text="content")) as url:
            daemonlet = start(acme=CLUMSY.format(url=f"{url}/x", fails="hiding what it lacks"))
            assert daemonlet.held() == "url: something went wrong"
            await daemonlet.until(lambda: daemonlet.ready)
            assert daemonlet.reloader.conf.route("acme/return").endpoint.prepared == "content"


class TestFetch:
    """One document."""

    async def test_its_bytes(self, session):
        """As they came."""
        async with server(lambda request: web.Response(body=b"\xff<x/>")) as url:
            assert await fetch(session, f"{url}/a.wsdl") == b"\xff<x/>"

    @pytest.mark.parametrize("status", [204, 404, 500])
    async def test_another_status(self, session, status):
        """Only 200 is a document."""
        async with server(lambda request: web.Response(status=status)) as url:
            with pytest.raises(Held) as caught:
                await fetch(session, f"{url}/a.wsdl")
        assert (
            str(caught.value)
            == f"{url}/a.wsdl cannot be fetched: it was answered with status {status} (200 is right)"
        )

    async def test_one_without_end(self, session, monkeypatch):
        """A document past the bound is none."""
        monkeypatch.setattr(prepare_module, "_LARGEST", 2**20)
        async with server(lambda request: web.Response(body=b" " * (2**20 + 1))) as url:
            with pytest.raises(Held, match="cannot be fetched: it is larger than 1 MiB"):
                await fetch(session, f"{url}/a.wsdl")

    async def test_an_address_that_may_not_be_dialled(self):
        """The guard judges WSDLs as it judges deliveries."""
        async with Session.open([]) as guarded:
            with pytest.raises(Held, match=r"http://127\.0\.0\.1:1/ cannot be fetched: .* is not public"):
                await fetch(guarded, "http://127.0.0.1:1/")
