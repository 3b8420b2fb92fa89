"""Whatever a curl command sends, the imported endpoint sends it too, for the event with the sample's values."""

from collections import defaultdict
from collections.abc import Iterable
from shlex import quote
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway import jsontext
from gateway.imports.credentials import is_credential
from tests.imports.wrapped import imported

URL = "https://api.acme.example/returns"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
ODD = st.sampled_from(
    ["{{ lead.id }}", "{{email}}", "a}} b", "{% if %}", "<lead>", "joe@example.com", "01234", "null", "# no"]
)
ODD_NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), min_size=1, max_size=6
).filter(lambda name: not is_credential(name, 0))
KNOWN = st.sampled_from(
    [
        "lead_id",
        "email",
        "phone",
        "phone2",
        "FirstName",
        "zip",
        "ip",
        "api_key",
        "reason",
        "a.b",
        "a.b.c",
        "a",
        "0",
    ]
)
NAMES = KNOWN | ODD_NAMES
VALUES = TEXTS | ODD
# A reason is text, and a credential comes from a file, so it is text.
TYPED = st.integers(-(10**20), 10**20) | st.booleans() | st.none() | st.decimals(-(10**9), 10**9, places=3)
LEAVES = VALUES | TYPED
RUNS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6)


def _documents() -> st.SearchStrategy[Any]:
    inner = st.recursive(
        LEAVES,
        lambda found: (
            st.dictionaries(ODD_NAMES, found, min_size=1, max_size=3)
            | st.lists(found.filter(_is_some), min_size=1, max_size=3)
        ),
        max_leaves=6,
    )
    return st.dictionaries(ODD_NAMES, inner, max_size=3).flatmap(
        lambda odd: st.dictionaries(KNOWN, VALUES, max_size=3).map(lambda known: {**odd, **known})
    )


def _is_some(value: Any) -> bool:
    return value is not None


@RUNS
@given(document=_documents())
@example(document={"a": {"b": None}, "c": 5, "api_key": "null", "token": "5"})
def test_json(document, tmp_path, registry):
    """A JSON document comes out as it went in: names, order, types, digits."""
    text = jsontext.dumps(document)
    one = imported(f"curl {URL} -H 'Content-Type: application/json' -d {quote(text)}", tmp_path, registry)
    sent = one.sent()
    assert (sent.method, sent.url) == ("POST", URL)
    assert jsontext.loads(sent.body) == document
    assert jsontext.dumps(jsontext.loads(sent.body)) == jsontext.dumps(document)


@RUNS
@given(pairs=FORMS)
def test_form(pairs, tmp_path, registry):
    """Every parameter of a form comes out, those of one name in their order."""
    data = " ".join(f"--data-raw {quote(f'{quote_plus(name)}={quote_plus(value)}')}" for name, value in pairs)
    sent = imported(f"curl {URL} {data}", tmp_path, registry).sent()
    assert (sent.method, sent.url) == ("POST", URL)
    assert _grouped(parse_qsl(sent.body.decode(), keep_blank_values=True)) == _grouped(pairs)


@RUNS
@given(pairs=FORMS)
def test_query(pairs, tmp_path, registry):
    """Every parameter of a query comes out, those of one name in their order."""
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    sent = imported(f"curl {quote(f'{URL}?{query}')}", tmp_path, registry).sent()
    assert (sent.method, sent.body) == ("GET", None)
    assert _grouped(parse_qsl(urlsplit(sent.url).query, keep_blank_values=True)) == _grouped(pairs)


XML_TEXTS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8)
    | ODD
)
XML_NAMES = st.sampled_from(["lead", "Email", "p:zip", "lead.id", "Ü", "x-y"])
ATTRIBUTES = st.dictionaries(st.sampled_from(["id", "p:kind", "xml:lang"]), XML_TEXTS, max_size=2)


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    """An element; those of one name stand together in the one around them."""
    name = draw(XML_NAMES)
    spaces = "".join(
        f" xmlns{uri}"
        for uri in (
            ['="urn:d"', ':p="urn:p"'] if depth == 0 else draw(st.lists(st.just('="urn:e"'), max_size=1))
        )
    )
    attributes = "".join(f" {key}={_attribute(value)}" for key, value in draw(ATTRIBUTES).items())
    children = draw(st.lists(_elements(depth + 1), max_size=3)) if depth < 2 else []
    content = (
        "\n  ".join(["", *sorted(children, key=lambda child: child.split()[0].split(">")[0])])
        if children
        else _text(draw(XML_TEXTS))
    )
    return f"<{name} {spaces}{attributes}>{content}</{name}>"


@RUNS
@given(document=_elements())
def test_xml(document, tmp_path, registry):
    """A document comes out with the same elements, attributes, namespaces and texts."""
    sent = imported(f"curl -X PUT {URL} -d {quote(document)}", tmp_path, registry).sent()
    assert (sent.method, sent.url) == ("PUT", URL)
    assert _canonical(sent.body) == _canonical(document.encode())


@pytest.mark.parametrize("parameter", ["data", "xml"])
@RUNS
@given(pairs=FORMS, secret=st.text("abcdef0123456789", min_size=8))
@example(pairs=[("lead_id", "[]")], secret="00000000")
def test_no_credential_is_written(parameter, pairs, secret, tmp_path, registry):
    """A credential stands nowhere in the YAML, wherever it stands in the command."""
    inner = quote_plus(
        f'{{"token": "{secret}", "note": "with {secret}"}}'
        if parameter == "data"
        else f"<r><t>{secret}</t></r>"
    )
    data = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs if name != parameter)
    command = f"curl {URL}?key={secret} -H 'X-Api-Key: {secret}' -u joe:{secret} -d {quote(f'{data}&{parameter}={inner}&password={secret}')}"
    assert secret not in imported(command, tmp_path, registry).text


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return dict(found)


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(value: str) -> str:
    return '"' + _text(value).replace('"', "&quot;") + '"'


def _canonical(document: bytes) -> str:
    root = etree.fromstring(document)
    for element in root.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        element.tail = None
    return etree.tostring(root, method="c14n2").decode()
