"""How a daemon must be once an attack is over: quick, unhurried, at work, and without a trace of surprise in its log."""

import re
import time
from pathlib import Path

import aiohttp

HEALTHY = "return: {transport: json, url: PARTNER/json, mapping: {id: '{{ lead.id }}'}}\n"
_BUCKET = re.compile(r'^feedback_gateway_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


async def unharmed(client: aiohttp.ClientSession, log: str) -> None:
    """It answers within 100 ms, delivers an event of the source `healthy`, and its log holds no traceback."""
    times = []
    for _ in range(5):  # one may meet a busy machine
        started = time.perf_counter()
        async with client.get("/-/healthy") as answer:
            assert answer.status == 200
        times.append(time.perf_counter() - started)
    assert min(times) < 0.1, times
    event = {"type": "return", "source": "healthy", "lead": {"id": "1"}}
    async with client.post("/events", json=event, headers={"Prefer": "wait=10"}) as answer:
        assert (await answer.json())["state"] == "delivered"
    assert "Traceback" not in log
    assert '"level": "critical"' not in log


async def lags(client: aiohttp.ClientSession) -> dict[float, float]:
    """How often the event loop was late by at most so many seconds."""
    async with client.get("/metrics") as answer:
        return {float(most): float(count) for most, count in _BUCKET.findall(await answer.text())}


def unhurried(before: dict[float, float], after: dict[float, float], pid: int | None = None) -> None:
    """Between two looks the loop was late by less than 50 ms in 99 of 100 cases.

    pid: the daemon's; where the machine had it wait for a processor, what the loop was late by was not its doing.
    """
    looks = {most: after[most] - before[most] for most in after}
    assert looks[0.05] >= 0.99 * looks[float("inf")] or (pid is not None and starved(pid)), looks


def starved(pid: int) -> bool:
    """Whether a process was ready to run, and did not, for more than half as long as it ran (see sched-stats of Linux)."""
    ran, waited, _ = map(int, Path(f"/proc/{pid}/schedstat").read_text().split())
    return waited > ran / 2
