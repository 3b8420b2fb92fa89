"""A network namespace in which every address is this machine, with a resolver of its own and sinks that keep book.

Run as `unshare --net --mount python -m tests.attacks.town FOLDER [--unguarded]`: it starts a daemon on the conf in FOLDER, posts
one event to every source, and writes `town.json`: what was dialled, and the story of each event.
"""

import json
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.attacks.addresses import LISTENER, PORT, ZONE

PORTS = (80, 443, 3128, PORT)
PROXY = "http://10.6.6.6:3128"
STATUSES = cycle((301, 302, 303, 307, 308))
UNGUARDED = """
import gateway.http
gateway.http.refusal = lambda *asked, **more: None
from gateway.cli import main
main()
"""
WSDL = """\
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a">
  {wsdl}<types><xs:schema targetNamespace="urn:b">{schema}</xs:schema></types>
</definitions>"""


class Sinks:
    """Listens at every address; dialled: address, port and path of every connection."""

    def __init__(self, elsewhere: dict[str, str]) -> None:
        self.dialled: list[tuple[str, int, str]] = []
        self._elsewhere = elsewhere
        for port in PORTS:
            listener = socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512
            )
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            threading.Thread(target=self._answer, args=(listener.accept()[0],), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        address, port = caller.getsockname()[:2]
        address = str(IPv6Address(address).ipv4_mapped or address)
        caller.settimeout(5)
        with caller:
            while head := self._head(caller):
                path = head.split(" ")[1]
                self.dialled.append((address, port, path))
                caller.sendall(self._page(path))
            if not head:
                self.dialled.append((address, port, ""))

    @staticmethod
    def _head(caller: socket.socket) -> str:
        said = b""
        try:
            while b"\r\n\r\n" not in said and (more := caller.recv(65536)):
                said += more
        except OSError:
            pass
        return said.decode("latin-1") if b" " in said else ""

    def _page(self, path: str) -> bytes:
        kind, _, row = path.lstrip("/").partition("?")[0].partition("/")
        there = self._elsewhere.get(f"{kind}/{row}", "").encode()
        if kind == "to":
            return b"HTTP/1.1 %d Away\r\nLocation: %s\r\nRefresh: 0; url=%s\r\nContent-Length: 0\r\n\r\n" % (
                next(STATUSES),
                there,
                there,
            )
        body = there if kind == "wsdl" else b"OK"
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/%s\r\nContent-Length: %d\r\n\r\n%s" % (
            b"xml" if kind == "wsdl" else b"plain", len(body), body,
        )  # fmt: skip


def resolve_for_ever(asked: Counter[str]) -> None:
    """Answer the questions of RFC 1035 for A and AAAA from the zone; asked: how often each name was."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        question, caller = server.recvfrom(512)
        labels, at = [], 12
        while length := question[at]:
            labels.append(question[at + 1 : at + 1 + length].decode("latin-1"))
            at += length + 1
        name = ".".join(labels).lower()
        (kind,) = struct.unpack(">H", question[at + 1 : at + 3])
        answers = _answers(name, kind, asked)
        head = question[:2] + struct.pack(">HHHHH", 0x8180 if name in ZONE else 0x8183, 1, len(answers), 0, 0)
        records = b"".join(
            struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(address)) + address for address in answers
        )
        server.sendto(head + question[12 : at + 5] + records, caller)


def _answers(name: str, kind: int, asked: Counter[str]) -> list[bytes]:
    rounds = ZONE.get(name)
    if rounds is None:
        return []
    round_ = rounds[min(asked[f"{name} {kind}"], len(rounds) - 1)]
    asked[f"{name} {kind}"] += 1
    version = {1: 4, 28: 6}.get(kind)
    return [found.packed for found in map(ip_address, round_) if found.version == version]


def build(folder: Path) -> None:
    """Make every address one of this machine, and have names looked up here."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    for words in (
        "mount --make-rprivate /",
        f"mount --bind {folder}/resolv.conf /etc/resolv.conf",
        "ip link set lo up",
        "ip addr add 198.51.100.77/32 dev lo",  # else a resolver looks for no addresses: only loopback is configured
        "ip addr add 2001:db8::77/128 dev lo",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(words.split(), check=True)


def ask(path: str, body: bytes | None = None) -> Any:
    """What the daemon answers."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{LISTENER}{path}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def until_ready(daemon: subprocess.Popen[bytes]) -> None:
    """Wait for the daemon."""
    for _ in range(600):
        try:
            ask("/-/ready")
            return
        except OSError:
            time.sleep(0.1)
        if daemon.poll() is not None:
            break
    raise SystemExit("the daemon is not ready")


def stories(sources: Iterable[str]) -> dict[str, Any]:
    """Post one event to each source; its story, once nothing waits any more."""
    events = [{"source": name, "type": "return", "id": name, "lead": {"id": "1"}} for name in sources]
    ask("/events", json.dumps(events).encode())
    end = time.monotonic() + 60
    while any(event["state"] != "held" for event in _waiting()) and time.monotonic() < end:
        time.sleep(0.3)
    return {event["id"]: ask(f"/events/{event['id']}") for event in events}


def _waiting() -> list[dict[str, Any]]:
    return list(ask("/events?state=queued&limit=1000")["events"])


def main(folder: Path, *options: str) -> None:
    """Live through it."""
    build(folder)
    asked: Counter[str] = Counter()
    threading.Thread(target=resolve_for_ever, args=(asked,), daemon=True).start()
    sinks = Sinks(json.loads((folder / "elsewhere.json").read_text()))
    program = ["-c", UNGUARDED] if "--unguarded" in options else ["-m", "gateway.cli"]
    daemon = subprocess.Popen(
        [sys.executable, *program, "run", "--conf", str(folder / "conf")],
        stdout=(folder / "run.out").open("wb"), stderr=(folder / "run.err").open("wb"),
        env={"PATH": "/usr/bin:/bin", "HTTP_PROXY": PROXY, "http_proxy": PROXY, "HTTPS_PROXY": PROXY, "ALL_PROXY": PROXY},
    )  # fmt: skip
    try:
        until_ready(daemon)
        told = stories(sorted(path.stem for path in (folder / "conf/sources").glob("*.yaml")))
        time.sleep(1)  # alerts, and whatever else comes late
    finally:
        daemon.terminate()
        daemon.wait(20)
    (folder / "town.json").write_text(json.dumps({"dialled": sinks.dialled, "stories": told, "asked": asked}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
