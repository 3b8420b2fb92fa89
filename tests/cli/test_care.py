"""`backup`, `verify` and `forget`: beside a daemon, and without one."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.processes import EVENT, daemon_in, on_terminal

BACKUPS = "Backups made before still hold it: let them expire, or forget again after a restore"


@pytest.fixture
def stored(cli, daemon, event_file):
    """Posts an event about a lead of its own, and waits for its end."""

    def post(id, lead, **more):
        file = event_file("event.json", id=id, lead={**EVENT["lead"], "id": lead}, **more)
        assert cli("send", file, "--wait", "5s").exit_code == 0

    return post


def damage(data):
    database = sqlite3.connect(data / "events.db")
    with database:
        database.execute("UPDATE event SET body = replace(body, 'Wrong', 'Wring')")
    database.close()


class TestBackup:
    def test_and_restored(self, cli, tmp_path, partner, event_file):
        """Made beside a daemon, it is one on which another daemon starts, and knows what the first one did."""
        (tmp_path / "first").mkdir()
        (tmp_path / "second").mkdir()
        with daemon_in(tmp_path / "first", partner) as first:
            assert cli("send", event_file(), "--wait", "5s", "--conf", str(first.conf)).exit_code == 0
            made = cli("backup", "copy.db", "--conf", str(first.conf))
            again = cli("backup", "copy.db", "--conf", str(first.conf))
        assert (made.exit_code, made.stdout) == (0, "copy.db: 1 event, verified\n")
        assert (again.exit_code, again.stderr) == (
            70,
            "feedback-gateway: copy.db is there already, and is not written over (name a file that there is not)\n",
        )
        (tmp_path / "second" / "data").mkdir(mode=0o700)
        shutil.copy(tmp_path / "copy.db", tmp_path / "second" / "data" / "events.db")
        with daemon_in(tmp_path / "second", partner) as second:
            told = json.loads(cli("show", EVENT["id"], "--json", "--conf", str(second.conf)).stdout)
        assert (told["state"], len(told["attempts"])) == ("delivered", 1)

    def test_nothing_to_copy(self, cli, conf):
        """Where no daemon ever ran, that is said, and nothing is made."""
        found = cli("backup", "copy.db")
        assert found.exit_code == 70
        assert found.stderr.endswith("data/events.db (the daemon makes it when it first runs)\n")


class TestVerify:
    def test_beside_a_daemon_and_a_backup(self, cli, daemon, stored, tmp_path):
        """Both are whole; what is counted goes to standard error."""
        stored("VERIFY-1", "V-1")
        found = cli("verify")
        assert (found.exit_code, found.stdout) == (0, f"{daemon.conf.parent}/data/events.db is whole\n")
        assert "1 delivered" in found.stderr or " delivered" in found.stderr
        assert cli("backup", "copy.db").exit_code == 0
        assert cli("verify", "copy.db").stdout == "copy.db is whole\n"

    def test_damage(self, cli, daemon, stored):
        """Each damaged event is named, in JSON too; the exit code says so."""
        stored("VERIFY-2", "V-2")
        assert cli("backup", "data/events.db").exit_code == 70
        assert cli("backup", "events.db").exit_code == 0
        damage(Path())
        found = cli("verify", "events.db")
        assert found.exit_code == 65
        said = "event VERIFY-2: what was posted is not what was stored: its checksum differs"
        assert said in found.stdout.splitlines()
        told = json.loads(cli("verify", "events.db", "--json").stdout)
        assert {"event": "VERIFY-2", "problem": said.partition(": ")[2]} in told["damage"]


class TestForget:
    def test_through_the_daemon(self, cli, daemon, stored):
        """It says what it removed; a second time nothing is there."""
        stored("FORGET-1", "F-1")
        found = cli("forget", "F-1", "--yes", "--why", "request 77")
        assert (found.exit_code, found.stdout) == (
            0,
            f"removed 1 event, 1 attempt and no marks about the lead F-1\n{BACKUPS}\n",
        )
        assert cli("forget", "F-1").stdout == "nothing is stored about the lead F-1\n"
        assert daemon.process.until("lead.forgotten").count("F-1") == 0

    def test_nobody_to_ask(self, cli, daemon, stored):
        """Without a terminal and --yes nothing is removed; what still waits is counted in the question."""
        stored("FORGET-2", "F-2")
        stored("FORGET-2b", "F-2", type="conversion")
        found = cli("forget", "F-2")
        assert found.exit_code == 2
        assert found.stderr.splitlines()[-1] == (
            "Error: this would remove 2 events about the lead F-2 for good (1 of them still to be sent, which is"
            " cancelled); nobody can be asked here (say --yes)"
        )
        assert json.loads(cli("forget", "F-2", "--yes", "--json").stdout) == {
            "events": 2, "cancelled": 1, "attempts": 2, "marks": 0,
        }  # fmt: skip

    def test_asked_on_a_terminal(self, cli, daemon, stored, tmp_path):
        """A person is asked, and may say no."""
        stored("FORGET-3", "F-3")
        code, shown = on_terminal(tmp_path, "forget", "F-3", "--url", daemon.url, answer="n\n")
        assert code == 1
        assert "remove 1 event about the lead F-3 for good? [y/N]" in shown
        assert cli("show", "FORGET-3").exit_code == 0

    def test_without_a_daemon(self, cli, tmp_path, partner, event_file):
        """It is done in the data folder, and the next daemon knows the event's id all the same."""
        with daemon_in(tmp_path, partner) as daemon:
            assert cli("send", event_file(), "--wait", "5s").exit_code == 0
            assert daemon.process.stop() == 0
        made = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
        found = cli("forget", "LEAD-1", "--yes")
        assert (found.exit_code, found.stdout) == (
            0,
            f"removed 1 event, 1 attempt and no marks about the lead LEAD-1\n{BACKUPS}\n",
        )
        assert all(b"LEAD-1" not in path.read_bytes() for path in (tmp_path / "data").glob("events.db*"))
        assert cli("forget", "LEAD-1").stdout == "nothing is stored about the lead LEAD-1\n"

    def test_neither_daemon_nor_store(self, cli, conf):
        """A sentence says so, and no store is made."""
        found = cli("forget", "LEAD-1", "--yes")
        assert found.exit_code == 70
        assert "there is no store in " in found.stderr
        assert not (conf.parent / "data").exists()
