"""How many attempts the descriptors of the process are enough for."""

import resource
import subprocess
import sys

import pytest

from gateway import process


@pytest.mark.parametrize(
    ("soft", "asked", "found"),
    [
        (64, None, 12),
        (1024, None, 492),
        (1024, 100, 100),
        (1024, 5000, 492),
        (20_000, None, 9_980),
        (1_048_576, None, 10_000),
        (1_048_576, 50_000, 50_000),
        (resource.RLIM_INFINITY, None, 10_000),
        (resource.RLIM_INFINITY, 50_000, 50_000),
        (41, None, 1),
        (10, None, 1),
    ],
)
def test_half_of_the_descriptors(
    monkeypatch: pytest.MonkeyPatch, soft: int, asked: int | None, found: int
) -> None:
    """Less the few that the daemon needs itself; at most 10,000, unless a person wants more."""
    monkeypatch.setattr(process.resource, "getrlimit", lambda _: (soft, soft))
    assert process.connections(asked) == found


def test_the_soft_limit_is_raised() -> None:
    """To the hard one: shells give 1,024 by habit."""
    program = (
        "import resource\n"
        "from gateway import process\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, hard), min(500, hard)))\n"
        "process.raise_descriptors()\n"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["500", "500"]
