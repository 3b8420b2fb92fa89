"""Every filter in golden files a person can read: the template, the event, and exactly what comes of them.

A row of `tests/golden/templates/FILTER.yaml` has `gives` (the value, as JSON), `parks` (the sentence of the RenderError
that parks the event), or `refused` (the sentence at load); and `doubts`, where it is warned of.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import jsontext
from gateway.conf.document import parse
from gateway.errors import RenderError
from gateway.templates import Template
from gateway.templates.filters import FILTERS

FOLDER = Path(__file__).parents[1] / "golden" / "templates"
TABLES = {"reasons": {"Wrong number": "01", "dup": 7, "none": None, "5": "five"}, "nested": {"a": {"b": 1}}}
NOW = datetime(2026, 11, 23, 9, 15, 7, 250000, tzinfo=UTC)
SECRETS = {"key": "Jefe", "acme.key": "pepper", "env": {"ACME_KEY": "Jefe"}}
TAKEN = {"now": NOW, "today": NOW.date(), "random": "0123456789abcdef" * 2, "secrets": SECRETS}


def read(path):
    document = parse(path.read_bytes(), path.name)
    assert document.problems == ()
    return document.data


ROWS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def result(row):
    try:
        template = Template.compile(row["template"], TABLES, secrets=True)
    except ValueError as error:
        return {"refused": str(error)}
    doubts = {"doubts": list(template.doubts)} if template.doubts else {}
    try:
        return {"gives": template.render({**row.get("event", {}), **TAKEN}), **doubts}
    except RenderError as error:
        return {"parks": str(error), **doubts}


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=f"{name}:{at}") for name, rows in ROWS.items() for at, row in enumerate(rows, 1)],
)
def test_row(row):
    """The value on the wire is the one in the file, digit by digit; a sentence is the one in the file, word by word."""
    expected = {key: value for key, value in row.items() if key not in ("template", "event")}
    assert jsontext.dumps(result(row)) == jsontext.dumps(expected)


def test_every_filter_has_a_file():
    """No filter is without rows of its own, and no file without a filter."""
    assert set(ROWS) == {*FILTERS, "lookup", "variables", "secrets", "operators", "slips"}
    assert sum(map(len, ROWS.values())) >= 150
