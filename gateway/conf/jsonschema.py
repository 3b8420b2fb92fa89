"""JSON Schema (draft 2020-12) of gateway.yaml, of a source file, and of the events that are posted.

A source file's `common` is joined with each endpoint before it is read. So what an endpoint must have may stand in
either place, and the transport whose keys it may have is the one named in the endpoint, else in `common`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from gateway.conf.alerting import NOT_HERE
from gateway.conf.references import SecretRef
from gateway.conf.schema import EndpointSettings, GatewaySettings, SourceSettings
from gateway.errors import PluginError
from gateway.events import ID_PATTERN
from gateway.model import TYPES
from gateway.registry import Registry

Schema: TypeAlias = dict[str, Any]

DIALECT = GenerateJsonSchema.schema_dialect


def gateway_schema(registry: Registry) -> Schema:
    """gateway.yaml, with the keys of every installed transport for where alerts are sent."""
    transports, _ = _plugins(registry)
    defs, base = _basis()
    for key in NOT_HERE:
        del base["properties"][key]
    _transports(transports, base, {}, defs)
    root = _of_model(GatewaySettings, "gateway", defs)
    root["properties"]["alerts"] = _alerts(root["properties"]["alerts"], sorted(transports))
    return {"$schema": DIALECT, "title": "gateway.yaml", **root, "$defs": defs}


def source_schema(registry: Registry) -> Schema:
    """A source file, with the keys of every installed transport and criterion that can be loaded."""
    transports, criteria = _plugins(registry)
    defs, base = _basis()
    asked = {name: _named(f"criterion.{name}", model, defs) for name, model in criteria.items()}
    common, own = _transports(transports, base, asked, defs)
    anything = {key: True for model in own.values() for key in model.get("properties", {})}
    defs["common"] = {**common, "properties": {**anything, **common["properties"]}}
    root = _of_model(SourceSettings, "source", defs)
    root["properties"]["common"] = _ref("common")
    for type_ in TYPES:
        root["properties"][type_] = _described(root, type_, common)
    needed = {name: model.get("required", []) for name, model in own.items()}
    root["allOf"] = [*_needs(base["required"]), *_by_transport(needed)]
    return {"$schema": DIALECT, "title": "A source of leads", **root, "$defs": defs}


def event_schema() -> Schema:
    """One event, as it is posted."""
    id_: Schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
    flow = {"id": {**id_, "type": ["string", "null"]}}
    return {
        "$schema": DIALECT,
        "title": "An event",
        "description": "One feedback about one delivered lead. Any further key is kept as posted, and can be mapped.",
        "type": "object",
        "required": ["type", "source"],
        "properties": {
            "id": _optional(
                "string", "The poster's own key; posting it twice is harmless.", pattern=id_["pattern"]
            ),
            "type": {"enum": list(TYPES), "description": "What is fed back."},
            "source": {**id_, "description": "The id of the source that sold the lead."},
            "reason": _optional("string", "Why the lead is returned."),
            "timestamp": _optional("string", "When it came to be known.", format="date-time"),
            "lead": _optional("object", "The lead; its `id` can be searched for."),
            "flow": _optional("object", "The campaign through which the lead came.", properties=flow),
            "recipient": _optional("object", "Who got the lead."),
            "submission": _optional("object", "How the lead came in: `timestamp`, `ip`."),
        },
    }


def _basis() -> tuple[dict[str, Schema], Schema]:
    """What endpoints refer to, and the keys that all may have."""
    defs: dict[str, Schema] = {"secret": TypeAdapter(SecretRef).json_schema(), "value": _value()}
    return defs, _of_model(EndpointSettings, "endpoint", defs)


def _transports(
    transports: Mapping[str, type[BaseModel]],
    base: Schema,
    criteria: Mapping[str, Schema],
    defs: dict[str, Schema],
) -> tuple[Schema, dict[str, Schema]]:
    """Lay down an endpoint of each transport; what they have in common, and what each has for itself."""
    own = {name: _of_model(model, f"transport.{name}", defs) for name, model in transports.items()}
    common = _endpoint(base, sorted(own), criteria)
    for name, model in own.items():
        keys = {**common["properties"], **_mappings(model.get("properties", {}), transports[name])}
        defs[f"transport.{name}"] = {
            **common,
            "description": model.get("description", ""),
            "properties": keys,
        }
    return common, own


def _alerts(found: Schema, transports: Sequence[str]) -> Schema:
    """Where alerts are sent: an endpoint of the transport that it names."""
    rules = [
        {"if": {"properties": {"transport": {"const": name}}}, "then": _ref(f"transport.{name}")}
        for name in transports
    ]
    keys = {"transport": {"enum": list(transports)}, "url": {"type": "string"}}
    about = found.get("description", "")
    kind: Schema = {"type": ["object", "null"], "description": about, "properties": keys}
    needs: Schema = {"type": "object", "required": ["transport", "url"], "allOf": rules}
    return {**kind, "if": {"type": "object"}, "then": needs}


def _optional(kind: str, description: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more, "description": description}


def _plugins(registry: Registry) -> tuple[dict[str, type[BaseModel]], dict[str, type[BaseModel]]]:
    """The settings models of the transports, and of the criteria; a broken plugin has none."""
    transports: dict[str, type[BaseModel]] = {}
    criteria: dict[str, type[BaseModel]] = {}
    for name in registry.installed():
        try:
            registry.load(name)
            kinds = registry.kinds(name)
            if "transport" in kinds:
                transports[name] = registry.transport(name).settings
            if "criterion" in kinds:
                criteria[name] = registry.criterion(name).settings
        except PluginError:
            continue
    return transports, criteria


def _of_model(model: type[BaseModel], name: str, defs: dict[str, Schema]) -> Schema:
    """A model's schema, what it refers to laid down under `NAME.`."""
    schema: Schema = model.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for key, inner in schema.pop("$defs", {}).items():
        defs[f"{name}.{key}"] = tidy(inner)
    found: Schema = tidy(schema)
    return found


def _named(name: str, model: type[BaseModel], defs: dict[str, Schema]) -> Schema:
    """A model's schema under its name, as a reference."""
    defs[name] = _of_model(model, name, defs)
    return _ref(name)


def _endpoint(base: Schema, transports: list[str], criteria: Mapping[str, Schema]) -> Schema:
    """The keys that every endpoint may have, whatever its transport."""
    properties = dict(base["properties"])
    properties["transport"] = {**properties["transport"], "enum": transports}
    for key in ("mapping", "headers"):
        properties[key] = {**properties[key], "additionalProperties": _ref("value")}
    if "criteria" in properties:
        properties["criteria"] = {
            **properties["criteria"],
            "properties": dict(criteria),
            "additionalProperties": False,
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _mappings(properties: Schema, model: type[BaseModel]) -> Schema:
    """A transport's own keys; the values of those that are mappings are what any mapping may hold."""
    mapped = getattr(model, "mapped", ())
    return {
        key: {**found, "additionalProperties": _ref("value")} if key in mapped else found
        for key, found in properties.items()
    }


def _described(root: Schema, type_: str, common: Schema) -> Schema:
    """A type whatever its transport; which keys it may have follows from that."""
    transport = common["properties"]["transport"]
    about = root["properties"][type_].get("description", "")
    return {"type": "object", "description": about, "properties": {"transport": transport}}


def _needs(keys: Iterable[str]) -> list[Schema]:
    """Where a type is there, each key must stand in it or in `common`."""
    return [
        {"anyOf": [{"not": {"required": [type_]}}, _has(type_, key), _has("common", key)]}
        for type_ in TYPES
        for key in keys
    ]


def _by_transport(needed: Mapping[str, list[str]]) -> list[Schema]:
    """The keys that a type may have, by the transport that is named in it or else in `common`."""
    rules = []
    for type_ in TYPES:
        for name, keys in needed.items():
            named = _is(type_, name)
            inherited = {"allOf": [_is("common", name), {"not": _has(type_, "transport")}]}
            musts = [{"anyOf": [_has(type_, key), _has("common", key)]} for key in keys]
            then: Schema = {"properties": {type_: _ref(f"transport.{name}")}}
            both = {"required": [type_], "anyOf": [named, inherited]}
            rules.append({"if": both, "then": {**then, "allOf": musts} if musts else then})
    return rules


def _has(part: str, key: str) -> Schema:
    return {"required": [part], "properties": {part: {"required": [key]}}}


def _is(part: str, transport: str) -> Schema:
    inner = {"required": ["transport"], "properties": {"transport": {"const": transport}}}
    return {"required": [part], "properties": {part: inner}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _value() -> Schema:
    plain: Schema = {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, _ref("secret")]}
    return {
        "description": "A template such as {{ lead.id }}, a literal, a secret, or a list of these.",
        "anyOf": [*plain["anyOf"], {"type": "array", "items": plain}],
    }


def tidy(schema: Any) -> Any:
    """A schema without what pydantic adds for itself: titles that repeat the key, defaults that are not written so."""
    if isinstance(schema, list):
        return [tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: tidy(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }
    default = schema.get("default")
    if "default" in schema and (default is None or default in ({}, [])):
        del found["default"]
    if isinstance(default, float) and schema.get("type") == "string":
        found["default"] = f"{default:.15g}s"
    return found
