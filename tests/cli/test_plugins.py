"""`plugins`."""

import hashlib
import json
import os
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from gateway.cli.plugins import _show
from tests.cli.processes import COMMAND, distribution

OBSERVER = """\
from gateway import hookimpl


class Counter:
    @hookimpl
    def attempted(self) -> None:
        "Count."

    @hookimpl(wrapper=True)
    def send(self):
        return (yield)


counter = Counter()
"""


def listed(site: Path, *words: str) -> tuple[list[dict[str, Any]], str]:
    """What `plugins --json` says with a folder of distributions, and what it complains of."""
    environ = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [COMMAND, "plugins", *words]
    shown = subprocess.run(command, capture_output=True, text=True, env=environ, check=True, cwd=site)
    told = subprocess.run([*command, "--json"], capture_output=True, env=environ, check=True, cwd=site)
    return json.loads(told.stdout), shown.stderr


def record(site: Path, name: str) -> None:
    """Note a distribution's modules and their hashes, as an installer does."""
    lines = []
    for path in site.glob("*.py"):
        hashed = urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        lines.append(f"{path.name},sha256={hashed},{path.stat().st_size}\n")
    (site / f"{name}-1.0.dist-info" / "RECORD").write_text("".join(lines))


def test_what_is_installed(cli):
    """Name, kind, distribution, version, module, hooks and whose code it is, by name."""
    found = cli("plugins")
    header, *rows = [line.split("\t") for line in found.stdout.splitlines()]
    assert header == ["name", "kind", "distribution", "version", "module", "hooks", "code"]
    known = {row[0]: row for row in rows}
    assert known["json"][:6] == [
        "json", "transport", "feedback-gateway", "0.1.0", "plugins.json", "settings, render",
    ]  # fmt: skip
    assert known["max_age"][1:5] == ["criterion", "feedback-gateway", "0.1.0", "plugins.criteria.max_age"]
    assert rows == sorted(rows)


def test_nothing_is_imported_but_by_load(tmp_path):
    """A module that would tell of its import does so with --load, and only then; its hooks are read all the same."""
    poison = f"open({str(tmp_path / 'imported')!r}, 'w')\n{OBSERVER}"
    distribution(tmp_path, "poison", "poison = poison:counter", poison=poison)
    found, _ = listed(tmp_path)
    [one] = [one for one in found if one["name"] == "poison"]
    assert (one["kinds"], one["hooks"], one["problem"]) == (
        ["observer", "wrapper"],
        ["attempted", "send"],
        None,
    )
    assert one["file"] == str(tmp_path / "poison.py")
    assert not (tmp_path / "imported").exists()
    listed(tmp_path, "--load")
    assert (tmp_path / "imported").exists()


def test_code_that_is_not_what_was_installed(tmp_path):
    """Each file is compared with the hash that the installer noted; without one nothing can be said."""
    distribution(tmp_path, "third", "third = third:counter", third=OBSERVER)

    def code() -> tuple[bool | None, list[str], str]:
        found, said = listed(tmp_path)
        [one] = [one for one in found if one["name"] == "third"]
        assert [file["sha256"] for file in one["files"]] == [
            hashlib.sha256((tmp_path / "third.py").read_bytes()).hexdigest()
        ]
        return one["changed"], [file["standing"] for file in one["files"]], said

    assert code() == (None, ["not recorded"], "")
    record(tmp_path, "third")
    assert code() == (False, ["as installed"], "")
    (tmp_path / "third.py").write_text(f"{OBSERVER}\n# one more line\n")
    said = f"third: {tmp_path}/third.py was changed since it was installed\n"
    assert code() == (True, ["changed"], said)


def test_a_broken_plugin(tmp_path):
    """One that cannot be imported is listed with the reason, and the others are as they were; exit code 0."""
    distribution(
        tmp_path, "broken-plugin", "broken = broken_plugin", broken_plugin="import nothing_like_that\n"
    )
    distribution(tmp_path, "rival", "json = broken_plugin")
    found, said = listed(tmp_path, "--load")
    problems = {one["module"]: one["problem"] for one in found if one["problem"]}
    assert sorted(problems) == ["broken_plugin", "broken_plugin", "plugins.json"][1:]
    assert {one["name"] for one in found if not one["problem"]} >= {"xml", "soap", "rules"}
    assert "'broken' of broken-plugin 1.0 cannot be imported" in said
    assert "No module named 'nothing_like_that'" in said
    assert said.count("the plugin name 'json' is claimed by ") == 2
    assert "feedback-gateway 0.1.0" in said


def test_a_plugins_words_do_not_steer_the_terminal(capsys):
    """Why one is in quarantine is told with its control characters written out."""
    ill = {
        "name": "odd",
        "endpoint": "acme/return",
        "until": "2026-11-23T09:15:00.000Z",
        "why": "\x1b[2Jgone",
    }
    _show([], [ill])
    assert capsys.readouterr().err == (
        "acme/return: \\x1b[2Jgone (tried again at 2026-11-23T09:15:00.000Z, or: --release odd)\n"
    )
