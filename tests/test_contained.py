"""What a plugin raises or gives can be told of, whatever it does to prevent that."""

import asyncio
import threading
import time
from typing import Any

import pytest

from gateway.contained import HOLD, Stepped, form, is_interrupt, is_ours, kind_of, named, plain, told, words
from gateway.errors import SendError
from gateway.model import Request
from gateway.rendering import render


class Meta(type):
    """A type that would rather not tell its name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit(3)


class Unsayable(Exception, metaclass=Meta):
    """An error that says nothing."""

    def __str__(self) -> str:
        raise SystemExit(3)

    __repr__ = __str__

    @property
    def __class__(self) -> Any:
        raise SystemExit(3)


def test_what_cannot_be_said_is_named() -> None:
    """Neither its text, nor its form, nor its type's name can end who asks."""
    error = Unsayable()
    assert (named(error), words(error)) == ("Unsayable", "its text cannot be had (SystemExit)")
    assert told(error) == "Unsayable: its text cannot be had (SystemExit)"
    assert form(error) == "a Unsayable whose form cannot be had (SystemExit)"
    assert kind_of(error) == "raised"


def test_a_text_is_python_s_own() -> None:
    """What is derived from str becomes one; what is one stays the same object."""

    class Text(str):
        def __str__(self) -> str:
            raise SystemExit(3)

    text = "as it is"
    assert plain(text) is text
    assert (type(plain(Text("a"))), plain(Text("a"))) == (str, "a")


def test_whose_words_they_are() -> None:
    """An error from within the gateway quotes no lead; one that a plugin raises may."""
    with pytest.raises(AttributeError) as ours:
        render(lambda values, endpoint: Request("GET", ""), None, None, {}, "")  # type: ignore[arg-type]
    with pytest.raises(SendError) as theirs:
        raise SendError("joe@example.com hung up", maybe_received=True)
    assert (is_ours(ours.value), is_ours(theirs.value), is_ours(ValueError())) == (True, False, False)


async def test_only_what_holds_up_the_loop_is_told() -> None:
    """Waiting is nobody's fault; the answer and what is raised come through, and so does a cancellation."""
    held: list[float] = []

    async def work(block: float) -> str:
        await asyncio.sleep(HOLD * 1.5)
        time.sleep(block)  # what a plugin must not do
        return "done"

    async def stepped(block: float) -> str:
        return await Stepped(work(block), held.append)

    assert await stepped(0) == "done"
    assert held == []
    assert await stepped(HOLD * 1.2) == "done"
    assert len(held) == 1
    task = asyncio.create_task(stepped(0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_an_interrupt_is_a_persons_at_the_terminal_alone() -> None:
    """It comes to the main thread; what another raises, or what is only derived from it, is a plugin's."""
    found: list[bool] = []
    other = threading.Thread(target=lambda: found.append(is_interrupt(KeyboardInterrupt())))
    other.start()
    other.join()
    assert found == [False]
    assert is_interrupt(KeyboardInterrupt())
    assert not is_interrupt(type("Own", (KeyboardInterrupt,), {})())
    assert not is_interrupt(SystemExit())
