"""Daemons that start in a moment: forked off a process that has everything imported, and nothing opened.

Each is a process of its own that runs the same command line; it only saves what Python takes to import it all.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Forked:
    """One of them, as far as subprocess.Popen is needed of it; how it ended is told to nobody."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None as long as it runs."""
        return 0 if select.select([self._process], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutError."""
        if not select.select([self._process], [], [], timeout)[0]:
            raise TimeoutError(f"{self.pid} runs on after {timeout} s")
        return 0

    def kill(self) -> None:
        """kill -9."""
        signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def close(self) -> None:
        """Forget a process that has ended."""
        os.close(self._process)


class Nursery:
    """The process that they are forked from."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def start(self, log: Path, *words: str) -> Forked:
        """Start one of our commands; what it says is added to a file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\0".join((str(log), *words)).encode() + b"\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A process to fork daemons from, ended with the block. It needs Linux, for os.pidfd_open."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.warm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


def _serve() -> None:
    from gateway.cli import main
    from gateway.daemon import registry

    registry().load("json")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the kernel may forget them
    for line in sys.stdin:
        log, *words = line.rstrip("\n").split("\0")
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, stream in ((nothing, 0), (said, 1), (said, 2)):
            os.dup2(descriptor, stream)
        main(words, prog_name="feedback-gateway")


if __name__ == "__main__":
    _serve()
