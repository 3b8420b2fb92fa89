"""The JSON Schemas hold what `check` accepts, and refuse what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import gateway
from gateway.conf.document import parse
from gateway.conf.jsonschema import event_schema, gateway_schema, source_schema
from gateway.daemon import registry
from gateway.registry import Registry

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "conf", Path(gateway.__file__).parent / "conf" / "first")

SOURCE = Draft202012Validator(source_schema(registry()))
GATEWAY = Draft202012Validator(gateway_schema(registry()))
EVENT = Draft202012Validator(event_schema())


def faults(validator: Draft202012Validator, text: str) -> list[tuple[str, str]]:
    found = validator.iter_errors(parse(text.encode(), "x.yaml").data)
    return [(".".join(map(str, error.absolute_path)), error.message) for error in found]


@pytest.mark.parametrize("path", [p for f in FOLDERS for p in f.glob("sources/*.yaml")], ids=lambda p: p.name)
def test_the_examples_sources_fit(path):
    """Every source file of the examples fits."""
    assert faults(SOURCE, path.read_text()) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_examples_gateway_files_fit(folder):
    """So does gateway.yaml, also with every key that it shows as a comment."""
    text = (folder / "gateway.yaml").read_text()
    assert faults(GATEWAY, text) == []


def test_every_key_of_the_first_gateway_file_is_explained():
    """The first conf's gateway.yaml speaks of every key that there is."""
    text = (FOLDERS[1] / "gateway.yaml").read_text()
    keys = gateway_schema(registry())["properties"]
    assert [key for key in keys if f"\n{key}:" not in text and f"\n# {key}:" not in text] == []


@pytest.mark.parametrize("path", [p for f in FOLDERS for p in f.glob("events/*.json")], ids=lambda p: p.name)
def test_the_examples_events_fit(path):
    """Every sample event fits."""
    assert list(EVENT.iter_errors(json.loads(path.read_text()))) == []


@pytest.mark.parametrize(
    "text",
    [
        "return: {transport: json, url: 'https://e.com', method: PUT}",
        "common: {transport: soap, url: x.wsdl, operation: Op}\nreturn: {}",
        "common: {transport: soap, url: x.wsdl}\nreturn: {operation: A}\nconversion: {operation: B}",
        "common: {url: 'https://e.com'}\nreturn: {transport: xml}\nconversion: {transport: query}",
        "return: {transport: json, url: x, mapping: {a: ['{{ b }}', 1, null], k: {file: key}, n: 1.5, t: true}}",
        "return: {transport: json, url: x, json_parameter: d, extra_parameters: {a: '{{ b }}', k: {env: K}, l: [1]}}",
        "return: {transport: xml, url: x, xml_parameter: d, extra_parameters: {a: null}}",
        "return: {transport: json, url: x, criteria: {max_age: 7d, rules: [{field: lead.id, op: is blank}]}}",
        "return: {transport: json, url: x, criteria: {max_age: {of: lead.at, max: 7d}, reasons: [A, 12]}}",
        "return: {transport: json, url: x, retry: {first: 1s, attempts: 3}, timeout: 2.5s, concurrency: 1}",
        "return: {transport: json, url: x, response: {success_status: '200-299, 409', failure_status: [400]}}",
        "return: {transport: json, url: x, auth: {basic: {username: u, password: {env: P}}}}",
        "name: A\nkind: account",
    ],
)
def test_what_fits(text):
    """What `check` takes fits."""
    assert faults(SOURCE, text) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("return: {transport: jsn, url: x}", "return.transport"),
        ("return: {transport: json}", ""),
        (
            "return: {transport: json, url: x, nested_extra_parameters: {a: {b: 1}}}",
            "return.nested_extra_parameters.a",
        ),
        ("return: {url: x}", ""),
        ("return: {transport: soap, url: x}", ""),
        ("return: {transport: json, url: x, operation: y}", "return"),
        ("common: {transport: soap, url: x}\nreturn: {operation: y, method: z}", "return"),
        ("common: {transport: json, url: x, nonsense: y}\nreturn: {}", "common"),
        ("return: {transport: json, url: x, mapping: {a: {b: c}}}", "return.mapping.a"),
        ("return: {transport: json, url: x, timeout: 10}", "return.timeout"),
        ("return: {transport: json, url: x, auth: {bearer: plain}}", "return.auth"),
        ("return: {transport: json, url: x, criteria: {max_ago: 7d}}", "return.criteria"),
        (
            "return: {transport: json, url: x, criteria: {rules: [{field: a, op: is}]}}",
            "return.criteria.rules",
        ),
        ("returns: {transport: json, url: x}", ""),
        ("kind: other", "kind"),
    ],
)
def test_what_does_not_fit(text, where):
    """What `check` refuses is refused, at its place."""
    assert [path for path, _ in faults(SOURCE, text)] == [where]


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"type": "retrun", "source": "a"}, "type"),
        ({"type": "return"}, ""),
        ({"type": "return", "source": ".a"}, "source"),
        ({"type": "return", "source": "a", "id": "x" * 129}, "id"),
        ({"type": "return", "source": "a", "lead": "L"}, "lead"),
        ({"type": "return", "source": "a", "flow": {"id": "a b"}}, "flow.id"),
    ],
)
def test_events_that_do_not_fit(event, where):
    """What the intake refuses is refused, at its place."""
    assert [".".join(map(str, error.absolute_path)) for error in EVENT.iter_errors(event)] == [where]


def test_defaults_are_written_as_in_the_conf():
    """A default fits its own key: durations carry their unit."""

    def walk(schema: Any, defs: Any) -> None:
        if isinstance(schema, dict):
            if "default" in schema and "type" in schema:
                Draft202012Validator({**schema, "$defs": defs}).validate(schema["default"])
            for inner in schema.values():
                walk(inner, defs)
        elif isinstance(schema, list):
            for inner in schema:
                walk(inner, defs)

    for whole in (gateway_schema(registry()), source_schema(registry())):
        walk(whole, whole["$defs"])
    assert gateway_schema(registry())["properties"]["shutdown"]["default"] == "20s"


def test_every_key_says_what_it_is():
    """An editor can show a sentence for every key of an endpoint."""
    endpoint = source_schema(registry())["$defs"]["transport.json"]["properties"]
    assert [key for key, schema in endpoint.items() if "description" not in schema] == []


def test_without_plugins():
    """A process without any plugin still has a schema, in which no transport fits."""
    schema = source_schema(Registry([], []))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors({"return": {"transport": "json", "url": "x"}}))
