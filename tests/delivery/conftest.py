from collections.abc import AsyncIterator

import pytest

from gateway.http import Session
from gateway.testing.partner import Partner, serve


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    """A source's end point on loopback."""
    async with await serve() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    """A session that may dial it."""
    async with Session.open(allow=["127.0.0.0/8"]) as opened:
        yield opened
