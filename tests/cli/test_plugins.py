"""`plugins`."""

import json
import os
import subprocess

from tests.cli.processes import COMMAND, distribution


def test_what_is_installed(cli):
    """Name, kind, distribution, version and module, by name."""
    found = cli("plugins")
    header, *rows = [line.split("\t") for line in found.stdout.splitlines()]
    assert header == ["name", "kind", "distribution", "version", "module"]
    assert ["json", "transport", "feedback-gateway", "0.1.0", "plugins.json"] in rows
    assert ["max_age", "criterion", "feedback-gateway", "0.1.0", "plugins.criteria.max_age"] in rows
    assert rows == sorted(rows)


def test_a_broken_plugin(tmp_path):
    """One that cannot be imported is listed with the reason, and the others are as they were; exit code 0."""
    distribution(
        tmp_path, "broken-plugin", "broken = broken_plugin", broken_plugin="import nothing_like_that\n"
    )
    distribution(tmp_path, "rival", "json = broken_plugin")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([COMMAND, "plugins"], capture_output=True, text=True, env=environ, check=True)
    assert "broken\tbroken\tbroken-plugin\t1.0\tbroken_plugin" in ran.stdout
    assert "xml\ttransport\t" in ran.stdout
    broken, twice = sorted(ran.stderr.splitlines())
    assert "'broken' of broken-plugin 1.0 cannot be imported" in broken
    assert "No module named 'nothing_like_that'" in broken
    assert twice.startswith("the plugin name 'json' is claimed by rival 1.0 ")
    assert "feedback-gateway 0.1.0" in twice
    told = json.loads(
        subprocess.run([COMMAND, "plugins", "--json"], capture_output=True, env=environ, check=True).stdout
    )
    assert {one["name"]: one["problem"] is None for one in told}["broken"] is False
