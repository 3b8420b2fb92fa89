"""A scene over each kind of store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.sqlite import SqliteStore
from tests.criteria.scene import Scene


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    store = await SqliteStore.in_memory()
    made = Scene(store)
    yield made
    await made.lanes.drain(0)
    await store.close()
    assert made.failed == []


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Scene]:
    store = await SqliteStore.open(tmp_path / "data")
    made = Scene(store)
    yield made
    await made.lanes.drain(0)
    await store.close()
    assert made.failed == []
