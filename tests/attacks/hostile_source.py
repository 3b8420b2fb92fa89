"""A source on a raw socket that answers as no HTTP server would: each path is a row of `answers.py`, played step by step.

Run as `python -m tests.attacks.hostile_source`: it says its port, and listens until its standard input ends.
"""

import os
import socket
import struct
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

from tests.attacks.answers import ANSWERS, HONEST, NO, POISONS
from tests.attacks.steps import Echo, Forever, HalfClose, Reset, Step, Unread, Wait

LONGEST = 20  # seconds of what is said for ever; every timeout here is shorter


def serve() -> None:
    """Listen, and answer every connection in a thread of its own; the processor is the daemon's, as on another machine."""
    os.nice(19)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    sys.stdin.read()


def _accept(listener: socket.socket) -> None:
    poisoned: Counter[str] = Counter()
    while True:
        line, _ = listener.accept()
        threading.Thread(target=_converse, args=(line, poisoned), daemon=True).start()


def _converse(line: socket.socket, poisoned: Counter[str]) -> None:
    with line, suppress(OSError):
        line.settimeout(30)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while asked := _head(line):
            name = asked.split(b" ", 2)[1].decode().partition("?")[0].strip("/")
            if name in POISONS:
                _body(line, asked)
                poisoned[name] += 1
                steps: tuple[Step, ...] = (NO, *POISONS[name]) if poisoned[name] == 1 else (NO,)
            else:
                steps = ANSWERS[name].said if name in ANSWERS else HONEST
                if Unread() not in steps:
                    asked += _body(line, asked)
            if not _play(line, steps, asked):
                return


def _play(line: socket.socket, steps: tuple[Step, ...], asked: bytes) -> bool:
    """Whether the connection lives on."""
    for step in steps:
        match step:
            case bytes():
                line.sendall(step)
            case Wait(seconds):
                time.sleep(seconds)
            case Echo(before, after):
                line.sendall(before + asked.replace(b"\r\n", b" ") + after)
            case Forever(said, every):
                _for_ever(line, said, every)
            case HalfClose():
                line.shutdown(socket.SHUT_WR)
            case Reset():
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
    return steps == HONEST or steps[0] == NO


def _for_ever(line: socket.socket, said: bytes, every: float) -> None:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        line.sendall(said)
        if every:
            time.sleep(every)


def _head(line: socket.socket) -> bytes:
    """The head of a request, and what came with it; nothing once the caller has gone."""
    said = b""
    while b"\r\n\r\n" not in said:
        more = line.recv(65536)
        if not more:
            return b""
        said += more
    return said


def _body(line: socket.socket, said: bytes) -> bytes:
    head, _, begun = said.partition(b"\r\n\r\n")
    lengths = [
        field.partition(b":")[2]
        for field in head.split(b"\r\n")
        if field.lower().startswith(b"content-length:")
    ]
    missing = int(lengths[0]) - len(begun) if lengths else 0
    body = b""
    while len(body) < missing and (more := line.recv(65536)):
        body += more
    return body


if __name__ == "__main__":
    serve()
