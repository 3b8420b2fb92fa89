"""Transport `soap`: picking an operation of a WSDL, its address and headers, and the conf keys for them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.testing.kit import endpoint_for
from plugins import soap
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
]  # fmt: skip


@pytest.mark.parametrize(("keys", "key", "sentence"), SETTINGS, ids=str)
def test_wrong_conf_keys_are_refused(keys, key, sentence):
    """Each with its own sentence."""
    with pytest.raises(ValidationError) as caught:
        soap.settings().model_validate({"operation": "x", **keys} if keys else {})
    (error,) = caught.value.errors()
    assert (error["loc"][0], error["msg"]) == (key, sentence)


def test_plans_of_equal_documents_and_keys_are_equal():
    """So that a reload can tell that nothing changed; any other key makes another plan."""
    plan = prepared("wrapped.wsdl")
    assert (plan, hash(plan)) == (prepared("wrapped.wsdl"), hash(prepared("wrapped.wsdl")))
    others = [
        {"version": "1.2"},
        {"root": {"xmlns": "urn:x"}},
        {"operation": "Ping"},
    ]
    for keys in others:
        assert prepared("wrapped.wsdl", **keys) != plan
