"""`token`, `audit`, and commands that speak to a daemon with tokens."""

import getpass
import json
import signal
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from gateway.store.acts import hidden

TOKEN = "fgt_ops_0123456789abcdef"
GIVEN = ("--token-file", "token")


def test_a_token(cli):
    """The token and its hash, another one each time; `check` takes the line as it stands."""
    first, second = cli("token").stdout.splitlines(), json.loads(cli("token", "--json").stdout)
    assert first[1] == f"sha256: {sha256(first[0].encode()).hexdigest()}"
    assert second["sha256"] == sha256(second["token"].encode()).hexdigest()
    assert first[0].startswith("fgt_")
    assert len(first[0]) == 47
    assert first[0] != second["token"]


@pytest.fixture
def guarded(own_daemon, monkeypatch, tmp_path):
    """A daemon that asks for a token, which stands in a file."""
    file = own_daemon.conf / "gateway.yaml"
    hashed = sha256(TOKEN.encode()).hexdigest()
    roles = "[post, view, replay, admin]"
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(own_daemon.conf))
    monkeypatch.delenv("FEEDBACK_GATEWAY_TOKEN", raising=False)
    (tmp_path / "token").write_text(TOKEN + "\n")
    file.write_text(f"{file.read_text()}\ntokens:\n  - {{name: ops, sha256: {hashed}, roles: {roles}}}\n")
    return own_daemon


def test_commands_with_a_token(cli, guarded, monkeypatch, event_file):
    """From a file or the environment; without, or with a wrong one, the sentence says where to name it."""
    assert cli("reload", *GIVEN).exit_code == 0  # the daemon may have no tokens until now
    refused = cli("reload")
    assert refused.exit_code == 70
    assert refused.stderr == (
        "feedback-gateway: a token is asked for (send Authorization: Bearer TOKEN)"
        " (name it with --token-file FILE, or in $FEEDBACK_GATEWAY_TOKEN)\n"
    )
    for words in (("send", event_file(id="t1")), ("show", "t1"), ("list",), ("pause", "acme/return"),
                  ("resume", "acme/return"), ("reload",), ("replay", "--state", "parked", "--dry-run"),
                  ("forget", "nobody", "--yes"), ("audit",)):  # fmt: skip
        assert cli(*words, *GIVEN).exit_code == 0, words
        assert cli(*words).exit_code == 70, words
    monkeypatch.setenv("FEEDBACK_GATEWAY_TOKEN", TOKEN)
    assert cli("list").exit_code == 0
    monkeypatch.setenv("FEEDBACK_GATEWAY_TOKEN", "wrong")
    refused = cli("list").stderr
    assert refused == "feedback-gateway: the token is unknown (look at `tokens` in gateway.yaml)\n"
    monkeypatch.setenv("FEEDBACK_GATEWAY_TOKEN", "two\nlines")
    assert cli("list").exit_code == 2
    acts = json.loads(cli("audit", "--json", *GIVEN).stdout)["acts"]
    assert ("token ops", "reload", "done") in {(act["who"], act["act"], act["result"]) for act in acts}
    assert ("nobody", "pause", "refused") in {(act["who"], act["act"], act["result"]) for act in acts}


def test_a_file_that_holds_no_token(cli, guarded, tmp_path):
    """One sentence that repeats nothing of it, whatever is in there; an endless one is not read to its end."""
    for content in (b"\xff\xfe", b"fgt_two\nlines", b"fgt_" + b"a" * 5000 + b"\n"):
        (tmp_path / "token").write_bytes(content)
        refused = cli("list", *GIVEN)
        assert refused.exit_code != 0
        assert "fgt_" not in refused.stderr
        assert "a fault" not in refused.stderr
    assert cli("list", "--token-file", "/dev/zero").exit_code == 2


def test_a_token_that_others_can_read(cli, guarded, tmp_path):
    """It is taken, and the command says how to mend that."""
    (tmp_path / "token").chmod(0o640)
    said = cli("list", *GIVEN)
    assert (said.exit_code, said.stderr.splitlines()[0]) == (
        0, "warning: token is open to others on this machine (chmod 600 token)",
    )  # fmt: skip
    (tmp_path / "token").chmod(0o600)
    assert "warning" not in cli("list", *GIVEN).stderr


def test_the_record_in_a_pipe(cli, own_daemon, monkeypatch):
    """Tabs between the columns; the next page is named on standard error."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(own_daemon.conf))
    assert cli("audit").stderr == "nothing is on record\n"
    cli("pause", "acme/return", "--why", "they move")
    cli("resume", "acme/return")
    found = cli("audit", "--limit", "1")
    head, line = found.stdout.splitlines()
    assert head.split("\t") == ["at", "by", "act", "subject", "result", "why"]
    assert line.split("\t")[2:] == ["resume", "endpoint acme/return", "done", ""]
    (cursor,) = found.stderr.split()[-1:]
    assert "they move" in cli("audit", "--after", cursor).stdout
    assert cli("audit", "--act", "forget").stderr == "nothing is on record\n"


def test_what_is_forgotten_without_a_daemon_is_on_record(cli, own_daemon, monkeypatch):
    """The user's name, the hash of the lead, why, and what was removed; so is a reload by SIGHUP before."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(own_daemon.conf))
    own_daemon.process.process.send_signal(signal.SIGHUP)
    own_daemon.process.until("act.recorded")
    assert own_daemon.process.stop() == 0
    assert cli("forget", "L-1", "--yes", "--why", "request 7").exit_code == 0
    with closing(sqlite3.connect(own_daemon.conf.parent / "data" / "events.db")) as database:
        reload, forget = database.execute(
            "SELECT who, act, subject, why, result, detail FROM act ORDER BY seq"
        ).fetchall()
    assert reload[:5] == ("signal", "reload", "", "", "done")
    assert forget[:5] == (f"user {getpass.getuser()}", "forget", f"lead {hidden('L-1')}", "request 7", "done")
    assert json.loads(forget[5])["events"] == 0
