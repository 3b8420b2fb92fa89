"""The OpenAPI document (3.1) of the application, made from its routes, what they say of themselves, and the models."""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway import __version__
from gateway.conf.jsonschema import event_schema, tidy
from gateway.web.openapi.operations import (
    EVERYWHERE,
    OPERATIONS,
    PROBLEMS,
    SIGNATURE,
    THAT_WRITES,
    WITH_BODY,
    Operation,
    Parameter,
    Schema,
)
from gateway.web.openapi.shapes import Problem
from gateway.web.roles import NEEDS

_REF = "#/components/schemas/{model}"
_ABOUT = (
    "Internal systems post feedback events, and ask what became of them; operators steer; monitors read. "
    "Times are RFC 3339 in UTC with milliseconds, numbers are kept exactly as posted."
)
_TAGS = {
    "events": "Posting events, asking about them, sending them again.",
    "operators": "Steering the daemon.",
    "monitors": "Health and numbers.",
}
_RETRY_AFTER: Schema = {
    "description": "After how many seconds to ask again (RFC 9110).",
    "schema": {"type": "integer", "minimum": 0},
}
_CHALLENGE: Schema = {"description": "What is asked for (RFC 6750).", "schema": {"type": "string"}}
_HEADERS: Mapping[int, Schema] = {
    401: {"WWW-Authenticate": _CHALLENGE},
    429: {"Retry-After": _RETRY_AFTER},
    503: {"Retry-After": _RETRY_AFTER},
    507: {"Retry-After": _RETRY_AFTER},
}
_TOKEN: Schema = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of `tokens` in gateway.yaml. Where the conf has none, nobody is asked for one.",
}


def document(app: web.Application) -> dict[str, Any]:
    """The OpenAPI document of an application.

    Raises KeyError for a route that says nothing of itself, or whose roles nobody has named.
    """
    paths: dict[str, dict[str, Any]] = {}
    models: dict[type[BaseModel], None] = {Problem: None}
    for route in app.router.routes():
        if route.method == "HEAD" or route.resource is None:  # what GET answers, without its body
            continue
        operation = OPERATIONS[route.handler]
        for model in _models(operation):
            models[model] = None
        path = route.resource.canonical
        told = _operation(route.handler.__name__, route.handler.__doc__ or "", operation, route.method)
        roles = NEEDS[route.method, path].roles
        if roles:
            told["security"] = [{}, *({"token": [role]} for role in roles)]
        paths.setdefault(path, {})[route.method.lower()] = told
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Feedback Gateway",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The daemon that answers this."}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": _schemas(models), "securitySchemes": {"token": _TOKEN}},
    }


def _operation(name: str, text: str, operation: Operation, method: str) -> Schema:
    summary, _, more = text.partition("\n")
    told: Schema = {"operationId": name, "tags": [operation.tag], "summary": summary.strip()}
    if more.strip():
        told["description"] = " ".join(more.split())
    signed = SIGNATURE if method == "POST" else ()
    parameters = [_parameter(one) for one in (*operation.parameters, *signed)]
    if operation.query is not None:
        parameters += _query(operation.query)
    if parameters:
        told["parameters"] = parameters
    if operation.body:
        told["requestBody"] = _body(operation)
    told["responses"] = dict(_responses(operation, method))
    return told


def _parameter(one: Parameter) -> Schema:
    told: Schema = {"name": one.name, "in": one.within, "description": one.what}
    told |= {"required": one.within == "path", "schema": one.schema}
    return told if one.example is None else told | {"example": one.example}


def _query(model: type[BaseModel]) -> list[Schema]:
    """Each field of a model as a parameter."""
    found = tidy(model.model_json_schema())
    return [
        {
            "name": name,
            "in": "query",
            "description": schema.pop("description", ""),
            "required": name in found.get("required", ()),
            "schema": _present(schema),
        }
        for name, schema in found["properties"].items()
    ]


def _present(schema: Schema) -> Schema:
    """What a parameter is where it is there: it cannot be null."""
    (kind,) = [one for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]
    return kind  # type: ignore[no-any-return]


def _body(operation: Operation) -> Schema:
    content: dict[str, Schema] = {kind: {"schema": _schema_of(body)} for kind, body in operation.body.items()}
    for name, example in operation.examples.items():
        content[example.kind].setdefault("examples", {})[name] = {"value": example.value}
    return {"required": operation.needs_body, "content": content}


def _responses(operation: Operation, method: str) -> Iterator[tuple[str, Schema]]:
    common = EVERYWHERE + (WITH_BODY if operation.body else ())
    common += THAT_WRITES if method == "POST" else ()
    problems: dict[int, type[Problem]] = {**dict.fromkeys(common, Problem), **operation.problems}
    for status in sorted({*problems, *operation.answers}):
        told: Schema = {}
        content: dict[str, Schema] = {}
        if status in problems:
            told["description"] = PROBLEMS[status]
            content["application/problem+json"] = {"schema": _schema_of(problems[status])}
        if status in operation.answers:
            answer = operation.answers[status]
            told["description"] = answer.what
            content[answer.kind] = {"schema": _any_of(answer.shapes)}
        headers = {"headers": _HEADERS[status]} if status in problems and status in _HEADERS else {}
        yield str(status), {**told, **headers, "content": content}


def _models(operation: Operation) -> Iterator[type[BaseModel]]:
    yield from operation.problems.values()
    for answer in operation.answers.values():
        yield from answer.shapes
    yield from (shape for shape in operation.body.values() if isinstance(shape, type))


def _any_of(shapes: tuple[type[BaseModel], ...]) -> Schema:
    found = [_schema_of(shape) for shape in shapes]
    return {"anyOf": found} if len(found) > 1 else found[0] if found else {"type": "string"}


def _schema_of(shape: type[BaseModel] | Schema) -> Schema:
    return {"$ref": _REF.format(model=shape.__name__)} if isinstance(shape, type) else shape


def _schemas(models: Mapping[type[BaseModel], None]) -> dict[str, Schema]:
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    event = {key: value for key, value in event_schema().items() if key != "$schema"}
    return {"Event": event, **{name: tidy(schema) for name, schema in sorted(found["$defs"].items())}}
