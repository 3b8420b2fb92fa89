"""Doing an administrative act on record: it is written before it is done, and again when it has ended."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import structlog

from gateway.errors import StoreError
from gateway.model import Json
from gateway.store.acts import Act, Acts, Result


def log(act: Act) -> None:
    """Say what is on record, in the log."""
    told = {name: getattr(act, name) for name in ("act", "who", "by", "subject", "why", "result", "status")}
    structlog.get_logger().info("act.recorded", **{name: value for name, value in told.items() if value})


@asynccontextmanager
async def on_record(
    store: Acts, begun: Act, *, must: bool = True, told: Callable[[Act], None] = log
) -> AsyncIterator[dict[str, Json]]:
    """Record an act, and how what is done meanwhile ends. Yields where numbers about it are put.

    An error with a `status` says that it was refused. must: whether it is left undone where it cannot be recorded;
    raises StoreUnavailable then; told: called with the act once it has ended.
    """
    seq: int | None = None
    try:
        seq = await store.begin_act(begun)
    except StoreError:
        if must:
            raise
    numbers: dict[str, Json] = {}
    result: Result = "failed"
    status: int | None = None
    try:
        yield numbers
        result = "done"
    except Exception as error:
        status = getattr(error, "status", None)
        result = "failed" if status is None else "refused"
        raise
    finally:
        if seq is not None:
            with suppress(StoreError):  # it stays on record as begun
                await store.end_act(seq, result, status, numbers)
        told(replace(begun, result=result, status=status, detail=numbers))
