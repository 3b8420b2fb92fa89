"""`preview`."""

import asyncio
import hashlib
import json
import re
import subprocess

import pytest

from gateway.model import Attempt, Outcome
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.cli.processes import EVENT, write_conf


def test_the_request(cli, conf, event_file, partner):
    """Votes, then the exact request with its secrets masked."""
    found = cli("preview", event_file())
    assert found.exit_code == 0
    assert found.stdout.splitlines()[:5] == [
        "event.json: a return for acme, by acme/return",
        "  criterion rules pass",
        "  left out  phone (blank)",
        f"    POST {partner}/json/bearer:s3cret",
        "    Content-Type: application/json; charset=utf-8",
    ]
    assert '    {"lead_id":"LEAD-1","reason":"Wrong number","price":12.5,"api_key":"***"}' in found.stdout
    assert "    Authorization: Bearer ***" in found.stdout
    assert "    Idempotency-Key: LEAD-1-return" in found.stdout


def test_json(cli, conf, event_file, partner):
    """--json is one object a line, in the shape that other programs rely on."""
    found = cli("preview", "--json", event_file())
    [line] = found.stdout.splitlines()
    told = json.loads(line)
    headers = told["request"].pop("headers")
    assert told == {
        "id": "LEAD-1-return",
        "source": "acme",
        "type": "return",
        "endpoint": "acme/return",
        "criteria": [
            {"name": "rules", "verdict": "pass", "reason": None, "until": None, "rule": None, "seen": None}
        ],
        "left_out": ["phone"],
        "request": {
            "method": "POST",
            "url": f"{partner}/json/bearer:s3cret",
            "body": '{"lead_id":"LEAD-1","reason":"Wrong number","price":12.5,"api_key":"***"}',
        },
        "problem": None,
    }
    assert headers["Authorization"] == "Bearer ***"


def test_numbers_are_exact(cli, conf, tmp_path):
    """A number goes out with the digits that were posted."""
    (tmp_path / "e.json").write_text(json.dumps(EVENT).replace("12.5", "12.5000000000000000000001"))
    told = json.loads(cli("preview", "--json", "e.json").stdout)
    assert '"price":12.5000000000000000000001' in told["request"]["body"]


def test_reveal(cli, conf, event_file):
    """--reveal shows the secrets, in the body and in the auth header."""
    told = json.loads(cli("preview", "--json", "--reveal", event_file()).stdout)
    assert told["request"]["headers"]["Authorization"] == "Bearer s3cret"
    assert '"api_key":"s3cret"' in told["request"]["body"]


def test_a_veto_is_shown_beside_the_request(cli, conf, event_file):
    """What a criterion would veto is rendered all the same: exit code 0."""
    found = cli("preview", event_file(lead={"id": "1", "state": "CA"}))
    assert found.exit_code == 0
    assert "  criterion rules veto: lead.state must be equal to TX: it was 'CA'" in found.stdout
    assert (
        "  it would not be sent: a criterion vetoed: lead.state must be equal to TX: it was 'CA'"
        in found.stdout
    )
    assert '{"lead_id":"1",' in found.stdout


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"source": "acmee"}, "there is no source 'acmee' (did you mean 'acme'?)"),
        ({"type": "retrun"}, "/type: 'retrun' is neither return nor conversion (did you mean 'return'?)"),
    ],
)
def test_what_cannot_be_rendered(cli, conf, event_file, changes, problem):
    """An event without a request says why, and the exit code is 1."""
    found = cli("preview", "--json", event_file(**changes))
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert (told["request"], told["problem"]) == (None, problem)


def test_one_bad_event_stops_no_other(cli, conf, event_file):
    """Every event of every file is previewed, whatever became of those before it."""
    files = [event_file("1.json", source="nobody"), event_file("2.json")]
    found = cli("preview", "--json", *files)
    assert found.exit_code == 1
    assert [json.loads(line)["request"] is not None for line in found.stdout.splitlines()] == [False, True]


def test_a_broken_neighbour_stops_no_other(cli, conf, event_file):
    """A broken source file is told for its own events only."""
    (conf / "sources" / "bolt.yaml").write_text("return: {transport: jsn, url: 'https://example.com'}\n")
    found = cli("preview", "--json", event_file("1.json"), event_file("2.json", source="bolt"))
    one, two = map(json.loads, found.stdout.splitlines())
    assert one["problem"] is None
    assert two["problem"].startswith(
        "the conf of bolt is broken and has no good version: sources/bolt.yaml:1:21:"
    )


def test_curl_is_the_same_request(cli, conf, event_file, partner):
    """A shell that runs the line makes the very request that is previewed."""
    quoted = 'it\'s "quoted" $HOME `id` \\ \n ü'
    file = event_file(id="curl-1", reason=quoted)
    line = cli("preview", "--curl", "--reveal", file).stdout.splitlines()[1]
    ran = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert json.loads(ran.stdout)["status"] == "ok"
    journal = subprocess.run(["curl", "-s", f"{partner}/journal?key=curl-1"], capture_output=True, check=True)
    [received] = json.loads(journal.stdout)["received"]
    request = json.loads(cli("preview", "--json", "--reveal", file).stdout)["request"]
    assert received["body"] == request["body"]
    assert received["values"]["reason"] == quoted
    names = ("Host", "Content-Length")
    assert [pair for pair in received["headers"] if pair[0] not in names] == [
        list(pair) for pair in request["headers"].items()
    ]


def test_curl_says_why_there_is_none(cli, conf, event_file):
    """Where there is no request, a comment stands in its place, so that the output stays a script."""
    found = cli("preview", "--curl", event_file(source="nobody"))
    assert found.exit_code == 1
    assert all(line.startswith("# ") for line in found.stdout.splitlines())


def test_send_for_real(cli, conf, event_file, partner):
    """--send sends once, and shows the answer and what it was taken for."""
    found = cli("preview", "--send", event_file(id="for-real"))
    assert found.exit_code == 0
    assert "    answer: status 200" in found.stdout
    assert "  outcome   success" in found.stdout
    assert "s3cret" not in found.stdout.replace("bearer:s3cret", "")
    journal = subprocess.run(
        ["curl", "-s", f"{partner}/journal?key=for-real"], capture_output=True, check=True
    )
    assert len(json.loads(journal.stdout)["received"]) == 1


def test_send_as_json(cli, conf, event_file):
    """--send --json adds the answer, and what it means, with the keys of the HTTP interface."""
    found = cli("preview", "--send", "--json", event_file(type="conversion"))
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert (told["outcome"], told["rule"]) == ("error", "the default for status 503")
    assert told["response"]["status"] == 503
    assert (told["network_error"], told["maybe_received"]) == (None, False)


def test_a_veto_is_not_sent(cli, conf, event_file, partner):
    """--send heeds the criteria: nothing is sent, and the exit code says so."""
    found = cli("preview", "--send", "--json", event_file(id="no", lead={"state": "CA"}))
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert (told["outcome"], told["rule"], told["response"]) == ("skip", "a criterion vetoed", None)
    journal = subprocess.run(["curl", "-s", f"{partner}/journal?key=no"], capture_output=True, check=True)
    assert json.loads(journal.stdout)["received"] == []


def test_a_criterion_is_set_aside(cli, conf, event_file, partner):
    """--skip-criteria sends what that criterion would veto, and the vote says so."""
    file = event_file(id="aside", lead={"id": "1", "state": "CA"})
    found = cli("preview", "--send", "--skip-criteria", "rules", file)
    assert found.exit_code == 0
    assert "  criterion rules skipped: set aside by a person" in found.stdout
    assert "  outcome   success" in found.stdout
    assert len(received(partner, "aside")) == 1


def test_a_criterion_that_is_not_asked_cannot_be_set_aside(cli, conf, event_file):
    """A misspelt criterion is wrong use, with the right name; nothing is sent."""
    found = cli("preview", "--send", "--skip-criteria", "rule", event_file())
    assert found.exit_code == 2
    assert "acme/return asks no criterion 'rule' (did you mean 'rules'?)" in found.stderr


def test_send_sends_one_event(cli, conf, event_file, partner):
    """Of several events none is sent, wherever they stand."""
    files = [event_file("1.json", id="one-1"), event_file("2.json", id="one-2")]
    found = cli("preview", "--send", *files)
    assert found.exit_code == 2
    assert "--send sends one event (the files hold 2)" in found.stderr
    assert received(partner, "one-1") == received(partner, "one-2") == []


def test_send_obeys_the_guard(cli, conf, event_file):
    """What network.allow does not name is not dialled: an error that says why."""
    (conf / "gateway.yaml").write_text("{}\n")
    acme = conf / "sources" / "acme.yaml"
    acme.write_text(re.sub("http://127.0.0.1:", "http://localhost:", acme.read_text()))
    told = json.loads(cli("preview", "--send", "--json", event_file()).stdout)
    assert (told["outcome"], told["rule"], told["response"]) == ("error", "the address guard", None)


def test_send_keeps_nothing(cli, conf, event_file):
    """Nothing is stored, not even a data folder."""
    assert cli("preview", "--send", event_file()).exit_code == 0
    assert not (conf.parent / "data").exists()


def test_the_answer_is_cut_for_a_person(cli, tmp_path, partner, event_file):
    """Of a long answer a person sees the beginning; --json has more of it."""
    write_conf(tmp_path, partner, long=LONG)
    said = cli("preview", "--send", event_file(source="long")).stdout
    assert "characters more; --json shows them)" in said
    told = json.loads(cli("preview", "--send", "--json", event_file(source="long")).stdout)
    assert len(said) < 6000 < len(told["response"]["body"])


def received(partner, key):
    """What came to the partner under an idempotency key."""
    journal = subprocess.run(["curl", "-s", f"{partner}/journal?key={key}"], capture_output=True, check=True)
    return json.loads(journal.stdout)["received"]


LONG = """\
return:
  transport: json
  url: {partner}/json/endless
  mapping: {{lead_id: "{{{{ lead.id }}}}"}}
"""

SOAP = """\
return:
  transport: soap
  url: {partner}/soap?wsdl
  operation: SubmitReturn
  mapping: {{ApiKey: {{file: acme_token}}, LeadId: "{{{{ lead.id }}}}", Reason: "{{{{ feedback.reason }}}}"}}
"""


def test_a_wsdl_is_fetched(cli, tmp_path, partner, event_file):
    """An endpoint that is held for its WSDL is made ready over the network, and nothing of it is kept on disk."""
    write_conf(tmp_path, partner, soap=SOAP)
    told = json.loads(cli("preview", "--json", event_file(source="soap")).stdout)
    assert told["problem"] is None
    assert "<ns0:LeadId>LEAD-1</ns0:LeadId>" in told["request"]["body"]
    assert not (tmp_path / "data").exists()


def test_a_wsdl_that_cannot_be_had(cli, tmp_path, partner, event_file):
    """A WSDL that is not there is the event's problem, in a sentence."""
    write_conf(tmp_path, partner, soap=SOAP.replace("/soap?wsdl", "/nothing?wsdl"))
    found = cli("preview", "--json", event_file(source="soap"))
    assert found.exit_code == 1
    assert json.loads(found.stdout)["problem"] == (
        f"the endpoint is held: {partner}/nothing?wsdl cannot be fetched: it was answered with status 404 (200 is right)"
    )


def test_wrong_use(cli, conf, event_file):
    """--curl beside --json or --send, and a file that is not there, are wrong use."""
    assert cli("preview", "--curl", "--json", event_file()).exit_code == 2
    assert cli("preview", "nothing.json").exit_code == 2
    assert cli("preview").exit_code == 2


def test_a_broken_gateway_file(cli, conf, event_file):
    """Without a whole gateway.yaml nothing can be said: its problems, and exit code 78."""
    (conf / "gateway.yaml").write_text("listn: []\n")
    found = cli("preview", event_file())
    assert found.exit_code == 78
    assert found.stderr.startswith("gateway.yaml:1:1: listn: unknown key (did you mean 'listen'?)\n")


def test_control_characters_do_not_reach_the_terminal(cli, conf, event_file):
    """What was posted cannot steer the terminal of who looks at it."""
    found = cli("preview", event_file(source="acme", lead={"id": "x", "state": "\x1b[2J"}))
    assert "\x1b" not in found.stdout
    assert "it was '\\x1b[2J" in found.stdout


def test_it_knows_what_went_before(cli, conf, event_file):
    """With a data folder the criteria see what was delivered, and nothing in it is changed; also with --send."""
    acme = conf / "sources" / "acme.yaml"
    acme.write_text(acme.read_text().replace("  criteria:\n", "  criteria:\n    once: lead.id\n"))
    asyncio.run(_delivered(conf.parent / "data", "before", ONCE))
    told = json.loads(cli("preview", "--json", event_file(lead={"id": "7", "state": "TX"})).stdout)
    [vote] = [vote for vote in told["criteria"] if vote["name"] == "once"]
    assert vote["verdict"] == "veto"
    assert vote["reason"] == "event before gave Acme a return for the same lead.id"
    assert (vote["rule"], vote["seen"]) == ("once for lead.id", "7")
    said = cli("preview", "--send", event_file(lead={"id": "7", "state": "TX"})).stdout
    assert '            by the rule: once for lead.id; it saw "7"' in said
    assert "it would not be sent: a criterion vetoed: event before gave Acme" in said
    assert "answer" not in said


# What `once: lead.id` makes of the lead 7: it is stored, so it must stay the same.
ONCE = "once:" + hashlib.sha256(b'["lead.id", ["7"]]').hexdigest()


async def _delivered(data, id, mark):
    """A store in which one event was delivered."""
    event = making.event(id, lead={"id": "7"})
    store = await SqliteStore.open(data)
    await store.add([making.entry(event)])
    await store.record(
        Attempt(
            event, "acme/return", 1, making.NOON, 1.0, Outcome("success"), "c0ffee", "json", "delivered", id,
            marks=(mark,),
        )
    )  # fmt: skip
    await store.close()
