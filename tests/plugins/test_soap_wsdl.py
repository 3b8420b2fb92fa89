"""Transport `soap`: picking an operation of a WSDL, its address and headers, and the conf keys for them."""

import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.testing.kit import endpoint_for
from plugins import soap
from plugins.soap import wsdl
from plugins.soap.documents import WsdlError

FOLDER = Path(__file__).parent / "wsdl"


def load(path: str) -> bytes:
    return (FOLDER / path).read_bytes()


def prepared(url, operation="SubmitReturn", load=load, **settings):
    return endpoint_for(soap, {"operation": operation, **settings}, url=url, load=load).prepared


def problem(url, operation="SubmitReturn", load=load, **settings) -> tuple[str, str]:
    with pytest.raises(WsdlError) as caught:
        prepared(url, operation, load, **settings)
    return caught.value.key, str(caught.value)


OPERATIONS = [
    ("submitreturn", "the WSDL has no operation 'submitreturn' (did you mean 'SubmitReturn'? it has SubmitReturn, Ping)"),
    ("Zzz", "the WSDL has no operation 'Zzz' (it has SubmitReturn, Ping)"),
    (
        "Acme.Modem.SubmitReturn",
        "the WSDL has no operation 'Acme.Modem.SubmitReturn' (did you mean 'Acme.Modern.SubmitReturn'? it has "
        "Acme.Plain.SubmitReturn, Acme.Plain.Ping, Acme.Modern.SubmitReturn, Acme.Modern.Ping)",
    ),
    ("Acme.Get.Ping", "the WSDL has no operation 'Acme.Get.Ping' (did you mean 'Acme.Modern.Ping'? it has "
     "Acme.Plain.SubmitReturn, Acme.Plain.Ping, Acme.Modern.SubmitReturn, Acme.Modern.Ping)"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "sentence"), OPERATIONS)
def test_a_missing_operation_names_those_that_exist(operation, sentence):
    """And the nearest right one; the conf key is `operation`."""
    assert problem("wrapped.wsdl", operation) == ("operation", sentence)


def test_an_operation_of_several_services_must_be_named_in_full():
    """Its short name could mean another contract."""
    assert problem("ambiguous.wsdl", "Submit") == (
        "operation",
        "the WSDL has several operations 'Submit' (write One.Plain.Submit or Two.Plain.Submit)",
    )


def test_an_action_or_address_that_cannot_go_out_is_refused():
    """A WSDL cannot write headers; an own address makes up for a bad one."""
    assert problem("ambiguous.wsdl", "One.Plain.Submit") == (
        "url",
        r"the soapAction 'submit\nX-Evil: 1' cannot stand in a header (right would be plain ASCII, no quotes)",
    )
    assert problem("ambiguous.wsdl", "Two.Plain.Submit") == (
        "address",
        "the WSDL gives Two.Plain.Submit the address 'REPLACE_ME' (write a http or https one under address)",
    )
    own = prepared("ambiguous.wsdl", "Two.Plain.Submit", address="https://acme.example/x")
    assert own.address == "https://acme.example/x"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://acme.example/?wsdl", "https://acme.example/"),
        ("https://other.example/?wsdl", "http://acme.example/"),
        ("http://acme.example/?wsdl", "http://acme.example/"),
    ],
)
def test_an_address_is_not_less_safe_than_its_wsdl(url, address):
    """A WSDL that came over TLS is called over TLS at the same host."""
    assert prepared(url, load=lambda _: load("unqualified.wsdl")).address == address


def test_a_root_without_arguments_in_it_cannot_be_renamed():
    """The body's elements are the arguments themselves there."""
    key, text = problem("bare.wsdl", "Forget", root={"prefix": "q"})
    assert (key, text) == ("root", "the operation has no root element with arguments in it (leave root out)")


SETTINGS = [
    ({}, "operation", "Field required"),
    ({"operation": ""}, "operation", "String should have at least 1 character"),
    ({"version": "2.0"}, "version", "Input should be '1.1' or '1.2'"),
    ({"address": "acme.example"}, "address", "Value error, 'acme.example' is not an address (right would be http://... or https://..., in ASCII)"),
    ({"address": "http://a.example/ b"}, "address", "Value error, 'http://a.example/ b' is not an address (right would be http://... or https://..., in ASCII)"),
    ({"root": {"prefix": "xml"}}, "root", "Value error, 'xml' cannot be a prefix (right would be letters and digits such as acme)"),
    ({"root": {"prefix": "soap"}}, "root", "Value error, 'soap' cannot be a prefix (right would be letters and digits such as acme)"),
    ({"root": {"xmlns": ""}}, "root", "Value error, '' cannot be a namespace (right would be a URI such as urn:acme)"),
    ({"soap_headers": {"A..B": "x"}}, "soap_headers", "Value error, 'A..B' is not a path (right would be Name.child or Name@xmlns)"),
    ({"soap_headers": {"A": "x", "A.#text": "y"}}, "soap_headers", "Value error, 'A.#text' is not a path (right would be Name.child or Name@xmlns)"),
    ({"soap_headers": {"A@": "x"}}, "soap_headers", "Value error, 'A@' is not a path (right would be Name.child or Name@xmlns)"),
    ({"soap_headers": {"A": "x", "A.B": "y"}}, "soap_headers", "Value error, 'A' cannot be text and hold 'A.B' (leave one of them out)"),
    ({"soap_headers": {"A": "{{ lead.id }}"}}, "soap_headers", "Value error, '{{ lead.id }}' is a template, and this is sent as written (templates stand in mapping)"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "key", "sentence"), SETTINGS, ids=str)
def test_wrong_conf_keys_are_refused(keys, key, sentence):
    """Each with its own sentence."""
    with pytest.raises(ValidationError) as caught:
        soap.settings().model_validate({"operation": "x", **keys} if keys else {})
    (error,) = caught.value.errors()
    assert (error["loc"][0], error["msg"]) == (key, sentence)


HEADERS = [
    ({"a b": "x"}, "the header a b: 'a b' is not a name in XML"),
    ({"A@xmlns": ""}, "the header A: xmlns must be a namespace of one's own (such as urn:acme)"),
    ({"A@xmlns:xml": "urn:a"}, "the header A: xmlns:xml must be a namespace of one's own (such as urn:acme)"),
    ({"p:A": "x"}, "the header p:A: the prefix of p:A is not declared (with @xmlns:p)"),
    ({"Auth.Level": "x"}, "the header Auth: Level: 'x' is not valid as int "
     "(right would be a whole number from -2147483648 to 2147483647)"),
    ({"Auth.Usr": "x"}, "the header Auth: the operation has no argument 'Usr' (did you mean User?)"),
]  # fmt: skip


@pytest.mark.parametrize(("constants", "sentence"), HEADERS, ids=str)
def test_a_soap_header_that_cannot_be_written_is_refused(constants, sentence):
    """When the conf is loaded, not when the first event is sent."""
    assert problem("wrapped.wsdl", soap_headers=constants) == ("soap_headers", sentence)


def test_equal_contents_are_parsed_once_also_from_many_threads(monkeypatch):
    """Wherever they came from; the number of those that are kept is bounded."""
    parsed = []

    class Counted(wsdl.Document):
        def __init__(self, *args, **kwargs):
            parsed.append(args)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(wsdl, "Document", Counted)
    text = load("unqualified.wsdl") + b"\n"
    fresh = text.replace(b"urn:acme", b"urn:fresh")
    plans = []
    threads = [
        threading.Thread(target=lambda n=n: plans.append(prepared(f"{n}.wsdl", load=lambda _: fresh)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(plans), len(parsed)) == (8, 1)
    assert {plan.root.tag for plan in plans} == {"{urn:fresh}SubmitReturn"}
    for number in range(wsdl.MOST_PARSED + 3):
        prepared("a.wsdl", load=lambda _, n=number: text.replace(b"urn:acme", f"urn:n{n}".encode()))
    prepared("a.wsdl", load=lambda _: fresh)
    assert len(parsed) == 1 + wsdl.MOST_PARSED + 3 + 1


def test_plans_of_equal_documents_and_keys_are_equal():
    """So that a reload can tell that nothing changed; any other key makes another plan."""
    plan = prepared("wrapped.wsdl")
    assert (plan, hash(plan)) == (prepared("wrapped.wsdl"), hash(prepared("wrapped.wsdl")))
    others = [
        {"version": "1.2"},
        {"root": {"xmlns": "urn:x"}},
        {"soap_headers": {"A": "x"}},
        {"operation": "Ping"},
    ]
    for keys in others:
        assert prepared("wrapped.wsdl", **keys) != plan
