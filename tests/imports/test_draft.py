"""What the draft makes of values: templates, references, or the sample's own."""

import pytest

from gateway.imports import Named, from_curl
from gateway.model import Secret

X = "https://api.acme.example/returns"


def mapped(*pairs, **named):
    """The values of a form's parameters in the draft."""
    data = " ".join(f"--data-urlencode '{name}={value}'" for name, value in pairs)
    return {
        entry.key: entry.value for entry in from_curl(f"curl {X} {data}", Named(**named)).mappings["mapping"]
    }


MEANINGS = [
    ("lead_id", "5bb", "{{ lead.id }}"),
    ("Email", "joe@example.com", "{{ lead.email }}"),
    ("lead[first_name]", "Joe", "{{ lead.first_name }}"),
    ("contact", "joe@example.com", "{{ lead.email }}"),
    ("contact", "(512) 555-1212", "{{ lead.phone_1 }}"),
    ("contact", "+15125551212", "{{ lead.phone_1 }}"),
    ("number", "5125551212", "5125551212"),
    ("from", "203.0.113.9", "{{ submission.ip }}"),
    ("field_1", "{{lead_id}}", "{{ lead.id }}"),
    ("field_1", "<YOUR ZIP>", "<YOUR ZIP>"),
    ("field_1", "[email]", "{{ lead.email }}"),
    ("field_1", "{{other}}", '{{ "{{other}}" }}'),
    ("full_name", "Joe Doe", "{{ lead.first_name }} {{ lead.last_name }}"),
    ("full_name", "Joe", "Joe"),
    ("return_date", "2026-11-20", "{{ feedback.timestamp | date('yyyy-MM-dd') }}"),
    ("return_date", "11/20/2026", "{{ feedback.timestamp | date('MM/dd/yyyy') }}"),
    ("return_date", "1764000000", "{{ feedback.timestamp | date('epoch') }}"),
    ("return_date", "2026-11-20T10:00:00Z", "{{ feedback.timestamp }}"),
    ("return_date", "yesterday", "yesterday"),
    ("feedback_type", "return", "{{ feedback.type }}"),
    ("feedback_type", "chargeback", "chargeback"),
    ("campaign_code", "x1", "x1"),
]


@pytest.mark.parametrize(
    ("name", "sample", "value"), MEANINGS, ids=[f"{name}={sample}" for name, sample, _ in MEANINGS]
)
def test_meanings(name, sample, value):
    """A value whose name or looks are known becomes the template that gives it, in the sample's form."""
    assert list(mapped((name, sample)).values()) == [value]


def test_one_template_stands_for_one_value():
    """The same value again is the same template; another one is another phone, or stays."""
    pairs = [("email", "a@b.example"), ("email2", "c@d.example"), ("again", "a@b.example")]
    phones = [("phone", "512 555 1212"), ("mobile", "512 555 1213")]
    assert list(mapped(*pairs, *phones).values()) == [
        "{{ lead.email }}", "c@d.example", "{{ lead.email }}", "{{ lead.phone_1 }}", "{{ lead.phone_2 }}",
    ]  # fmt: skip


CREDENTIALS = [
    "api_key",
    "apiKey",
    "X-Api-Key",
    "token",
    "access_token",
    "password",
    "Passwd",
    "secret",
    "key",
    "auth.user",
]
NONE = ["lead_id", "keyword", "monkey", "author", "passport", "token_count", "xmlns"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials(name):
    """A parameter whose name says that it is a credential becomes a reference."""
    [value] = mapped((name, "abc"), source="Acme Leads").values()
    assert isinstance(value, Secret)
    assert value.name.startswith("acme_leads_")


@pytest.mark.parametrize("name", NONE)
def test_no_credentials(name):
    """A name that only looks like one does not."""
    assert not any(isinstance(value, Secret) for value in mapped((name, "abc")).values())


def test_tokens_by_their_looks():
    """A token is known by its looks, whatever its name."""
    [value] = mapped(("x1", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln")).values()
    assert value == Secret("file", "acme_x1")


AUTH = {
    "-u joe:pw": ({"basic": {"username": "joe", "password": Secret("file", "acme_password")}}, {}),
    "-u sk_live_1:": ({}, {"Authorization": Secret("file", "acme_authorization")}),
    "-H 'Authorization: Bearer abc'": ({"bearer": Secret("file", "acme_token")}, {}),
    "-H 'Authorization: Token abc'": ({}, {"Authorization": Secret("file", "acme_authorization")}),
    "-b session=1": ({}, {"Cookie": Secret("file", "acme_cookie")}),
}


@pytest.mark.parametrize(
    ("options", "auth", "headers"), [(key, *value) for key, value in AUTH.items()], ids=AUTH.keys()
)
def test_authentication(options, auth, headers):
    """What authenticates stands under auth where the conf has a word for it, else as a header by reference."""
    found = from_curl(f"curl {X} {options} -d a=b", Named())
    assert found.auth == auth
    assert {entry.key: entry.value for entry in found.mappings.get("headers", ())} == headers


FILES = {name: Secret("file", f"acme_{name}") for name in ("certificate", "key", "ca")}


@pytest.mark.parametrize(
    ("options", "tls"),
    [
        ("--cert me.pem --key me.key --cacert ca.pem", FILES),
        ("-E both.pem:passphrase", {"certificate": FILES["certificate"]}),
        ("-k", {"insecure_skip_verify": True}),
        ("-k --cacert ca.pem", {"ca": FILES["ca"]}),
        ("", {}),
    ],
)
def test_tls(options, tls):
    """Files become references, to be filled with what they hold; no passphrase is kept."""
    found = from_curl(f"curl {X} {options} -d a=b", Named())
    assert found.tls == tls
    assert "passphrase" not in "".join(found.secrets.values()).replace("without a passphrase", "")
    assert all(path in " ".join(found.secrets.values()) for path in options.split() if path.endswith(".pem"))


def test_headers():
    """Headers that say something to the source stay; those of browsers and of HTTP itself are named in a note."""
    options = "-H 'User-Agent: Mozilla/5.0' -H 'Origin: https://x' -H 'sec-fetch-site: none' -H 'X-Partner: 7' -H 'Accept: text/xml'"
    found = from_curl(f"curl {X} {options} -H 'Idempotency-Key: 1' -d a=b", Named())
    assert {entry.key: entry.value for entry in found.mappings["headers"]} == {
        "X-Partner": "7",
        "Accept": "text/xml",
    }
    assert found.notes == (
        "headers that the gateway sends by itself, or that are a browser's: "
        "User-Agent, Origin, sec-fetch-site, Idempotency-Key",
    )


def test_an_idempotency_header_of_another_name():
    """The name stays, the value is the event's own."""
    keys = {
        entry.key: entry.value
        for entry in from_curl(f"curl {X} -H 'X-Idempotency-Key: 1' -d a=b", Named()).keys
    }
    assert keys["idempotency_header"] == "X-Idempotency-Key"


def test_parameters_in_the_address_of_a_post():
    """Known ones become templates; a credential is not written, and the comment says what to ask for."""
    found = from_curl(f"curl '{X}?v=2&lead_id=5&key=abc' -d a=b", Named())
    [url] = [entry for entry in found.keys if entry.key == "url"]
    assert url.value == f"{X}?v=2&lead_id={{{{ lead.id }}}}&key=FILL-IN"
    assert url.about == "an address cannot refer to a secret: ask the source for a header or a parameter"


def test_variables_in_the_address():
    """What Postman writes as a variable becomes a template; an unknown one is to be filled in first."""
    [_, url, *_] = from_curl(
        "curl -X PUT https://x.example/{{lead_id}}/return?a={{email}} -d '{}'", Named()
    ).keys
    assert url.value == "https://x.example/{{ lead.id }}/return?a={{ lead.email }}"
    with pytest.raises(ValueError, match=r"the address holds \{\{other\}\}, which is to be filled in"):
        from_curl("curl https://x.example/{{other}}", Named())


def test_a_password_that_the_sample_does_not_show():
    """Of a digest the file is named, and blank values stay what they are."""
    space = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
    found = from_curl(
        f'curl {X} -d \'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<Security xmlns="{space}"><UsernameToken><Username>joe</Username><Password Type="{kind}">x=</Password>'
        "</UsernameToken></Security></s:Header><s:Body><Return><Note/></Return></s:Body></s:Envelope>'",
        Named(),
    )
    assert found.auth == {
        "wss": {"username": "joe", "password": Secret("file", "acme_password"), "digest": True}
    }
    assert [(entry.key, entry.value) for entry in found.mappings["mapping"]] == [("Note", "")]


@pytest.mark.parametrize(
    ("path", "given", "type_"),
    [("returns", None, "return"), ("conversion", None, "conversion"), ("sales", "return", "return")],
)
def test_the_type(path, given, type_):
    """The type is the one that is given, else guessed by the address."""
    assert from_curl(f"curl https://x.example/{path}", Named(given)).type == type_
