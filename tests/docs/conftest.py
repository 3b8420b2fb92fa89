"""Conf folders made of what the pages show."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.daemon import registry
from tests.docs.pages import ROOT

Load = Callable[[Mapping[str, str]], Conf]
_SECRET = re.compile(r"\{(file|env): (\w+)\}|secrets\.(\w+)")


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
                (folder / name).write_text("s3cret")
                (folder / name).chmod(0o600)
        content = {"gateway.yaml": b"", "wsdl/acme.wsdl": wsdl}
        content |= {path: text.encode() for path, text in files.items()}
        return load(Files(tmp_path, content), registry())

    return load_them
