"""GET /openapi.json: whole, valid, and true."""

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from gateway.model import OUTCOMES, STATES, TYPES
from gateway.testing.partner import Partner
from gateway.web.application import application
from gateway.web.events import FILTERS, LARGEST_PAGE, PAGE
from gateway.web.openapi.document import document
from gateway.web.openapi.operations import (
    EVERYWHERE,
    OPERATIONS,
    PROBLEMS,
    THAT_WRITES,
    WITH_BODY,
    Example,
    Operation,
)
from gateway.web.replays import BulkReplaySettings, ReplaySettings
from gateway.web.roles import NEEDS
from tests.docs.pages import Page
from tests.web.conftest import House, daemon_on
from tests.web.contract import PROBLEM, breaches, held

ROOT = Path(__file__).parents[2]
DOCUMENT = document(application(lambda: [], 1))


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, found in DOCUMENT["paths"].items():
        yield from ((method.upper(), path, operation) for method, operation in found.items())


def operation(method: str, path: str) -> Mapping[str, Any]:
    return next(found for a, b, found in operations() if (a, b) == (method, path))


def test_it_is_valid() -> None:
    """By the OpenAPI specification, version 3.1."""
    validate(DOCUMENT)


async def test_the_daemon_answers_it(house: House) -> None:
    """What it serves is the document of its own routes."""
    status, told = await house.ask("GET", "/openapi.json")
    assert (status, told) == (200, DOCUMENT)


def test_every_route_is_in_it_and_nothing_else() -> None:
    """The routes of the application are its operations; HEAD is GET without a body (RFC 9110 section 9.3.2)."""
    routes = application(lambda: [], 1).router.routes()
    known = {(one.method, one.resource.canonical) for one in routes if one.resource}
    assert {(a, b) for a, b in known if a != "HEAD"} == {(a, b) for a, b, _ in operations()}
    assert {b for a, b in known if a == "HEAD"} == {b for a, b in known if a == "GET"}


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    """So clients that are made of it have one function for each."""
    names = [found["operationId"] for _, _, found in operations()]
    assert len(set(names)) == len(names)
    assert [found for _, _, found in operations() if not found["summary"].endswith(".")] == []


def test_every_place_in_a_path_is_a_parameter() -> None:
    """And the other way round."""
    for _, path, found in operations():
        told = {one["name"] for one in found.get("parameters", ()) if one["in"] == "path"}
        assert told == set(re.findall(r"{(\w+)}", path))


def test_every_parameter_of_the_list_is_told() -> None:
    """Those that the list knows, with the words and bounds of the code."""
    told = {one["name"]: one["schema"] for one in operation("GET", "/events")["parameters"]}
    assert set(told) == {*FILTERS, "limit", "after"}
    assert {name: tuple(told[name]["enum"]) for name in ("state", "outcome", "type")} == {
        "state": tuple(STATES), "outcome": tuple(OUTCOMES), "type": TYPES,
    }  # fmt: skip
    assert (told["limit"]["default"], told["limit"]["maximum"]) == (PAGE, LARGEST_PAGE)


def test_every_key_of_a_body_is_told() -> None:
    """They are those of the models that read them."""
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["ReplaySettings"]["properties"]) == set(ReplaySettings.model_fields)
    assert set(schemas["BulkReplaySettings"]["properties"]) == set(BulkReplaySettings.model_fields)


def test_a_header_that_changes_the_answer_is_told() -> None:
    """`Prefer: wait` of POST /events, and the signature of whatever is posted."""
    for method, path, found in operations():
        told = {one["name"] for one in found.get("parameters", ()) if one["in"] == "header"}
        signed = {"webhook-id", "webhook-timestamp", "webhook-signature"} if method == "POST" else set()
        assert told == signed | ({"Prefer"} if (method, path) == ("POST", "/events") else set())


def test_every_status_of_a_problem_is_told() -> None:
    """Each has a sentence, the one of docs/http.md; any request can meet some, one with a body more."""
    rows = Page("docs/http.md").rows("Errors", "status")
    assert {int(row["status"]): row[""] for row in rows} == dict(PROBLEMS)
    for method, _, found in operations():
        common = EVERYWHERE + (WITH_BODY if "requestBody" in found else ())
        common += THAT_WRITES if method == "POST" else ()
        assert {str(status) for status in common} <= set(found["responses"])
    told = {
        int(status) for _, _, found in operations() for status in found["responses"] if int(status) >= 400
    }
    assert told == set(PROBLEMS) - {405}  # a method that a path does not know is no operation


def test_every_role_is_told() -> None:
    """Who may ask is told as the daemon checks it; whoever may ask without a token needs none."""
    for method, path, found in operations():
        asked = [one["token"] for one in found.get("security", ()) if one]
        assert asked == [[role] for role in NEEDS[method, path].roles]


def test_every_header_beside_a_status_is_told() -> None:
    """What is asked for with 401, and when to ask again with 429, 503 and 507."""
    for _, _, found in operations():
        for status, name in {"401": "WWW-Authenticate", "429": "Retry-After", "507": "Retry-After"}.items():
            assert name in found["responses"].get(status, {"headers": name})["headers"]


def test_every_document_is_a_schema_of_its_own() -> None:
    """No answer is told as anything at all: each JSON document is one of those below `components`."""
    for _, _, found in operations():
        for answer in found["responses"].values():
            for kind, content in answer["content"].items():
                schema = content["schema"]
                assert kind == "text/plain" or all("$ref" in one for one in schema.get("anyOf", [schema]))


def test_every_key_has_a_sentence() -> None:
    """Of answers as of bodies."""
    schemas = DOCUMENT["components"]["schemas"]
    assert [
        (name, key)
        for name, schema in schemas.items()
        if name != "Event"
        for key, found in schema.get("properties", {}).items()
        if not found.get("description")
    ] == []


@pytest.fixture
async def example_house(
    tmp_path: Path, partner: Partner, aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]]
) -> House:
    """A daemon on the example conf."""
    folder = tmp_path / "conf"
    shutil.copytree(ROOT / "conf", folder)
    for file in folder.rglob("*.yaml"):
        file.write_text(file.read_text().replace("8630", partner.url.rpartition(":")[2]))
    (folder / "secrets").chmod(0o700)
    for file in (folder / "secrets").iterdir():
        file.chmod(0o600)
    daemon = daemon_on(folder)
    client = await aiohttp_client(TestServer(daemon.application()), middlewares=(held,))
    return House(folder, daemon, client, partner)


async def test_the_examples_are_true(example_house: House) -> None:
    """Posted in their order to a daemon on the example conf, each gets the status that it is said to get."""
    found, said = {}, {}
    for handler, path, name, example in examples():
        for parameter in handler.parameters:
            path = path.replace(f"{{{parameter.name}}}", str(parameter.example))
        body = example.value if isinstance(example.value, str) else json.dumps(example.value)
        kind = {"Content-Type": example.kind}
        found[path, name], _ = await example_house.ask("POST", path, data=body, headers=kind)
        said[path, name] = example.status
        await idle(example_house)
    assert found == said


async def idle(house: House) -> None:
    """Nothing is under way."""
    async with asyncio.timeout(5):
        while (await house.ask("GET", "/events?state=queued"))[1]["events"]:
            await asyncio.sleep(0.01)


def examples() -> Iterator[tuple[Operation, str, str, Example]]:
    """Every example, with its operation and path."""
    for route in application(lambda: [], 1).router.routes():
        found = OPERATIONS[route.handler] if route.method != "HEAD" else None
        for name, example in found.examples.items() if found and route.resource else ():
            yield found, route.resource.canonical, name, example


def test_every_operation_with_a_body_has_an_example() -> None:
    told = {path for _, path, found in operations() if "requestBody" in found}
    assert told == {path for _, path, _, _ in examples()}


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "text"),
    [
        ("GET", "/-/healthy", 200, "application/json", '{"healthy": true, "reasons": [], "more": 1}'),
        ("GET", "/-/healthy", 200, "application/json", '{"healthy": true}'),
        ("GET", "/-/healthy", 200, "text/html", ""),
        ("GET", "/-/healthy", 204, "application/json", ""),
        ("POST", "/endpoints/acme/return/pause", 404, PROBLEM, '{"title": "no"}'),
        ("GET", "/nowhere", 404, PROBLEM, '{"title": "no"}'),
    ],
)
def test_an_answer_that_is_not_told_is_found(
    method: str, path: str, status: int, kind: str, text: str
) -> None:
    """What holds every answer of these tests against the document can fail: keys too many or too few, status, type."""
    assert list(breaches(method, path, status, kind, text))
