"""`alerts` in gateway.yaml: an endpoint like any other, but for what alerts cannot have."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.conf.alerting import NOT_HERE
from gateway.conf.document import parse
from gateway.conf.files import Files
from gateway.conf.jsonschema import gateway_schema
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.daemon import registry
from gateway.errors import ConfError
from gateway.model import Secret

ALERTS = """\
alerts:
  transport: json
  url: https://chat.example/hooks
  mapping: {text: "{{ alert.text }}", token: {file: chat}}
"""
SCHEMA = Draft202012Validator(gateway_schema(registry()))


def loaded(folder: Path, text: str) -> Conf:
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "chat").write_text("t0p-secret")
    (folder / "secrets" / "chat").chmod(0o600)
    (folder / "gateway.yaml").write_text(text)
    return load(Files.read(folder), registry())


def fits(text: str) -> bool:
    return not list(SCHEMA.iter_errors(parse(text.encode(), "gateway.yaml").data))


def test_the_endpoint_and_its_secrets_are_kept(tmp_path: Path) -> None:
    """Its id is `alerts`; a secret that only it names is at hand; no source is made of it."""
    conf = loaded(tmp_path, ALERTS)
    assert conf.alerts is not None
    assert (conf.alerts.endpoint.id, conf.alerts.transport.name) == ("alerts", "json")
    assert dict(conf.secrets) == {Secret("file", "chat"): "t0p-secret"}
    assert list(conf.routes()) == []
    assert fits(ALERTS)


@pytest.mark.parametrize("text", ["", "alerts:\n", ALERTS + "  enabled: false\n"])
def test_there_need_be_none(tmp_path: Path, text: str) -> None:
    """Without the key, or with one that is off, nothing is sent anywhere."""
    assert loaded(tmp_path, text).alerts is None
    assert fits(text or "data: ../data\n")


@pytest.mark.parametrize("key", NOT_HERE)
def test_what_alerts_cannot_have_is_refused(tmp_path: Path, key: str) -> None:
    """By the loader and by the schema alike."""
    text = f"{ALERTS}  {key}: park\n"
    with pytest.raises(ConfError) as refused:
        loaded(tmp_path, text)
    assert (
        str(refused.value.problems[0])
        == f"gateway.yaml:5:3: alerts.{key}: alerts have no {key} (leave it out)"
    )
    assert not fits(text)


def test_what_the_transport_does_not_know_is_refused(tmp_path: Path) -> None:
    """A key of another transport is told at its place in gateway.yaml."""
    with pytest.raises(ConfError, match=r"gateway\.yaml:5:3: alerts\.operation: unknown key"):
        loaded(tmp_path, ALERTS + "  operation: Tell\n")
    assert not fits(ALERTS + "  operation: Tell\n")


def test_a_description_from_the_network_is_refused(tmp_path: Path) -> None:
    """An alert must not wait for a WSDL that cannot be had."""
    soap = "alerts: {transport: soap, url: 'https://chat.example/a?wsdl', operation: Tell}\n"
    with pytest.raises(ConfError, match="alerts must need nothing from the network: name a file"):
        loaded(tmp_path, soap)
