"""The systemd unit locks the daemon in, and lets it do its work: every system call that it makes is one it may make."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.machine import needs

ROOT = Path(__file__).parents[2]
UNIT = (ROOT / "docs/deploy/feedback-gateway.service").read_text()
SOURCES = {
    path.stem: path.read_text().replace("http://127.0.0.1:8630", "PARTNER")
    for path in (ROOT / "conf/sources").glob("*.yaml")
}
EVENTS = [
    {**json.loads(path.read_text()), "id": path.stem}
    for path in sorted((ROOT / "conf/events").glob("*.json"))
]
# Of root alone: SQLite gives the files beside its own to the same owner. The unit's user is not root.
OF_ROOT = {"fchown"} if os.geteuid() == 0 else set()


def calls(group: str) -> set[str]:
    """The system calls of one of systemd's groups."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    words = [line.strip() for line in said.stdout.splitlines()[1:]]
    return set().union(
        *(calls(word) if word[0] == "@" else {word} for word in words if word and word[0] != "#")
    )


@needs("strace", "systemd-analyze")
@pytest.mark.usefixtures("_thorough_only")
async def test_the_unit_lets_the_daemon_do_its_work(tmp_path: Path) -> None:
    """A start, deliveries over all transports, a reload and an end: no call out of bounds, no memory that is both written and run."""
    filters = re.findall(r"^SystemCallFilter=(~?)(@[\w-]+)$", UNIT, re.MULTILINE)
    assert [name for refused, name in filters if not refused] == ["@system-service"]
    allowed = calls("@system-service") - set().union(*(calls(name) for refused, name in filters if refused))
    traced = tmp_path / "calls"
    with partner_in(tmp_path) as partner, House(tmp_path, partner, SOURCES) as house:
        for folder in ("secrets", "tables", "events"):
            shutil.copytree(ROOT / "conf" / folder, house.conf / folder, dirs_exist_ok=True)
        house.start("strace", "-f", "-qq", "-o", str(traced))
        async with house.client() as client:
            await house.ready(client, 40)
            await Poster(client).post(EVENTS)
            states = await house.settled(client, len(EVENTS), 40)
            delivered = {name.split("-")[1] for name, state in states.items() if state == "delivered"}
            assert delivered == {"json", "query", "formpost", "xml", "soap"}
        daemon = int(traced.read_text().split(maxsplit=1)[0])
        os.kill(daemon, signal.SIGHUP)
        await house.logged('"conf.loaded"', 2)
        os.kill(daemon, signal.SIGTERM)
        assert await house.ended(40) == 0
    made = re.findall(r"^\d+ +(\w+)\((.*)$", traced.read_text(), re.MULTILINE)
    assert len(made) > 1000
    assert {name for name, _ in made} - OF_ROOT - allowed == set()
    assert [
        rest for name, rest in made if name == "mmap" and "PROT_WRITE" in rest and "PROT_EXEC" in rest
    ] == []
    assert [rest for name, rest in made if name == "mprotect" and "PROT_EXEC" in rest] == []
