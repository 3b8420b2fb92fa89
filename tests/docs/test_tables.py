"""What the pages list is what the code has."""

import runpy

import pytest

from tests.docs.pages import ROOT, Page

TABLES = runpy.run_path(str(ROOT / "docs/tables.py"))


@pytest.mark.parametrize("path", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_generated_tables_are_in_step(path):
    """`python docs/tables.py` would change nothing."""
    text = Page(f"docs/{path}").text
    assert TABLES["brought_up_to_date"](text) == text


def test_every_table_stands_in_its_page():
    """No settings model and no command is without its table."""
    conf, cli = Page("docs/conf.md").text, Page("docs/cli.md").text
    assert [name for name in TABLES["models"]() if f"<!-- keys: {name} -->" not in conf] == []
    assert [name for name in TABLES["commands"]() if f"<!-- options: {name} -->" not in cli] == []


def test_every_key_explains_itself():
    """A key without a docstring would have an empty row, and an empty line in the JSON Schema."""
    fields = [
        (name, key) for name, model in TABLES["models"]().items() for key, field in model.model_fields.items()
        if not field.description
    ]  # fmt: skip
    assert fields == []
