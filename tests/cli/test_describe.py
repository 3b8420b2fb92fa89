"""`describe` says what a WSDL or an endpoint asks for, and writes a conf that `check` accepts."""

import json
import re
import shutil
from pathlib import Path

import pytest

from gateway import Argument, Offer, guess
from gateway.cli import skeleton
from gateway.conf.document import parse
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.daemon import registry
from tests.cli.conftest import Cli

WSDLS = Path(__file__).parents[1] / "plugins" / "wsdl"
SHAPES = [
    "bare",
    "content",
    "described",
    "encoded",
    "families",
    "forms",
    "headers",
    "rpc",
    "structs",
    "unqualified",
    "wide",
    "wrapped",
]

WHOLE = """\
wsdl/described.wsdl: WSDL 1.1

ReturnLead: Gives a lead back.
  Leads.One: SOAP 1.1, style document/literal, address https://described.example/1
  Leads.Two: SOAP 1.2, style document/literal, address https://described.example/2
key	type	how often	meaning
LeadId	string	required	As it was sold.
Reason	string	required	one of WN, DUP; Why it comes back.
ReturnedOn	date	required, may be null
Email	string	one of Email or Phone
Phone	string	one of Email or Phone, a list of up to 3
Extension	int	at most one of Email or Phone
Agent@kind	token	required with Agent	one of buyer, seller
Agent.Name	string	required with Agent
Agent.Licence	string	required with Agent
Agent.Above	the same again, inside	optional
Line.0.Sku	string	required with Line
Code	int	required

ReportSale
  Leads.Rpc: SOAP 1.1, style rpc/literal, address https://described.example/3
key	type	how often	meaning
Why	string	required	one of WN, DUP; Why it comes back.
Amount	decimal	required
"""
CONF = """\
# ReturnLead of Leads.One: Gives a lead back.
# SOAP 1.1, style document/literal, address https://described.example/1
return:
  transport: soap
  url: wsdl/described.wsdl                       # put a copy of described.wsdl there, with what it imports
  operation: ReturnLead
  mapping:
    LeadId: "{{ lead.id }}"                      # string, required; As it was sold.
    Reason: "{{ feedback.reason }}"              # string, required; one of WN, DUP; Why it comes back.; a table translates: add | lookup('reasons')
    ReturnedOn: "{{ feedback.timestamp | date('yyyy-MM-dd') }}" # date, required, may be null
    Email: "{{ lead.email }}"                    # string, one of Email or Phone
    # Phone: ["{{ lead.phone_1 }}"]              # string, one of Email or Phone, a list of up to 3
    # Extension: ""                              # int, at most one of Email or Phone
    # Agent@kind: ""                             # token, required with Agent; one of buyer, seller
    # Agent.Name: ""                             # string, required with Agent
    # Agent.Licence: ""                          # string, required with Agent
    # Agent.Above: ""                            # the same again, inside, optional
    # Line.0.Sku: ""                             # string, required with Line
    Code: ""                                     # FILL IN: int, required
  # response: {}                                 # how the answer is read; without it every answer of status 200 is a yes
"""


@pytest.fixture
def wsdl(tmp_path: Path, cli: Cli) -> str:
    """A WSDL in the folder where the command is called."""
    shutil.copy(WSDLS / "described.wsdl", tmp_path)
    return "described.wsdl"


def test_a_wsdl_in_a_file(cli: Cli, wsdl: str) -> None:
    """Each operation once, with its ports, and every argument as a mapping key; no conf is needed."""
    result = cli("describe", wsdl)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.rstrip() for line in result.stdout.splitlines()] == WHOLE.splitlines()


def test_a_wsdl_by_the_url_of_a_conf(cli: Cli, tmp_path: Path) -> None:
    """What stands as `url` in a conf is found below its folder, and need not be put there."""
    conf = tmp_path / "elsewhere"
    (conf / "wsdl").mkdir(parents=True)
    (conf / "gateway.yaml").write_text("{}\n")
    shutil.copy(WSDLS / "described.wsdl", conf / "wsdl")
    result = cli("describe", "wsdl/described.wsdl", "ReturnLead", "--conf", "elsewhere")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "  url: wsdl/described.wsdl\n" in result.stdout


def test_an_operation_as_a_conf(cli: Cli, wsdl: str) -> None:
    """What is known is filled in, what is needed beyond is empty and marked, the rest is a comment."""
    assert cli("describe", wsdl, "ReturnLead").stdout == CONF
    second = cli("describe", wsdl, "Leads.Two.ReturnLead").stdout
    assert "  operation: Leads.Two.ReturnLead\n" in second
    sale = cli("describe", wsdl, "ReportSale").stdout
    assert "\nconversion:\n" in sale
    assert '    Amount: "{{ value.amount }}" ' in sale


@pytest.mark.parametrize("shape", SHAPES)
def test_every_conf_is_accepted(cli: Cli, tmp_path: Path, shape: str) -> None:
    """Pasted into a source, `check` has nothing against it, whatever the WSDL: its keys are those that it takes."""
    conf = tmp_path / "conf"
    (conf / "sources").mkdir(parents=True)
    (conf / "gateway.yaml").write_text("{}\n")
    (conf / "wsdl").mkdir()
    shutil.copytree(WSDLS, conf / "wsdl", dirs_exist_ok=True)
    offers = json.loads(cli("describe", f"conf/wsdl/{shape}.wsdl", "--json").stdout)[0]["document"]["offers"]
    for number, offer in enumerate(offers):
        text = cli("describe", f"conf/wsdl/{shape}.wsdl", offer["keys"]["operation"]).stdout
        assert f"  url: wsdl/{shape}.wsdl\n" in text
        (conf / "sources" / f"s{number}.yaml").write_text(text)
    found = load(Files.read(conf), registry())
    assert [str(problem) for problem in found.problems if not problem.warning] == []
    assert len(found.sources) == len(offers)


def test_every_key_is_one_that_the_wsdl_takes(cli: Cli, tmp_path: Path) -> None:
    """Also those that stand in a comment, were they not to exclude each other."""
    conf = tmp_path / "conf"
    (conf / "sources").mkdir(parents=True)
    (conf / "gateway.yaml").write_text("{}\n")
    (conf / "wsdl").mkdir()
    shutil.copy(WSDLS / "described.wsdl", conf / "wsdl")
    text = cli("describe", "conf/wsdl/described.wsdl", "ReturnLead").stdout
    text = re.sub("^    # ", "    ", text, flags=re.MULTILINE)
    (conf / "sources" / "acme.yaml").write_text(text)
    assert cli("check").exit_code == 0


def test_a_wsdl_by_url(cli: Cli, conf: Path, partner: str) -> None:
    """Fetched under the conf's network.allow, with what it imports; the address is the conf's url."""
    result = cli("describe", f"{partner}/soap?wsdl", "SubmitReturn")
    assert f"  url: {partner}/soap?wsdl\n" in result.stdout
    assert '    LeadId: "{{ lead.id }}" ' in result.stdout


def test_an_address_that_may_not_be_dialled(cli: Cli, partner: str, tmp_path: Path) -> None:
    """The sentence says what to add."""
    port = partner.rpartition(":")[2]
    result = cli("describe", f"{partner}/soap?wsdl", "--conf", "nowhere")
    assert result.exit_code == 69
    assert result.stderr.endswith(f"(if it is meant, add 127.0.0.1/32:{port} to network.allow)\n")


def test_an_endpoint_of_another_transport(cli: Cli, conf: Path, partner: str) -> None:
    """Its own keys, and what it maps; a source has one part for each of its endpoints. Secrets stay references."""
    result = cli("describe", "acme/return")
    assert result.stdout == (
        f"acme/return: json {partner}/json/bearer:s3cret\nkey\tvalue\nlead_id\t{{{{ lead.id }}}}\n"
        "reason\t{{ feedback.reason }}\nprice\t{{ price }}\nphone\t{{ lead.phone_2 }}\n"
        'api_key\t{"file":"acme_token"}\n'
    )
    both = cli("describe", "acme").stdout
    assert both.startswith(result.stdout)
    assert "acme/conversion: json" in both
    refused = cli("describe", "acme/return", "SubmitReturn")
    assert (refused.exit_code, refused.stdout) == (65, "")
    assert "acme/return has no operations" in refused.stderr


def test_an_endpoint_with_a_wsdl(cli: Cli, conf: Path) -> None:
    """What it maps stands beside what the operation takes, so that what is missing shows."""
    (conf / "wsdl").mkdir()
    shutil.copy(WSDLS / "described.wsdl", conf / "wsdl")
    (conf / "sources" / "delta.yaml").write_text(
        "return:\n  transport: soap\n  url: wsdl/described.wsdl\n  operation: ReturnLead\n  version: 1.2\n"
        '  mapping: {LeadId: "{{ lead.id }}", Line.1.Sku: two}\n'
    )
    lines = cli("describe", "delta").stdout.splitlines()
    assert lines[:6] == [
        "delta/return: soap wsdl/described.wsdl",
        "  operation: ReturnLead",
        "  version: 1.2",
        "",
        "ReturnLead: Gives a lead back.",
        "  Leads.Two: SOAP 1.2, style document/literal, address https://described.example/2",
    ]
    assert lines[6:9] == [
        "key\tvalue\ttype\thow often\tmeaning",
        "LeadId\t{{ lead.id }}\tstring\trequired\tAs it was sold.",
        "Reason\t\tstring\trequired\tone of WN, DUP; Why it comes back.",
    ]
    assert "Line.0.Sku\ttwo\tstring\trequired with Line\t" in lines
    other = cli("describe", "delta/return", "ReportSale").stdout
    assert "\nreturn:\n" in other
    assert "  operation: ReportSale\n" in other


def test_an_operation_that_cannot_be_called(cli: Cli, wsdl: str, tmp_path: Path) -> None:
    """The list says why; there is no conf for it."""
    path = tmp_path / wsdl
    path.write_text(path.read_text().replace("https://described.example/1", "ftp://described.example/"))
    assert (
        "\n  it cannot be called: the WSDL gives Leads.One.ReturnLead the address 'ftp:"
        in cli("describe", wsdl).stdout
    )
    refused = cli("describe", wsdl, "ReturnLead")
    assert (refused.exit_code, refused.stdout) == (65, "")


def test_an_operation_must_be_named_in_full_where_there_are_two(cli: Cli, tmp_path: Path) -> None:
    """The sentence says how; either name leads to its conf."""
    text = (WSDLS / "ambiguous.wsdl").read_text()
    (tmp_path / "two.wsdl").write_text(text.replace("REPLACE_ME", "https://acme.example/two"))
    path = "two.wsdl"
    found = json.loads(cli("describe", path, "--json").stdout)[0]["document"]["offers"]
    one, other = (offer["keys"]["operation"] for offer in found)
    refused = cli("describe", path, found[0]["name"])
    assert refused.exit_code == 65
    assert f"(write {one} or {other})" in refused.stderr
    assert f"  operation: {other}\n" in cli("describe", path, other).stdout


def test_as_json(cli: Cli, wsdl: str) -> None:
    """For programs: the same facts by name."""
    [found] = json.loads(cli("describe", wsdl, "--json").stdout)
    assert (found["transport"], found["endpoint"], found["document"]["kind"]) == ("soap", None, "WSDL 1.1")
    assert found["document"]["offers"][0]["arguments"][1] == {
        "key": "Reason", "type": "string", "required": True, "within": "", "most": 1, "nillable": False,
        "instead": [], "values": ["WN", "DUP"], "placeholder": "", "text": "Why it comes back.",
    }  # fmt: skip
    one = json.loads(cli("describe", wsdl, "ReturnLead", "--json").stdout)
    assert (one["conf"], one["offer"]["name"]) == (CONF, "ReturnLead")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["described.wsdl", "ReturnLeed"], 65, "there is no operation 'ReturnLeed' (did you mean 'ReturnLead'?)"),
        (["page.html"], 65, "page.html is not a WSDL: its root element is html (right would be definitions)"),
        (["outside.wsdl"], 65, "there is no file ../secret.xsd below "),
        (["acne"], 2, "'acne' is no file, no http or https URL, and no source or endpoint of the conf (did you mean 'acme'?)"),
        (["acme/retrun"], 2, "(did you mean 'acme/return'?)"),
        (["http://127.0.0.1:1/x"], 69, "http://127.0.0.1:1/x cannot be fetched: "),
    ],
)  # fmt: skip
def test_what_cannot_be_described(
    cli: Cli, conf: Path, wsdl: str, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    """One sentence, and the exit code for it."""
    (tmp_path / "page.html").write_text("<html/>")
    (tmp_path / "outside.wsdl").write_text(
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import location="../secret.xsd"/></definitions>'
    )
    result = cli("describe", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_source_that_is_broken(cli: Cli, conf: Path) -> None:
    """Its problems are told, as by `check`."""
    (conf / "sources" / "acme.yaml").write_text("retrun: {}\n")
    result = cli("describe", "acme/return")
    assert result.exit_code == 78
    assert result.stderr.startswith("sources/acme.yaml:1:1: retrun: unknown key")


def test_what_a_partner_wrote_cannot_leave_its_comment(cli: Cli, conf: Path) -> None:
    """A WSDL is written by others: no line break or control character in it makes a line of the conf."""
    nasty = "x\nreturn:\u2028  url: http://evil\x1b[2J\r# "
    argument = Argument("a\nb: c", nasty, values=(nasty,), text=nasty)
    offer = Offer(nasty, nasty, (("SOAP", nasty),), {"operation": nasty}, (argument,), nasty)
    text = skeleton.conf(offer, "soap", f"wsdl/{nasty}", note=nasty)
    assert len(text.splitlines()) == 9
    assert not any(ord(char) < 32 for char in text if char != "\n")
    document = parse(text.encode(), "x")
    assert document.problems == ()
    assert document.data["return"]["operation"] == nasty
    assert document.data["return"]["mapping"] == {"a\nb: c": ""}


@pytest.mark.parametrize(
    ("key", "type", "template"),
    [
        ("LeadId", "string", "{{ lead.id }}"),
        ("Lead.0.Id", "string", "{{ lead.id }}"),
        ("lead_email_address", "string", None),
        ("Email", "string", "{{ lead.email }}"),
        ("EmailAdress", "string", "{{ lead.email }}"),
        ("Contact.Phone.0@number", "string", "{{ lead.phone_1 }}"),
        ("Amount", "decimal", "{{ value.amount }}"),
        ("ReturnDate", "date", "{{ feedback.timestamp | date('yyyy-MM-dd') }}"),
        ("ReturnDate", "dateTime", "{{ feedback.timestamp }}"),
        ("Id", "string", None),
        ("Password", "string", None),
        ("0", "string", None),
    ],
)
def test_what_a_name_means(key: str, type: str, template: str | None) -> None:
    """Only what a name says clearly is filled in: nobody looks at a wrong value as closely as at an empty one."""
    assert guess.template(key, type) == template
