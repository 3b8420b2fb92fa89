"""A partner and daemons for the tests, and the command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.cli.processes import EVENT, Daemon, daemon_in, running, write_conf

Cli = Callable[..., Result]


@pytest.fixture(scope="session")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running `feedback-gateway partner`."""
    with running(tmp_path_factory.mktemp("partner"), "partner", "--port", "0") as process:
        yield process.until("the partner listens at ").split()[4]


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory, partner: str) -> Iterator[Daemon]:
    """The daemon that all tests share which leave its conf alone; their events have ids of their own."""
    with daemon_in(tmp_path_factory.mktemp("daemon"), partner) as daemon:
        yield daemon


@pytest.fixture
def daemon(shared_daemon: Daemon, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Daemon:
    """The shared daemon, and its conf as the one that commands read."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(shared_daemon.conf))
    return shared_daemon


@pytest.fixture
def own_daemon(tmp_path: Path, partner: str) -> Iterator[Daemon]:
    """A daemon for one test alone."""
    with daemon_in(tmp_path, partner) as daemon:
        yield daemon


@pytest.fixture
def conf(tmp_path: Path, partner: str) -> Path:
    """A conf folder, without a daemon."""
    return write_conf(tmp_path, partner)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Calls the command in a folder whose `conf` is the fixture's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FEEDBACK_GATEWAY_CONF", raising=False)

    def call(*words: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, words, input=input)

    return call


@pytest.fixture
def event_file(tmp_path: Path) -> Callable[..., str]:
    """Writes an event, EVENT with changes, to a file."""

    def write(name: str = "event.json", **changes: Any) -> str:
        (tmp_path / name).write_text(json.dumps({**EVENT, **changes}))
        return name

    return write
