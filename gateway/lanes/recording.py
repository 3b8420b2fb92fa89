"""What was made is recorded, whatever comes between: it must not be made again for want of a record."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.errors import StoreUnavailable
from gateway.model import Attempt, Outcome
from gateway.store import Store

Failed = Callable[[str, str | None, BaseException], None]


async def record(store: Store, attempt: Attempt, failed: Failed) -> None:
    """Store an attempt, also when everything is being stopped. Raises StoreError where the store cannot go on.

    failed: told where its details cannot be stored; it is then recorded without them.
    """
    try:
        await _record(store, attempt, failed)
    except asyncio.CancelledError:
        await _record(store, attempt, failed)  # the same number again replaces itself


async def _record(store: Store, attempt: Attempt, failed: Failed) -> None:
    try:
        await store.record(attempt)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  a plugin may have put anything into it
        failed(attempt.endpoint, attempt.event.id, error)
        await store.record(_bare(attempt))


def _bare(attempt: Attempt) -> Attempt:
    """What can be recorded of an attempt, whatever its details are."""
    kind, why = attempt.outcome.kind, "its details could not be stored; the log says why"
    bare = Outcome(kind, why, rule="a fault in the gateway or in a plugin")
    return replace(
        attempt, outcome=bare, votes=(), values=None, request=None, response=None, network_error=None
    )
