"""Runs what a command does to its end, whatever a plugin leaves behind."""

import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import click

T = TypeVar("T")

_PATIENCE = 2.0  # seconds, at the very end, for what heeds a cancellation
_STUCK: list[object] = []  # tasks that heed none; kept, as what collects one may never come back


def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Run it, as `asyncio.run` would; but a plugin's task that heeds no cancellation keeps nobody waiting."""
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            _, stuck = loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE))
            _STUCK.extend(stuck)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def leave(ctx: click.Context, code: int) -> NoReturn:
    """End the command; the whole process at once where a task is stuck, which would not let the interpreter end."""
    if _STUCK:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    ctx.exit(code)
