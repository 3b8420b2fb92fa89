"""Puts the question to one plugin: whatever it raises, however long it takes, the answer is only its own."""

import asyncio
import dis
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import lru_cache
from time import perf_counter
from types import CodeType, CoroutineType
from typing import Any, TypeAlias

from gateway.contained import HOLD, Stepped
from gateway.model import Event, Json

_CONTAINERS = (dict, list)  # of which posted JSON is made
Asking: TypeAlias = Callable[[], Coroutine[Any, Any, object]]
Elsewhere: TypeAlias = Callable[[Callable[[], object]], Awaitable[object]]


def _unheard(seconds: float) -> None:
    """Where nobody minds."""


async def answer(
    ask: Asking,
    patience: float,
    held: Callable[[float], None] = _unheard,
    elsewhere: Elsewhere | None = None,
) -> object:
    """What a criterion says, or the exception that it raised. Raises TimeoutError where it is not patient enough.

    One that has to wait for something gets a task of its own: where it does not heed a cancellation, neither its
    lane nor a shutdown waits for it. held: told the seconds for which it held up everybody, where those are many;
    elsewhere: where one that never waits is asked about so much that it could hold up everybody.
    """
    began = perf_counter()
    try:
        asking = ask()
        is_steady = isinstance(asking, CoroutineType) and not _waits(asking.cr_code)
        if is_steady and elsewhere is None:
            return _at_once(asking)
    except BaseException as error:  # noqa: BLE001  a third party's failure is neither a veto nor a pass
        return error
    finally:
        if (spent := perf_counter() - began) > HOLD:
            held(spent)
    if is_steady and elsewhere is not None:
        return await elsewhere(lambda: _at_once_or_why_not(asking))
    task = asyncio.create_task(_contained(asking, held))
    if isinstance(asking, CoroutineType):  # a task that is cancelled before it starts never awaits it
        task.add_done_callback(lambda _: asking.close())
    try:
        done, _ = await asyncio.wait([task], timeout=patience)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError
    return task.result()


def apart(event: Event, variables: Mapping[str, Json]) -> tuple[Event, Mapping[str, Json]]:
    """The event and its variables for whoever may change them: what is mapped and recorded stays as it was posted."""
    scope = _copied(variables)
    body = dict(event.body)
    for key, value in event.body.items():
        if type(value) in _CONTAINERS:
            body[key] = scope[key] if variables.get(key) is value else _copied(value)
    own = Event(event.id, event.type, event.source, event.flow, body, event.text, event.received_at)
    return own, scope


@lru_cache(maxsize=1024)
def _waits(code: CodeType) -> bool:
    """Whether a coroutine can wait for anything: an `await` always leaves a yield behind."""
    return any(step.opname == "YIELD_VALUE" for step in dis.get_instructions(code))


def _at_once(asking: Coroutine[Any, Any, object]) -> object:
    """The answer of a coroutine that never waits: a task or a timeout would cost more than most criteria do."""
    try:
        asking.send(None)
    except StopIteration as answered:
        return answered.value
    raise RuntimeError("it waited without an await")


def _at_once_or_why_not(asking: Coroutine[Any, Any, object]) -> object:
    try:
        return _at_once(asking)
    except BaseException as error:  # noqa: BLE001  whoever waits for it is told
        return error


async def _contained(asking: Awaitable[object], held: Callable[[float], None]) -> object:
    """A task that raises SystemExit would take the daemon with it."""
    try:
        return await Stepped(asking, held)
    except BaseException as error:  # noqa: BLE001  whoever waits for it is told
        return error


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        copy = value.copy()
        for key, inner in value.items():
            if type(inner) in _CONTAINERS:
                copy[key] = _copied(inner)
        return copy
    if kind is list:
        return [_copied(inner) if type(inner) in _CONTAINERS else inner for inner in value]
    return value
