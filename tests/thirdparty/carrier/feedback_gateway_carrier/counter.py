"""Observer and wrapper `counter`: counts attempts, and says on each answer how many were made before it."""

from collections.abc import Coroutine, Generator
from dataclasses import replace
from typing import Any

from gateway import Response, hookimpl

Sending = Coroutine[Any, Any, Response]


class Counter:
    """One count for the whole process."""

    def __init__(self) -> None:
        self.attempts = 0

    @hookimpl
    def attempted(self) -> None:
        """Count an attempt."""
        self.attempts += 1

    @hookimpl(wrapper=True)
    def send(self) -> Generator[None, Sending, Sending]:
        """Let the transport send, and add a header to the answer."""
        sending = yield

        async def sent() -> Response:
            response = await sending
            before = ("X-Attempts-Before", str(self.attempts))
            return replace(response, headers=(*response.headers, before))

        return sent()


counter = Counter()
