"""A process to be killed: adds events and prints the id of each that the store acknowledged."""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from gateway import jsontext
from gateway.model import Event
from gateway.store import Entry
from gateway.store.sqlite import SqliteStore


async def main(folder: Path) -> None:
    store = await SqliteStore.open(folder, on_fatal=lambda error: print("fatal:", error, flush=True))
    numbers = count()

    async def work() -> None:
        for number in numbers:
            body = {"id": f"e{number}", "type": "return", "source": "acme", "note": "x" * 500}
            text, now = jsontext.dumps(body), datetime.now(UTC)
            event = Event(body["id"], "return", "acme", None, body, text, now)
            await store.add([Entry(event, "acme/return", due_at=now)])
            print(event.id, flush=True)

    try:
        await asyncio.gather(*(work() for _ in range(16)))
    finally:
        await store.close()


asyncio.run(main(Path(sys.argv[1])))
