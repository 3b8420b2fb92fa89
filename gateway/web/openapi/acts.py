"""The record of administrative acts, key by key."""

from typing import Any

from gateway.store.acts import Kind, Result
from gateway.web.openapi.shapes import Shape


class Act(Shape):
    """One administrative act."""

    at: str
    """When it was begun."""
    who: str
    """As the daemon knows them: `token NAME`, `user NAME`, `local`, `signal`, `nobody`."""
    by: str
    """The same for people, with the name that the wish itself gave."""
    act: Kind
    """What was done."""
    subject: str
    """What was acted on: `event ID`, `endpoint ID`, `lead #HASH`, filters, or nothing."""
    why: str
    """Why."""
    result: Result
    """What came of it; `begun` where the daemon ended meanwhile."""
    status: int | None
    """That a refused one was answered with."""
    detail: dict[str, Any]
    """Numbers about it."""


class Acts(Shape):
    """A page of acts, newest first."""

    acts: list[Act]
    """Them."""
    next: str | None
    """The `after` of the next page; null on the last one."""
