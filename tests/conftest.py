import pytest
from hypothesis import settings

# The same examples each time, so that a red run can be looked at; --long looks for new ones.
settings.register_profile("repeatable", derandomize=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the fault suites in their long form (make faults)")
    parser.addoption("--thorough", action="store_true", help="the fault suite as CI runs it (make thorough)")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--long"):
        settings.load_profile("repeatable")


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
        pytest.skip("it runs with `make thorough` and `make faults`")
