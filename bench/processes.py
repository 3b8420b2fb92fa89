"""The processes that a figure needs, and what CPU each of them used."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(*command: str, port: int, log: Path, patience: float = 20) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that is ready once its port answers, within so many seconds; ended at the end."""
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, *command], stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        _await_port(running, port, log, patience)
        yield running
    finally:
        running.terminate()
        running.wait(30)


def load(port: int, events: int, in_flight: int, source: str) -> float:
    """Post so many events of a source; the seconds it took. Ends the bench where one of them was not delivered."""
    command = [sys.executable, "-m", "bench.load", *map(str, (port, events, in_flight)), source]
    seconds, good = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if int(good) != events:
        raise SystemExit(
            f"only {good} of {events} {source} events were delivered: the figure would mean nothing"
        )
    return float(seconds)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads, user and system."""
    return sum(cpu_by_thread(pid).values())


def cpu_by_thread(pid: int) -> dict[str, float]:
    """The same for every thread: the main one, and all others together."""
    used = {"main thread": 0.0, "other threads (SQLite)": 0.0}
    for task in Path(f"/proc/{pid}/task").iterdir():
        nanoseconds = int((task / "schedstat").read_text().split()[0])
        name = "main thread" if task.name == str(pid) else "other threads (SQLite)"
        used[name] += nanoseconds / 1e9
    return used


def _await_port(running: subprocess.Popen[bytes], port: int, log: Path, patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if running.poll() is not None:
            raise SystemExit(f"a process of the bench ended at once:\n{log.read_text()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise SystemExit(f"port {port} did not open:\n{log.read_text()}")
