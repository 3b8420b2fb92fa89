"""The daemon under whatever schemathesis makes of its own OpenAPI document: right requests, wrong ones, and chains."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import free_port
from tests.faults.houses import command, partner_in

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("schemathesis")
SHORT = ("--phases", "examples,coverage", "--max-examples", "10", "--max-time", "9", "--seed", "1")
THOROUGH = ("--max-examples", "200", "--max-time", "180", "--seed", "1")  # so that a second run says the same
LONG = ("--max-examples", "2000", "--max-time", "600")  # another seed each time


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example conf."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    for file in (tmp_path / "conf" / "secrets").iterdir():
        file.chmod(0o600)
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A daemon on it, with a partner; it must end cleanly, and never have failed at a request."""
    address = f"127.0.0.1:{free_port()}"
    with partner_in(folder) as partner:
        for file in (folder / "conf").rglob("*.yaml"):
            text = (
                file.read_text().replace("127.0.0.1:8620", address).replace("format: console", "format: json")
            )
            file.write_text(text.replace("8630", partner.url.rpartition(":")[2]))
        with command(folder, "run", "--conf", str(folder / "conf")) as daemon:
            yield f"http://{address}"
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(30) == 0
    said = (folder / "run.err").read_text().splitlines()
    assert [line for line in said if '"request.failed"' in line or '"level": "critical"' in line] == []


@pytest.mark.timeout(900)
def test_what_the_document_leads_to(address: str, tmp_path: Path, thorough: bool, long: bool) -> None:
    """No answer of 500, none that the document does not tell, and nothing taken that it calls wrong."""
    done = subprocess.run(
        [PROGRAM, "--config-file", HERE / "schemathesis.toml", "run", f"{address}/openapi.json", "--no-color",
         "--wait-for-schema", "15", "--continue-on-failure", *(LONG if long else THOROUGH if thorough else SHORT)],
        cwd=tmp_path, text=True, capture_output=True, check=False,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.attacks.ndjson", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
