"""What a plugin raises stays that plugin's failure, also where it would end the process: `sys.exit()`, for one."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

T = TypeVar("T")

Kind: TypeAlias = Literal["raised", "wrong", "late", "slow"]
HOLD = 0.05  # seconds for which one call may hold up everybody before it is told of at all
_NAME = type.__dict__["__name__"]  # as type itself tells it: a metaclass may have a `__name__` of its own


@dataclass(frozen=True, slots=True)
class Fault:
    """What a plugin did that it must not.

    kind: it raised; gave something wrong; was late with its answer; or was slow: it held up the loop for `seconds`.
    endpoint: None where the plugin is an observer.
    """

    plugin: str
    hook: str
    kind: Kind
    endpoint: str | None = None
    error: BaseException | None = None
    seconds: float = 0.0


Tell: TypeAlias = Callable[[Fault], None]


def unheard(fault: Fault) -> None:
    """Where nobody counts them."""


class WrongError(TypeError):
    """A plugin gave something else than it promised: what is wrong (what would be right)."""


class Stepped(Generic[T]):
    """What a plugin gives to be awaited, each step timed. held: told the seconds of one that holds up everybody."""

    __slots__ = ("_held", "_steps")

    def __init__(self, awaited: Awaitable[T], held: Callable[[float], None]) -> None:
        self._steps: Any = awaited.__await__()
        self._held = held

    def __await__(self) -> Generator[Any, Any, T]:
        return cast("Generator[Any, Any, T]", self)  # it is one in all that an await asks for

    def __iter__(self) -> "Stepped[T]":
        return self

    def __next__(self) -> Any:
        return self._timed(next, self._steps)

    def send(self, value: Any) -> Any:
        """Go on with a value."""
        return self._timed(self._steps.send, value)

    def throw(self, *error: Any) -> Any:
        """Go on with an error, such as a cancellation."""
        return self._timed(self._steps.throw, *error)

    def close(self) -> None:
        """End it where it is."""
        self._steps.close()

    def _timed(self, step: Callable[..., Any], *arguments: Any) -> Any:
        began = perf_counter()
        try:
            return step(*arguments)
        finally:
            if (spent := perf_counter() - began) > HOLD:
                self._held(spent)


def is_cut_off(error: BaseException) -> bool:
    """Whether this task was cancelled from outside; a plugin may raise the same without that."""
    task = asyncio.current_task()
    return issubclass(type(error), asyncio.CancelledError) and task is not None and task.cancelling() > 0


def is_interrupt(error: BaseException) -> bool:
    """Whether a person at a terminal has waited long enough; what a thread raises is a plugin's."""
    return type(error) is KeyboardInterrupt and threading.current_thread() is threading.main_thread()


def is_ours(error: BaseException) -> bool:
    """Whether an error was raised by the gateway itself, so that its words quote no lead."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and str(at.tb_frame.f_globals.get("__name__", "")).startswith("gateway.")


def kind_of(error: BaseException) -> Kind:
    """Which kind of fault an error is."""
    return "wrong" if type(error) is WrongError else "raised"


def named(value: object) -> str:
    """The name of a value's type, also where that would rather not tell it."""
    return str(_NAME.__get__(type(value)))


def words(error: BaseException) -> str:
    """What an error says, also where its own `__str__` fails."""
    try:
        return plain(str(error))
    except BaseException as worse:  # noqa: BLE001  a failure to say what failed must not hide it
        return f"its text cannot be had ({named(worse)})"


def told(error: BaseException) -> str:
    """What failed, and how."""
    return words(error) if type(error) is WrongError else f"{named(error)}: {words(error)}"


def plain(text: str) -> str:
    """A text as a str of Python's own: what is derived from it may have methods that do anything."""
    return text if type(text) is str else str.__str__(text)


def form(value: object, most: int = 200) -> str:
    """How a plugin's value writes itself, cut where it is long, and also where its own `__repr__` fails."""
    try:
        text = plain(repr(value))
    except BaseException as worse:  # noqa: BLE001  a failure to say what failed must not hide it
        return f"a {named(value)} whose form cannot be had ({named(worse)})"
    return text if len(text) <= most else f"{text[: most - 1]}…"
