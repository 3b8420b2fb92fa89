"""Work apart from the loop keeps nobody: neither who else asks, nor the end of the process."""

import _thread
import asyncio
import subprocess
import sys
import threading

import pytest

from gateway.apart import Apart

ENDLESS = """
import asyncio, threading
from gateway.apart import Apart

async def daemon():
    try:
        await Apart("reading it", longest=0.05).run("a", threading.Event().wait)
    except TimeoutError as error:
        print(error)
    return 0

asyncio.run(daemon())
"""


@pytest.fixture
def gate():
    """Opened at the end, so that no thread is left."""
    gate = threading.Event()
    yield gate
    gate.set()


async def test_it_returns_or_raises_what_the_work_does():
    """In a thread of its own; also what a future cannot hold."""
    apart = Apart("it")
    assert await apart.run("a", lambda: threading.current_thread().daemon) is True
    with pytest.raises(ZeroDivisionError):
        await apart.run("a", lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="it raised StopIteration"):
        await apart.run("a", lambda: next(iter(())))


async def test_what_takes_too_long_is_given_up(gate):
    """In words; the same one must wait for its end before it is begun again, others go on."""
    apart = Apart("reading it", threads=2, longest=0.05)
    for _ in range(3):
        with pytest.raises(TimeoutError, match=r"^reading it takes longer than 0.05 s \(one is right\)$"):
            await apart.run("a", gate.wait)
    assert await apart.run("b", lambda: 1) == 1
    gate.set()
    assert await apart.run("a", lambda: 2) == 2


async def test_the_threads_are_few(gate):
    """Who comes when all are taken waits, as long as it takes, and is not late by that."""
    apart = Apart("reading it", threads=2, longest=0.05)
    given_up = await asyncio.gather(*(apart.run(name, gate.wait) for name in "ab"), return_exceptions=True)
    assert [type(error) for error in given_up] == [TimeoutError, TimeoutError]
    waiting = asyncio.create_task(apart.run("c", lambda: 3))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    gate.set()
    assert await waiting == 3


async def test_who_gives_up_waiting_takes_no_thread(gate):
    """Cancelled before its turn, it leaves nothing taken."""
    apart = Apart("reading it", threads=1, longest=0.05)
    with pytest.raises(TimeoutError):
        await apart.run("a", gate.wait)
    waiting = asyncio.create_task(apart.run("b", lambda: 1))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await asyncio.wait([waiting])
    assert await apart.run("b", lambda: 2) == 2


async def test_where_no_thread_can_be_had_nothing_stays_taken(monkeypatch):
    """The system's word is raised; the next who asks is served."""
    apart = Apart("reading it", threads=1, longest=0.05)

    def refused(function, args):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as out_of_threads:
        out_of_threads.setattr(_thread, "start_new_thread", refused)
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"^can't start new thread$"):
                await apart.run("a", lambda: 1)
    assert await apart.run("a", lambda: 2) == 2


def test_the_process_ends_although_a_thread_goes_on():
    """As `asyncio.run` ends; asyncio's own threads would keep it."""
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "reading it takes longer than 0.05 s (one is right)\n")
