"""Transport `soap` in a conf, through the real loader: the example of its README, and problems with their lines."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.errors import ConfError
from gateway.events import parse_event
from gateway.registry import Registry
from gateway.templates import scope
from plugins import soap

README = (Path(soap.__file__).parent / "README.md").read_text()
WSDL = (Path(__file__).parent / "wsdl" / "wrapped.wsdl").read_bytes()
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    return found


def loaded(source: str):
    files = {"gateway.yaml": b"", "sources/acme.yaml": source.encode(), "wsdl/acme.wsdl": WSDL}
    return load(Files(Path("conf"), files), Registry())


def test_the_example_sends_what_it_says():
    """The conf block loads without a problem, and its endpoint makes of the event block the request block."""
    conf = loaded(block("yaml"))
    assert [problem for problem in conf.problems if not problem.warning] == []
    route = conf.sources["acme"].routes["return"]
    values = route.mapper.map(scope(parse_event(block("json"), NOW), "Acme Leads", NOW, "0" * 32))
    made = route.transport.render(values, route.endpoint)
    head = [f"{made.method} {made.url}", *(f"{name}: {value}" for name, value in made.headers)]
    assert "\n".join([*head, "", made.body.decode()]) == block("http")


def test_every_conf_key_is_told():
    """In the order of the settings."""
    told = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert told == list(soap.settings().model_fields)


PROBLEMS = [
    ("    LeadId:", "    LeedId:", "10:5: return.mapping.LeedId: the operation has no argument 'LeedId' (did you mean LeadId?)"),
    ('"{{ price }}"', "twelve", "12:5: return.mapping.Amount: Amount: 'twelve' is not valid as decimal (right would be a number such as 12.75)"),
    (": SubmitReturn", ": SubmitRetrun", "5:14: return.operation: the WSDL has no operation 'SubmitRetrun' (did you mean 'SubmitReturn'? it has SubmitReturn, Ping)"),
    ("wsdl/acme.wsdl", "wsdl/acne.wsdl", "4:8: return.url: there is no file wsdl/acne.wsdl in the conf folder (put it under wsdl/)"),
    ('    Key.Id: "{{ recipient.id }}"', "    Auth.Level: high", "8:5: return.soap_headers.Auth.Level: Auth.Level: 'high' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "problem"), PROBLEMS)
def test_what_does_not_fit_the_wsdl_is_a_problem_with_its_line(right, wrong, problem):
    """Found when the conf is loaded, before any event."""
    assert right in block("yaml")
    with pytest.raises(ConfError) as caught:
        loaded(block("yaml").replace(right, wrong))
    assert f"sources/acme.yaml:{problem}" in [str(found) for found in caught.value.problems]
