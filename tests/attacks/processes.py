"""Sources that are none of ours, each in a process of its own that says its port on its first line."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.houses import House, Journal

HERE = Path(__file__).parent


@contextmanager
def hostile_source() -> Iterator[Journal]:
    """The source that answers as no HTTP server would; it keeps no journal."""
    with _listening("tests.attacks.hostile_source") as url:
        yield Journal(url, HERE / "none")


@contextmanager
def receivers(folder: Path) -> Iterator[Journal]:
    """The sources that read with the standard library alone. folder: where their journal stands."""
    journal = folder / "journal.ndjson"
    with _listening("tests.attacks.receivers", str(journal)) as url:
        yield Journal(url, journal)


def with_wsdl(house: House) -> None:
    """Put the WSDL of these sources into a conf folder."""
    (house.conf / "wsdl").mkdir()
    (house.conf / "wsdl" / "strings.wsdl").write_bytes((HERE / "strings.wsdl").read_bytes())


@contextmanager
def _listening(*command: str) -> Iterator[str]:
    """The address of a module that is run, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=HERE.parents[1],
    ) as running:  # fmt: skip
        assert running.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(running.stdout.readline())}"
        finally:
            running.kill()
