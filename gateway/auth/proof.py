"""What the gateway asks of an endpoint's auth, whatever its kind."""

from datetime import datetime
from typing import Self

from gateway.model import Request, Values


class Auth:
    """One way to prove who we are. Its defaults are those of a way that needs no header."""

    __slots__ = ()

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that are the same in every request; raises RenderError where the secrets cannot be sent."""
        return ()

    def stamps(self, key: str, now: datetime | None) -> tuple[tuple[str, str], ...]:
        """The headers of one attempt, which are shown. key: the idempotency key; now: the attempt's own moment."""
        return ()

    def on(self, request: Request) -> Request:
        """The request with the proof, unless such a header was mapped; raises RenderError where it cannot be sent."""
        return with_headers(request, self.headers())

    def sent(self, values: Values) -> tuple[str, ...]:
        """What an attempt's request holds of the secrets in a form of its own: masked in answers, too."""
        return ()

    def masked(self) -> Self:
        """The same with `***` for every secret, for what is shown."""
        return self


def with_headers(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    """The request with the headers that it does not have yet."""
    there = {name.lower() for name, _ in request.headers}
    added = tuple([pair for pair in headers if pair[0].lower() not in there])
    # Not by `replace`, which takes four times as long: this is done for every delivery.
    return Request(
        request.method, request.url, request.headers + added, request.body, request.notes, request.secret
    )
