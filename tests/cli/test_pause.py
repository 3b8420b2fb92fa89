"""`pause` and `resume` from the command line, against a running daemon."""

import getpass
import json

ENDPOINT = "acme/return"


def test_pause_and_resume(cli, own_daemon, monkeypatch, event_file):
    """What is posted meanwhile is held, with who wished it and why; resumed, it is delivered."""
    monkeypatch.setenv("FEEDBACK_GATEWAY_CONF", str(own_daemon.conf))
    paused = cli("pause", ENDPOINT, "--why", "they move")
    assert (paused.exit_code, paused.stdout) == (0, "acme/return is paused\n")
    cli("send", event_file(id="p1"))
    shown = json.loads(cli("show", "p1", "--json").stdout)
    assert shown["state"] == "held"
    assert shown["held"].startswith(f"paused by {getpass.getuser()} since ")
    assert shown["held"].endswith(": they move")
    again = json.loads(cli("pause", ENDPOINT, "--json").stdout)
    assert (again["paused"]["by"], again["paused"]["why"]) == (getpass.getuser(), "")
    resumed = cli("resume", ENDPOINT)
    assert (resumed.exit_code, resumed.stdout) == (0, "acme/return goes on\n")
    cli("send", "--wait", "10s", event_file(id="p1"))
    assert json.loads(cli("show", "p1", "--json").stdout)["state"] == "delivered"
    told = json.loads(cli("resume", ENDPOINT, "--json").stdout)
    assert told == {"id": ENDPOINT, "paused": None, "under_way": 0}


def test_a_typo_names_the_nearest_endpoint(cli, daemon):
    """And changes nothing."""
    refused = cli("pause", "acme/retrun")
    assert refused.exit_code == 70
    said = "feedback-gateway: there is no endpoint 'acme/retrun' in the conf (did you mean 'acme/return'?)\n"
    assert refused.stderr == said


def test_what_is_no_endpoint_at_all(cli, daemon):
    """A source alone, say: an endpoint is one of its types."""
    refused = cli("resume", "acme")
    assert refused.exit_code == 70
    assert "there is no endpoint 'acme' in the conf (there is: " in refused.stderr
