"""`list`, in a pipe and on a terminal."""

import json
import subprocess
from datetime import UTC, datetime

import click
import pytest

from gateway.cli.list import listing
from tests.cli.processes import COMMAND, EVENT, daemon_in, on_terminal

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LISTED = {
    "received_at": "2026-11-23T09:15:00.456Z",
    "id": f"{'5bb3' * 6}-return",
    "endpoint": "example/return",
    "lead_id": "5bb3" * 6,
    "state": "parked",
    "attempt_count": 12,
    "reason": "it was\nrefused " * 20,
}


@pytest.fixture(scope="module")
def daemon_of_three(tmp_path_factory, partner):
    """A daemon that knows three events: one delivered, one waiting, one parked."""
    folder = tmp_path_factory.mktemp("three")
    events = [
        EVENT | {"id": "one"},
        EVENT | {"id": "two", "type": "conversion"},
        EVENT | {"id": "three", "source": "acmee", "lead": {"id": "L3"}},
    ]
    with daemon_in(folder, partner) as daemon:
        for event in events:
            subprocess.run(
                [COMMAND, "send", "-", "--wait", "2s"],
                input=json.dumps(event).encode(),
                cwd=folder,
                check=True,
            )
        yield daemon


@pytest.fixture
def three(cli, daemon_of_three, monkeypatch):
    """The daemon of three as the one that commands speak to."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(daemon_of_three.conf))


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), ["three", "two", "one"]),
        (("--state", "parked"), ["three"]),
        (("--source", "acme"), ["two", "one"]),
        (("--type", "return"), ["three", "one"]),
        (("--lead", "L3"), ["three"]),
        (("--outcome", "success"), ["one"]),
        (("--since", "1h"), ["three", "two", "one"]),
        (("--since", "2000-01-01T00:00:00Z", "--until", "1h"), []),
        (("--source", "acme", "--outcome", "error"), ["two"]),
    ],
)
def test_list(cli, three, filters, ids):
    """Newest first, by each filter; in a pipe a header and tabs."""
    found = cli("list", *filters)
    assert found.exit_code == 0
    header, *rows = found.stdout.splitlines()
    assert header == "received\tid\tendpoint\tlead\tstate\ttries\treason"
    assert [row.split("\t")[1] for row in rows] == ids
    assert found.stderr == ("" if ids else "no events\n")


def test_list_goes_on(cli, three):
    """A page ends with the cursor of the next one."""
    first = cli("list", "--limit", "2")
    cursor = first.stderr.removeprefix("there are more: --after ").strip()
    rest = cli("list", "--limit", "2", "--after", cursor)
    assert [line.split("\t")[1] for line in rest.stdout.splitlines()[1:]] == ["one"]
    assert rest.stderr == ""


def test_list_json(cli, three):
    """--json is one document, as the daemon gives it."""
    told = json.loads(cli("list", "--json", "--limit", "1").stdout)
    assert [event["id"] for event in told["events"]] == ["three"]
    assert told["next"]


def test_list_on_a_terminal(three, tmp_path):
    """On a terminal the table is drawn, and states have colours."""
    code, shown = on_terminal(tmp_path, "list")
    assert code == 0
    assert "\t" not in shown
    assert "\x1b[32mdelivered" in shown
    assert "\x1b[31mparked" in shown


def test_the_list_has_the_width_of_the_terminal():
    """Ids and endpoints are never folded or cut; lead and tries give way, and the reason has a line of its own."""
    older = LISTED | {
        "received_at": "2026-11-22T23:59:59.999Z",
        "id": "e-2",
        "reason": None,
        "held": "no WSDL yet",
    }
    for width in (80, 120):
        lines = [click.unstyle(line) for line in listing([LISTED, older], width, NOW)]
        assert max(map(len, lines)) <= width
        assert lines[0].split()[:4] == ["received", "Z", "id", "endpoint"]
        assert ("lead" in lines[0]) == (width == 120)
        assert lines[1].split()[:4] == ["09:15:00", LISTED["id"], "example/return", "parked"]
        assert lines[2].startswith("    it was refused it was")
        assert lines[2].endswith("…")
        assert lines[3].split()[:4] == ["2026-11-22", "23:59", "e-2", "example/return"]
        assert lines[4] == "    no WSDL yet"


def test_a_terminal_that_is_too_narrow():
    """What cannot have room runs over rather than being cut."""
    assert LISTED["id"] in list(listing([LISTED], 20, NOW))[1]
    assert list(listing([], 80, NOW)) == []


def test_list_wrong_filters(cli, conf):
    """What no filter can mean is wrong use, and nobody is asked."""
    assert cli("list", "--state", "lost").exit_code == 2
    found = cli("list", "--since", "yesterday")
    assert found.exit_code == 2
    assert "'yesterday' is no time (write 2026-11-23T09:15:00Z, or how long ago: 2h, 7d)" in found.stderr


def test_a_wrong_cursor(cli, daemon):
    """What the daemon finds wrong is told in its own words."""
    found = cli("list", "--after", "nonsense")
    assert found.exit_code == 70
    assert found.stderr.startswith("feedback-gateway: the list cannot be made: after: ")


def test_a_closed_pipe_is_no_fault(three, tmp_path):
    """`list | head -1` ends without a word."""
    ran = subprocess.run(
        f"{COMMAND} list --json | head -c 1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""


def test_a_source_that_is_not_there(cli, three):
    """Its name may be misspelt: said, with the nearest right one; nothing listed is no failure."""
    found = cli("list", "--source", "acne")
    assert found.exit_code == 0
    assert found.stderr == "no events: there is no source acne in the conf (did you mean 'acme'?)\n"
