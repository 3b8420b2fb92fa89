"""Alerts on their way: one after another, best effort, and in nobody's way."""

import asyncio
from typing import Any

from gateway.alerts.outbox import Outbox
from gateway.model import Alert
from tests.making import NOON


def alert(key: str) -> Alert:
    return Alert(key, "parked", f"{key} is parked", NOON)


class Desk:
    """Whoever is to hear of alerts; it says of each try what `answers` says next, else that it was taken."""

    def __init__(self, *answers: str | Exception | None, **more: Any) -> None:
        self.answers = list(answers)
        self.tries: list[str] = []
        self.lost: list[tuple[str, str]] = []
        self.outbox = Outbox(self.send, lambda alert, why: self.lost.append((alert.key, why)), **more)

    async def send(self, alert: Alert) -> str | None:
        self.tries.append(alert.key)
        said = self.answers.pop(0) if self.answers else None
        if isinstance(said, Exception):
            raise said
        return said

    async def run(self) -> None:
        running = asyncio.create_task(self.outbox.run())
        await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_each_is_sent_in_turn() -> None:
    """In the order in which they came, once where it is taken."""
    desk = Desk(pauses=())
    for key in "abc":
        desk.outbox.put(alert(key))
    await desk.run()
    assert (desk.tries, desk.lost) == (["a", "b", "c"], [])


async def test_what_is_not_taken_is_tried_a_few_times_and_then_lost() -> None:
    """Whatever fails, the next one is sent all the same, and each loss is told with its reason."""
    desk = Desk("no answer came", OSError("down"), "the status", pauses=(0.001, 0.001))
    desk.outbox.put(alert("a"))
    desk.outbox.put(alert("b"))
    await desk.run()
    assert (desk.tries, desk.lost) == (["a", "a", "a", "b"], [("a", "the status")])


async def test_one_that_is_taken_at_last_is_not_lost() -> None:
    """A blip costs no alert."""
    desk = Desk("no answer came", pauses=(0.001, 0.001))
    desk.outbox.put(alert("a"))
    await desk.run()
    assert (desk.tries, desk.lost) == (["a", "a"], [])


async def test_more_than_there_is_room_for_is_lost_at_once() -> None:
    """Whoever raises an alert never waits, and memory is bounded."""
    desk = Desk(room=2, pauses=())
    for key in "abc":
        desk.outbox.put(alert(key))
    assert desk.lost == [("c", "2 others wait already")]
