"""The bench measures what the gateway does: its conf is right, and its rows come to figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.folder import write_many
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


def test_thousands_of_sources_have_no_problem(tmp_path: Path) -> None:
    """No two of them are alike, and every transport is among them."""
    files = Files.read(write_many(tmp_path, 8620, 8630, 10, conversions=True))
    conf = load(files, registry())
    assert conf.problems == ()
    assert len({*files.under("sources/").values()}) == len(conf.sources) == 10
    assert {route.endpoint.transport for route in conf.routes()} == set(ROWS)
    assert len(list(conf.routes())) == 20


def test_thousands_of_sources_are_measured() -> None:
    """In the small form: each row comes to figures, with its bar."""
    command = [
        sys.executable,
        "-m",
        "bench.sources",
        "--small",
        "--as-json",
        "--only",
        "reload",
        "--only",
        "metrics",
    ]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {one["bar"] for one in told if one["bar"]} == {1.0, 200.0}
    assert all(one["value"] >= 0 for one in told)


@pytest.mark.timeout(120)
def test_scale_is_measured(tmp_path: Path, thorough: bool) -> None:
    """In the small form: each row comes to figures. In the short form of the suite the backlog only."""
    rows = ["backlog", "dead", "stored"] if thorough else ["backlog"]
    asked = [word for row in rows for word in ("--only", row)]
    command = [sys.executable, "-m", "bench.scale", "--small", "--as-json", "--in", str(tmp_path), *asked]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert list(dict.fromkeys(one["row"] for one in told)) == rows
    assert all(one["good"] in (True, False, None) and one["found"] for one in told)
    assert list(tmp_path.iterdir()) == []


def test_latency_is_measured(long: bool) -> None:
    """Each row comes to a figure. In the short form not the one that awaits retention."""
    rows = ["idle", "acknowledge", "retention"] if long else ["idle", "acknowledge"]
    asked = [word for row in rows for word in ("--only", row)]
    command = [sys.executable, "-m", "bench.latency", "--rate", "40", "--seconds", "0.3", "--as-json", *asked]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert [one["row"] for one in told] == rows
    assert all(one["good"] in (True, False) and "p99" in one["found"] for one in told)


def test_every_row_is_measured(long: bool) -> None:
    """A run gives a ratio against the relay for each row. In the short form json and soap only."""
    rows = list(ROWS) if long else ["json", "soap"]
    asked = [word for row in rows for word in ("--only", row)]
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--events", "40", "--no-budget", "--as-json"]
    told = json.loads(subprocess.run([*command, *asked], check=True, capture_output=True, text=True).stdout)
    assert list(told["rows"]) == rows
    assert all(row["ratio_min"] <= row["ratio"] <= row["ratio_max"] for row in told["rows"].values())
