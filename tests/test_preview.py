"""What would be sent for an event, worked out without sending it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway import Endpoint, Request, Values, answers, hookimpl, http
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.events import parse_event
from gateway.model import Event
from gateway.preview import Preview, preview
from gateway.registry import Registry

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
CHANCE = "0123456789abcdef" * 2


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """A transport that cannot cope with `bang`, and quotes what it was given."""
    if (values.tree or {}).get("boom") == "bang":
        raise LookupError(f"no place for {values.tree}")
    return Request("POST", values.url, (("Content-Type", "text/plain"),), json.dumps(values.tree).encode())


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Conf]:
    """Makes a Conf whose source `acme` has this endpoint for returns, by the transport above."""
    module = ModuleType("the_transport_of_this_test")
    module.render = render  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)

    def make(endpoint: str) -> Conf:
        (tmp_path / "sources").mkdir()
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "token").write_text("s3cret")
        (tmp_path / "gateway.yaml").write_text("log: {level: info}")
        lines = "".join(f"  {line}\n" for line in endpoint.splitlines())
        text = f"return:\n  transport: plain\n  url: https://example.com/\n{lines}"
        (tmp_path / "sources" / "acme.yaml").write_text(text)
        found = [EntryPoint("plain", module.__name__, "feedback_gateway")]
        return load(Files.read(tmp_path), Registry([http, answers], found))

    return make


def event(**changes: Any) -> Event:
    return parse_event(json.dumps({"id": "e1", "type": "return", "source": "acme", **changes}), NOW)


async def see(conf: Conf, **changes: Any) -> Preview:
    return await preview(event(**changes), conf, NOW, CHANCE)


async def test_now_and_random_are_those_that_were_given(conf):
    """The time and chance come from outside: the same twice gives the same request."""
    made = conf('mapping: {at: "{{ now }}", nonce: "{{ random }}"}')
    first, second = await see(made), await see(made)
    assert first == second
    assert first.wire == second.wire
    assert json.loads(first.shown.body)["nonce"] == CHANCE
    assert json.loads(first.shown.body)["at"].startswith("2026-11-23T09:15:00")


async def test_the_wire_has_the_secrets_and_what_is_shown_has_none(conf):
    """Body, header and auth: revealed for the wire, `***` in what is shown, absent from the repr."""
    made = conf(
        "mapping: {key: {file: token}}\nheaders: {X-Key: {file: token}}\nauth: {bearer: {file: token}}"
    )
    seen = await see(made)
    assert b"s3cret" in seen.wire.body
    assert dict(seen.wire.headers)["X-Key"] == "s3cret"
    assert dict(seen.wire.headers)["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(seen)
    assert dict(seen.shown.headers)["Authorization"] == "Bearer ***"
    assert [name for name, _ in seen.wire.headers] == [name for name, _ in seen.shown.headers]


async def test_a_plugin_that_fails_is_named_and_quotes_no_secret(conf):
    """What a plugin raises is the event's problem; a secret in its words is masked."""
    made = conf('mapping: {boom: "{{ lead.boom }}", key: {file: token}}')
    seen = await see(made, lead={"boom": "bang"})
    assert seen.shown is None
    assert seen.problem is not None
    assert seen.problem.startswith("`render` of the plugin plain failed: LookupError: ")
    assert "'key': '***'" in seen.problem
    assert "s3cret" not in seen.problem


async def test_a_value_that_is_required(conf):
    """A mapping that refuses names its key."""
    made = conf('mapping: {lead: "{{ lead.id | required }}"}')
    assert (await see(made)).problem.startswith("mapping.lead: ")


@pytest.mark.parametrize(
    ("endpoint", "changes", "problem"),
    [
        ("enabled: false", {}, "lead returns are off for acme"),
        ("enabled: true", {"type": "conversion"}, "lead conversions are off for acme"),
        ("enabled: true", {"source": "acne"}, "there is no source 'acne' (did you mean 'acme'?)"),
    ],
)
async def test_an_event_without_a_way(conf, endpoint, changes, problem):
    """What the conf turns away has no request, and the reason that would be stored."""
    seen = await see(conf(endpoint), **changes)
    assert (seen.shown, seen.wire, seen.problem) == (None, None, problem)
