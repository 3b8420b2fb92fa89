"""`show`, `replay` and `reload` against a running daemon."""

import json
import subprocess
import time

import pytest

from gateway.cli.options import me
from tests.cli.processes import on_terminal, running, write_conf


def test_show(cli, daemon, event_file, partner):
    """The whole story: what was posted, the votes, request and answer with secrets masked, and what is next."""
    cli("send", "--wait", "10s", event_file(id="told"))
    found = cli("show", "told")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0] == "told: a return for acme, lead LEAD-1"
    assert "  state     delivered: the source took it" in lines
    assert "  next      nothing: this is final" in lines
    assert "  criterion rules pass" in lines
    assert "  left out  phone (blank)" in lines
    assert f"    POST {partner}/json/bearer:s3cret" in lines
    assert "    Authorization: Bearer ***" in lines
    assert any('"api_key":"***"' in line for line in lines)
    assert "    answer: status 200" in lines
    assert any(line.startswith('    {"status":"ok"') for line in lines)
    assert any(line.startswith("  because   outcome_search_term '^ok$' was found") for line in lines)


def test_show_what_waits(cli, daemon, event_file):
    """An event that will be tried again says when, in the story and in its attempt."""
    cli("send", event_file(id="later", type="conversion"))
    _attempts(cli, "later", 1)
    lines = cli("show", "later").stdout.splitlines()
    assert "  state     queued: waits for its next try" in lines
    assert any(line.startswith("  next      will be tried again at 2") for line in lines)
    assert any(line.startswith("  then      tried again at 2") for line in lines)
    assert "  outcome   error: status 503 (service unavailable)" in lines or any(
        "503" in line for line in lines
    )


def test_show_what_is_parked(cli, daemon, event_file):
    """A parked event names the command that sends it again."""
    cli("send", event_file(id="p", source="acmee"))
    lines = cli("show", "p").stdout.splitlines()
    assert "  reason    there is no source 'acmee' (did you mean 'acme'?)" in lines
    assert "  next      nothing by itself (send it again: feedback-gateway replay p)" in lines


def test_show_json_is_the_answer_of_the_daemon(cli, daemon, event_file):
    """--json is what GET /events/ID answers, numbers exact."""
    cli("send", "--wait", "10s", event_file(id="exact"))
    shown = cli("show", "--json", "exact").stdout
    got = subprocess.run(
        ["curl", "-s", f"{daemon.url}/events/exact"], capture_output=True, text=True, check=True
    )
    assert json.loads(shown) == json.loads(got.stdout)
    assert shown == got.stdout + "\n"


def test_show_nothing(cli, daemon):
    """An id that nobody knows is one sentence, exit code 70; an odd one is no path."""
    found = cli("show", "a/../b")
    assert found.exit_code == 70
    assert found.stderr == "feedback-gateway: there is no event 'a/../b'\n"


def test_show_the_id_of_a_lead(cli, daemon, event_file):
    """Who asks for a lead is told how to: the story is the event's."""
    cli("send", event_file(id="Lp1-return", lead={"id": "Lp1"}))
    assert cli("show", "Lp1").stderr == (
        "feedback-gateway: there is no event 'Lp1' (as a lead it has 1: feedback-gateway list --lead Lp1)\n"
    )


def test_replay_by_id(cli, daemon, event_file):
    """A delivered event needs --again; sent again it stays delivered, under the same key."""
    cli("send", "--wait", "10s", event_file(id="r1"))
    refused = cli("replay", "r1", "nobody")
    assert refused.exit_code == 65
    assert refused.stderr.splitlines() == [
        "r1: the event is delivered already (to send it again: --again)",
        "nobody: there is no event 'nobody'",
    ]
    again = cli("replay", "r1", "--again", "--why", "they lost it")
    assert (again.exit_code, again.stdout) == (0, "r1\tdelivered\n")
    attempts = _attempts(cli, "r1", 2)
    assert [one["key"] for one in attempts] == ["r1", "r1"]
    assert attempts[1]["replay"]["why"] == "they lost it"
    assert f"{me()} sent it again with same values: they lost it" in cli("show", "r1").stdout


def test_replay_fresh_without_a_criterion(cli, daemon, event_file):
    """--fresh maps anew under a new key, --skip-criteria sets a criterion aside."""
    cli("send", "--wait", "10s", event_file(id="ca", lead={"id": "1", "state": "CA"}))
    assert cli("replay", "ca", "--fresh", "--skip-criteria", "rules").exit_code == 0
    attempts = _attempts(cli, "ca", 2)
    assert attempts[1]["key"] == "ca.2"
    assert attempts[1]["criteria"][0]["verdict"] == "skipped"
    assert attempts[1]["outcome"] == "success"


def test_many_without_a_criterion_that_nobody_has(cli, daemon):
    """A typo would set nothing aside, and send all the same: it is refused."""
    found = cli("replay", "--state", "vetoed", "--skip-criteria", "ruls", "--yes")
    assert found.exit_code == 70
    assert "no endpoint in the conf has a criterion 'ruls' (did you mean 'rules'?)" in found.stderr


def test_replay_json(cli, daemon, event_file):
    """--json tells of each ID."""
    cli("send", event_file(id="r2", source="acmee"))
    told = json.loads(cli("replay", "--json", "r2", "nobody").stdout)
    assert [one["id"] for one in told] == ["r2", "nobody"]
    assert told[1]["problem"] == "there is no event 'nobody'"


def test_replay_by_filter(cli, daemon, event_file):
    """--dry-run counts, --yes sends; without a terminal nobody is asked, and nothing is sent without --yes."""
    cli("send", "--wait", "10s", event_file(id="r3", lead={"id": "R3", "state": "TX"}))
    left = (
        "no events would be sent again, 1 left alone (delivered, waiting already, or without an endpoint)\n"
    )
    assert cli("replay", "--lead", "R3", "--dry-run").stdout == left
    assert cli("replay", "--lead", "R3").stdout == left.replace("would", "to"), "nobody need be asked"
    told = cli("replay", "--lead", "R3", "--dry-run", "--again", "--json")
    assert json.loads(told.stdout) == {"count": 1, "left_alone": 0}
    unasked = cli("replay", "--lead", "R3", "--again")
    assert unasked.exit_code == 2
    assert "1 event would be sent again; nobody can be asked here (say --yes)" in unasked.stderr
    assert len(_attempts(cli, "r3", 1)) == 1
    done = cli("replay", "--lead", "R3", "--again", "--yes")
    assert (done.exit_code, done.stdout) == (0, "1 event to be sent again\n")
    assert len(_attempts(cli, "r3", 2)) == 2


@pytest.mark.parametrize(("answer", "code", "attempts"), [("y\n", 0, 2), ("n\n", 1, 1)])
def test_replay_asks_on_a_terminal(cli, daemon, event_file, tmp_path, answer, code, attempts):
    """On a terminal a person is told how many, and asked."""
    id = f"asked-{attempts}"
    cli("send", "--wait", "10s", event_file(id=id, lead={"id": id, "state": "TX"}))
    found, shown = on_terminal(tmp_path, "replay", "--lead", id, "--again", answer=answer)
    assert "send 1 event again? [y/N]" in shown
    assert found == code
    assert len(_attempts(cli, id, attempts)) == attempts


def test_replay_wrong_use(cli, conf):
    """IDs or filters, one of the two; --dry-run is for filters."""
    assert cli("replay").exit_code == 2
    assert cli("replay", "x", "--state", "parked").exit_code == 2
    assert cli("replay", "x", "--dry-run").exit_code == 2


def test_reload(cli, own_daemon):
    """A reload that takes all says which conf; one with faults shows them, and the exit code is 78."""
    clean = cli("reload")
    assert clean.exit_code == 0
    assert clean.stderr.startswith("conf ")
    (own_daemon.conf / "sources" / "bolt.yaml").write_text(
        "return: {transport: jsn, url: 'https://example.com'}\n"
    )
    partly = cli("reload")
    assert partly.exit_code == 78
    assert partly.stdout == (
        "sources/bolt.yaml:1:21: return.transport: there is no transport 'jsn' (did you mean 'json'?)\n"
    )
    assert "was taken; each broken source file keeps its last good version" in partly.stderr
    (own_daemon.conf / "gateway.yaml").write_text(
        (own_daemon.conf / "gateway.yaml").read_text() + "nonsense: 1\n"
    )
    nothing = cli("reload", "--json")
    assert nothing.exit_code == 78
    assert json.loads(nothing.stdout)["taken"] is False


def test_a_unix_socket(cli, tmp_path, partner, event_file):
    """A daemon on a Unix socket is spoken to as one on loopback, from the conf and by --url."""
    write_conf(tmp_path, partner, listen=f"unix:{tmp_path}/socket")
    with running(tmp_path, "run") as process:
        process.until("ready")
        assert cli("send", "--wait", "10s", event_file()).stdout == "LEAD-1-return\tdelivered\tsuccess\n"
        assert cli("show", "LEAD-1-return", "--url", f"unix:{tmp_path}/socket").exit_code == 0


def test_the_address_does_not_need_a_good_conf(cli, own_daemon):
    """A conf that is broken elsewhere still says where the daemon is."""
    (own_daemon.conf / "gateway.yaml").write_text(
        (own_daemon.conf / "gateway.yaml").read_text() + "nonsense: 1\n"
    )
    assert cli("list").exit_code == 0


def test_no_conf_and_no_url(cli):
    """Without a conf and without --url nobody knows where the daemon is: exit code 78."""
    found = cli("list")
    assert found.exit_code == 78
    assert "name a daemon with --url, or its conf folder with --conf" in found.stderr


@pytest.mark.parametrize(
    "url", ["8620", "127.0.0.1:65536", "https://127.0.0.1:8620", "unix:relative", "ftp://x", "http://"]
)
def test_a_url_that_is_none(cli, conf, url):
    """Only http and Unix sockets are spoken to."""
    found = cli("list", "--url", url)
    assert found.exit_code == 2
    assert "names no daemon (write http://127.0.0.1:8620 or unix:/path)" in found.stderr


def test_someone_else_at_that_address(cli, conf, partner):
    """An answer that is no gateway's is said to be none."""
    found = cli("list", "--url", partner)
    assert found.exit_code == 70
    assert "this is not what a feedback gateway answers" in found.stderr


def _attempts(cli, id: str, count: int) -> list[dict[str, object]]:
    """An event's attempts, as soon as there are so many; nothing more happens within a moment."""
    for _ in range(100):
        attempts = json.loads(cli("show", "--json", id).stdout)["attempts"]
        if len(attempts) >= count:
            return list(attempts)
        time.sleep(0.05)
    raise AssertionError(attempts)


def test_replay_goes_on_with_a_job(cli, daemon, event_file):
    """What was sent again under a job's name is left alone when that is named again; --rate is heeded."""
    cli("send", "--wait", "10s", event_file(id="job-1", lead={"id": "J1", "state": "TX"}))
    told = json.loads(cli("replay", "--lead", "J1", "--again", "--yes", "--json", "--rate", "50/s").stdout)
    assert (told["replayed"], told["left_alone"]) == (1, 0)
    assert len(_attempts(cli, "job-1", 2)) == 2
    again = json.loads(
        cli("replay", "--lead", "J1", "--again", "--yes", "--json", "--job", told["job"]).stdout
    )
    assert again == {"replayed": 0, "left_alone": 1, "job": told["job"]}
    wrong = cli("replay", "--lead", "J1", "--again", "--yes", "--rate", "often")
    assert wrong.exit_code != 0
    assert "rate: often is not a rate" in wrong.stderr
    assert cli("replay", "job-1", "--job", "x").exit_code == 2
