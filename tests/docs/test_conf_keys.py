"""docs/conf.md leaves out no key, no transport and no criterion."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from gateway.conf.document import parse
from gateway.conf.jsonschema import gateway_schema, source_schema
from tests.docs.conf_page import FILES, FRAGMENTS, PAGE, endpoint_file
from tests.docs.test_tables import TABLES


def used(data: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every (table, key) that the data of one model uses."""
    inner = {
        "gateway": {
            "network": "network",
            "limits": "limits",
            "log": "log",
            "retention": "retention",
            "retry": "retry",
            "listen": "listen",
            "tokens": "tokens",
            "quarantine": "quarantine",
        },
        "listen": {"peers": "listen.peers"},
        "tokens": {"signature": "tokens.signature"},
        "endpoint": {
            "auth": "auth",
            "tls": "tls",
            "response": "response",
            "retry": "retry",
            "breaker": "breaker",
        },
        "auth": {way: f"auth.{way}" for way in ("basic", "api_key", "signature", "oauth2", "wss")},
        "soap": {"root": "soap.root"},
    }.get(name, {})
    for key, value in data.items():
        yield name, key
        if key in inner:
            parts = value if isinstance(value, list) else [value]
            yield from (found for part in parts if isinstance(part, dict) for found in used(part, inner[key]))


def used_by_source(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from used(data, "source")
    common = data.get("common", {})
    shared = TABLES["models"]()["endpoint"].model_fields
    for own in filter(None, (data.get("return"), data.get("conversion"))):
        both = {**common, **own}
        yield from used({key: value for key, value in both.items() if key in shared}, "endpoint")
        yield from used({key: value for key, value in both.items() if key not in shared}, both["transport"])
        for name in ("max_age", "hours", "cap"):
            written = both.get("criteria", {}).get(name)
            yield from used(written, name) if isinstance(written, dict) else ()


def sources() -> Iterator[Any]:
    texts = [text for path, text in FILES.items() if path.startswith("sources/")]
    yield from (parse(text.encode(), "").data for text in (*texts, *map(endpoint_file, FRAGMENTS)))


def test_every_key_has_an_example():
    """Each key of each table is used in an example that loads, and the examples use no other."""
    seen = set(used(parse(FILES["gateway.yaml"].encode(), "").data, "gateway"))
    for data in sources():
        seen |= set(used_by_source(data))
    known = {
        (name, field.alias or key)
        for name, model in TABLES["models"]().items()
        for key, field in model.model_fields.items()
    }
    assert seen == known


def schema_keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for child in schema.values():
            yield from schema_keys(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from schema_keys(child)


def test_the_json_schema_knows_every_key(loaded):
    """Each key of the tables stands in the JSON Schema, which accepts every example."""
    registry = TABLES["Registry"]()
    gateway, source = gateway_schema(registry), source_schema(registry)
    keys = {*schema_keys(gateway), *schema_keys(source)}
    fields = [(f.alias or k) for model in TABLES["models"]().values() for k, f in model.model_fields.items()]
    assert set(fields) - keys == set()
    jsonschema.Draft202012Validator(gateway).validate(parse(FILES["gateway.yaml"].encode(), "").data)
    for data in sources():
        jsonschema.Draft202012Validator(source).validate(data)


def test_every_transport_and_criterion_has_its_heading():
    """The built-in plugins that are installed are those that the page describes."""
    registry = TABLES["Registry"]()
    ours = [name for name, found in registry.installed().items() if found.distribution == "feedback-gateway"]
    kinds: dict[str, list[str]] = {"transport": [], "criterion": []}
    for name in ours:
        registry.load(name)
        kinds[registry.kinds(name)[0]].append(name)
    for heading, kind in (("Transports", "transport"), ("Criteria", "criterion")):
        told = re.findall(r"^### (\w+)$", PAGE.section(heading), re.MULTILINE)
        assert sorted(told) == sorted(kinds[kind])
