"""Where a plugin's code is, found without running any of it; what cannot be found is left out."""

import sys
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from gateway.registry.provenance import Provenance, provenance

PLUGIN = """
import gateway
raise SystemExit("imported")
@gateway.hookimpl
def render(): ...
@gateway.hookimpl(wrapper=True)
def send(): ...
"""


def point(target: str) -> EntryPoint:
    return EntryPoint("x", target, "feedback_gateway")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that imports look into."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("module", ["one_plugin", "spaced.plugin", "spaced.within.deep.plugin"])
def test_a_plugin_is_found_wherever_it_stands(site: Path, module: str) -> None:
    """A module alone, in a namespace package, in namespaces within one another: nothing of them is imported."""
    file = site / f"{module.replace('.', '/')}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PLUGIN)
    found = provenance(point(module))
    assert (found.module, found.hooks, found.kinds) == (file, ("render", "send"), ("transport", "wrapper"))
    assert [code.path for code in found.files] == [file]
    assert found.changed is None
    assert not [name for name in sys.modules if name.startswith(module.partition(".")[0])]


@pytest.mark.parametrize("target", ["", "-", ".x", "a..b", "nowhere", "nowhere.at_all", "sys", "os.nowhere"])
def test_what_cannot_be_found_is_left_out(target: str) -> None:
    """Whatever an entry point names: loading it says what is wrong with it."""
    assert provenance(point(target)) == Provenance(None)


def test_notes_that_cannot_be_read_are_none(site: Path) -> None:
    """An installer that wrote none, or something else: the files are told all the same."""
    (site / "one_plugin.py").write_text(PLUGIN)
    notes = site / "odd-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (notes / "RECORD").write_text("one_plugin.py,sha256=abc,not a size\n")
    (notes / "entry_points.txt").write_text("[feedback_gateway]\nodd = one_plugin\n")
    (odd,) = Distribution.at(notes).entry_points
    assert [code.standing for code in provenance(odd).files] == ["not recorded"]
