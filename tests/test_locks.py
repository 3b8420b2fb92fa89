"""The lock files: every package with its hashes, none below the versions that closed known holes, as SECURITY.md tells them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
_FLOOR = re.compile(r"^\| `([a-z0-9-]+)` \| ([0-9.]+) \|", re.MULTILINE)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each package."""
    found = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text()):
        if entry.strip() and not entry.startswith("#"):
            pinned = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", entry)
            assert pinned, f"{entry[:80]!r} pins nothing"
            found[pinned[1].lower()] = (pinned[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
    return found


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock: str) -> None:
    """So `pip install --require-hashes` takes the very files that were looked at, or nothing."""
    found = locked(lock)
    assert len(found) >= 24
    assert [name for name, (_, hashes) in found.items() if hashes == 0] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_package_is_below_its_floor(lock: str) -> None:
    """Nor does pyproject.toml allow for one."""
    floors = dict(_FLOOR.findall((ROOT / "SECURITY.md").read_text()))
    assert floors == {"aiohttp": "3.14.3", "jinja2": "3.1.6", "lxml": "6.1.1", "zeep": "4.3.3"}
    found = locked(lock)
    project = (ROOT / "pyproject.toml").read_text()
    for name, floor in floors.items():
        assert version(found[name][0]) >= version(floor)
        assert f'"{name}>={floor}"' in project


@pytest.mark.parametrize("lock", LOCKS)
def test_it_names_no_place(lock: str) -> None:
    """Where packages come from is for whoever installs them to say."""
    assert "://" not in (ROOT / lock).read_text()
    assert "--index-url" not in (ROOT / lock).read_text()
