"""`auth` and `tls` of an endpoint: what `check` says of them, what they become, and when they are made anew."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from gateway.auth import ApiKey, OAuth2, Signature
from gateway.http.tls import Tls
from gateway.model import Endpoint
from tests.conf.conftest import SOURCE, Folder
from tests.http.identities import Authority

AUTHORITY = Authority()
OURS, OTHER = AUTHORITY.vouch("gateway"), AUTHORITY.vouch("other")
WHSEC, WHSK = (f"{kind}_{b64encode(b'k' * 32).decode()}" for kind in ("whsec", "whsk"))
FILES = {
    "secrets/word": "s3cret",
    "secrets/whsec": WHSEC,
    "secrets/whsk": WHSK,
    "secrets/cert": OURS.certificate,
    "secrets/key": OURS.key,
    "secrets/both": OURS.certificate + OURS.key,
    "secrets/other": OTHER.key,
    "secrets/ca": AUTHORITY.certificate,
    "secrets/over": AUTHORITY.vouch(ends=datetime(2020, 1, 2, tzinfo=UTC)).certificate,
    "secrets/soon": AUTHORITY.vouch(ends=datetime.now(UTC) + timedelta(7)).certificate,
}


def written(conf: Folder, keys: str) -> Folder:
    return conf.write(FILES, acme=f"{SOURCE}  {keys}\n")


def endpoint(conf: Folder, keys: str) -> Endpoint:
    found = written(conf, keys).load().route("acme/return")
    assert found is not None
    return found.endpoint


def test_an_api_key(conf: Folder) -> None:
    """In a header, or in the query."""
    made = endpoint(conf, "auth: {api_key: {header: X-Key, key: {file: word}}}")
    assert made.auth == ApiKey("X-Key", "s3cret")
    made = endpoint(conf, "auth: {api_key: {query: key, key: {file: word}}}")
    assert made.auth == ApiKey("key", "s3cret", in_query=True)


def test_signing_keys(conf: Folder) -> None:
    """In the order of the conf; each says by itself how it signs."""
    auth = endpoint(conf, "auth: {signature: {keys: [{file: whsk}, {file: whsec}]}}").auth
    assert isinstance(auth, Signature)
    assert [key.version for key in auth.keys] == ["v1a", "v1"]


def test_client_credentials(conf: Folder) -> None:
    """Id and secret may both be secrets; audience and further parameters go along in the order of the conf."""
    keys = "token_url: 'https://auth.example/t?x=1', client_id: {file: whsec}, client_secret: {file: word}"
    more = "scope: a b, audience: acme, parameters: {resource: r}, client_authentication: post"
    assert endpoint(conf, f"auth: {{oauth2: {{{keys}, {more}}}}}").auth == OAuth2(
        "https://auth.example/t?x=1",
        WHSEC,
        "s3cret",
        "a b",
        (("audience", "acme"), ("resource", "r")),
        in_body=True,
    )


@pytest.mark.parametrize(
    ("keys", "is_checked", "presents"),
    [
        ("{certificate: {file: cert}, key: {file: key}, ca: {file: ca}}", True, True),
        ("{certificate: {file: both}}", True, True),
        ("{ca: {file: cert}}", True, False),
        ("{insecure_skip_verify: true}", False, False),
    ],
)
def test_tls(conf: Folder, keys: str, is_checked: bool, presents: bool) -> None:
    """A certificate of our own, whom to believe, or anybody."""
    tls = endpoint(conf, f"tls: {keys}").tls
    assert isinstance(tls, Tls)
    assert (tls.is_checked, tls.presents) == (is_checked, presents)


def test_certificates_are_no_secrets(conf: Folder) -> None:
    """Others may read them; of the key, and of a file with the key in it, `check` says so."""
    written(conf, "tls: {certificate: {file: cert}, key: {file: key}, ca: {file: ca}}")
    for name in ("cert", "ca"):
        (conf.path / "secrets" / name).chmod(0o644)
    assert conf.problems() == []
    (conf.path / "secrets" / "key").chmod(0o644)
    assert "tls.key: the secret file {folder}/secrets/key is open to others" in conf.problems()[0]
    written(conf, "tls: {certificate: {file: both}}")
    (conf.path / "secrets" / "both").chmod(0o644)
    assert "tls.certificate: the secret file {folder}/secrets/both is open to others" in conf.problems()[0]


def test_a_changed_certificate_is_taken(conf: Folder) -> None:
    """With it the source is made anew; where nothing changed the connections stay."""
    keys = "tls: {ca: {file: ca}}"
    before = written(conf, keys).load()
    same = conf.load(before)
    assert same.sources["acme"] is before.sources["acme"]
    after = conf.write({"secrets/ca": Authority().certificate}).load(before)
    old, new = (one.route("acme/return") for one in (before, after))
    assert old is not None
    assert new is not None
    assert old.endpoint.tls != new.endpoint.tls


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("tls: {insecure_skip_verify: true}",
         "7:31: return.tls.insecure_skip_verify: any certificate is believed: others can read and change what is sent "
         "(name the source's under ca)"),
        ("tls: {ca: {file: over}}", "7:13: return.tls.ca: a certificate ended on 2020-01-02 (ask for a new one)"),
        ("tls: {ca: {file: soon}}", f"7:13: return.tls.ca: a certificate ends on {datetime.now(UTC) + timedelta(7):%Y-%m-%d} "
         "(ask for a new one)"),
    ],
)  # fmt: skip
def test_doubts(conf: Folder, keys: str, sentence: str) -> None:
    """What can be sent, and hardly should, is a warning at its place."""
    assert written(conf, keys).problems() == [f"warning: sources/acme.yaml:{sentence}"]


def test_tls_without_tls(conf: Folder) -> None:
    """Beside an address of plain HTTP it means nothing."""
    source = SOURCE.replace("https://", "http://")
    conf.write(FILES, acme=f"{source}  tls: {{ca: {{file: ca}}}}\n")
    assert conf.problems() == [
        "warning: sources/acme.yaml:7:8: return.tls: it says nothing about an address without TLS "
        "(write https, or leave it out)"
    ]


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://acme.example/r", True),
        ("http://acme.example:8080", True),
        ("https://acme.example/r", False),
        ("http://127.0.0.1:8630/json", False),
        ("http://[::1]:8630/json", False),
        ("http://localhost/json", False),
    ],
)
def test_credentials_in_the_open(conf: Folder, url: str, is_open: bool) -> None:
    """Over plain HTTP to another machine they can be read on the way."""
    source = SOURCE.replace("https://api.acme.example/returns", url)
    network = 'network: {allow: ["127.0.0.0/8", "::1"]}\n'
    conf.write(FILES | {"gateway.yaml": network}, acme=f"{source}  auth: {{bearer: {{file: word}}}}\n")
    said = "can be read on the way, credentials and all (write https)"
    expected = f"warning: sources/acme.yaml:7:9: return.auth: what is sent to acme.example without TLS {said}"
    assert conf.problems() == ([expected] if is_open else [])


def test_a_signature_without_a_body(conf: Folder) -> None:
    """A transport that sends none signs id and moment alone, and `check` says so."""
    source = SOURCE.replace("transport: json", "transport: query")
    conf.write(FILES, acme=f"{source}  auth: {{signature: {{keys: [{{file: whsec}}]}}}}\n")
    assert conf.problems() == [
        "warning: sources/acme.yaml:7:21: return.auth.signature: the request has no body: id and moment are signed, "
        "and nothing of the address (ask for a key instead)"
    ]


OAUTH2 = "client_id: gateway, client_secret: {file: word}"


@pytest.mark.parametrize(
    ("keys", "sentences"),
    [
        ("auth: {api_key: s3cret}",
         ["7:19: return.auth.api_key: credentials are keys (write basic: {username: NAME, password: {file: NAME}} "
          "or bearer: {file: NAME})"]),
        ("auth: {api_key: {key: {file: word}}}",
         ["7:19: return.auth.api_key: the key has no place (write header: NAME or query: NAME)"]),
        ("auth: {api_key: {header: X, query: x, key: {file: word}}}",
         ["7:19: return.auth.api_key: the key has two places (write header: NAME or query: NAME)"]),
        ("auth: {api_key: {header: 'X Y', key: {file: word}}}",
         ["7:28: return.auth.api_key.header: 'X Y' is no header name (write letters, digits and hyphens)"]),
        ("auth: {api_key: {header: Host, key: {file: word}}}",
         ["7:28: return.auth.api_key.header: the header Host has another use (write the one that the source names)"]),
        ("auth: {api_key: {header: X, key: s3cret}}",
         ["7:36: return.auth.api_key.key: a secret must not stand in the conf (write {file: NAME} or {env: NAME})"]),
        ("auth: {signature: {keys: [{file: word}, {file: whsec}]}}",
         ["7:29: return.auth.signature.keys.0: the signing key begins neither with whsec_ nor with whsk_ "
          "(write the prefix, and base64)"]),
        ("auth: {signature: {keys: []}}",
         ["7:28: return.auth.signature.keys: nothing stands here (write [a, b], or each behind a dash)"]),
        (f"auth: {{oauth2: {{token_url: ftp://auth.example/, {OAUTH2}}}}}",
         ["7:30: return.auth.oauth2.token_url: the token_url cannot be sent (it takes http or https, a host without a user "
          "name, a port of 1 to 65535 and visible ASCII only)"]),
        (f"auth: {{oauth2: {{token_url: 'https://auth.example/{{{{ lead.id }}}}', {OAUTH2}}}}}",
         ["7:30: return.auth.oauth2.token_url: the token_url is not an address as it goes out "
          "(write https://..., in ASCII)"]),
        (f"auth: {{oauth2: {{token_url: 'http://169.254.169.254/', {OAUTH2}}}}}",
         ["7:30: return.auth.oauth2.token_url: 169.254.169.254 is a cloud's metadata address and never dialled "
          "(no network.allow can name it)"]),
        (f"auth: {{oauth2: {{token_url: 'https://a.example/', {OAUTH2}, parameters: {{scope: x}}}}}}",
         ["7:113: return.auth.oauth2.parameters: scope is no further parameter "
          "(it has a key of its own, or is sent anyway)"]),
        ("tls: {key: {file: key}}",
         ["7:8: return.tls: there is a key and no certificate (write certificate: {file: NAME} beside it)"]),
        ("tls: {ca: {file: ca}, insecure_skip_verify: true}",
         ["7:8: return.tls: ca says whom to believe, and insecure_skip_verify to believe anybody (keep ca)"]),
        ("tls: {certificate: {file: cert}, key: {file: other}}",
         ["7:41: return.tls.key: the key is not that of the certificate (name the one it was made with)"]),
        ("tls: {certificate: {file: cert}}",
         ["7:22: return.tls.certificate: there is no key to the certificate (name its file under key)"]),
        ("tls: {ca: {file: word}}",
         ["7:13: return.tls.ca: this is no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)"]),
        ("tls: {ca: {file: none}}",
         ["7:13: return.tls.ca: the secret file {folder}/secrets/none cannot be read: No such file or directory "
          "(create it, mode 0600)"]),
    ],
)  # fmt: skip
def test_mistakes(conf: Folder, keys: str, sentences: list[str]) -> None:
    """Each is told once, at its place, without the secret."""
    assert written(conf, keys).problems() == [f"sources/acme.yaml:{sentence}" for sentence in sentences]
