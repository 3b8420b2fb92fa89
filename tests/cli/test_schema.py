"""`schema`."""

import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate


@pytest.mark.parametrize("which", ["gateway", "source", "events"])
def test_each_is_a_schema(cli, which):
    """Each is a JSON Schema of draft 2020-12."""
    schema = json.loads(cli("schema", which).stdout)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_all_by_name(cli):
    """Without a name all three are written."""
    assert list(json.loads(cli("schema").stdout)) == ["gateway", "source", "events"]


def test_another_name(cli):
    """Any other name is wrong use."""
    assert cli("schema", "sources").exit_code == 2


def test_the_http_interface(cli):
    """--openapi is the OpenAPI document of a daemon's own routes, and stands alone."""
    told = json.loads(cli("schema", "--openapi").stdout)
    validate(told)
    assert "/events" in told["paths"]
    assert cli("schema", "--openapi", "source").exit_code == 2
