from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from gateway.testing.partner import Partner, serve

# The secrets of the suite's own confs: none may be heard in what a test or a daemon says while the suite runs.
CANARIES = (b"s3cret", b"s3cr3t", b"t0p-secret", b"n3w-key")
LOGS = ("*.err", "*.log", "log")  # where tests have daemons write to

# The same examples each time, so that a red run can be looked at; --long looks for new ones. No deadline: it is the
# machine's. What must be quick is measured where that is said.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the fault suites in their long form (make faults)")
    parser.addoption("--thorough", action="store_true", help="the fault suite as CI runs it (make thorough)")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("new" if config.getoption("--long") else "repeatable")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Gzip notes the time: such bytes must be in no name, since every worker has to find the same tests."""
    return argname if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.fixture(autouse=True, scope="module")
def _log_as_it_was() -> Iterator[None]:
    """How a daemon in this process writes its log is nothing to the files of tests that follow."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    """A source's end point on loopback."""
    async with await serve() as running:
        yield running


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the fault suites run in their long form."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def thorough(request: pytest.FixtureRequest, long: bool) -> bool:
    """Whether the fault suite runs at least as CI runs it."""
    return long or bool(request.config.getoption("--thorough"))


@pytest.fixture
def _thorough_only(thorough: bool) -> None:
    """For faults that take too long for every day."""
    if not thorough:
        pytest.skip("it runs with `make thorough`, `make attacks` and `make faults`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test in whose log a canary sings."""
    report = yield
    said = (report.capstdout + report.capstderr + report.caplog).encode(errors="replace")
    heard = [canary.decode() for canary in CANARIES if canary in said]
    if heard and report.when == "teardown":  # by then all has been said
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid}: the log holds a secret: {', '.join(heard)}\n{said.decode()[-4000:]}"
        )
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session if a canary sings in a log that a daemon of it has left."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is None or hasattr(session.config, "workerinput"):
        return  # the workers' folders are below the one of their master
    heard = list(_heard(factory.getbasetemp()))
    if heard:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        for line in heard:
            print(f"\na log holds a secret: {line}")


def _heard(folder: Path) -> Iterator[str]:
    for path in {path for pattern in LOGS for path in folder.rglob(pattern)}:
        if path.is_file() and not path.is_symlink() and path.name != "partner.err":
            for line in path.read_bytes().splitlines():
                if any(canary in line for canary in CANARIES):
                    yield f"{path}: {line.decode(errors='replace')[:1000]}"
