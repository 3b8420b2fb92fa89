"""`plan`."""

import json
import shutil

import pytest

from tests.cli.processes import EVENT, on_terminal
from tests.plan.histories import answered, history, post, write

ACME = """\
name: Acme
return:
  transport: json
  url: https://api.acme.example/returns
  mapping: {lead_id: "{{ lead.id }}", reason: "{{ feedback.reason }}"}
  criteria:
    rules: [{field: lead.state, op: is equal to, value: TX}]
  response: {outcome_search_path: status, outcome_search_term: ^ok$}
"""
EDITED = (
    ACME.replace("mapping: {", 'mapping: {state: "{{ lead.state }}", ')
    .replace("{{ feedback.reason }}", "{{ feedback.reason | upper }}")
    .replace("value: TX", "value: NY")
    .replace("^ok$", "^done$")
)


@pytest.fixture
async def running(tmp_path):
    """A conf folder whose daemon has delivered a few events; a copy beside it to be edited."""
    events = [post(number, lead={"id": f"L-{number}", "state": "TX"}) for number in range(3)]
    await history(write(tmp_path / "conf", {"sources/acme.yaml": ACME}), events, lambda event: answered())
    shutil.copytree(tmp_path / "conf", tmp_path / "next")
    return tmp_path


def edit(folder, text=EDITED, name="acme"):
    (folder / "next" / "sources" / f"{name}.yaml").write_text(text)


def test_what_would_change(cli, running):
    """Endpoint by endpoint: what is written otherwise, and what that does, each with a number and an example."""
    edit(running)
    found = cli("plan", "--conf", "next")
    assert (found.exit_code, found.stderr) == (2, "")
    assert found.stdout.splitlines() == [
        "acme/return: changed, 3 events compared",
        '  conf       ~ mapping.reason: "{{ feedback.reason }}" → "{{ feedback.reason | upper }}"',
        '             + mapping.state: "{{ lead.state }}"',
        '             ~ criteria.rules.0.value: "TX" → "NY"',
        '             ~ response.outcome_search_term: "^ok$" → "^done$"',
        '  values     ~ mapping.reason  3 events, such as E-2: "Wrong number" → "WRONG NUMBER"',
        '             + mapping.state  3 events, such as E-2: "TX"',
        "  criteria   3 events sent → vetoed by rules: lead.state is equal to NY, such as E-2:"
        " lead.state must be equal to NY: it was 'TX'",
        '  answers    ~ outcome  3 events, such as E-2: "success" → "failure"',
        "             + reason  3 events, such as E-2: \"outcome_search_term '^done$' was not found at 'status',"
        " where 'ok' stands\"",
        "3 events tried",
    ]


def test_no_change(cli, running):
    """One line, and a hint where the folder is the running one itself; a comment is no change."""
    same = cli("plan", "--conf", "next")
    assert (same.exit_code, same.stdout) == (0, "no change: 3 events tried at 1 endpoint\n")
    assert same.stderr == (
        "next is the running conf itself (edit a copy beside it, and name that by --conf)\n"
    )
    edit(running, f"# a comment\n{ACME}")
    commented = cli("plan", "--conf", "next")
    assert (commented.exit_code, commented.stdout, commented.stderr) == (0, same.stdout, "")


def test_json(cli, running):
    """--json is one document."""
    edit(running)
    found = cli("plan", "--conf", "next", "--json", "--events", "2", "--source", "acme")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["changes"], told["events"], told["untouched"]) == (2, True, 2, 0)
    (endpoint,) = told["endpoints"]
    assert endpoint["values"][1] == {
        "key": "mapping.state",
        "kind": "added",
        "count": 2,
        "example": {"event": "E-2", "before": None, "after": "TX"},
    }


def test_a_broken_folder(cli, running):
    """Its problems are named as by check, and nothing else is told."""
    edit(running, ACME.replace("is equal to", "is equal"))
    checked, found = cli("check", "--conf", "next"), cli("plan", "--conf", "next")
    assert (found.exit_code, found.stdout) == (78, checked.stdout)
    assert "did you mean 'is equal to'?" in found.stdout
    as_json = cli("plan", "--conf", "next", "--json")
    assert as_json.exit_code == 78
    assert json.loads(as_json.stdout)["problems"] == json.loads(
        cli("check", "--conf", "next", "--json").stdout
    )


def test_no_running_conf(cli, tmp_path):
    """Without a conf that a daemon took there is nothing to compare with."""
    write(tmp_path / "next", {"sources/acme.yaml": ACME})
    found = cli("plan", "--conf", "next")
    assert (found.exit_code, found.stdout) == (70, "")
    assert found.stderr == (
        f"feedback-gateway: there is no running conf to compare with in {tmp_path / 'data'}: a daemon keeps it there"
        " once it has taken one without problems (`data` in gateway.yaml names the folder; start the daemon once)\n"
    )


def test_a_running_conf_that_cannot_be_read_any_more(cli, running):
    """What is wrong with it is said, also where the edited folder is whole."""
    kept = running / "data" / "last-good-conf.json"
    kept.write_text(kept.read_text().replace("is equal to", "is equal"))
    found = cli("plan", "--conf", "next")
    assert found.exit_code == 70
    assert found.stderr.startswith(
        "feedback-gateway: the running conf cannot be read any more: sources/acme.yaml:"
    )


def test_no_such_source(cli, running):
    """The nearest one is named."""
    found = cli("plan", "--conf", "next", "--source", "acne")
    assert found.exit_code == 70
    assert "there is no source 'acne', and no event of one (did you mean 'acme'?)" in found.stderr


def test_on_a_terminal(running):
    """Colours are for a terminal, where the same is told."""
    edit(running)
    code, shown = on_terminal(running, "plan", "--conf", "next")
    assert code == 2
    assert "\x1b[32m+\x1b[0m mapping.state  3 events, such as E-2" in shown


def test_beside_a_running_daemon(cli, own_daemon, event_file):
    """A daemon that runs has taken its conf and goes on with it: an edited copy beside it is compared with that."""
    assert cli("send", "--wait", "10s", event_file()).exit_code == 0
    edited = own_daemon.conf.with_name("conf-next")
    shutil.copytree(own_daemon.conf, edited)
    source = edited / "sources" / "acme.yaml"
    source.write_text(source.read_text().replace("{{ price }}", "{{ price * 2 }}"))
    found = cli("plan", "--conf", str(edited))
    assert found.exit_code == 2, found.output
    assert f"~ mapping.price  1 event, such as {EVENT['id']}: 12.5 → 25.0" in found.stdout
    assert cli("check").exit_code == 0
    assert json.loads(cli("list", "--json").stdout)["events"][0]["state"] == "delivered"
