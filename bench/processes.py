"""The processes that a figure needs, and what CPU each of them used."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(*command: str, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that is ready once its port answers; ended at the end."""
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, *command], stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        _await_port(running, port, log)
        yield running
    finally:
        running.terminate()
        running.wait(30)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def cpu_by_thread(pid: int) -> dict[str, float]:
    """The same for every thread: the main one, and all others together."""
    used = {"main thread": 0.0, "other threads (SQLite)": 0.0}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        name = "main thread" if task.name == str(pid) else "other threads (SQLite)"
        used[name] += (int(fields[11]) + int(fields[12])) / _TICK
    return used


def _await_port(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(400):
        if running.poll() is not None:
            raise SystemExit(f"a process of the bench ended at once:\n{log.read_text()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise SystemExit(f"port {port} did not open:\n{log.read_text()}")
