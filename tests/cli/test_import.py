"""`import` writes a conf that `check` accepts, and that sends what the sample sent."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import write_conf

SAMPLE = """\
curl -X POST 'https://api.acme.example/v1/returns' \\
  -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer t0ken-of-acme' \\
  -H 'X-Partner: 42' --compressed \\
  -d '{"lead": {"id": "5bb3890e", "email": "joe@example.com", "tags": ["a"]}, "reason": "Duplicate", "api_key": "k-123456"}'
"""
WRITTEN = """\
# note: options that mean nothing here are left out: --compressed
# Each secret goes into a file of mode 0600 in the secrets folder: call this, paste it, Enter, Ctrl-D.
#   (umask 077; cat > conf/secrets/acme_token)   # the bearer token
#   (umask 077; cat > conf/secrets/acme_api_key) # the value of api_key
return:
  transport: json
  url: https://api.acme.example/v1/returns
  auth: {bearer: {file: acme_token}}
  headers:
    X-Partner: "42"                              # the sample's: keep it, or map another value
  mapping:
    lead.id: "{{ lead.id }}"                     # sample: "5bb3890e"
    lead.email: "{{ lead.email }}"               # sample: "joe@example.com"
    lead.tags.0: "a"                             # the sample's: keep it, or map another value
    reason: "{{ feedback.reason }}"              # sample: "Duplicate"
    api_key: {file: acme_api_key}
  # response: {}                                 # how the answer is read; without it every answer of status 200 is a yes
"""


def test_the_endpoint(cli):
    """The sample becomes an endpoint in its order; what is known is a template, a credential a reference."""
    found = cli("import", "curl", SAMPLE)
    assert (found.exit_code, found.stdout) == (0, WRITTEN)


def test_the_page_shows_it():
    """The example on the page is what the command writes."""
    assert WRITTEN in (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def test_from_a_file_or_standard_input(cli, tmp_path):
    """A file and standard input say the same as the argument."""
    (tmp_path / "sample.txt").write_text(SAMPLE)
    assert cli("import", "curl", "sample.txt").stdout == WRITTEN
    assert cli("import", "curl", "-", input=SAMPLE).stdout == WRITTEN


def test_a_whole_source_file(cli):
    """--source gives the file a name, and the secrets one; --type says what it is for."""
    found = cli("import", "curl", SAMPLE, "--source", "Best Leads", "--type", "conversion").stdout
    assert '\nname: "Best Leads"\n\nconversion:\n' in found
    assert "{file: best_leads_api_key}" in found


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        ("wget https://x.example/ -q", "this is no curl command (paste one that begins with curl)"),
        ("nothing.txt", "there is no file 'nothing.txt' (give a curl command in quotes, a file, or -)"),
        (
            "curl https://x.example/ -F a=b",
            "no transport sends those (ask the source for JSON, XML or a plain form)",
        ),
        ("-", "byte 0 of the sample is not UTF-8 (save it as UTF-8)"),
    ],
)
def test_what_cannot_be_imported(cli, sample, sentence):
    """A sentence says why, and the exit code is 65."""
    found = cli("import", "curl", sample, input=b"\xff")
    assert found.exit_code == 65
    assert sentence in found.stderr


REAL = {
    "query": "curl '{partner}/query?lead_id=LEAD-1&a.b=1&list=x&list=y+z&api_key=s3cret'",
    "formpost": "curl {partner}/formpost -d lead_id=LEAD-1 --data-urlencode 'note=100% & more' -d 'a=1&api_key=s3cret'",
    "json": """curl {partner}/json -H 'Content-Type: application/json' -u joe:s3cret """
    """-d '{{"lead_id": "LEAD-1", "a": {{"b": [1, 2.50, true, "é"]}}}}'""",
    "xml": """curl {partner}/xml -H 'Content-Type: text/xml' -d '<r v="1"><LeadId>LEAD-1</LeadId><a>1</a><a>2</a></r>'""",
}


@pytest.mark.parametrize("transport", REAL)
def test_the_source_reads_the_same(cli, tmp_path, partner, event_file, transport):
    """What a source reads in the request of curl itself, it reads in that of the imported endpoint."""
    command = REAL[transport].format(partner=partner)
    subprocess.run(
        ["sh", "-c", f"{command} -s -H 'Idempotency-Key: {transport}-curl'"], capture_output=True, check=True
    )
    conf = write_conf(tmp_path, partner)
    text = cli("import", "curl", command, "--source", "acme").stdout
    (conf / "sources" / "copy.yaml").write_text(text)
    for name in ("acme_api_key", "acme_password"):
        (conf / "secrets" / name).write_text("s3cret\n")
        (conf / "secrets" / name).chmod(0o600)
    assert cli("check").exit_code == 0
    assert cli("preview", "--send", event_file(source="copy", id=f"{transport}-ours")).exit_code == 0
    [theirs], [ours] = received(partner, f"{transport}-curl"), received(partner, f"{transport}-ours")
    assert ours["values"] == theirs["values"]
    assert (ours["method"], ours["transport"]) == (theirs["method"], theirs["transport"])


def test_an_envelope(cli, tmp_path, partner, event_file):
    """A SOAP sample becomes a call of its operation, by the WSDL that its address has."""
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SubmitReturn xmlns="urn:x">'
        "<LeadId>77</LeadId><Reason>Duplicate</Reason></SubmitReturn></s:Body></s:Envelope>"
    )
    conf = write_conf(tmp_path, partner)
    text = cli(
        "import", "curl", f"curl {partner}/soap -H 'SOAPAction: \"\"' -d '{envelope}'", "--source", "x"
    ).stdout
    assert "# note: the address of the WSDL is a guess: the sample is sent to /soap" in text
    (conf / "sources" / "copy.yaml").write_text(text)
    told = json.loads(cli("preview", "--json", event_file(source="copy")).stdout)
    assert told["problem"] is None
    assert "LeadId>LEAD-1</" in told["request"]["body"]
    assert "Reason>Wrong number</" in told["request"]["body"]


def received(partner, key):
    """What came to the partner under an idempotency key."""
    journal = subprocess.run(["curl", "-s", f"{partner}/journal?key={key}"], capture_output=True, check=True)
    return json.loads(journal.stdout)["received"]
