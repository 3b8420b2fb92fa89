"""Plugins that mean harm, each a module's text: installed, named by a conf, and run in a daemon beside honest ones."""

from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = """\
import asyncio, time
from gateway import *
from gateway import hookimpl


class Bomb:
    def _off(self, *_):
        raise SystemExit("bomb")
    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = _off
    __class__ = property(_off)


class Text(str):
    def _off(self, *_, **__):
        raise SystemExit("text")
    encode = replace = split = strip = __repr__ = __str__ = __eq__ = __hash__ = __len__ = __format__ = _off


class Unsayable(Exception):
    def _off(self, *_):
        raise SystemExit("unsayable")
    __repr__ = __str__ = _off
    __class__ = property(_off)

"""
_RENDER = """
@hookimpl
def render(values):
    return Request("POST", values.url, (("Content-Type", "application/json"),), b"{}")
"""


@dataclass(frozen=True)
class Hostile:
    """One of them. source: how a source uses it; states: those that its events may be in; kinds: of the faults counted.

    observer: named in `plugins` instead; broken: its source has no good version, and why says what.
    """

    text: str
    states: frozenset[str]
    kinds: frozenset[str] = frozenset({"raised"})
    criterion: bool = False
    observer: bool = False
    broken: bool = False


def _module(body: str) -> str:
    return _HEAD + body


def _hook(head: str, body: str, rest: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return _module(f"{rest}\n@hookimpl\n{head}:\n{lines}\n")


def _transport(
    head: str, body: str, *kinds: str, states: str = "queued held", render: str = _RENDER
) -> Hostile:
    return Hostile(_hook(head, body, render), frozenset(states.split()), frozenset(kinds or ("raised",)))


def _render(body: str, *kinds: str, states: str = "queued held") -> Hostile:
    """A transport that is honest on trial, else it would not get as far as the daemon."""
    once = "global asked\nasked += 1\nif asked < 2:\n    return Request('POST', values.url)\n"
    return _transport("def render(values)", once + body, *kinds, states=states, render="asked = 0")


def _criterion(body: str, *kinds: str, states: str = "queued held") -> Hostile:
    text = _hook("async def veto(event, view)", body)
    return Hostile(text, frozenset(states.split()), frozenset(kinds or ("raised",)), criterion=True)


def _observer(head: str, body: str, *kinds: str) -> Hostile:
    return Hostile(
        _hook(head, body), frozenset({"delivered"}), frozenset(kinds or ("raised",)), observer=True
    )


HOSTILE: Mapping[str, Hostile] = {
    "exits_at_import": Hostile(_module("raise SystemExit(3)"), frozenset({"parked"}), frozenset(), broken=True),
    "settings_exit": Hostile(
        _module(f"{_RENDER}\n@hookimpl\ndef settings():\n    raise KeyboardInterrupt\n"),
        frozenset({"parked"}), frozenset(), broken=True,
    ),
    "prepare_exits": Hostile(
        _module(f"{_RENDER}\n@hookimpl\ndef prepare(endpoint):\n    raise asyncio.CancelledError\n"),
        frozenset({"parked"}), frozenset(), broken=True,
    ),
    "renders_exit": _render("raise SystemExit(3)"),
    "renders_interrupt": _render("raise KeyboardInterrupt"),
    "renders_unsayable": _render("raise Unsayable"),
    "renders_nothing": _render("return None", "wrong"),
    "renders_bomb": _render("return Bomb()", "wrong"),
    "renders_texts": _render("return Request(Text('POST'), Text(values.url), ((Text('A'), Text('b')),))",
                             states="delivered"),
    "renders_slowly": _render("time.sleep(0.3)\nreturn Request('POST', values.url)", "slow", states="delivered queued held"),
    "sends_cancelled": _transport("async def send(request)", "raise asyncio.CancelledError"),
    "sends_generator_exit": _transport("async def send(request)", "await asyncio.sleep(0)\nraise GeneratorExit"),
    "sends_late": _transport(
        "async def send(request)",
        "while True:\n    try:\n        await asyncio.sleep(3600)\n    except asyncio.CancelledError:\n        pass",
        "late", states="queued held sending",
    ),
    "sends_bomb": _transport("async def send(request)", "return Bomb()", "wrong"),
    "sends_slowly": _transport(
        "async def send(request)", "await asyncio.sleep(0)\ntime.sleep(0.3)\nreturn Response(200)", "slow",
        states="delivered queued held",
    ),
    "reads_stop": _transport("def read(response)", "raise StopIteration"),
    "reads_deep": _transport("def read(response)", "return read(response)"),
    "reads_endless": _transport(
        "def read(response)",
        "class Endless(dict):\n    def __iter__(self):\n        while True:\n            yield 'x'\n"
        "return Outcome('success', capture=Endless())",
        "wrong",
    ),
    "reads_texts": _transport(
        "def read(response)", "return Outcome(Text('success'), Text('fine'), rule=Text('mine'))", states="delivered"
    ),
    "vetoes_exit": _criterion("await asyncio.sleep(0)\nraise SystemExit(3)"),
    "vetoes_bomb": _criterion("return Bomb()", "wrong"),
    "vetoes_true": _criterion("return True", "wrong"),
    "vetoes_late": _criterion(
        "while True:\n    try:\n        await asyncio.sleep(3600)\n    except asyncio.CancelledError:\n        pass",
        "late", states="queued held sending",
    ),
    "vetoes_slowly": _criterion("time.sleep(0.3)\nreturn Pass()", "slow", states="delivered queued held"),
    "vetoes_texts": _criterion("return Veto(Text('no'), Text('rule'), {'a': Text('b')})", states="vetoed"),
    "observes_exit": _observer("def attempted(attempt)", "raise SystemExit(3)"),
    "observes_slowly": _observer("def attempted(attempt)", "time.sleep(0.3)", "slow"),
    "hears_alerts": _observer("def alerted(alert)", "raise KeyboardInterrupt"),
}  # fmt: skip
HONEST = frozenset({"renders_texts", "reads_texts", "vetoes_texts"})  # odd, and no fault of theirs
