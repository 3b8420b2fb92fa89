"""Forgetting a lead where no daemon runs: the data folder is held meanwhile, as by one."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import StoreError
from gateway.store import Filter, Forgotten, folder
from gateway.store.acts import Act, hidden
from gateway.store.recording import on_record
from gateway.store.sqlite import SqliteStore

AT_ONCE = 100


async def count(data: Path, lead_id: str) -> dict[str, int]:
    """How many events are about a lead, and how many of them wait. Raises StoreError, also where a daemon runs."""
    store = await _opened(data)
    try:
        found = waiting = 0
        after: str | None = None
        while True:
            page = await store.list(Filter(lead_id=lead_id), 1000, after)
            found += len(page.events)
            waiting += sum(event.due_at is not None for event in page.events)
            after = page.next
            if after is None:
                return {"events": found, "waiting": waiting, "sending": 0}
    finally:
        await store.close()


async def forget_lead(data: Path, lead_id: str, by: str, why: str) -> dict[str, int]:
    """Remove every event about a lead, also such as wait, on record; what was removed.

    by: the user who wants it. Raises StoreError, as `count` does.
    """
    store = await _opened(data)
    try:
        begun = Act(datetime.now(UTC), f"user {by}", by, "forget", f"lead {hidden(lead_id)}", why)
        async with on_record(store, begun, told=_nobody_hears) as numbers:
            done = Forgotten()
            while events := (await store.list(Filter(lead_id=lead_id), AT_ONCE)).events:
                done += await store.forget([event.id for event in events])
            if not done.events:
                await store.forget(())  # what was removed before may still stand in the log
            numbers.update(done.counts())
        return done.counts()
    finally:
        await store.close()


def _nobody_hears(act: Act) -> None:
    """There is no daemon whose log would tell it."""


async def _opened(data: Path) -> SqliteStore:
    if not (data / folder.FILE).exists():
        raise StoreError(
            f"there is no store in {data}, and no daemon answers (name its conf folder with --conf)"
        )
    return await SqliteStore.open(data)
