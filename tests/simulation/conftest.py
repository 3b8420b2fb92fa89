"""Histories by their seed, in the real conf."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog

from tests.simulation.clock import VirtualLoop
from tests.simulation.folders import confs
from tests.simulation.judge import faults
from tests.simulation.world import World

Judged = Callable[[int], list[str]]


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Lives the history of a seed; what was wrong with it."""
    folders = confs(tmp_path_factory.mktemp("confs"))

    def live(seed: int) -> list[str]:
        loop = VirtualLoop()
        with _silent(), asyncio.Runner(loop_factory=lambda: loop) as runner:
            world = World(seed, folders, loop)
            found = runner.run(_lived(world))
        world.disk.close()
        return found

    return live


@contextmanager
def _silent() -> Iterator[None]:
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**kept)


async def _lived(world: World) -> list[str]:
    await world.live()
    found = faults(world)
    await world.end()
    return found
