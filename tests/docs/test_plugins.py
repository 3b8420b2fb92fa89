"""docs/plugins.md shows what is there: the hooks, the public names, and the code of a distribution that is tested."""

import ast
import inspect
import re

import pytest

import gateway
from gateway import hookspecs
from gateway.registry.implementations import HOOKS, WRAPPABLE
from tests.docs.pages import ROOT, Page, coded

PAGE = Page("docs/plugins.md")
CARRIER = ROOT / "tests/thirdparty/carrier"
FILES = (
    "pyproject.toml",
    *(str(path.relative_to(CARRIER)) for path in CARRIER.glob("*/*.py") if "__" not in path.name),
)


def signatures() -> list[str]:
    """Every hook as its source writes it, in order."""
    functions = [
        node
        for node in ast.parse(inspect.getsource(hookspecs)).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in HOOKS
    ]
    return [
        f"{'async ' if isinstance(node, ast.AsyncFunctionDef) else ''}{node.name}({ast.unparse(node.args)})"
        f" -> {ast.unparse(node.returns)}".replace("'", "")
        for node in functions
    ]


def test_each_hook_has_its_section():
    """The headings below "The hooks" are the exact signatures, in the order of gateway/hookspecs.py."""
    shown = re.findall(r"^### `(.*)`$", PAGE.section("The hooks"), re.MULTILINE)
    assert shown == signatures()
    assert len(shown) == len(HOOKS)


def test_each_public_name_is_told():
    """The table has every name that `gateway` exports, each with a word about it, and no other."""
    rows = PAGE.rows("What `gateway` exports", "name")
    assert sorted(coded(row["name"])[0] for row in rows) == sorted(gateway.__all__)
    assert all(row["what it is"] for row in rows)
    assert all(hasattr(gateway, name) for name in gateway.__all__)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_shown_as_it_is(file):
    """The example's code on the page is the code that the tests install and run."""
    shown = re.findall(rf"^`{re.escape(file)}`:\n\n```\w+\n(.*?)\n```$", PAGE.text, re.DOTALL | re.MULTILINE)
    assert shown == [(CARRIER / file).read_text().rstrip()]


def test_the_example_is_whole():
    """The folder that the page draws is the distribution's."""
    [drawn] = [block.text for block in PAGE.blocks if block.first_line == "pyproject.toml"]
    found = [path.name for path in CARRIER.rglob("*") if path.suffix in (".py", ".toml")]
    assert sorted(line.strip() for line in drawn.splitlines() if not line.endswith("/")) == sorted(found)


def test_what_can_be_wrapped_is_told():
    """The page names the hooks that a wrapper may stand around."""
    sentence = re.search(r"^(`prepare`, .*) can be wrapped", PAGE.prose, re.MULTILINE)
    assert sentence is not None
    assert coded(sentence[1]) == list(WRAPPABLE)


def test_every_python_block_is_python():
    """What is shown can be parsed."""
    for block in PAGE.blocks:
        if block.info == "python":
            compile(block.text, f"docs/plugins.md:{block.line}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
