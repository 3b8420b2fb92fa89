"""Reading answers so that none holds up the others.

A small answer is read at once. One that could take time is read in a thread, one at a time for each endpoint, so that
no source can occupy them all. A thread cannot be stopped: how much work an answer can make is bounded where it is
read, and whoever waits for a plugin that never ends is told so.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter

from gateway.answers import read, takes_time
from gateway.checked import checked_outcome
from gateway.conf.model import Route
from gateway.contained import HOLD, Fault, Tell, told, unheard
from gateway.model import Outcome, Response

THREADS = 4
LONGEST = 10.0  # seconds, waiting for the endpoint's earlier answers included


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="answers")


@dataclass(slots=True)
class Reader:
    """Reads the answers of one loop. longest: seconds that one may take."""

    longest: float = LONGEST
    _threads: ThreadPoolExecutor = field(default_factory=_threads, repr=False)
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict, repr=False)

    async def read(self, route: Route, response: Response, tell: Tell = unheard) -> Outcome:
        """What an answer means. Raises what the transport's `read` raises. tell: hears where that takes too long."""
        if not takes_time(response, route.endpoint):
            began = perf_counter()
            outcome = _meaning(route, response)
            if (spent := perf_counter() - began) > HOLD:
                tell(Fault(route.transport.name, "read", "slow", route.endpoint.id, seconds=spent))
            return outcome
        try:
            async with asyncio.timeout(self.longest) as limit:
                return await self._apart(route, response)
        except TimeoutError:
            if not limit.expired():
                raise
            if route.transport.read is not read:  # the core's own is slow where the answer is to blame
                tell(Fault(route.transport.name, "read", "late", route.endpoint.id))
            late = f"the answer could not be read within {self.longest:g} s"
            return Outcome("error", late, rule="reading took too long")

    async def _apart(self, route: Route, response: Response) -> Outcome:
        turn = self._turns.setdefault(route.endpoint.id, asyncio.Lock())
        await turn.acquire()
        reading = asyncio.get_running_loop().run_in_executor(self._threads, _meaning, route, response)

        def ended(done: asyncio.Future[Outcome]) -> None:
            turn.release()  # not before: until then the thread is taken
            if not done.cancelled():
                done.exception()  # whoever waited for it may have gone

        reading.add_done_callback(ended)
        return await asyncio.shield(reading)


def _meaning(route: Route, response: Response) -> Outcome:
    try:
        outcome = route.transport.read(response, route.endpoint)
        if route.transport.read is read:
            return outcome
        checked = checked_outcome(outcome)
        # Its words may quote a lead: what follows `where` is kept out of log and alerts.
        said = f"`read` of the plugin {route.transport.name} decided, where it says: {checked.rule}"
        return replace(checked, rule=said)
    except (StopIteration, GeneratorExit) as error:
        # A future cannot bring these to who waits for it: the lane would wait for ever.
        raise RuntimeError(f"it raised {told(error)}") from error
