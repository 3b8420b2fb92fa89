"""A plan in lines for a person."""

from collections.abc import Iterator

import click

from gateway.cli.terminal import counted, on_one_line
from gateway.jsontext import dumps
from gateway.model import Json
from gateway.plan.report import Change, Edit, EndpointPlan, Plan, Turn

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_LONGEST = 120  # characters of a value


def lines(plan: Plan) -> Iterator[str]:
    """What would change, endpoint by endpoint."""
    if not plan.changes:
        yield f"no change: {counted(plan.events, 'event')} tried at {counted(plan.untouched, 'endpoint')}"
        return
    yield from _edits(plan.shared)
    for one in plan.endpoints:
        yield from _endpoint(one)
    others = f" at {counted(plan.untouched, 'other endpoint')}" if plan.endpoints else ""
    if plan.untouched or not plan.endpoints:
        yield f"no change{others or ' at any endpoint'}"
    yield f"{counted(plan.events, 'event')} tried"


def _endpoint(one: EndpointPlan) -> Iterator[str]:
    yield f"{click.style(on_one_line(one.endpoint), bold=True)}: {one.status}, {counted(one.events, 'event')} compared"
    sections = {
        "conf": _edits(one.conf),
        "moved here": map(_change, one.moved),
        "values": map(_change, one.values),
        "request": map(_change, one.requests),
        "rendering": map(_turn, one.rendering),
        "criteria": map(_turn, one.criteria),
        "answers": map(_change, one.answers),
        "note": map(on_one_line, one.notes),
    }
    told = False
    for title, found in sections.items():
        for at, line in enumerate(found):
            told = told or title != "conf"
            yield f"  {'' if at else title:<11}{line}"
    if not told and one.events:
        yield f"  {'':<11}nothing would change for these events"


def _edits(edits: tuple[Edit, ...]) -> Iterator[str]:
    for edit in edits:
        yield f"{_sign(edit.kind)} {on_one_line(edit.key)}{_values(edit.kind, edit.before, edit.after)}"


def _change(change: Change) -> str:
    example = change.example
    shown = _values(change.kind, example.before, example.after)
    much = f"{counted(change.count, 'event')}, such as {on_one_line(example.event)}"
    return f"{_sign(change.kind)} {on_one_line(change.key)}  {much}{shown}"


def _turn(turn: Turn) -> str:
    reason = turn.example.after or turn.example.before
    said = f": {_short(str(reason))}" if reason else ""
    much = counted(turn.count, "event")
    return on_one_line(
        f"{much} {turn.before} → {turn.after} by {turn.why}, such as {turn.example.event}{said}"
    )


def _values(kind: str, before: Json, after: Json) -> str:
    shown = {"added": (after,), "removed": (before,), "changed": (before, after)}[kind]
    texts = [_short(dumps(value)) for value in shown]
    return "" if all(value is None for value in shown) else f": {on_one_line(' → '.join(texts))}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sign(kind: str) -> str:
    sign, colour = _SIGNS[kind]
    return click.style(sign, fg=colour)
