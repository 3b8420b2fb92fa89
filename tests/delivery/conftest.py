from collections.abc import AsyncIterator

import pytest

from gateway.http import Session


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    """A session that may dial it."""
    async with Session.open(allow=["127.0.0.0/8"]) as opened:
        yield opened
