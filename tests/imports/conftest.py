import pytest

from gateway.registry import Registry
from tests import making


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The installed plugins."""
    return making.registry()
