"""The daemon as a whole: how it ends."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway import lifetime, process
from gateway.daemon import Daemon
from gateway.errors import StoreError
from gateway.lifetime import EX_IOERR
from gateway.web.listeners import ListenError


@pytest.fixture(autouse=True)
def _unset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    (folder / "sources").mkdir(parents=True)
    (folder / "gateway.yaml").write_text(f"listen: ['unix:{tmp_path}/s']\nlog: {{format: json}}\n")
    return folder


async def run(conf: Path, ready: Callable[[Daemon], Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a daemon in this process; ready: called with it in place of freezing what this process has loaded."""
    made: list[Daemon] = []

    def make(*arguments: Any) -> Daemon:
        made.append(Daemon(*arguments))
        return made[-1]

    with monkeypatch.context() as patch:
        patch.setattr(lifetime, "Daemon", make)
        patch.setattr(process, "gather", lambda: None)  # this process goes on, and keeps its own ways
        patch.setattr(process, "settle", lambda: ready(made[0]))
        return await lifetime.run(conf)


async def test_told_to_stop_it_ends_well(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 after a clean end; the socket is closed and the store let go, so that the next one can start."""
    for _ in range(2):
        assert await run(conf, lambda daemon: daemon.stop.set(), monkeypatch) == 0


async def test_a_lost_store_ends_it_with_a_reason(
    conf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A daemon that can store nothing must not go on as if it could: it stops, not with 0, and says why."""

    def lose(daemon: Daemon) -> None:
        daemon.store._writer._on_fatal(StoreError("it is not known what of events.db is on disk"))

    assert await run(conf, lose, monkeypatch) == EX_IOERR
    lines = {line["event"]: line for line in map(json.loads, capsys.readouterr().err.splitlines())}
    assert lines["store.lost"]["error"] == "it is not known what of events.db is on disk"
    assert lines["daemon.stopping"]["why"].startswith("the store cannot go on: ")


async def test_a_removed_store_ends_it(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where nothing was posted since: the end is not 0, and names the file."""

    def ready(daemon: Daemon) -> None:
        (tmp_path / "data" / "events.db").unlink()
        daemon.stop.set()

    assert await run(conf, ready, monkeypatch) == EX_IOERR
    lines = {line["event"]: line for line in map(json.loads, capsys.readouterr().err.splitlines())}
    assert lines["store.lost"]["error"].startswith(
        f"the file {tmp_path}/data/events.db was removed or replaced "
    )


async def test_a_conf_that_cannot_be_kept_ends_no_start(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a disk without room for the copy, what waits in the store can still be sent."""
    (tmp_path / "data" / "last-good-conf.new").mkdir(parents=True)
    assert await run(conf, lambda daemon: daemon.stop.set(), monkeypatch) == 0
    lines = {line["event"]: line for line in map(json.loads, capsys.readouterr().err.splitlines())}
    assert f"{tmp_path}/data/last-good-conf" in lines["conf.not_kept"]["error"]


async def test_a_data_folder_is_served_once(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second daemon on the same data is refused with a sentence, and disturbs nothing."""
    second = tmp_path / "second"
    (second / "sources").mkdir(parents=True)
    (second / "gateway.yaml").write_text(f"listen: ['unix:{tmp_path}/t']\n")
    tries: list[asyncio.Task[int]] = []

    def ready(daemon: Daemon) -> None:
        tries.append(asyncio.ensure_future(lifetime.run(second)))
        tries[0].add_done_callback(lambda _: daemon.stop.set())

    assert await run(conf, ready, monkeypatch) == 0
    refused = tries[0].exception()
    assert isinstance(refused, StoreError)
    assert str(refused).startswith(f"the data folder {tmp_path}/data is in use by another daemon (")


async def test_a_listener_that_cannot_be_had_ends_the_start(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the listener; the store is closed again, so that the next start finds it free."""
    (tmp_path / "s").write_text("no socket")
    with pytest.raises(ListenError, match="no socket"):
        await run(conf, lambda daemon: daemon.stop.set(), monkeypatch)
    (tmp_path / "s").unlink()
    assert await run(conf, lambda daemon: daemon.stop.set(), monkeypatch) == 0
