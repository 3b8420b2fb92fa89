"""The real command against a real daemon and a real partner, each in a process of its own."""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("feedback-gateway")

EVENT = {
    "id": "LEAD-1-return",
    "type": "return",
    "source": "acme",
    "reason": "Wrong number",
    "lead": {"id": "LEAD-1", "phone_1": "5125551212", "state": "TX"},
    "price": 12.50,
}

ACME = """\
name: Acme
common:
  transport: json
  auth: {{bearer: {{file: acme_token}}}}
  retry: {{first: 30s}}
return:
  url: {partner}/json/bearer:s3cret
  mapping:
    lead_id: "{{{{ lead.id }}}}"
    reason: "{{{{ feedback.reason }}}}"
    price: "{{{{ price }}}}"
    phone: "{{{{ lead.phone_2 }}}}"
    api_key: {{file: acme_token}}
  criteria:
    rules:
      - {{field: lead.state, op: is equal to, value: TX}}
  response: {{outcome_search_path: status, outcome_search_term: ^ok$}}
conversion:
  url: {partner}/json/status:503
  mapping: {{lead_id: "{{{{ lead.id }}}}"}}
"""


@dataclass(frozen=True)
class Process:
    """A running command; err: what it has written so far to standard error."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def until(self, text: str, timeout: float = 15.0) -> str:
        """Standard error as soon as it holds a text."""
        end = time.monotonic() + timeout
        while text not in (said := self.err.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.02)
        return said

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(15)


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Process]:
    """A command of ours in a process, ended with the block."""
    out, err = folder / f"{words[0]}.out", folder / f"{words[0]}.err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen([COMMAND, *words], stdout=stdout, stderr=stderr, cwd=folder)
    try:
        yield Process(process, out, err)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(15)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def distribution(folder: Path, name: str, points: str, **modules: str) -> None:
    """A distribution as an installer leaves it behind."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[feedback_gateway]\n{points}\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def write_conf(folder: Path, partner: str, *, listen: str = "", **sources: str) -> Path:
    """A conf folder whose sources may reach the partner; `{partner}` in a source is its address.

    listen: by default where nobody else listens.
    """
    listen = listen or f"127.0.0.1:{free_port()}"
    conf = folder / "conf"
    for name in ("sources", "secrets", "events"):
        (conf / name).mkdir(parents=True)
    port = partner.rpartition(":")[2]
    (conf / "gateway.yaml").write_text(
        f'listen: ["{listen}"]\ndata: ../data\nnetwork: {{allow: ["127.0.0.1/32:{port}"]}}\nshutdown: 1s\n'
    )
    (conf / "secrets" / "acme_token").write_text("s3cret\n")
    (conf / "secrets" / "acme_token").chmod(0o600)
    for name, text in {"acme": ACME, **sources}.items():
        (conf / "sources" / f"{name}.yaml").write_text(text.format(partner=partner))
    return conf


@dataclass(frozen=True)
class Daemon:
    """A running daemon, its conf folder and its address."""

    conf: Path
    url: str
    process: Process


@contextmanager
def daemon_in(folder: Path, partner: str) -> Iterator[Daemon]:
    """A running `feedback-gateway run` on a conf of its own."""
    port = free_port()
    conf = write_conf(folder, partner, listen=f"127.0.0.1:{port}")
    with running(folder, "run") as process:
        process.until("ready")
        yield Daemon(conf, f"http://127.0.0.1:{port}", process)


def on_terminal(folder: Path, *words: str, answer: str = "") -> tuple[int, str]:
    """Run the command with a terminal as all three of its streams; exit code and what the terminal showed."""
    import pty

    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160", "LINES": "50"}
    environ.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [COMMAND, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environ,
        start_new_session=True,
    )
    os.close(theirs)
    if answer:
        os.write(ours, answer.encode())
    shown = b""
    try:
        while select.select([ours], [], [], 20)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not part:
                break
            shown += part
    finally:
        os.close(ours)
    return process.wait(15), shown.decode()
