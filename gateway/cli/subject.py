"""What `describe` is asked about: a document by URL or file, or endpoints of the conf; read as far as can be."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from gateway.apart import Apart
from gateway.cli.faults import Unavailable, Unreadable
from gateway.cli.folder import read_partly
from gateway.conf.document import parse
from gateway.conf.fetching import Fetcher, tls_for
from gateway.conf.files import GATEWAY, Files
from gateway.conf.model import Conf, Route
from gateway.conf.schema import GatewaySettings
from gateway.daemon import registry
from gateway.description import Description
from gateway.documents import Documents, Load, is_remote
from gateway.errors import ConfError, Held, PluginError
from gateway.http import Session
from gateway.model import Endpoint
from gateway.nearest import nearest
from gateway.registry import Transport
from gateway.web.listeners import address_of

_PATIENCE = 120.0  # seconds to describe a document, what must be fetched included


@dataclass(frozen=True, slots=True)
class Described:
    """A document, or an endpoint, or both.

    url: as a conf names the document; note: what to know about that; transport: whose document it is; endpoint: where
    one was asked for; keys: that endpoint's conf, as it is written.
    """

    url: str
    transport: str
    document: Description | None = None
    endpoint: str | None = None
    keys: Mapping[str, Any] | None = None
    note: str = ""


async def describe(what: str, folder: Path, *, whole: bool) -> list[Described]:
    """Describe a document, or each endpoint that is meant. whole: also what an endpoint's document offers beside.

    Raises UsageError where nothing is meant, ConfError, Unavailable where a document cannot be had, Unreadable where it
    is wrong.
    """
    conf, files = _conf(folder)
    own = [address for listener in conf.gateway.listen if (address := address_of(listener))]
    async with Session.open(conf.gateway.network.allow, own) as session:
        reader = _Reader(Fetcher(session), asyncio.get_running_loop())
        if is_remote(what):
            return [await reader.document(what, _conf_folder(files), what)]
        file = await asyncio.to_thread(_file, Path(what), files)
        if file is not None:
            return [await reader.document(*file)]
        return [await reader.endpoint(route, files, whole) for route in _routes(what, conf)]


class _Reader:
    """Has documents described by whichever transport knows them."""

    def __init__(self, fetcher: Fetcher, loop: asyncio.AbstractEventLoop) -> None:
        self._fetcher = fetcher
        self._loop = loop
        self._apart = Apart("describing it", longest=_PATIENCE)

    async def document(self, address: str, at_hand: Load, url: str, note: str = "") -> Described:
        """A document by its address. at_hand: reads what needs no network; url, note: see Described."""
        wrong: ValueError | None = None
        for transport in _transports():
            try:
                found = await self._asked(transport, address, partial(self._load, at_hand, None), None)
            except ValueError as error:
                wrong = wrong or error
            else:
                if found is not None:
                    return Described(url, transport.name, found, note=note)
        if wrong is not None:
            raise Unreadable(str(wrong))
        raise Unreadable(f"no installed transport can describe {address} (a WSDL is right)")

    async def endpoint(self, route: Route, files: Files, whole: bool) -> Described:
        """An endpoint of the conf, with its document where its transport has one."""
        endpoint, found = route.endpoint, None
        if route.transport.describe is not None:
            settings = None if whole else endpoint.settings
            try:
                load = partial(self._load, _conf_folder(files), endpoint)
                found = await self._asked(route.transport, endpoint.url, load, settings)
            except ValueError as error:
                raise Unreadable(f"{endpoint.id}: {error}") from None
        keys = _written(files, route)
        return Described(endpoint.url, route.transport.name, found, endpoint.id, keys)

    def _load(self, at_hand: Load, endpoint: Endpoint | None, url: str) -> bytes:
        """One document; for an endpoint by its own TLS where that is right."""
        if not is_remote(url):
            return at_hand(url)
        fetching = self._fetcher.get(url, tls=tls_for(url, endpoint) if endpoint is not None else None)
        return asyncio.run_coroutine_threadsafe(fetching, self._loop).result()

    async def _asked(
        self, transport: Transport, address: str, load: Load, settings: Any
    ) -> Description | None:
        if transport.describe is None:
            return None
        try:
            return await self._apart.run(address, partial(transport.describe, address, load, settings))
        except (Held, TimeoutError) as error:
            raise Unavailable(str(error)) from None


def _file(path: Path, files: Files) -> tuple[str, Load, str, str] | None:
    """A document in a file, of the conf folder or anywhere: its address, what reads it, its url in a conf, a note."""
    if not path.is_file():
        name = path.as_posix()  # as a `url` in the conf would say it
        return (name, _conf_folder(files), name, "") if name in files.content else None
    whole, root = path.resolve(), files.folder.resolve()
    name = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else ""
    if name in files.content:
        return name, _conf_folder(files), name, ""
    return (
        whole.name,
        _below(whole.parent),
        f"wsdl/{whole.name}",
        f"put a copy of {path} there, with what it imports",
    )


def _conf_folder(files: Files) -> Load:
    return Documents(files.content, None).at_hand


def _below(folder: Path) -> Load:
    """Reads files below a folder, by relative path."""

    def read(name: str) -> bytes:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise ValueError(f"there is no file {name} below {folder} (put it there)")
        return path.read_bytes()

    return read


def _conf(folder: Path) -> tuple[Conf, Files]:
    """The conf as far as it is whole; an empty one where there is none yet, as a WSDL often comes first."""
    if (folder / GATEWAY).exists():
        return read_partly(folder)
    nothing = Conf("", datetime.now(UTC), GatewaySettings(), {}, {}, {}, {})
    return nothing, Files(folder, {})


def _routes(what: str, conf: Conf) -> Sequence[Route]:
    """The endpoints of `SOURCE`, `SOURCE@FLOW`, or one of them with its `/TYPE`."""
    route, source = conf.route(what), conf.sources.get(what)
    if route is not None and route.endpoint.id == what:
        return [route]
    if source is not None and source.routes:
        return list(source.routes.values())
    key = what.partition("/")[0]
    if key in conf.broken:
        raise ConfError([problem for problem in conf.problems if problem.file == f"sources/{key}.yaml"])
    known = {*conf.sources, *(route.endpoint.id for route in conf.routes())}
    near = nearest(what, known)
    raise click.UsageError(
        f"{what!r} is no file, no http or https URL, and no source or endpoint of the conf{near}"
    )


def _transports() -> Iterator[Transport]:
    """Every installed transport that can be loaded."""
    known = registry()
    for name in known.installed():
        try:
            if "transport" in known.kinds(name):
                yield known.transport(name)
        except PluginError:
            continue  # `plugins` tells what is wrong with it


def _written(files: Files, route: Route) -> dict[str, Any]:
    """An endpoint's own keys as they are written, those of `common` included."""
    endpoint = route.endpoint
    data = parse(files.content[f"sources/{endpoint.id.rpartition('/')[0]}.yaml"], "").data
    common, own = data.get("common") or {}, data.get(endpoint.type) or {}
    wanted = ["url", *route.transport.settings.model_fields]
    both = {**common, **own}
    mapping = {**(common.get("mapping") or {}), **(own.get("mapping") or {})}
    return {key: both[key] for key in wanted if key in both} | {"mapping": mapping}
