"""`explain`."""

import json
import os
import subprocess

from tests.cli.processes import COMMAND, EVENT, distribution, write_conf

RULES = """\
return:
  transport: json
  url: {partner}/json/landed
  mapping: {{lead_id: "{{{{ lead.id }}}}"}}
  criteria:
    max_age: 36500d
    rules:
      - {{field: feedback.reason, op: is not blank}}
      - any:
          - {{field: lead.state, op: is equal to, value: "{{{{ lead.home }}}}"}}
          - {{field: lead.state, op: is blank}}
      - not: {{field: "{{{{ lead.age | required }}}}", op: is less than, value: 18}}
"""


def told(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_tree(cli, tmp_path, partner, event_file):
    """Every rule is asked, passes or fails in words and with a mark, and shows what it saw."""
    write_conf(tmp_path, partner, bolt=RULES)
    found = cli("explain", event_file(source="bolt", submission={"timestamp": "2026-11-20"}))
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0] == "event.json: a return for bolt, by bolt/return"
    assert lines[1].startswith("  criterion max_age pass until 2")
    assert lines[2].startswith("  criterion rules veto: either lead.state must be ")
    assert lines[-8:] == [
        "    ✗ fail  all of these",
        '      ✓ pass  feedback.reason is not blank: it was "Wrong number"',
        "      ✗ fail  at least one of these",
        '        ✗ fail  lead.state is equal to {{ lead.home }} (blank): it was "TX"',
        '        ✗ fail  lead.state is blank: it was "TX"',
        "      ? not asked  not",
        "        ? not asked  {{ lead.age | required }} is less than 18: lead.age is required, and is blank",
        "  it would not be sent: a criterion vetoed",
    ]


def test_an_event_that_may_go(cli, conf, event_file):
    """A set that holds is told, too."""
    found = cli("explain", event_file())
    assert found.stdout.splitlines() == [
        "event.json: a return for acme, by acme/return",
        "  criterion rules pass",
        "    ✓ pass  all of these",
        '      ✓ pass  lead.state is equal to TX: it was "TX"',
        "  it may go",
    ]


def test_json(cli, conf, tmp_path):
    """--json is one object a line: each vote with its tree."""
    (tmp_path / "two.ndjson").write_text(
        "\n".join(json.dumps(EVENT | {"lead": {"state": state}}) for state in ("TX", "CA"))
    )
    found = cli("explain", "--json", "two.ndjson")
    holding, failing = told(found)
    rule = {"rule": "lead.state is equal to TX", "holds": False, "seen": "CA", "parts": []}
    assert failing["criteria"][0]["finding"] == {
        "rule": "all of these", "holds": False, "seen": None, "parts": [rule]
    }  # fmt: skip
    assert (failing["criteria"][0]["rule"], failing["criteria"][0]["seen"]) == (
        "lead.state is equal to TX",
        "CA",
    )
    assert (
        failing["stopped"]
        == failing["criteria"][0]["reason"]
        == "lead.state must be equal to TX: it was 'CA'"
    )
    assert (holding["stopped"], holding["problem"], holding["endpoint"]) == (None, None, "acme/return")
    assert (holding["unrendered"], holding["state"]) == (None, None)
    assert holding["criteria"][0]["finding"]["holds"] is True


def test_a_criterion_without_a_tree_is_told_by_its_vote(cli, tmp_path, partner, event_file):
    """One node, made from the vote."""
    write_conf(tmp_path, partner, bolt=RULES)
    [one] = told(cli("explain", "--json", event_file(source="bolt", submission={"timestamp": "2026-11-20"})))
    assert one["criteria"][0]["name"] == "max_age"
    assert one["criteria"][0]["finding"] == {"rule": "max_age", "holds": True, "seen": None, "parts": []}


def test_what_cannot_be_asked_about(cli, conf, tmp_path, event_file):
    """An event that would be refused, and one without an endpoint, are told with the reason; exit code 1."""
    (tmp_path / "events.json").write_text(json.dumps([{"type": "return"}, EVENT | {"source": "acmee"}]))
    found = cli("explain", "events.json")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[0].startswith("events.json[0]: ")
    assert "  nothing is asked: there is no source 'acmee' (did you mean 'acme'?)" in found.stdout
    as_json = told(cli("explain", "--json", "events.json"))
    assert [one["id"] for one in as_json] == [None, "LEAD-1-return"]
    assert all(one["problem"] for one in as_json)


def test_a_stored_event(cli, daemon, event_file):
    """The id of an event that the daemon has: it is asked about as it was posted."""
    cli("send", "--wait", "10s", event_file(id="why-not", lead={"state": "NV"}))
    found = cli("explain", "why-not")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[1] == "  as of now, by today's conf; what happened then: feedback-gateway show why-not"
    assert '      ✗ fail  lead.state is equal to TX: it was "NV"' in lines
    assert lines[-1] == "  it would not be sent: a criterion vetoed"
    [as_json] = told(cli("explain", "--json", "why-not"))
    assert as_json["state"] == "vetoed"


def test_a_delivered_event(cli, daemon, event_file):
    """That it may go is not all there is to say of an event that went."""
    cli("send", "--wait", "10s", event_file(id="gone"))
    assert cli("explain", "gone").stdout.splitlines()[-2:] == [
        "  it may go",
        "  it is delivered already: nothing sends it again but `replay --again`",
    ]


def test_an_event_that_cannot_be_rendered(cli, tmp_path, partner, event_file):
    """What the criteria let go, and no request can be made of, is told as `preview` tells it."""
    needs = RULES.replace("lead.id }}", "lead.code | required }}")
    write_conf(tmp_path, partner, bolt=needs[: needs.index("    rules:")])
    path = event_file(source="bolt", submission={"timestamp": "2026-11-20"})
    found = cli("explain", path)
    problem = "mapping.lead_id: lead.code is required, and is blank"
    assert found.exit_code == 0
    assert found.stdout.splitlines()[-1] == f"  the criteria let it go, but it cannot be rendered: {problem}"
    assert told(cli("explain", "--json", path))[0]["unrendered"] == problem
    stopped = cli("explain", event_file(source="bolt", submission={}))
    assert stopped.stdout.splitlines()[-2:] == [
        "  it would not be sent: a criterion vetoed",
        f"  it cannot be rendered: {problem}",
    ]


def test_an_id_that_nobody_knows(cli, daemon):
    """The daemon's own sentence."""
    found = cli("explain", "nobody")
    assert found.exit_code == 70
    assert "nobody" in found.stderr


def test_a_file_that_is_not_there(cli, conf):
    """A file's name is not taken for an id."""
    found = cli("explain", "evnt.json")
    assert found.exit_code == 2
    assert "there is no file 'evnt.json'" in found.stderr


def test_standard_input(cli, conf):
    """- reads the event from standard input, and control characters in it cannot steer the terminal."""
    event = EVENT | {"reason": "\x1b[2J", "lead": {"state": "\x1b]0;T\x07"}}
    found = cli("explain", "-", input=json.dumps(event))
    assert found.exit_code == 0
    assert "\x1b]" not in found.stdout


STUCK = """
import asyncio
from gateway import Finding, Pass, Settings, hookimpl

@hookimpl
def settings():
    return Settings

@hookimpl
async def veto(view):
    return Pass()

@hookimpl
async def explain(view):
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            pass
"""


def test_a_criterion_that_never_ends(tmp_path, partner, event_file):
    """One that heeds no cancellation is told by its vote, and keeps nobody waiting."""
    distribution(tmp_path, "stuck-plugin", "stuck = stuck_plugin", stuck_plugin=STUCK)
    write_conf(tmp_path, partner, bolt=RULES.replace("max_age: 36500d", "stuck: {{}}"))
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    words = [COMMAND, "explain", "--json", event_file(source="bolt")]
    ran = subprocess.run(words, capture_output=True, text=True, env=environ, cwd=tmp_path, timeout=30)
    assert ran.returncode == 0, ran.stderr
    [one] = [json.loads(line) for line in ran.stdout.splitlines()]
    assert one["criteria"][0]["finding"] == {"rule": "stuck", "holds": True, "seen": None, "parts": []}
    assert ran.stderr == ""
