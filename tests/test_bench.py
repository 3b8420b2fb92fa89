"""The bench measures what the gateway does: its conf is right, and its rows come to figures."""

import json
import subprocess
import sys
from pathlib import Path

from bench.load import EVENT
from bench.rows import ROWS, write_conf
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.daemon import registry


def test_its_conf_has_no_problem(tmp_path: Path) -> None:
    """Each of the five transports has a source whose return is on, with six mapped values."""
    conf = load(Files.read(write_conf(tmp_path, 8620, 8630)), registry())
    assert conf.problems == ()
    assert {route.endpoint.transport for route in conf.routes()} == set(ROWS)
    assert set(ROWS) == {"json", "formpost", "query", "xml", "soap"}
    assert all(len(row.names) == 6 for row in ROWS.values())
    assert EVENT["type"] == "return"


def test_every_row_is_measured(long: bool) -> None:
    """A run gives a ratio against the relay for each row. In the short form json and soap only."""
    rows = list(ROWS) if long else ["json", "soap"]
    asked = [word for row in rows for word in ("--only", row)]
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--events", "40", "--no-budget", "--as-json"]
    told = json.loads(subprocess.run([*command, *asked], check=True, capture_output=True, text=True).stdout)
    assert list(told["rows"]) == rows
    assert all(row["ratio_min"] <= row["ratio"] <= row["ratio_max"] for row in told["rows"].values())
