"""The README is true: its commands exist, and its five minutes come to a delivered event."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.daemon import registry
from tests.cli.processes import free_port, running
from tests.docs.pages import ROOT, Page

PAGE = Page("README.md")
BIN = Path(sys.executable).parent
ACTIVATE = ". .venv/bin/activate\n"


def test_its_two_commands_are_made():
    """`make run` and `make test` are targets of the Makefile, and so is every other `make` of the page."""
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (block,) = [block for block in PAGE.blocks if block.heading == "Two commands"]
    assert block.text.split("\n") == ["make run", "make test"]
    assert set(re.findall(r"`make (\w+)`", PAGE.text)) <= set(targets)
    assert {"run", "test"} <= set(targets)


def test_the_example_folder_has_no_problem(tmp_path):
    """`check` finds nothing but modes of secrets, which no checkout keeps."""
    found = load(Files.read(ROOT / "conf"), registry()).problems
    assert [str(problem) for problem in found if "chmod 600" not in problem.text] == []


@pytest.fixture
def steps(tmp_path: Path) -> list[str]:
    """The blocks of the five minutes, with free ports and the real environment, each in a terminal of its own."""
    daemon, partner = free_port(), free_port()
    texts = [block.text for block in PAGE.blocks if block.heading == "Your own source in five minutes"]
    return [
        text.replace(ACTIVATE, "").replace("8620", str(daemon)).replace("8630", str(partner))
        + f"\n#{daemon},{partner}"
        for text in texts
    ]


def test_the_environment_is_activated_as_the_page_says():
    """The page's first command makes `feedback-gateway` plain to call."""
    first = next(block.text for block in PAGE.blocks if block.heading == "Your own source in five minutes")
    assert first.startswith(ACTIVATE)
    assert (BIN / "activate").exists()


def shell(text: str, folder: Path) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FEEDBACK_GATEWAY_")}
    environ["PATH"] = f"{BIN}:{environ['PATH']}"  # what `activate` does
    done = subprocess.run(
        ["sh", "-ec", text], cwd=folder, capture_output=True, text=True, timeout=30, check=False,
        env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_five_minutes_lead_to_a_delivered_event(steps, tmp_path):
    """Each block in its order, to the letter: init, the source file, check and preview, then for real."""
    init, source, tried, real = steps
    daemon, partner = real.rpartition("#")[2].split(",")
    shell(init, tmp_path)
    for file in (tmp_path / "my-conf").rglob("*.yaml"):
        file.write_text(file.read_text().replace("8620", daemon).replace("8630", partner))
    (tmp_path / source.split("\n")[0].removeprefix("# ")).write_text(source)
    said = shell(tried, tmp_path)
    assert "no problems" in said
    assert '"return":{"reason":"Wrong number"}' in said
    words = [line.split()[1:] for line in real.split("\n") if "feedback-gateway" in line]
    assert [word[0] for word in words] == ["partner", "run", "send"]
    with running(tmp_path, *words[0], "--port", partner) as stand_in:
        stand_in.until("listens at")
        with running(tmp_path, *words[1]) as process:
            process.until("ready")
            assert "delivered\tsuccess" in shell(real.split("\n")[2], tmp_path)
