"""The OpenAPI document as the tests hold every answer against it: nothing may be answered that it does not tell."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aiohttp import ClientRequest, ClientResponse
from aiohttp.client_middlewares import ClientHandlerType
from jsonschema import Draft202012Validator

from gateway.web.application import application
from gateway.web.openapi.document import document

PROBLEM = "application/problem+json"


@cache
def contract() -> Mapping[str, Any]:
    """The document, its schemas closed: a key that it does not name is a breach."""
    return closed(document(application(lambda: [], 1)))


def closed(node: Any) -> Any:
    """A copy in which no object may have further keys, unless the schema says something of them; nor an event."""
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: value if key in ("Event", "example") else closed(value) for key, value in node.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


async def held(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """A client's middleware: an answer that breaks the contract fails the test that asked."""
    response = await handler(request)
    text = await response.text() if response.status != 101 else ""
    found = list(breaches(request.method, request.url.raw_path, response.status, response.content_type, text))
    assert not found, f"{request.method} {request.url.raw_path}: {found}"
    return response


def breaches(method: str, path: str, status: int, kind: str, text: str) -> Iterator[str]:
    """What an answer says that the document does not."""
    operation = operation_of(method, path)
    if operation is None:  # such as 404 and 405: a problem all the same
        yield from [] if method == "HEAD" else _faults(_schema("Problem"), text)
        return
    answer = operation["responses"].get(str(status))
    if answer is None:
        yield f"the status {status} is not told"
    elif kind not in answer["content"]:
        yield f"{kind} is not told for {status}"
    elif kind.endswith("json"):
        place = f"#/paths/{_escaped(operation['path'])}/{method.lower()}/responses/{status}/content/{_escaped(kind)}/schema"
        yield from _faults(place, text)


def operation_of(method: str, path: str) -> Mapping[str, Any] | None:
    """The operation that a request is one of, with its path."""
    for known, operations in contract()["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", ".+" if known.startswith("/endpoints") else "[^/]+", re.escape(known))
        if method.lower() in operations and re.fullmatch(pattern, path):
            return {**operations[method.lower()], "path": known}
    return None


def _faults(place: str, text: str) -> Iterator[str]:
    for error in _validator(place).iter_errors(json.loads(text)):
        yield f"{error.json_path}: {error.message[:300]}"


@cache
def _validator(place: str) -> Draft202012Validator:
    return Draft202012Validator({**contract(), "$ref": place})


def _schema(name: str) -> str:
    return f"#/components/schemas/{name}"


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
