"""An event's story in lines for a person, from the JSON of the HTTP interface."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import simplejson

from gateway.cli.terminal import coloured, safe
from gateway.model import OUTCOMES, SHOWN_STATES

Told = Mapping[str, Any]


def story(event: Told, now: datetime) -> Iterator[str]:
    """The whole story: what was posted, where it stands, every attempt, what is next."""
    flow = f", flow {event['flow']}" if event["flow"] else ""
    lead = f", lead {event['lead_id']}" if event["lead_id"] else ""
    yield safe(f"{event['id']}: a {event['type']} for {event['source']}{flow}{lead}")
    yield f"  received  {event['received_at']}"
    yield f"  endpoint  {event['endpoint']}"
    yield f"  state     {coloured(event['state'])}: {SHOWN_STATES.get(event['state'], '')}"
    if event["outcome"]:
        yield f"  outcome   {coloured(event['outcome'])}: {OUTCOMES.get(event['outcome'], '')}"
    yield from (safe(f"  {key:<9} {event[key]}") for key in ("reason", "price", "reference") if event[key])
    yield from (safe(f"  {name} = {value}") for name, value in (event["capture"] or {}).items())
    yield f"  next      {_next(event, now)}"
    if event["replay"]:
        yield safe(f"  replay    {_replay(event['replay'])}")
    yield from ("", "posted")
    yield from indented(pretty(event["posted"]))
    for one in event["attempts"]:
        yield ""
        yield from attempt(one)


def attempt(one: Told) -> Iterator[str]:
    """One attempt: votes, request, answer, outcome."""
    yield f"attempt {one['number']} at {one['started_at']}, {float(one['ms']):.0f} ms, conf {one['conf']}"
    if one["replay"]:
        yield safe(f"  replay    {_replay(one['replay'])}")
    yield from votes(one["criteria"])
    if one["left_out"]:
        yield safe(f"  left out  {', '.join(one['left_out'])} (blank)")
    if one["request"]:
        yield from indented(exchanged(one["request"], f"{one['request']['method']} {one['request']['url']}"))
    yield from answered(one)
    if one["due_at"]:
        what = "asked again" if one["outcome"] == "skip" else "tried again"
        yield f"  then      {what} at {one['due_at']}"


def answered(one: Told) -> Iterator[str]:
    """What came back in one attempt, and what it means."""
    if one["response"]:
        status = "no status" if one["response"]["status"] is None else f"status {one['response']['status']}"
        yield ""
        cut = ", cut short" if one["response"]["truncated"] else ""
        yield from indented(exchanged(one["response"], f"answer: {status}{cut}"))
    if one["network_error"]:
        yield safe(f"  network   {one['network_error']}")
    if one["maybe_received"]:
        yield "            the source may have received it all the same"
    why = f": {one['reason']}" if one["reason"] else ""
    yield f"  outcome   {coloured(one['outcome'])}{safe(why)}"
    if one["rule"]:
        yield safe(f"  because   {one['rule']}")
    yield from (f"  found     {line}" for line in found(one.get("found", ())))
    yield from (safe(f"  note      {note}") for note in one["notes"])


def found(rules: Sequence[Told]) -> Iterator[str]:
    """What each response rule found in the answer, and where."""
    for one in rules:
        yield safe(f"{one['key']} {one['place']}: {one['text']!r}")


def votes(criteria: Sequence[Told]) -> Iterator[str]:
    """What each criterion said."""
    for vote in criteria:
        until = f" until {vote['until']}" if vote.get("until") else ""
        reason = f": {vote['reason']}" if vote["reason"] else ""
        yield f"  criterion {vote['name']} {coloured(vote['verdict'])}{until}{safe(reason)}"
        if vote.get("rule"):  # votes that were stored by an older version have none
            saw = simplejson.dumps(vote["seen"], ensure_ascii=False, use_decimal=True)
            yield safe(f"            by the rule: {vote['rule']}; it saw {saw}")


def exchanged(message: Told, first: str) -> Iterator[str]:
    """A request or an answer: its first line, its headers, its body as it was sent."""
    yield safe(first)
    yield from (safe(f"{name}: {value}") for name, value in message["headers"].items())
    if message.get("body_base64"):
        yield from ("", f"(not UTF-8; base64) {message['body_base64']}")
    elif message.get("body"):
        yield ""
        yield from safe(message["body"]).split("\n")


def pretty(value: Any) -> Iterator[str]:
    """A JSON value over several lines, numbers exact."""
    yield from safe(simplejson.dumps(value, indent=2, ensure_ascii=False, use_decimal=True)).splitlines()


def _next(event: Told, now: datetime) -> str:
    state, due = event["state"], event["due_at"]
    if state == "sending":
        return "it is on its way right now"
    if state == "held":
        return safe(f"waits, and goes on once that is over: {event.get('held', '')}")
    if due:
        what = "will be tried again at" if event["attempt_count"] else "its first try, due at"
        if event["outcome"] == "skip":
            what = "the criteria are asked again at"
        return f"{what} {due} ({_until(datetime.fromisoformat(due), now)})"
    if state == "parked":
        return f"nothing by itself (send it again: feedback-gateway replay {event['id']})"
    return "nothing: this is final"


def _until(due: datetime, now: datetime) -> str:
    """How long it is until then, in the largest unit that says enough: `in 14 s`, `in 3 h`."""
    seconds = (due - now).total_seconds()
    if seconds < 1:
        return "now"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"in {seconds / size:.0f} {unit}"
    return f"in {seconds:.0f} s"


def _replay(replay: Told) -> str:
    skipped = f", without {', '.join(replay['skip_criteria'])}" if replay["skip_criteria"] else ""
    why = f": {replay['why']}" if replay["why"] else ""
    job = f", in the job {replay['job']}" if replay.get("job") else ""
    return f"{replay.get('by') or 'a person'} sent it again with {replay['values']} values{skipped}{job}{why}"


def indented(lines: Iterator[str]) -> Iterator[str]:
    """Lines set in."""
    return (f"    {line}".rstrip() for line in lines)
