"""A fresh environment with two real distributions of third parties in it, installed by pip without a network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The distributions' own files: their tests run in the environment that they are installed in.
collect_ignore = ["carrier", "broken"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a process that has both distributions installed."""
    room = tmp_path_factory.mktemp("thirdparty")
    for name in ("carrier", "broken"):  # copies: a build writes beside its sources
        shutil.copytree(HERE / name, room / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(room / "site")]
    done = subprocess.run(
        [*pip, *offline, str(room / "carrier"), str(room / "broken")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(room / "site"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def python(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs Python in that environment, to its end."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run
