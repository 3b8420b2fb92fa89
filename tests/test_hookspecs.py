"""The contract keeps its own rules: each hook explains itself, is typed, and is used by something real."""

import inspect
import typing

import pytest

from gateway import answers, hookspecs, http
from gateway.metrics import Metrics
from gateway.observe import Observer
from gateway.registry import Registry
from gateway.registry.implementations import HOOKS, WRAPPABLE, implementations

every_hook = pytest.mark.parametrize("hook", HOOKS)


@pytest.fixture(scope="module")
def implementers() -> dict[str, list[str]]:
    """Who implements each hook: the gateway's own plugins, its defaults, and its observer."""
    registry = Registry()
    plugins: dict[str, object] = {"http": http, "answers": answers, "observer": Observer(Metrics())}
    for name, found in registry.installed().items():
        if found.distribution == "feedback-gateway":
            plugins[name] = found.entry_point.load()
    return {
        hook: [name for name, plugin in plugins.items() if hook in implementations(plugin)] for hook in HOOKS
    }


def test_the_hooks_are_those_of_the_plan():
    """A further hook needs a line here, a section in docs/plugins.md, and something real that uses it."""
    assert list(HOOKS) == [
        "settings", "prepare", "describe", "render", "send", "read", "veto", "explain", "attempted", "alerted",
    ]  # fmt: skip
    assert set(WRAPPABLE) < set(HOOKS)


@every_hook
def test_a_hook_explains_itself(hook):
    """Its docstring says what it is for in one sentence, and every argument and the result have a type."""
    spec = HOOKS[hook]
    first, _, _ = (inspect.getdoc(spec) or "").partition("\n")
    assert first.endswith("."), first
    hints = typing.get_type_hints(spec, {**vars(hookspecs), "Session": http.Session, "BaseModel": object})
    assert hints.keys() == {*inspect.signature(spec).parameters, "return"}


@every_hook
def test_a_hook_is_used(hook, implementers):
    """No hook is there on suspicion."""
    assert implementers[hook] != []


def test_who_uses_what(implementers):
    """Transports render, criteria vote; the defaults send and read; the observer hears."""
    assert implementers["render"] == ["formpost", "json", "query", "soap", "xml"]
    assert implementers["veto"] == [
        "cap", "hours", "max_age", "once", "one_voice", "reasons", "rules", "sample",
    ]  # fmt: skip
    assert implementers["explain"] == ["rules"]
    assert implementers["prepare"] == implementers["describe"] == ["soap"]
    assert implementers["send"] == ["http"]
    assert implementers["read"] == ["answers"]
    assert implementers["attempted"] == implementers["alerted"] == ["observer"]


def test_every_plugin_of_the_gateway_loads():
    """Each entry point of the distribution is accepted as what it is."""
    registry = Registry()
    own = [name for name, found in registry.installed().items() if found.distribution == "feedback-gateway"]
    assert {kind for name in own for kind in registry.kinds(name)} == {"transport", "criterion"}
