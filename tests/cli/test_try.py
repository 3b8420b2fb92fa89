"""`try`."""

import json

import pytest

from tests.plan.histories import answered, history, post, write

ACME = """\
name: Acme
return:
  transport: json
  url: https://api.acme.example/returns
  mapping: {lead_id: "{{ lead.id }}"}
"""
RULES = """\
all:
  - {field: feedback.reason, op: is included in, value: [Wrong number, Duplicate]}
  - any:
      - {field: lead.state, op: is equal to, value: TX}
      - {field: lead.state, op: is blank}
"""
STATES = ("TX", "CA", "NY", "FL", "CA", None)


@pytest.fixture
async def stored(tmp_path):
    """Six returns, one with another reason, and a conversion, for which the conf has no endpoint."""
    events = [
        post(
            number, reason="Angry" if number == 0 else "Duplicate", lead={"id": f"L-{number}", "state": state}
        )
        for number, state in enumerate(STATES)
    ]
    events.append(post(9, type="conversion", lead={"state": "TX"}))
    await history(write(tmp_path / "conf", {"sources/acme.yaml": ACME}), events, lambda event: answered())
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def test_what_it_would_veto(cli, stored):
    """How many pass and how many are vetoed, by the rule that decides, with three examples and the value seen."""
    found = cli("try", "rules.yaml", "--source", "acme", "--type", "return")
    assert found.exit_code == 0, found.output
    first, *lines = found.stdout.splitlines()
    assert first.startswith("6 return events of acme since 2")
    assert lines == [
        "1 passed, 5 vetoed",
        "        1  pass  every rule holds",
        "           E-5",
        "        4  veto  at least one of these: lead.state is equal to TX; lead.state is blank",
        '           E-4: it was "CA"',
        '           E-3: it was "FL"',
        '           E-2: it was "NY"',
        "        1  veto  feedback.reason is included in Wrong number, Duplicate",
        '           E-0: it was "Angry"',
    ]


def test_json(cli, stored):
    """--json is one document; without --type all events of the source count, also of an endpoint that is off."""
    told = json.loads(cli("try", "rules.yaml", "--source", "acme", "--json").stdout)
    assert {key: told[key] for key in ("source", "type", "events", "passed", "vetoed")} == {
        "source": "acme", "type": None, "events": 7, "passed": 2, "vetoed": 5,
    }  # fmt: skip
    assert [ruling["count"] for ruling in told["rulings"]] == [2, 4, 1]
    assert told["rulings"][1]["examples"][0]["seen"] == "CA"


def test_only_the_last_days_count(cli, stored):
    """The events are three days old."""
    assert (
        json.loads(cli("try", "rules.yaml", "--source", "acme", "--days", "2", "--json").stdout)["events"]
        == 0
    )


def test_tables_of_the_conf(cli, stored):
    """Templates may read the tables of the conf folder."""
    write(stored / "conf", {"tables/big.yaml": "TX: yes\n"})
    (stored / "rules.yaml").write_text("""[{field: '{{ lead.state | lookup("big") }}', op: is true}]""")
    told = json.loads(cli("try", "rules.yaml", "--source", "acme", "--type", "return", "--json").stdout)
    assert told["passed"] == 1


def test_broken_rules(cli, stored):
    """Every problem with file, line and column, as by check."""
    (stored / "rules.yaml").write_text(
        "all:\n  - {field: lead.state, op: is equal, value: TX}\n  - {op: is blank}\n"
    )
    found = cli("try", "rules.yaml", "--source", "acme")
    assert (found.exit_code, found.stdout) == (78, "")
    first, second = found.stderr.splitlines()
    assert first == "rules.yaml:2:29: all.0.op: is equal is no operator (did you mean 'is equal to'?)"
    assert second.startswith("rules.yaml:3:5: all.1.field: ")


def test_no_yaml(cli, stored):
    """What cannot be parsed is told as such."""
    (stored / "rules.yaml").write_text("all: [\n")
    found = cli("try", "rules.yaml", "--source", "acme")
    assert found.exit_code == 78
    assert found.stderr.startswith("rules.yaml:2:1: a list in brackets")


def test_no_such_source(cli, stored):
    """The nearest one is named."""
    found = cli("try", "rules.yaml", "--source", "acne")
    assert found.exit_code == 70
    assert "there is no source 'acne', and no event of one (did you mean 'acme'?)" in found.stderr


def test_no_store(cli, tmp_path):
    """Where no daemon ever ran there is nothing to try it on."""
    write(tmp_path / "conf", {"sources/acme.yaml": ACME})
    (tmp_path / "rules.yaml").write_text(RULES)
    found = cli("try", "rules.yaml", "--source", "acme")
    assert (found.exit_code, found.stdout) == (70, "")
    assert f"there is no store in {tmp_path / 'data'}" in found.stderr


def test_rules_that_cannot_be_asked(cli, stored):
    """An event that such a set would park is neither passed nor vetoed, and the reason is told."""
    (stored / "rules.yaml").write_text("[{field: '{{ lead.state | required }}', op: is equal to, value: TX}]")
    lines = cli("try", "rules.yaml", "--source", "acme", "--type", "return").stdout.splitlines()
    assert lines[1] == "1 passed, 4 vetoed, 1 parked"
    assert lines[-1] == "           E-5: the rules cannot be asked: lead.state is required, and is blank"
