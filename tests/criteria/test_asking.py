"""A question to a plugin leaves nothing behind, however it ends."""

import asyncio
import gc
import warnings
from typing import Any

import pytest

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
