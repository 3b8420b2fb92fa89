from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.testing.partner import Partner, serve


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    async with await serve() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session
