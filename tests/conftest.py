import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the fault suites in their long form (make faults)")


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the fault suites run in their long form."""
    return bool(request.config.getoption("--long"))
