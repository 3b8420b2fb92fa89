"""What every transport must keep to, checked on a real one. Plugin authors call it in their tests.

    import my_transport
    from gateway.testing.kit import check_transport

    def test_it_keeps_the_contract():
        check_transport(my_transport, {"method": "PUT"}, read_back=lambda request: [...])

A broken rule is an AssertionError whose text says which, and with what value.
"""

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from gateway.conf.schema import EndpointSettings
from gateway.errors import RenderError
from gateway.model import MASK, Endpoint, Outcome, Request, Response, Values
from gateway.registry.implementations import fault, implementations
from gateway.testing.purity import opened

SAMPLE_TREE: Mapping[str, Any] = {
    "return": {"lead_id": "5bb3890e", "reason": "Wrong number", "phone": ["5125551212"]}
}
SAMPLE_URL = "https://source.example/feedback?key=1"

# Texts on which encoders have been caught before: each must survive, or be refused with a RenderError.
AWKWARD_TEXTS: tuple[str, ...] = (
    "",
    " leading and trailing ",
    "a&b=c+d%20e;f?g#h/i",
    "<b>&amp;]]></b><!-- -- -->",
    "\"double\" 'single' \\ `back`",
    "{{ lead.email }}{% if %}",
    "Zoë ß œ 日本語 😀 👩‍👩‍👧 e\u0301",
    "line\nfeed\r\ncarriage\rtab\t",
    "\u2028\u2029\u0085\u00a0\ufeff",
    "\x00\x01\x0b\x1f\x7f\ufffe\uffff",
    "\ud800 half a character",
    "null",
    "0123",
    "x" * 70_000,
)
AWKWARD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 9007199254740993, 10**400, Decimal("12.750"), Decimal("1E+30"), Decimal("NaN"),
    [], {}, ["a", None, ""], {"b": "c"}, [["d"]],
)  # fmt: skip
# What no request may carry out of a transport: the connection's own headers.
_NOT_ITS_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET = "kit-s3cr3t-7f1c"  # noqa: S105  it opens nothing


def check_transport(
    module: Any,
    settings: Mapping[str, Any] | None = None,
    *,
    tree: Any = SAMPLE_TREE,
    url: str = SAMPLE_URL,
    load: Callable[[str], bytes] | None = None,
    read_back: Callable[[Request], Iterable[str]] | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Request:
    """Check a transport plugin against the whole contract, and give the request it makes of `tree`.

    module: the plugin; settings: its conf keys; tree: one that it can render, with text leaves;
    load: brings the documents that its `prepare` asks for;
    read_back: all texts that a standard parser finds in a request. Where it is given, every awkward text
    must be among them, unless it was refused or a note tells of it; extras: the trees of its further mappings.
    Raises AssertionError naming the first rule that is broken.
    """
    check_hooks(module)
    check_settings(module)
    endpoint = endpoint_for(module, settings, url=url, load=load)
    values = _values(url, tree, extras)
    request = check_render(module, values, endpoint)
    _check_awkward(module, values, endpoint, read_back)
    _check_secrets(module, values, endpoint)
    _check_read(module, endpoint)
    return request


def request_for(
    module: Any,
    tree: Any,
    settings: Mapping[str, Any] | None = None,
    *,
    url: str = SAMPLE_URL,
    load: Callable[[str], bytes] | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Request:
    """The request that a transport makes of a tree. Raises what its `render` raises.

    extras: the trees of its further mappings, by conf key.
    """
    values = _values(url, tree, extras)
    request: Request = _render(module, values, endpoint_for(module, settings, url=url, load=load))
    return request


def _values(url: str, tree: Any, extras: Mapping[str, Any] | None) -> Values:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return Values(url, tree=tree, extras=extras or {}, now=noon, random="0123456789abcdef" * 2)


def endpoint_for(
    module: Any,
    settings: Mapping[str, Any] | None = None,
    *,
    url: str = SAMPLE_URL,
    load: Callable[[str], bytes] | None = None,
) -> Endpoint:
    """An endpoint of a transport with these conf keys, prepared. Raises ValidationError for wrong ones."""
    endpoint = Endpoint(
        id="kit/return",
        source="kit",
        source_name="The kit",
        flow=None,
        type="return",
        transport="kit",
        url=url,
        settings=module.settings().model_validate(settings or {}),
    )
    if "prepare" not in implementations(module):
        return endpoint
    return replace(endpoint, prepared=_called(module.prepare, endpoint=endpoint, load=load))


def check_hooks(module: Any) -> None:
    """The hooks are marked, and fit: what the gateway would refuse to load is told in the same words."""
    found = implementations(module)
    _must("render" in found, "a transport implements `render`, marked with @gateway.hookimpl")
    _must("settings" in found, "a transport implements `settings`, marked with @gateway.hookimpl")
    wrong = fault(module)
    _must(wrong is None, f"the gateway would load it, but it {wrong}")


def check_settings(module: Any) -> type[BaseModel]:
    """`settings` gives a pydantic model that describes each key and refuses the unknown ones."""
    model: type[BaseModel] = module.settings()
    _must(isinstance(model, type) and issubclass(model, BaseModel), "`settings` gives a pydantic model class")
    for name, field in model.model_fields.items():
        _must(bool(field.description), f"the conf key {name} has a description (a docstring below it)")
        _must(
            name not in EndpointSettings.model_fields, f"the conf key {name} is not one of the gateway's own"
        )
    for name in getattr(model, "mapped", ()):
        _must(name in model.model_fields, f"the mapping {name} is one of its conf keys")
    model.model_json_schema()
    _must(
        model.model_config.get("extra") == "forbid",
        "unknown conf keys are refused (derive from gateway.Settings)",
    )
    _must(bool(model.model_config.get("frozen")), "settings are frozen (derive from gateway.Settings)")
    return model


def check_render(module: Any, values: Values, endpoint: Endpoint) -> Request:
    """`render` is pure (the same request twice, nothing changed, nothing opened), the request well-formed."""
    before = copy.deepcopy(values)
    request: Request = _render(module, values, endpoint)
    with opened() as heard:
        again = _render(module, values, endpoint)
    _must(not heard, f"`render` does no I/O, but it did: {', '.join(heard)}")
    _must(again == request, "`render` makes the same request of the same values")
    _must(values == before, "`render` leaves the values as they were")
    check_request(request)
    return request


def check_request(request: Request) -> None:
    """A request that can go out as it is: RFC 9110 method and headers, an ASCII address without blanks."""
    _must(isinstance(request, Request), f"`render` gives a gateway.Request, not {type(request).__name__}")
    _must(
        bool(_TOKEN.fullmatch(request.method)) and request.method.isupper(), f"{request.method!r} is a method"
    )
    _must(
        request.url.isascii() and not re.search(r"[\x00-\x20\x7f]", request.url),
        "the address is printable ASCII",
    )
    _must(not urlsplit(request.url).fragment, "the address has no fragment")
    _must(request.body is None or isinstance(request.body, bytes), "the body is bytes or None")
    names = [name.lower() for name, _ in request.headers]
    _must(len(set(names)) == len(names), "no header stands twice")
    for name, value in request.headers:
        _must(bool(_TOKEN.fullmatch(name)), f"{name!r} is a header name")
        _must(name.lower() not in _NOT_ITS_OWN, f"the header {name} is the connection's own")
        legal = re.fullmatch(r"[\x20-\x7e\xa0-\xff\t]*", value) and value == value.strip()
        _must(bool(legal), f"the header {name} has a legal value, not {value!r}")
    _must(request.body is None or "content-type" in names, "a body has its Content-Type")
    _must(all(isinstance(note, str) for note in request.notes), "notes are text")


def _check_awkward(module: Any, values: Values, endpoint: Endpoint, read_back: Any) -> None:
    for text in AWKWARD_TEXTS:
        request = _attempt(module, _with(values, text), endpoint, text)
        if request is not None and read_back is not None and not request.notes:
            _must(text in set(read_back(request)), f"the text {text[:40]!r} survives, or is refused or noted")
    for value in AWKWARD_VALUES:
        _attempt(module, _with(values, value), endpoint, value)
    for tree in (None, {}, [], ["a"], [{"b": "c"}], {"a": "b", "c": "d"}, {"": ""}, {"a b": {"\n": "<"}}):
        _attempt(module, replace(values, tree=tree), endpoint, tree)


def _check_secrets(module: Any, values: Values, endpoint: Endpoint) -> None:
    """A secret is in the request that it was rendered into, and nowhere else."""
    _render(module, _with(values, _SECRET), endpoint)
    shown = _render(module, _with(values, MASK), endpoint)
    _must(_SECRET not in repr(shown), "a masked request holds nothing of one rendered before it")
    _must(_SECRET not in repr(endpoint), "settings and what was prepared hold no values")
    try:
        said = _render(module, _with(values, _SECRET + "\x01\ud800"), endpoint).notes
    except RenderError as error:
        said = (str(error),)
    _must(_SECRET not in repr(said), "notes and errors hold no values")


def _check_read(module: Any, endpoint: Endpoint) -> None:
    """A `read` of its own gives an outcome, or None for the default one, whatever the status and the body."""
    if "read" not in implementations(module):
        return
    for status in (None, *range(100, 600)):
        for body in (b"", b"\xff\x00", b"{", b"<a>", b'{"ok": true}'):
            outcome = _called(module.read, response=Response(status, (), body), endpoint=endpoint)
            _must(
                outcome is None or isinstance(outcome, Outcome),
                f"`read` gives an Outcome for status {status}",
            )


def _attempt(module: Any, values: Values, endpoint: Endpoint, value: Any) -> Request | None:
    """The request made of an awkward value, or None where it was refused as it should be."""
    try:
        return check_render(module, values, endpoint)
    except RenderError as error:
        _must(bool(str(error)), "a RenderError says what is wrong")
        return None
    except AssertionError as error:
        raise AssertionError(f"{error} (with the value {str(value)[:60]!r})") from error
    except Exception as error:
        raise AssertionError(
            f"`render` refuses a value with RenderError, not {type(error).__name__}: {error}"
            f" (with the value {value!r:.60})"
        ) from error


def _render(module: Any, values: Values, endpoint: Endpoint) -> Any:
    return _called(module.render, values=values, endpoint=endpoint)


def _called(hook: Callable[..., Any], **arguments: Any) -> Any:
    """A hook called as the registry does: with the arguments it takes."""
    return hook(**{name: arguments[name] for name in inspect.signature(hook).parameters if name in arguments})


def _with(values: Values, value: Any) -> Values:
    """The values with another one in the place of every text."""
    extras = {key: _filled(tree, value) for key, tree in values.extras.items()}
    return replace(values, tree=_filled(values.tree, value), extras=extras)


def _filled(tree: Any, value: Any) -> Any:
    """The tree with a value in the place of every text."""
    if isinstance(tree, Mapping):
        return {key: _filled(child, value) for key, child in tree.items()}
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return [_filled(child, value) for child in tree]
    return copy.deepcopy(value) if isinstance(tree, str) else tree


def _must(fact: bool, rule: str) -> None:
    if not fact:
        raise AssertionError(f"broken rule: {rule}")
