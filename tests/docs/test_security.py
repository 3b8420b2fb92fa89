"""SECURITY.md names real tests, for every threat."""

import ast
import re
from functools import cache

from tests.docs.pages import ROOT, Page, coded

PAGE = Page("SECURITY.md")
THREATS = PAGE.rows("Threats", "threat")


def test_every_threat_has_a_control_and_a_test() -> None:
    """No row is without."""
    assert len(THREATS) >= 35
    assert [row["threat"] for row in THREATS if not row["control"] or not coded(row["test"])] == []


def test_every_test_that_it_names_is_there() -> None:
    """A control whose test was moved, renamed or removed would be an empty one."""
    named = {name for row in THREATS for name in coded(row["test"])}
    assert [name for name in sorted(named) if not re.fullmatch(r"tests/[\w/]+\.py(::test_\w+)?", name)] == []
    assert [name for name in sorted(named) if not is_there(*name.split("::"))] == []


def test_a_test_that_is_not_there_is_missed() -> None:
    """The look itself can fail."""
    assert is_there("tests/docs/test_security.py", "test_a_test_that_is_not_there_is_missed")
    assert not is_there("tests/docs/test_security.py", "test_that_is_not_there")
    assert not is_there("tests/docs/test_nothing.py")


def is_there(path: str, test: str | None = None) -> bool:
    return (ROOT / path).is_file() and (test is None or test in functions(path))


@cache
def functions(path: str) -> frozenset[str]:
    """The names of all functions of a file."""
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))
