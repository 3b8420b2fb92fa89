"""`check`."""

import json
import subprocess

import pytest

from tests.cli.processes import COMMAND, EVENT


def test_a_clean_conf(cli, conf):
    """A conf without problems writes nothing but a summary on standard error."""
    found = cli("check")
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == "conf: 1 source, 2 endpoints, no problems\n"


def test_every_problem_at_once(cli, conf):
    """Problems in several files are one line each, with file, line, column and key; exit code 78."""
    source = conf / "sources" / "acme.yaml"
    source.write_text(source.read_text().replace("mapping:\n    lead_id", "maping:\n    lead_id"))
    (conf / "sources" / "bolt.yaml").write_text("return: {transport: jsn, url: 'https://example.com'}\n")
    found = cli("check")
    assert found.exit_code == 78
    assert found.stdout.splitlines() == [
        "sources/acme.yaml:8:3: return.maping: unknown key (did you mean 'mapping'?)",
        "sources/bolt.yaml:1:21: return.transport: there is no transport 'jsn' (did you mean 'json'?)",
    ]
    assert found.stderr == "conf: 2 problems\n"


def test_warnings_are_no_fault(cli, conf):
    """Warnings alone leave the exit code 0, and their lines begin with `warning:`."""
    source = conf / "sources" / "acme.yaml"
    source.write_text(source.read_text().replace("^ok$", "ok"))
    found = cli("check")
    assert found.exit_code == 0
    assert found.stdout.startswith("warning: sources/acme.yaml:")
    assert found.stderr == "conf: 1 source, 2 endpoints, no problems and 1 warning\n"


@pytest.mark.parametrize("command", ["check", "plan"])
def test_what_a_conf_says_does_not_steer_the_terminal(cli, conf, command):
    """Control characters of a key are written out."""
    (conf / "sources" / "bolt.yaml").write_text('"\\e[2Jnme": x\n')
    found = cli(command)
    assert found.exit_code == 78
    assert "sources/bolt.yaml:1:1: \\x1b[2Jnme: unknown key" in found.stdout


def test_json(cli, conf):
    """--json writes one list of objects."""
    (conf / "sources" / "bolt.yaml").write_text("nme: x\n")
    found = cli("check", "--json")
    assert found.exit_code == 78
    assert json.loads(found.stdout) == [
        {
            "file": "sources/bolt.yaml",
            "line": 1,
            "column": 1,
            "path": "nme",
            "text": "unknown key (did you mean 'name'?)",
            "warning": False,
        }
    ]


def test_no_folder(cli):
    """A folder that is not there is a problem of the conf, with what to do about it."""
    found = cli("check", "--conf", "nowhere")
    assert found.exit_code == 78
    assert found.stdout == (
        "nowhere: nowhere cannot be read: No such file or directory"
        " (make one: feedback-gateway init nowhere)\n"
    )


def test_the_environment_names_the_folder(conf, tmp_path):
    """FEEDBACK_GATEWAY_CONF stands in for --conf."""
    ran = subprocess.run(
        [COMMAND, "check"],
        env={"FEEDBACK_GATEWAY_CONF": str(conf)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == f"{conf}: 1 source, 2 endpoints, no problems\n"


def test_what_no_event_holds(own_daemon, cli, monkeypatch):
    """A running daemon's stored events tell which paths are slips: in `check` beside it, and at a reload."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(own_daemon.conf))
    source = own_daemon.conf / "sources" / "acme.yaml"
    source.write_text(source.read_text().replace("lead.phone_2", "lead.phone_l"))
    sent = cli("send", "-", "--wait", "10s", input=json.dumps(EVENT))
    assert sent.exit_code == 0, sent.output
    warning = "return.mapping.phone: lead.phone_l is not in the one stored event of acme (did you mean 'lead.phone_1'?)"
    found = cli("check")
    assert found.exit_code == 0
    assert [line for line in found.stdout.splitlines() if "lead.phone_l" in line] == [
        f"warning: sources/acme.yaml:12:12: {warning}"
    ]
    assert warning in cli("reload").output
