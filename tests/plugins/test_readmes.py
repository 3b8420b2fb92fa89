"""The README of each transport is true: its example is a conf that loads, and sends just what it says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

import plugins
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.events import parse_event
from gateway.model import Request
from gateway.registry import Registry
from gateway.templates import scope

FOLDER = Path(plugins.__file__).parent
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)


@pytest.fixture(params=["query", "formpost", "json", "xml"])
def name(request) -> str:
    return request.param


@pytest.fixture
def readme(name) -> str:
    return (FOLDER / name / "README.md").read_text()


def block(readme: str, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)\n```$", readme, re.DOTALL | re.MULTILINE)
    return found


def written(request: Request) -> str:
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    return "\n".join(head if request.body is None else [*head, "", request.body.decode()])


def test_the_example_sends_what_it_says(readme):
    """The conf block loads without a problem, and its endpoint makes of the event block the request block."""
    conf = load(
        Files(Path("conf"), {"gateway.yaml": b"", "sources/acme.yaml": block(readme, "yaml").encode()}),
        Registry(),
    )
    assert [problem for problem in conf.problems if not problem.warning] == []
    event = parse_event(block(readme, "json"), NOW)
    route = conf.sources["acme"].routes["return"]
    values = route.mapper.map(scope(event, "Acme Leads", NOW, "0" * 32))
    assert written(route.transport.render(values, route.endpoint)) == block(readme, "http")


def test_every_conf_key_is_told(name, readme):
    """Each key of the settings has its row, with its default and its choices."""
    rows = {row[0]: row for row in re.findall(r"^\| `(\w+)` \|([^|]*)\| (.*) \|$", readme, re.MULTILINE)}
    fields = Registry().transport(name).settings.model_fields
    assert list(rows) == list(fields)
    for key, field in fields.items():
        _, default, meaning = rows[key]
        shown = (
            "" if not field.default or field.is_required() or field.default_factory else str(field.default)
        )
        assert default.strip("` ").lower() == shown.lower()
        choices = get_args(field.annotation) if key == "method" else ()
        assert all(f"`{choice}`" in meaning for choice in choices)
