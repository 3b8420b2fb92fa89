"""Hears what this thread opens, for checking that something does no I/O (PEP 578)."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_EVENTS = frozenset({"open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"})


@contextmanager
def opened() -> Iterator[list[str]]:
    """The files, sockets and processes that this thread opens within the block, as they are opened."""
    _listen()
    heard: list[str] = []
    _hearing.heard = heard
    try:
        yield heard
    finally:
        _hearing.heard = None


class _Hearing(threading.local):
    heard: list[str] | None = None


_hearing = _Hearing()
_installed = threading.Event()


def _listen() -> None:
    """Audit hooks cannot be taken back, so there is one for the whole process."""
    if not _installed.is_set():
        _installed.set()
        sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _EVENTS and _hearing.heard is not None:
        _hearing.heard.append(f"{event} {arguments[0]!r:.80}")
