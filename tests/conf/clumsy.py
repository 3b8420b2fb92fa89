"""A transport whose every hook fails in the way that its conf asks for."""

import threading
from collections.abc import Callable
from itertools import count

from gateway import Endpoint, Held, Request, Settings, Values, hookimpl

# Ends what goes on endlessly.
ENOUGH = threading.Event()


class Clumsy(Settings):
    fails: str = ""
    """How: see the hooks."""


@hookimpl
def settings() -> type[Clumsy]:
    return Clumsy


@hookimpl
def prepare(endpoint: Endpoint, load: Callable[[str], bytes]) -> str:
    match endpoint.settings.fails:
        case "prepare":
            raise ZeroDivisionError("by zero")
        case "held":
            raise Held("the moon is not up yet")
        case "after fetching":
            raise ZeroDivisionError(f"by {load(endpoint.url).decode()}")
        case "endlessly":
            load(endpoint.url)
            ENOUGH.wait()
        case "greedily":
            for number in count():
                load(f"{endpoint.url}?{number}")
        case "hiding what it lacks":
            try:
                return load(endpoint.url).decode()
            except Held:
                raise ValueError("something went wrong") from None
    return "made"


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    if endpoint.settings.fails == "render" or (values.tree or {}).get("fail") == "now":
        raise IndexError("no such thing")
    return Request("POST", values.url, (), b"")
