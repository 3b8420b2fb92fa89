"""Plugins are found, refused with a sentence, and asked in the right order; distributions here are real metadata on the path."""

import asyncio
import builtins
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from gateway import (
    Endpoint,
    Event,
    Outcome,
    Pass,
    Request,
    Response,
    Settings,
    Values,
    View,
    answers,
    hookimpl,
    http,
)
from gateway.errors import PluginError
from gateway.model import Alert, Attempt
from gateway.registry import Registry

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
ENDPOINT = Endpoint("acme/return", "acme", "Acme", None, "return", "x", "https://a.example/", Settings())
EVENT = Event("1", "return", "acme", None, {}, "{}", NOW)
VALUES = Values("https://a.example/")
ALERT = Alert("conf:x", "conf", "something", NOW)
MADE = Attempt(
    EVENT, "acme/return", 1, NOW, 1.0, Outcome("success"), conf="", transport="x", settled="delivered", key=""
)

TRANSPORT = """
from gateway import Outcome, Request, Response, hookimpl

@hookimpl
def render(values):
    return Request("POST", "https://{name}.example/")

@hookimpl
def read(response):
    return Outcome("success", rule="{name}")
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution on the path: metadata as an installer writes it, and its modules."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, points: Mapping[str, str], version: str = "1.0", **modules: str) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{point} = {target}" for point, target in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[feedback_gateway]", *lines, ""]))
        for module, text in modules.items():
            (tmp_path / f"{module}.py").write_text(dedent(text))

    yield install
    for name in [name for name in sys.modules if name.startswith("third_")]:
        del sys.modules[name]


@pytest.fixture
def third(install: Install) -> Callable[[str], Registry]:
    """A registry with one plugin of a third party, `third`, made of a module's text."""

    def third(text: str, target: str = "third_party") -> Registry:
        install("third-party", {"third": target}, third_party="from gateway import hookimpl\n" + dedent(text))
        return registry()

    return third


def registry() -> Registry:
    return Registry([http, answers])


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(PluginError) as caught:
        call()
    return str(caught.value)


WHOSE = "the plugin 'third' of third-party 1.0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "import nothing_of_that_name",
            "cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name' (mend or reinstall third-party)",
        ),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3 (mend or reinstall third-party)"),
        (
            "raise ValueError('first\\n  second')",
            "cannot be imported: ValueError: first second (mend or reinstall third-party)",
        ),
        ("x = 1", "implements no hook (mark its functions with @gateway.hookimpl)"),
        (
            "@hookimpl\ndef rendr(values): ...",
            "implements 'rendr', which is no hook (did you mean 'render'?)",
        ),
        (
            "@hookimpl(specname='reed')\ndef read(response): ...",
            "implements 'reed', which is no hook (did you mean 'read'?)",
        ),
        ("@hookimpl\nasync def render(values): ...", "writes `render` as `async def` (write it as `def`)"),
        ("@hookimpl\ndef veto(event): ...", "writes `veto` as `def` (write it as `async def`)"),
        ("@hookimpl\ndef explain(event): ...", "writes `explain` as `def` (write it as `async def`)"),
        (
            "@hookimpl\nasync def explain(event): ...",
            "implements `explain` without `veto` (nothing asks for it; wrappers are marked with wrapper=True)",
        ),
        (
            "@hookimpl\ndef render(values):\n    yield",
            "writes `render` with a `yield` (return the result; a wrapper is marked with wrapper=True)",
        ),
        (
            "@hookimpl\nasync def veto(event):\n    yield",
            "writes `veto` with a `yield` (return the result; a wrapper is marked with wrapper=True)",
        ),
        ("@hookimpl\ndef render(tree): ...", "takes tree in `render` (it may take values, endpoint)"),
        (
            "@hookimpl\ndef render(values, *, endpoint): ...",
            "takes endpoint by keyword only in `render` (it may take values, endpoint)",
        ),
        ("@hookimpl\ndef render(*args): ...", "takes *args in `render` (it may take values, endpoint)"),
        ("@hookimpl\ndef render(**all): ...", "takes **all in `render` (it may take values, endpoint)"),
        ("@hookimpl\ndef settings(endpoint): ...", "takes endpoint in `settings` (it may take nothing)"),
        (
            "import functools\n@hookimpl\n@functools.lru_cache\ndef render(values): ...",
            "marks `render`, which is no plain function (write it with `def`, and decorate what it calls)",
        ),
        (
            "@hookimpl\ndef render(values): ...\n@hookimpl(specname='render')\ndef other(values): ...",
            "implements `render` twice (keep one)",
        ),
        (
            "@hookimpl\nasync def send(request): ...",
            "implements `send` without `render` (nothing asks for it; wrappers are marked with wrapper=True)",
        ),
        (
            "@hookimpl\ndef settings(): ...\n@hookimpl\ndef attempted(): ...",
            "implements `settings` without `render` or `veto` (nothing asks for it; wrappers are marked with wrapper=True)",
        ),
        (
            "@hookimpl(hookwrapper=True)\ndef send(request):\n    yield",
            "marks `send` with hookwrapper=True (write wrapper=True, and return the result)",
        ),
        (
            "@hookimpl(wrapper=True)\ndef attempted(attempt):\n    return (yield)",
            "wraps `attempted` (only prepare, render, send, read, veto can be wrapped)",
        ),
        (
            "@hookimpl(wrapper=True)\nasync def send(request):\n    yield",
            "writes its wrapper of `send` as `async def` (write it as `def`: its `yield` gives the coroutine)",
        ),
        (
            "@hookimpl(wrapper=True)\ndef send(request): ...",
            "writes its wrapper of `send` without a `yield` (write `result = yield`, and return the result)",
        ),
        (
            "@hookimpl\ndef render(values): ...\n@hookimpl(wrapper=True)\ndef send(request):\n    return (yield)",
            "is a transport and a wrapper, too (give the wrapper a module and an entry point of its own)",
        ),
        (
            "@hookimpl\ndef render(values): ...\n@hookimpl(wrapper=True, specname='render')\ndef other():\n    return (yield)",
            "is a transport and a wrapper, too (give the wrapper a module and an entry point of its own)",
        ),
    ],
)
def test_a_plugin_that_does_not_fit_is_refused(third, text, sentence):
    """What is wrong is said in one sentence, with the distribution in it and what would be right."""
    assert refusal(lambda: third(text).load("third")) == f"{WHOSE} {sentence}"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            "third_party:render",
            "is the function render (let its entry point name the module that it stands in)",
        ),
        (
            "third_party:Plugin",
            "is the class Plugin (let its entry point name a module, or an object of the class)",
        ),
        (
            "third_party:nothing",
            "cannot be imported: AttributeError: module 'third_party' has no attribute 'nothing' (mend or reinstall third-party)",
        ),
        ("third_party:NONE", "implements no hook (mark its functions with @gateway.hookimpl)"),
    ],
)
def test_an_entry_point_names_a_module_or_an_object(third, target, sentence):
    """A class would be called without its object, and a function has no hooks of its own."""
    text = """
        NONE = None
        @hookimpl
        def render(values): ...
        class Plugin:
            @hookimpl
            def render(self, values): ...
    """
    assert refusal(lambda: third(text, target).load("third")) == f"{WHOSE} {sentence}"


def test_a_refusal_is_the_same_each_time(third):
    """A module that failed is not imported again and again, and says the same."""
    plugins = third("import builtins\nbuiltins.third_seen = getattr(builtins, 'third_seen', 0) + 1\nboom")
    sentences = {refusal(lambda: plugins.transport("third")) for _ in range(3)}
    assert sentences == {
        f"{WHOSE} cannot be imported: NameError: name 'boom' is not defined (mend or reinstall third-party)"
    }
    assert builtins.__dict__.pop("third_seen") == 1


def test_an_object_that_cannot_be_looked_at_is_refused(third):
    """Whatever an author does to an object, it ends in a sentence."""
    text = "class Odd:\n    def __dir__(self):\n        raise ValueError('no')\nodd = Odd()"
    assert refusal(lambda: third(text, "third_party:odd").load("third")) == (
        f"{WHOSE} cannot be imported: ValueError: no (mend or reinstall third-party)"
    )


def test_arguments_may_stand_in_any_order(third):
    """They are given by their names."""
    plugins = third("@hookimpl\ndef render(endpoint, values):\n    return values, endpoint")
    assert plugins.transport("third").render(VALUES, ENDPOINT) == (VALUES, ENDPOINT)


def test_an_interrupt_is_not_a_fault_of_the_plugin(third):
    """Ctrl-C while a plugin is imported ends the command."""
    with pytest.raises(KeyboardInterrupt):
        third("raise KeyboardInterrupt").load("third")


def test_a_name_that_is_claimed_twice_is_refused(install):
    """Neither of two distributions wins, also against one of the gateway's own, and their other plugins work."""
    install(
        "alpha",
        {"carrier": "third_alpha", "alpha": "third_alpha"},
        third_alpha=TRANSPORT.format(name="alpha"),
    )
    install(
        "beta",
        {"carrier": "third_beta", "json": "third_beta"},
        "2.1",
        third_beta=TRANSPORT.format(name="beta"),
    )
    plugins = registry()
    claims = {"alpha 1.0 as third_alpha", "beta 2.1 as third_beta"}
    sentence = refusal(lambda: plugins.transport("carrier"))
    assert sentence.startswith("the plugin name 'carrier' is claimed by ")
    assert sentence.endswith(" (uninstall one of them)")
    assert set(re.findall(r"by (\w+ [\d.]+ as \w+)", sentence)) == claims
    assert "beta 2.1 as third_beta" in refusal(lambda: plugins.transport("json"))
    assert plugins.transport("alpha").name == "alpha"
    assert plugins.transport("query").name == "query"
    assert "third_beta" not in sys.modules


def test_a_distribution_without_a_name_is_still_named(tmp_path, monkeypatch):
    """Damaged metadata ends nothing."""
    (tmp_path / "third-1.0.dist-info").mkdir()
    (tmp_path / "third-1.0.dist-info" / "entry_points.txt").write_text(
        "[feedback_gateway]\nthird = third_gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert refusal(lambda: registry().load("third")) == (
        "the plugin 'third' of an unknown distribution cannot be imported: ModuleNotFoundError:"
        " No module named 'third_gone' (mend or reinstall an unknown distribution)"
    )


def test_an_unknown_name_is_told_with_the_nearest():
    """A typo in the conf is answered with what was meant."""
    assert (
        refusal(lambda: registry().transport("jsno")) == "there is no transport 'jsno' (did you mean 'json'?)"
    )


def test_what_is_known_to_be_of_another_kind_is_not_offered():
    """A list of what there is leaves out what was imported for another purpose."""
    plugins = registry()
    plugins.criterion("max_age")
    assert "max_age" not in refusal(lambda: plugins.transport("smoke-signal"))
    assert "max_age" in refusal(lambda: plugins.criterion("zodiac"))


def test_nothing_is_imported_that_is_not_named(install):
    """Making a registry, listing what is installed and using a neighbour import nothing of a canary."""
    install("canary", {"canary": "third_canary"}, third_canary="raise RuntimeError('it sang')")
    plugins = registry()
    assert str(plugins.installed()["canary"]) == "canary 1.0"
    plugins.transport("query")
    assert "third_canary" not in sys.modules
    assert "it sang" in refusal(lambda: plugins.load("canary"))


@pytest.mark.parametrize(
    ("text", "kinds", "sentence"),
    [
        (
            "@hookimpl\nasync def veto(): ...",
            ("criterion",),
            f"{WHOSE} is no transport: it has no `render` (it is: criterion)",
        ),
        (
            "@hookimpl\ndef attempted(): ...\n@hookimpl(wrapper=True)\ndef render():\n    return (yield)",
            ("observer", "wrapper"),
            f"{WHOSE} is no transport: it has no `render` (it is: observer and wrapper)",
        ),
        (
            "@hookimpl\ndef alerted(): ...\ndef render(values): ...",
            ("observer",),
            f"{WHOSE} has an unmarked `render` (mark it with @gateway.hookimpl)",
        ),
    ],
)
def test_a_plugin_is_used_as_what_it_is(third, text, kinds, sentence):
    """What is no transport is told as what it is; a forgotten mark is told as such."""
    plugins = third(text)
    assert plugins.kinds("third") == kinds
    assert refusal(lambda: plugins.transport("third")) == sentence


def test_a_transport_is_no_criterion():
    """The other way round, too."""
    sentence = refusal(lambda: registry().criterion("query"))
    assert sentence.endswith(" is no criterion: it has no `veto` (it is: transport)")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return 1 / 0", f"`settings` of {WHOSE} failed: ZeroDivisionError: division by zero"),
        ("raise SystemExit('gone')", f"`settings` of {WHOSE} failed: SystemExit: gone"),
        (
            "return dict",
            f"`settings` of {WHOSE} gave <class 'dict'> (give a class derived from gateway.Settings)",
        ),
        ("return None", f"`settings` of {WHOSE} gave None (give a class derived from gateway.Settings)"),
    ],
)
def test_settings_must_give_a_model(third, body, sentence):
    """A `settings` that fails, or gives something else, is that plugin's refusal."""
    plugins = third(f"@hookimpl\ndef settings():\n    {body}\n@hookimpl\ndef render(): ...")
    assert refusal(lambda: plugins.transport("third")) == sentence


def test_a_plugin_may_ask_for_little(third):
    """No settings, no arguments, and a hook of a later gateway marked as optional: that fits."""
    plugins = third(
        """
        from gateway import Pass, Request

        @hookimpl
        def render():
            return Request("GET", "https://third.example/")

        @hookimpl
        async def veto(view=None, unknown=7):
            return Pass(view.now)

        @hookimpl(optionalhook=True)
        def of_a_later_gateway(anything): ...
        """
    )
    transport = plugins.transport("third")
    assert transport.settings is Settings
    assert transport.prepare is None
    assert transport.render(VALUES, ENDPOINT).url == "https://third.example/"
    assert asyncio.run(plugins.criterion("third").veto(EVENT, ENDPOINT, View(NOW, {}))) == Pass(NOW)


def test_an_object_may_be_a_plugin_under_two_names(install):
    """An entry point may name an object; each name is a plugin of its own."""
    text = """
        from gateway import Request, hookimpl

        class Plugin:
            def __init__(self, url):
                self.url = url

            @property
            def trap(self):
                raise RuntimeError("a property was asked")

            @hookimpl
            def render(self, values, endpoint):
                return Request("GET", self.url)

        plugin = Plugin("https://one.example/")
    """
    install("third-party", {"one": "third_objects:plugin", "two": "third_objects:plugin"}, third_objects=text)
    plugins = registry()
    assert {plugins.transport(name).render(VALUES, ENDPOINT).url for name in ("one", "two")} == {
        "https://one.example/"
    }


def test_the_bare_function_is_called_where_nobody_else_has_a_say(third):
    """The hot path pays nothing for the hooks, and one that has defaults behind it is asked through them."""
    plugins = third(TRANSPORT.format(name="third").replace("render(values)", "render(values, endpoint)"))
    transport = plugins.transport("third")
    module = sys.modules["third_party"]
    assert transport.render is module.render
    assert transport.send is http.send
    assert transport.read(Response(500), ENDPOINT).rule == "third"
    assert plugins.transport("third") is transport
    assert plugins.criterion("rules") is plugins.criterion("rules")


@pytest.mark.parametrize("mark", ["@hookimpl", "@hookimpl(tryfirst=True)", "@hookimpl(trylast=True)"])
@pytest.mark.parametrize(("given", "kind"), [("Outcome('failure')", "failure"), ("None", "success")])
def test_read_comes_before_the_default_and_may_leave_it_the_word(third, mark, given, kind):
    """The default is asked last whatever the plugin's mark says, and only where the plugin has nothing to say."""
    plugins = third(
        f"from gateway import Outcome\n@hookimpl\ndef render(): ...\n{mark}\ndef read():\n    return {given}"
    )
    assert plugins.transport("third").read(Response(200), ENDPOINT).kind == kind


@pytest.mark.parametrize("order", list(itertools.permutations(["alpha", "beta", "gamma"])))
def test_what_is_loaded_later_joins_nobody(install, order):
    """A transport that is in use answers for itself, whatever is loaded after it."""
    for name in order:
        install(name, {name: f"third_{name}"}, **{f"third_{name}": TRANSPORT.format(name=name)})
    plugins = registry()
    made = {name: plugins.transport(name) for name in order}
    for name, transport in made.items():
        assert transport.render(VALUES, ENDPOINT).url == f"https://{name}.example/"
        assert transport.read(Response(200), ENDPOINT).rule == name
    assert plugins.transport("query").read(Response(200), ENDPOINT).rule != "gamma"


WRAPPER = """
from dataclasses import replace
from gateway import hookimpl

@hookimpl(wrapper=True)
def render():
    request = yield
    return replace(request, notes=(*request.notes, "{name}"))

@hookimpl(wrapper=True)
def send(request):
    sending = yield

    async def sent():
        response = await sending
        return replace(response, body=response.body + b" {name}")

    return sent()

@hookimpl(wrapper=True)
def veto(event):
    asking = yield

    async def asked():
        verdict = await asking
        return replace(verdict, reason=verdict.reason + " {name}")

    return asked()
"""
CARRIER = """
from gateway import Request, Response, Veto, hookimpl

@hookimpl
def render(values, endpoint):
    return Request("POST", "https://{name}.example/")

@hookimpl
async def send(request, endpoint, session):
    return Response(200, (), b"{name}")

@hookimpl
async def veto(event, endpoint, view):
    return Veto("{name}")
"""


def test_named_wrappers_stand_around_every_transport_and_criterion(install):
    """The first named is the outermost; async hooks are wrapped as coroutines; who is not named is not there."""
    install("outer", {"outer": "third_outer"}, third_outer=WRAPPER.format(name="outer"))
    install("inner", {"inner": "third_inner"}, third_inner=WRAPPER.format(name="inner"))
    names = ("alpha", "beta")
    for name in names:
        install(name, {name: f"third_{name}"}, **{f"third_{name}": CARRIER.format(name=name)})
    plugins = registry()
    plain = plugins.transport("alpha")
    for name in names:
        around = ("outer", "inner")
        transport, criterion = plugins.transport(name, around), plugins.criterion(name, around)
        request = transport.render(VALUES, ENDPOINT)
        assert (request.url, request.notes) == (f"https://{name}.example/", ("inner", "outer"))
        assert asyncio.run(transport.send(request, ENDPOINT, None)).body == f"{name} inner outer".encode()
        verdict = asyncio.run(criterion.veto(EVENT, ENDPOINT, View(NOW, {})))
        assert verdict.reason == f"{name} inner outer"
    assert plain.render(VALUES, ENDPOINT).notes == ()
    assert plugins.transport("alpha", ["inner"]).render(VALUES, ENDPOINT).notes == ("inner",)
    assert plugins.transport("query", ["outer"]).render(VALUES, ENDPOINT).notes == ("outer",)


def test_a_wrapper_alone_is_not_taken_for_the_hook(install):
    """Without a default behind it there is nothing to wrap, and the wrapper's generator is not the answer."""
    install("third-party", {"third": "third_wrapper"}, third_wrapper=WRAPPER.format(name="third"))
    transport = Registry().transport("query", ["third"])
    sending = transport.send(Request("GET", "https://a.example/"), ENDPOINT, None)
    assert asyncio.iscoroutine(sending)
    sending.close()


def test_what_is_around_may_be_an_observer_and_must_be_there(third):
    """`plugins` names observers, too, which stand around nothing; a name that is not there is told."""
    plugins = third("@hookimpl\ndef attempted(): ...")
    assert plugins.transport("json", ["third"]).render is plugins.transport("json").render
    assert refusal(lambda: plugins.transport("query", ["gone"])).startswith("there is no plugin 'gone'")


class Heard:
    """An observer of the core's own."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    @hookimpl
    def attempted(self, attempt: Attempt) -> None:
        self.heard.append(attempt)

    @hookimpl
    def alerted(self, alert: Alert) -> None:
        self.heard.append(alert)


@pytest.mark.parametrize(
    "failure", ["ValueError('no')", "SystemExit(1)", "KeyboardInterrupt()", "GeneratorExit()"]
)
def test_an_observer_that_fails_changes_nothing(third, failure):
    """Everybody else is told all the same, and what was raised is handed back with its owner."""
    plugins, before, after = (
        third(f"@hookimpl\ndef attempted(attempt):\n    raise {failure}"),
        Heard(),
        Heard(),
    )
    plugins.observe(before)
    plugins.follow(["third"])
    plugins.observe(after)
    [found] = plugins.attempted(MADE)
    assert (found.plugin, found.hook, found.kind, repr(found.error)) == (
        "third",
        "attempted",
        "raised",
        failure,
    )
    assert plugins.whose("third") == WHOSE
    assert plugins.alerted(ALERT) == []
    assert before.heard == after.heard == [MADE, ALERT]


def test_only_the_observers_that_the_conf_names_are_told(third):
    """Loading is not enough; who is followed no more hears no more; who is named twice hears once."""
    plugins = third("heard = []\n@hookimpl\ndef attempted(attempt):\n    heard.append(attempt.number)")
    plugins.load("third")
    plugins.attempted(MADE)
    heard = sys.modules["third_party"].heard
    assert heard == []
    plugins.follow(["third", "third"])
    plugins.attempted(MADE)
    assert heard == [1]
    plugins.follow([])
    plugins.attempted(MADE)
    assert heard == [1]


def test_an_observer_that_rests_is_told_nothing(third):
    """Whoever is in quarantine is left out; the core's own observers are told as ever."""
    plugins, own = third("@hookimpl\ndef attempted(attempt):\n    raise ValueError"), Heard()
    plugins.observe(own)
    plugins.follow(["third"])
    assert plugins.attempted(MADE, without=["third"]) == []
    assert len(plugins.attempted(MADE)) == 1
    assert own.heard == [MADE, MADE]


def test_an_observer_that_holds_up_everybody_is_told_of(third):
    """It was told all the same; for how long it held the loop is handed back."""
    plugins = third("import time\n@hookimpl\ndef attempted():\n    time.sleep(0.06)")
    plugins.follow(["third"])
    [found] = plugins.attempted(MADE)
    assert (found.plugin, found.kind, found.error) == ("third", "slow", None)
    assert 0.06 <= found.seconds < 1
