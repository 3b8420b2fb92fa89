"""The conf folder as commands without a daemon read it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from gateway.conf.document import parse
from gateway.conf.files import GATEWAY, Files
from gateway.conf.load import data_folder, load
from gateway.conf.model import Conf
from gateway.conf.remembered import kept
from gateway.conf.schema import GatewaySettings
from gateway.conf.seen import Shape
from gateway.conf.stored import StoredNames
from gateway.conf.unseen import Unseen
from gateway.daemon import registry
from gateway.errors import ConfError, GatewayError, Problem, StoreError
from gateway.plan import Version
from gateway.store.archive import archive

_PATIENCE = 60.0  # seconds for the stored events of all sources: nobody else waits meanwhile


def read(folder: Path) -> Conf:
    """The whole conf. Raises ConfError with every problem."""
    return load(_files(folder), registry())


def read_doubting(folder: Path) -> Conf:
    """The whole conf, with warnings of paths that no event holds. Raises ConfError with every problem."""
    return asyncio.run(_read_doubting(folder, _files(folder)))


async def _read_doubting(folder: Path, files: Files) -> Conf:
    plugins = registry()
    try:
        store = await archive(_data(folder, files))
    except StoreError:  # nothing is stored yet, or not for this version: the sample events will do
        return load(files, plugins, None, Unseen(lambda *_: Shape()))
    try:
        stored = StoredNames(store, asyncio.get_running_loop())
        return await asyncio.to_thread(load, files, plugins, None, Unseen(stored, _PATIENCE))
    finally:
        await store.close()


def data_of(folder: Path) -> Path:
    """The data folder, whatever else is wrong in the conf. Raises ConfError where there is no conf folder."""
    return _data(folder, _files(folder))


def _data(folder: Path, files: Files) -> Path:
    """The data folder, as far as gateway.yaml can be read: what is wrong with that file is for the load to tell."""
    written = parse(files.content.get(GATEWAY, b""), GATEWAY).data
    named = written.get("data") if isinstance(written, dict) else None
    return data_folder(folder, GatewaySettings(data=named) if isinstance(named, str) else GatewaySettings())


def read_partly(folder: Path) -> tuple[Conf, Files]:
    """What is whole of the conf: a broken source file is named in `broken` and stands in nobody else's way.

    Raises ConfError where gateway.yaml or a table is broken.
    """
    nothing = Conf("", datetime.now(UTC), GatewaySettings(), {}, {}, {}, {})
    files = _files(folder)
    return load(files, registry(), nothing), files


def read_both(folder: Path) -> tuple[Version, Version]:
    """The running conf, as the data folder remembers it, and that of the folder.

    Raises ConfError with every problem of the folder, GatewayError where no running conf can be had.
    """
    files, plugins = _files(folder), registry()
    gone: ConfError | None = None
    for remembered in kept(folder):
        # With the folder's own sample events, a source that was not edited is found to be the same.
        whole = Files(folder, {**remembered.content, **files.under("events/")})
        try:
            running = load(whole, plugins)
        except ConfError as error:
            gone = error
            continue
        edited = load(files, plugins, running)
        if not all(problem.warning for problem in edited.problems):
            raise ConfError(edited.problems)
        return Version(running, whole), Version(edited, files)
    load(files, plugins)
    if gone is not None:
        raise GatewayError(f"the running conf cannot be read any more: {gone.problems[0]} (mend that first)")
    raise GatewayError(
        f"there is no running conf to compare with in {_data(folder, files)}: a daemon keeps it there once it has"
        " taken one without problems (`data` in gateway.yaml names the folder; start the daemon once)"
    )


def _files(folder: Path) -> Files:
    try:
        return Files.read(folder)
    except OSError as error:
        right = "let this user read it" if folder.exists() else f"make one: feedback-gateway init {folder}"
        text = f"{error.filename or 'the conf folder'} cannot be read: {error.strerror} ({right})"
        raise ConfError([Problem(str(folder), 0, 0, "", text)]) from None
