"""Tokens in the conf: hashes of files, keys of signatures, and every slip named with its place."""

from hashlib import sha256

import pytest

from gateway.access import Grant
from gateway.settings import Frequency

LONG = "fgt_one_that_is_long_enough"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKENS = f"""\
listen: ["0.0.0.0:8620", {{unix: /run/s, peers: [{{uid: 0}}, {{group: root}}]}}]
tokens:
  - {{name: crm, token: {{file: crm}}, roles: [post, view], sources: [acme], rate: 600/m}}
  - name: ops
    sha256: {sha256(b"another").hexdigest().upper()}
    roles: [admin]
    signature: {{secrets: [{{file: key}}], tolerance: 1m}}
"""


def test_what_the_daemon_keeps(conf):
    """Of each token its hash and what it allows; of its text nothing."""
    found = conf.write({"gateway.yaml": TOKENS, "secrets/crm": LONG + "\n", "secrets/key": SIGNING}).load()
    (first, crm), (second, ops) = found.access.grants
    assert (first, second) == (sha256(LONG.encode()).digest(), sha256(b"another").digest())
    assert crm == Grant("crm", frozenset({"post", "view"}), frozenset({"acme"}), Frequency(600, "m"))
    assert (ops.name, ops.signing.tolerance, len(ops.signing.keys)) == ("ops", 60.0, 1)
    assert found.access.grant(LONG) is crm
    assert LONG not in str(list(found.secrets.values()))
    assert [str(listener) for listener in found.gateway.listen] == ["0.0.0.0:8620", "unix:/run/s"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("token: {file: short}", "2:26: tokens.0.token: a token is 20 letters, digits and signs or more (make one: feedback-gateway token)"),
        ("token: {file: spaced}", "2:27: tokens.0.token: a token is 20 letters, digits and signs or more (make one: feedback-gateway token)"),
        ("token: {file: gone}", "2:25: tokens.0.token: the secret file {folder}/secrets/gone cannot be read: No such file or directory (create it, mode 0600)"),
        (f"sha256: {sha256(LONG.encode()).hexdigest()}", "3:5: tokens.1: good has the token of another (make one: feedback-gateway token)"),
        ("token: {file: other}, signature: {secrets: [{file: key}, {file: other}]}", "tokens.0.signature.secrets.1: a signing secret is whsec_ and 24 to 64 bytes in base64"),
    ],
)  # fmt: skip
def test_slips_in_what_they_refer_to(conf, token, expected):
    """Each is told with its place; no sentence repeats a secret."""
    secrets = {"secrets/short": "short", "secrets/spaced": "a token with many words", "secrets/good": LONG,
               "secrets/other": "another-token-that-is-long", "secrets/key": SIGNING}  # fmt: skip
    text = f"tokens:\n  - {{name: one, {token}, roles: [post]}}\n  - {{name: good, token: {{file: good}}, roles: [post]}}\n"
    problems = conf.write({"gateway.yaml": text, **secrets}).problems()
    assert len(problems) == 1
    assert problems[0].endswith(expected.partition(": ")[2])


def test_what_is_doubtful(conf):
    """A source that there is not, a name that stands twice, a secret that others can read."""
    text = (
        f"tokens:\n  - {{name: a, token: {{file: t}}, roles: [post], sources: [acne]}}\n"
        f"  - {{name: a, sha256: {'0' * 64}, roles: [post]}}\n"
    )
    conf.write({"gateway.yaml": text, "secrets/t": LONG})
    (conf.path / "secrets" / "t").chmod(0o644)
    assert conf.problems() == [
        "gateway.yaml:3:12: tokens.1.name: a stands here twice (give each token its own name)",
        "warning: gateway.yaml:2:22: tokens.0.token: the secret file {folder}/secrets/t is open to others on this machine"
        " (chmod 600 {folder}/secrets/t)",
        "warning: gateway.yaml:2:58: tokens.0.sources.0: there is no source 'acne' in the conf (did you mean 'acme'?)",
    ]
