"""What stands in docs/deploy is what it says: the unit and the image lock the daemon in, and let it do its work."""

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from gateway.cli import main
from tests.docs.pages import ROOT, Page

UNIT = ROOT / "docs/deploy/feedback-gateway.service"
DOCKERFILE = ROOT / "docs/deploy/Dockerfile"
ANALYZE = shutil.which("systemd-analyze")
LARGEST_EXPOSURE = 2.0  # of 10; what is left is that it speaks to networks, and sees who speaks to it
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def said(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a command that is there."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("/opt/feedback-gateway/bin/feedback-gateway", sys.executable))
    return path


def keys() -> dict[str, str]:
    lines = (line.partition("=") for line in UNIT.read_text().splitlines() if line and line[0] not in "#[")
    return {name: value for name, _, value in lines}


@needs_systemd
def test_systemd_takes_the_unit(unit: Path) -> None:
    """Every key is one that systemd knows."""
    ran = subprocess.run([ANALYZE, "verify", unit], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@needs_systemd
def test_the_unit_leaves_little_open(unit: Path) -> None:
    """By systemd's own measure."""
    ran = subprocess.run(
        [ANALYZE, "security", "--offline=yes", unit], capture_output=True, text=True, check=False
    )
    found = re.search(r"exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert found is not None, ran.stdout + ran.stderr
    assert float(found[1]) <= LARGEST_EXPOSURE


def test_the_unit_speaks_of_the_daemon_as_it_is() -> None:
    """Its command is one, and so is the exit code after which nothing gets better; it is told, reloaded and watched."""
    found = keys()
    _, command, *options = found["ExecStart"].split()
    assert command in main.commands
    assert options == ["--conf", "/etc/feedback-gateway"]
    assert found["Type"] == "notify"
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert found["RestartPreventExitStatus"] == "78"
    assert int(found["WatchdogSec"]) > 0
    assert found["LimitCORE"] == "0"


def test_the_unit_is_for_the_first_conf() -> None:
    """What `init` makes is what it loads: the secrets of that conf, from where they are put, and its data."""
    first = ROOT / "gateway/conf/first"
    name, _, path = keys()["LoadCredential"].partition(":")
    assert {name} == {file.name for file in (first / "secrets").iterdir()} - {"README"}
    assert path == f"/etc/feedback-gateway/secrets/{name}"
    assert re.search("^data: ", (first / "gateway.yaml").read_text(), re.MULTILINE)
    assert "data: /var/lib/feedback-gateway|" in Page("docs/operating.md").text
    assert keys()["StateDirectory"] == "feedback-gateway"


def test_the_image_is_made_of_what_the_lock_names() -> None:
    """Its base has a version, every package a hash, and nothing comes from an address."""
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+( AS \w+)?", base) for base in said("FROM"))
    assert said("ADD") == []
    installs = [rest for rest in said("RUN") if "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]


def test_the_image_runs_as_nobody_in_particular() -> None:
    """By a number that is not root's, with commands that no shell stands before, so that signals reach the daemon."""
    (user,) = said("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    order = [word for word, _ in instructions()]
    assert order.index("USER") > len(order) - order[::-1].index("FROM") - 1
    assert json.loads(said("ENTRYPOINT")[0]) == ["feedback-gateway"]
    assert json.loads(said("CMD")[0])[0] in main.commands
    health = json.loads(said("HEALTHCHECK")[0].partition("CMD")[2])
    compile(health[2], "HEALTHCHECK", "exec")


def test_nothing_of_ours_reaches_a_builder() -> None:
    """No conf, secret, data or history; only what is named is sent, and each of it is copied by name."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    sent = {rule[1:] for rule in rules if rule[0] == "!"}
    copied = {name for rest in said("COPY") if "--from" not in rest for name in rest.split()[:-1]}
    assert copied == sent
    assert not any(fnmatch(name, rule) for name in ("conf", "data", ".git", "tests") for rule in sent)
    assert [name for name in sent if not (ROOT / name).exists()] == []


def test_the_page_tells_of_every_place() -> None:
    """docs/operating.md names the folders that the unit and the image use."""
    page = Page("docs/operating.md").text
    for place in (
        "/opt/feedback-gateway",
        "/etc/feedback-gateway",
        "/var/lib/feedback-gateway",
        "/run/secrets",
        "/conf",
        "/data",
    ):
        assert place in page
