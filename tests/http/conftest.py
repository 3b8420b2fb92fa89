from collections.abc import AsyncIterator

import pytest

from gateway.http import Session
from tests.http.peers import LOOPBACK


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    """A session that may dial this machine."""
    async with Session.open(LOOPBACK) as opened:
        yield opened
