"""`read`: what an answer would mean, by the conf alone."""

import json

import pytest

JSON = ("--header", "Content-Type: application/json")


def test_a_failure_says_what_was_found_where(cli, conf):
    """Outcome, reason, the rule that decided, what it found, and what becomes of the event."""
    found = cli("read", "acme/return", *JSON, "-", input='{"status":"declined"}')
    assert found.exit_code == 0
    rule = "outcome_search_term '^ok$' was not found at 'status', where 'declined' stands"
    assert found.stdout.splitlines() == [
        "outcome     failure",
        f"reason      {rule}",
        f"because     {rule}",
        "found       outcome_search_path status: 'declined'",
        "the event   rejected: the source said no",
    ]


def test_json(cli, conf, tmp_path):
    """--json is one object, its outcome in the shape of an attempt's."""
    (tmp_path / "answer.json").write_text('{"status":"ok"}')
    told = json.loads(cli("read", "acme/return", *JSON, "--json", "answer.json").stdout)
    assert told == {
        "endpoint": "acme/return",
        "state": "delivered",
        "retry_in": None,
        "outcome": "success",
        "reason": None,
        "rule": "outcome_search_term '^ok$' was found at 'status', where 'ok' stands",
        "found": [
            {"key": "outcome_search_path", "place": "status", "text": "ok"},
            {"key": "outcome_search_term", "place": "^ok$", "text": "ok"},
        ],
        "price": None,
        "reference": None,
        "capture": {},
        "cookie": None,
        "permanent": False,
        "retry_after": None,
        "notes": [],
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"status":"ok"}', "application/json"),
        (" [1]", "application/json"),
        ("<?xml version='1.0'?><a/>", "text/xml"),
        ("<r><status>ok</status></r>", "text/xml"),
        ("<!DOCTYPE html><p>ok", "text/html"),
        ("<div class=x>ok</div>", "text/html"),
    ],
)
def test_a_document_without_its_header_is_told_to_get_one(cli, conf, body, kind):
    """The file alone does not say what the source says of it, which the daemon sees."""
    note = (
        f"this looks like {kind}, but was read without a type"
        f" (add --header 'Content-Type: {kind}': the daemon sees the source's own header)"
    )
    plain = cli("read", "acme/return", "-", input=body).stdout.splitlines()
    assert f"note        {note}" in plain
    assert json.loads(cli("read", "acme/return", "--json", "-", input=body).stdout)["notes"] == [note]


@pytest.mark.parametrize(
    ("header", "body"),
    [(("--header", "content-type:"), '{"status":"ok"}'), (JSON, '{"status":"ok"}'), ((), "ok")],
)
def test_nothing_is_told_of_a_header_that_was_given_or_is_not_missed(cli, conf, header, body):
    """Also of an empty one: a source may send none."""
    assert json.loads(cli("read", "acme/return", *header, "--json", "-", input=body).stdout)["notes"] == []


def test_an_error_says_when_it_would_be_tried_again(cli, conf):
    """By the endpoint's retry policy at the earliest, or by the source's Retry-After."""
    soon = cli("read", "acme/return", "--status", "503", "-", input="")
    later = cli("read", "acme/return", "--status", "503", "--header", "Retry-After: 120", "-", input="")
    assert (
        soon.stdout.splitlines()[-1] == "the event   queued: waits for its next try, in 15 s at the earliest"
    )
    assert (
        later.stdout.splitlines()[-1]
        == "the event   queued: waits for its next try, in 120 s at the earliest"
    )


def test_a_redirect_is_parked(cli, conf):
    """What no retry can mend waits for a person."""
    found = cli("read", "acme/return", "--status", "302", "--header", "Location: /login", "-", input="")
    assert found.stdout.splitlines()[-1] == "the event   parked: no more automatic tries; a person decides"


def test_the_nearest_endpoint_is_named(cli, conf):
    """A misspelt endpoint is wrong use."""
    found = cli("read", "acme/retrun", "-", input="")
    assert found.exit_code == 2
    assert "there is no endpoint 'acme/retrun' (did you mean 'acme/return'?)" in found.stderr
    assert cli("read", "acme", "-", input="").exit_code == 2


def test_a_header_without_a_colon_is_refused(cli, conf):
    """With what would be right."""
    found = cli("read", "acme/return", "--header", "json", "-", input="")
    assert found.exit_code == 2
    assert "'json' is no header (write such as 'Content-Type: application/json')" in found.stderr


def test_a_broken_source_says_what_is_broken(cli, conf):
    """With file, line and column, as `check` does; the others can still be asked."""
    (conf / "sources" / "bolt.yaml").write_text("return: {transport: jsn, url: https://x.example/}\n")
    found = cli("read", "bolt/return", "-", input="")
    assert found.exit_code == 78
    assert found.stderr.startswith("sources/bolt.yaml:1:")
    assert cli("read", "acme/return", "-", input="").exit_code == 0


def test_a_large_answer_is_cut_as_the_daemon_cuts_it(cli, conf):
    """So that it means the same."""
    found = cli("read", "acme/return", "--json", "-", input="x" * (1024 * 1024 + 1))
    assert json.loads(found.stdout)["notes"][0] == "the answer was cut after 1,048,576 bytes"


def test_a_secret_that_is_repeated_is_masked(cli, conf):
    """As in the daemon: what a source echoes of our credentials is shown nowhere."""
    (conf / "secrets").mkdir(exist_ok=True)
    (conf / "secrets" / "key").write_text("s3cret!key-of-ours")
    (conf / "secrets" / "key").chmod(0o600)
    source = "return:\n  transport: json\n  url: https://api.acme.example/\n  headers: {X-Key: {file: key}}\n"
    (conf / "sources" / "echo.yaml").write_text(
        f"{source}  response: {{reason_path: said, default_reason: none}}\n"
    )
    found = cli(
        "read", "echo/return", *JSON, "--status", "422", "-", input='{"said":"no s3cret!key-of-ours"}'
    )
    assert found.exit_code == 0
    assert "reason      no ***" in found.stdout
    assert "s3cret" not in found.stdout
