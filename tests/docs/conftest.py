"""Conf folders made of what the pages show."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.daemon import registry
from tests.docs.pages import ROOT
from tests.http.identities import Authority

Load = Callable[[Mapping[str, str]], Conf]
_AUTHORITY = Authority()
_OURS = _AUTHORITY.vouch()
# What must be more than any word.
_MADE = {
    "acme_signing_key": f"whsec_{b64encode(b'k' * 24).decode()}",
    "acme_client_certificate": _OURS.certificate,
    "acme_client_key": _OURS.key,
    "acme_ca": _AUTHORITY.certificate,
}
_SECRET = re.compile(r"\{(file|env): (\w+)\}|secrets\.(\w+)")

# What must be long enough, or of a form.
_TOKENS = {
    "crm_token": "fgt_one_that_is_long_enough",
    "dialer_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "dialer_key_before": "whsec_Ci9VHHTgyUn0kRX4ZwPPaIQVTiIMEhJH",
}


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads files as one conf folder, with every secret that they refer to, and a WSDL."""
    wsdl = (ROOT / "tests/plugins/wsdl/wrapped.wsdl").read_bytes()
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)

    def load_them(files: Mapping[str, str]) -> Conf:
        for kind, name, signs in _SECRET.findall("".join(files.values())):
            name = name or signs
            if kind == "env":
                monkeypatch.setenv(name, "s3cret")
            else:
                (folder / name).write_text(_MADE.get(name, _TOKENS.get(name, "s3cret")))
                (folder / name).chmod(0o600)
        content = {"gateway.yaml": b"", "wsdl/acme.wsdl": wsdl}
        content |= {path: text.encode() for path, text in files.items()}
        return load(Files(tmp_path, content), registry())

    return load_them
