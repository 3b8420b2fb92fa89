"""A question to a plugin leaves nothing behind, however it ends."""

import asyncio
import gc
import threading
import warnings
from functools import partial
from typing import Any

import pytest

from gateway.apart import Apart
from gateway.criteria.asking import answer


async def slow() -> Any:
    await asyncio.sleep(3600)


async def test_a_question_that_is_cancelled_before_it_is_put_leaves_no_warning() -> None:
    """The lane is cancelled when the task is made, and not begun: the coroutine is closed."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asking = asyncio.create_task(answer(slow, 5.0))
        asyncio.get_running_loop().call_soon(asking.cancel)
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0)
        gc.collect()
    assert [str(one.message) for one in told] == []


async def test_a_future_may_be_the_answer() -> None:
    """What a plugin gives to be awaited needs not be a coroutine."""
    done = asyncio.get_running_loop().create_future()
    done.set_result("yes")
    assert await answer(lambda: done, 5.0) == "yes"  # type: ignore[arg-type,return-value]


async def test_one_that_never_waits_can_be_asked_elsewhere() -> None:
    """What it says, or raises, comes from there; one that waits is asked here, where the loop is."""
    where: list[threading.Thread] = []
    apart = partial(Apart("asking", threads=1).run, "acme/return")

    async def steady(error: Exception | None = None) -> str:
        where.append(threading.current_thread())
        if error is not None:
            raise error
        return "yes"

    async def waits() -> str:
        await asyncio.sleep(0)
        return await steady()

    failed = KeyError("no")
    assert await answer(steady, 5.0, elsewhere=apart) == "yes"
    assert await answer(lambda: steady(failed), 5.0, elsewhere=apart) is failed
    assert await answer(waits, 5.0, elsewhere=apart) == "yes"
    assert [thread is threading.main_thread() for thread in where] == [False, False, True]


async def test_one_that_is_late_is_cancelled() -> None:
    """Nobody waits for what it would say, and it shall not go on with it."""
    cancelled = asyncio.Event()

    async def veto() -> Any:
        try:
            await asyncio.sleep(30)
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        await answer(veto, 0.01)
    await asyncio.wait_for(cancelled.wait(), 5)
