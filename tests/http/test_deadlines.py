"""Time limits that share timers are kept all the same."""

import asyncio
from typing import Any

import pytest

from gateway.http.deadlines import TICK, Deadlines

SLACK = 2.0  # seconds that a busy machine may take longer


async def _go_on(deadlines: Deadlines, seconds: float) -> None:
    """Something that would take much longer."""
    async with asyncio.timeout(None) as limit:
        deadlines.end(limit, seconds)
        await asyncio.sleep(seconds + TICK + SLACK)


@pytest.mark.parametrize("seconds", [0.0, 0.01, TICK, 0.12])
async def test_none_is_ended_early_and_none_late(seconds: float) -> None:
    """What goes on is ended between its seconds and a TICK more."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        await _go_on(Deadlines(), seconds)
    assert seconds <= loop.time() - began < seconds + TICK + SLACK


async def test_what_has_ended_in_time_is_left_alone() -> None:
    """Taken out of the set, a limit is never reached, whoever else shares its timer."""
    deadlines = Deadlines()
    async with asyncio.timeout(None) as kept:
        deadlines.end(kept, 0.01).discard(kept)
        with pytest.raises(TimeoutError):
            await _go_on(deadlines, 0.01)
        await asyncio.sleep(TICK * 2)
    assert not kept.expired()


async def test_what_is_due_together_has_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand requests of one endpoint set a timer or two, and the next ones later do so again."""
    loop, deadlines = asyncio.get_running_loop(), Deadlines()
    real, timers = loop.call_at, []

    def counted(when: float, *call: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return real(when, *call)

    monkeypatch.setattr(loop, "call_at", counted)
    for _ in range(1000):
        async with asyncio.timeout(None) as limit:
            deadlines.end(limit, 60.0).discard(limit)
    assert 1 <= len(timers) <= 2 + (max(timers) - min(timers)) / TICK
    for timer in timers:
        assert timer >= loop.time() + 60.0 - SLACK
