"""The conformance kit finds each fault that a transport can have, and names the rule."""

import random
from ast import literal_eval
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from pydantic import BaseModel, ValidationError

from gateway import Request, Settings, Values, hookimpl
from gateway.model import Endpoint, Outcome, Response
from gateway.testing.kit import check_request, check_transport, endpoint_for, request_for
from gateway.testing.purity import opened


class Plain(Settings):
    """The settings of the faultless transport."""

    greeting: str = "hello"
    """A word to begin with."""


class Undescribed(Settings):
    greeting: str = "hello"


class Timed(Settings):
    timeout: str = "5s"
    """A key that every endpoint has already."""


class Misnamed(Settings):
    """Names a mapping that is none of its keys."""

    mapped: ClassVar[tuple[str, ...]] = ("extra",)


class Lax(BaseModel):
    pass


def text_of(values: Values) -> str:
    return ascii(values.tree)


def body(text: str) -> Request:
    return Request("POST", "https://a.example/", (("Content-Type", "text/plain"),), text.encode())


@hookimpl
def settings():
    return Plain


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    return body(f"{endpoint.settings.greeting} {text_of(values)}")


def transport(**hooks) -> SimpleNamespace:
    """A faultless transport but for the given hooks."""
    marked = {name: hookimpl(specname=name)(hook) for name, hook in hooks.items() if hook is not None}
    return SimpleNamespace(**{"settings": settings, "render": render, **hooks, **marked})


def broken(module, **arguments) -> str:
    with pytest.raises(AssertionError) as caught:
        check_transport(module, **arguments)
    return str(caught.value).removeprefix("broken rule: ")


def test_a_faultless_transport_passes():
    """The kit gives the request that the transport makes of the tree."""
    request = check_transport(transport(), {"greeting": "good day"}, tree={"a": "b"})
    assert request == body("good day {'a': 'b'}")


def test_prepare_is_called_with_the_loader():
    """What `prepare` makes of the documents it loads is there when rendering."""

    def prepare(endpoint, load):
        return load(endpoint.url + "?wsdl").decode()

    def render(values, endpoint):
        return body(f"{endpoint.prepared} {text_of(values)}")

    module = transport(prepare=prepare, render=render)
    request = request_for(
        module, {"a": "b"}, url="https://a.example/x", load=lambda url: f"read {url}".encode()
    )
    assert request == body("read https://a.example/x?wsdl {'a': 'b'}")


def test_further_mappings_and_the_attempts_own_values_reach_render():
    """A test can give the trees of a transport's own mappings; moment and chance are there as in an attempt."""

    def render(values):
        return body(f"{dict(values.extras)} {values.now.year} {len(values.random)}")

    request = request_for(transport(render=render), {}, extras={"beside": {"a": 1}})
    assert request == body("{'beside': {'a': 1}} 2026 32")


def test_wrong_conf_keys_are_the_plugins_own_error():
    """The kit does not hide what the settings model says."""
    with pytest.raises(ValidationError, match="greetings"):
        endpoint_for(transport(), {"greetings": "x"})


def no_hook(values):
    return body("")


@pytest.mark.parametrize(
    ("module", "rule"),
    [
        (SimpleNamespace(settings=settings, render=no_hook), "a transport implements `render`, marked with @gateway.hookimpl"),
        (SimpleNamespace(settings=lambda: Plain, render=render), "a transport implements `settings`, marked with @gateway.hookimpl"),
        (transport(rendr=lambda values: body("")), "the gateway would load it, but it implements 'rendr', which is no hook (did you mean 'render'?)"),
        (transport(render=lambda values, clock: body("")), "the gateway would load it, but it takes clock in `render` (it may take values, endpoint)"),
        (transport(settings=lambda: Timed), "the conf key timeout is not one of the gateway's own"),
        (transport(settings=lambda: Undescribed), "the conf key greeting has a description (a docstring below it)"),
        (transport(settings=lambda: Lax), "unknown conf keys are refused (derive from gateway.Settings)"),
        (transport(settings=lambda: Misnamed), "the mapping extra is one of its conf keys"),
        (transport(settings=lambda: {"greeting": str}), "`settings` gives a pydantic model class"),
    ],
)  # fmt: skip
def test_faults_of_shape(module, rule):
    """Hooks and settings are looked at before anything is rendered."""
    assert broken(module) == rule


def test_an_async_render_is_found():
    """A hook of the other colour would never be awaited."""

    async def render(values):
        return body("")

    assert (
        broken(transport(render=render))
        == "the gateway would load it, but it writes `render` as `async def` (write it as `def`)"
    )


def test_a_request_that_differs_is_found():
    """Randomness in `render` would make the stored request another than the sent one."""
    module = transport(render=lambda values: body(str(random.random())))
    assert broken(module) == "`render` makes the same request of the same values"


def test_changed_values_are_found():
    """Values are stored with the attempt: whoever changes them changes the record."""

    def render(values):
        values.tree["return"]["lead_id"] = "other"
        return body("same")

    module = transport(render=render)
    assert broken(module, tree={"return": {"lead_id": "77"}}) == "`render` leaves the values as they were"


def test_opened_files_are_found(tmp_path, monkeypatch):
    """A `render` that reads a file does I/O, and the file is named."""
    monkeypatch.chdir(tmp_path)
    Path("greeting.txt").write_text("hello")
    module = transport(render=lambda values: body(Path("greeting.txt").read_text()))
    assert broken(module) == "`render` does no I/O, but it did: open 'greeting.txt'"


def test_nothing_is_heard_outside_of_the_block(tmp_path, monkeypatch):
    """Listening ends with the block."""
    monkeypatch.chdir(tmp_path)
    with opened() as heard:
        Path("within").write_text("x")
    Path("outside").write_text("x")
    assert heard == ["open 'within'"]


def test_another_exception_than_render_error_is_found():
    """A value that cannot be written must park the delivery, not break the daemon; the value is named."""
    module = transport(render=lambda values: body(values.tree["return"]["reason"]))
    assert broken(module).startswith("`render` refuses a value with RenderError, not UnicodeEncodeError: ")
    assert broken(module).endswith(r"half a character')")


def test_a_rule_that_only_one_value_breaks_is_told_with_it():
    """A value glued into the address shows with the first text that does not belong there."""
    module = transport(render=lambda values: Request("GET", f"https://a.example/{values.tree['a']}"))
    assert broken(module, tree={"a": "b"}) == (
        "the address is printable ASCII (with the value ' leading and trailing ')"
    )


def test_lost_text_is_found():
    """Where texts can be read back, none may be lost without a word."""
    module = transport(render=lambda values: body(text_of(values).replace(" '", "'")))
    rule = broken(
        module, tree={"a": "b"}, read_back=lambda request: [literal_eval(request.body.decode())["a"]]
    )
    assert rule == "the text ' leading and trailing ' survives, or is refused or noted"


def test_a_kept_secret_is_found():
    """What one rendering leaves behind must not show in the next."""
    kept: set[str] = set()

    def render(values):
        kept.add(text_of(values))
        return body("".join(sorted(kept)) if "***" in text_of(values) else text_of(values))

    assert broken(transport(render=render)) == "a masked request holds nothing of one rendered before it"


def test_a_secret_in_a_note_is_found():
    """Notes are stored and shown."""

    def render(values):
        text = text_of(values)
        return Request("GET", "https://a.example/", notes=(text,) if "\\x01" in text else ())

    assert broken(transport(render=render)) == "notes and errors hold no values"


def test_a_read_is_walked_through_every_status():
    """A `read` of its own answers for every status, or declines."""

    def read(response: Response):
        if response.status == 418:
            return "teapot"
        return None if response.status is None else Outcome("success")

    assert broken(transport(read=read)) == "`read` gives an Outcome for status 418"


GOOD = Request("GET", "https://a.example/")
TYPED = (("Content-Type", "text/plain"),)


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        ("GET", "`render` gives a gateway.Request, not str"),
        (Request("get", GOOD.url), "'get' is a method"),
        (Request("GET /", GOOD.url), "'GET /' is a method"),
        (Request("GET", "https://a.example/é"), "the address is printable ASCII"),
        (Request("GET", "https://a.example/a b"), "the address is printable ASCII"),
        (Request("GET", "https://a.example/a\r\n"), "the address is printable ASCII"),
        (Request("GET", "https://a.example/#a"), "the address has no fragment"),
        (Request("POST", GOOD.url, TYPED, "text"), "the body is bytes or None"),
        (Request("POST", GOOD.url, (), b"x"), "a body has its Content-Type"),
        (Request("GET", GOOD.url, (("X-A", "1"), ("x-a", "2"))), "no header stands twice"),
        (Request("GET", GOOD.url, (("X A", "1"),)), "'X A' is a header name"),
        (Request("GET", GOOD.url, (("Host", "a"),)), "the header Host is the connection's own"),
        (Request("GET", GOOD.url, (("X-A", "1\r\nX-B: 2"),)), "the header X-A has a legal value, not '1\\r\\nX-B: 2'"),
        (Request("GET", GOOD.url, (("X-A", "☃"),)), "the header X-A has a legal value, not '☃'"),
        (Request("GET", GOOD.url, (), None, (1,)), "notes are text"),
    ],
)  # fmt: skip
def test_faults_of_a_request(request_, rule):
    """What cannot go out as it is breaks a rule that says so."""
    check_request(GOOD)
    with pytest.raises(AssertionError) as caught:
        check_request(request_)
    assert str(caught.value) == f"broken rule: {rule}"
