"""What is kept of an attempt: its facts in the shape of the HTTP interface, and its values for a replay.

All of it is pure, and all writing is total: an attempt that was made must be recorded, so what JSON or UTF-8
cannot hold is kept as the text nearest to it.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

from pydantic_core import to_json

from gateway import jsontext
from gateway.model import Attempt, Json, Outcome, Replay, Request, Response, Secret, Tree, Values, Vote

KEPT_BYTES = 64 * 1024

# Our own text is read without the bounds of the intake: what could be stored can be read.
_DECODER = json.JSONDecoder(parse_float=Decimal)


def attempt_json(attempt: Attempt) -> dict[str, Json]:
    """One attempt in the shape of `attempts` in `GET /events/ID`; of an answer's body the first 64 KiB."""
    outcome, response = attempt.outcome, attempt.response
    notes = [*outcome.notes, *(attempt.request.notes if attempt.request else ())]
    if response and len(response.body) > KEPT_BYTES:
        notes.append(
            f"the answer had {len(response.body):,} bytes, of which the first {KEPT_BYTES:,} are kept"
        )
    return {
        "number": attempt.number,
        "endpoint": attempt.endpoint,
        "transport": attempt.transport,
        "started_at": _moment(attempt.started_at),
        "ms": round(attempt.ms, 3),
        "state": attempt.settled,
        **outcome_json(outcome),
        "due_at": _moment(attempt.due_at),
        "conf": attempt.conf,
        "key": attempt.key,
        "replay": None if attempt.replay is None else replay_json(attempt.replay),
        "criteria": [vote_json(vote) for vote in attempt.votes],
        "now": _moment(attempt.values.now) if attempt.values else None,
        "random": (attempt.values.random or None) if attempt.values else None,
        "left_out": list(attempt.values.left_out) if attempt.values else [],
        "request": request_json(attempt.request) if attempt.request else None,
        "response": _response(response) if response else None,
        "network_error": attempt.network_error,
        "maybe_received": attempt.maybe_received,
        "notes": notes,
    }


def attempt_text(attempt: Attempt) -> str:
    """The same as JSON text."""
    told = attempt_json(attempt)
    if any(vote.seen is not None for vote in attempt.votes):  # it may hold decimals
        return written(told)
    try:
        return to_json(told, inf_nan_mode="strings").decode()  # four times as fast, but for decimals
    except ValueError:
        return written(told)


def outcome_json(outcome: Outcome) -> dict[str, Json]:
    """What an answer means, as a JSON object."""
    return {
        "outcome": outcome.kind,
        "reason": outcome.reason,
        "rule": outcome.rule,
        "found": [{"key": one.key, "place": one.place, "text": one.text} for one in outcome.found],
        "price": None if outcome.price is None else str(outcome.price),
        "reference": outcome.reference,
        "capture": dict(outcome.capture),
        "cookie": outcome.cookie,
        "permanent": outcome.permanent,
        "retry_after": _retry_after(outcome.retry_after),
        "notes": list(outcome.notes),
    }


def replay_json(replay: Replay) -> dict[str, Json]:
    """A person's wish as a JSON object."""
    return {
        "values": replay.values,
        "skip_criteria": list(replay.skip_criteria),
        "again": replay.again,
        "why": replay.why,
        "by": replay.by,
        "job": replay.job,
    }


def replay_of(found: Mapping[str, Json]) -> Replay:
    """The wish that `replay_json` wrote."""
    return Replay(**{**found, "skip_criteria": tuple(found["skip_criteria"])})


def values_text(values: Values) -> str:
    """Values as JSON text. Secrets stand beside the tree, so that no posted object can pass for one."""
    secrets: list[Json] = []
    found = {
        "url": values.url,
        "headers": values.headers,
        "tree": values.tree,
        "extras": dict(values.extras),
        "left_out": values.left_out,
        "now": None if values.now is None else values.now.isoformat(),
        "random": values.random,
        "secrets": secrets,
    }
    try:
        return _strictly_written(found)
    except (TypeError, ValueError):  # a secret, which JSON does not know, or whatever a plugin put there
        for name in ("headers", "tree", "extras"):
            found[name] = _apart(found[name], (name,), secrets)
        return written(found)


def values_of(text: str) -> Values:
    """The values that `values_text` wrote."""
    found = read(text)
    for path, kind, name in found["secrets"]:
        *above, last = path
        node = found
        for step in above:
            node = node[step]
        node[last] = Secret(kind, name)
    headers = tuple((name, value) for name, value in found["headers"])
    return Values(
        found["url"],
        headers,
        found["tree"],
        tuple(found["left_out"]),
        found.get("extras", {}),
        datetime.fromisoformat(found["now"]) if found.get("now") else None,
        found.get("random", ""),
    )


def written(value: Json) -> str:
    """A value as JSON text that can be stored, whatever its leaves are."""
    try:
        return _strictly_written(value)
    except (TypeError, ValueError):
        return jsontext.dumps(_storable(value))


def read(text: str) -> Json:
    """What `written` wrote, numbers exact."""
    return _DECODER.decode(text)


def storable_text(text: str | None) -> str | None:
    """A text without lone surrogates, as headers of odd bytes carry them: UTF-8 cannot hold these."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def _strictly_written(value: Json) -> str:
    """Raises TypeError for what JSON does not hold, and ValueError for what UTF-8 does not."""
    text = jsontext.dumps(value)
    if not text.isascii():
        text.encode()
    return text


def _apart(node: Tree, path: tuple[str | int, ...], secrets: list[Json]) -> Json:
    if isinstance(node, dict):
        return {key: _apart(child, (*path, key), secrets) for key, child in node.items()}
    if isinstance(node, (list, tuple)):
        return [_apart(child, (*path, index), secrets) for index, child in enumerate(node)]
    if isinstance(node, Secret):
        secrets.append((path, node.kind, node.name))
        return None
    return node


def _storable(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {storable_text(str(key)): _storable(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(child) for child in value]
    if value is None or isinstance(value, int) or (isinstance(value, (float, Decimal)) and isfinite(value)):
        return value
    return storable_text(str(value))


def vote_json(vote: Vote) -> dict[str, Json]:
    """One criterion's vote as a JSON object."""
    return {
        "name": vote.name,
        "verdict": vote.verdict,
        "reason": vote.reason,
        "until": _moment(vote.until),
        "rule": vote.rule,
        "seen": vote.seen,
    }


def request_json(request: Request) -> dict[str, Json]:
    """One request as a JSON object; a body that is not UTF-8 stands as `body_base64`."""
    shown: dict[str, Json] = {
        "method": request.method,
        "url": request.url,
        "headers": _headers(request.headers),
    }
    return shown | ({"body": None} if request.body is None else _body(request.body, whole=True))


def _response(response: Response) -> dict[str, Json]:
    whole = len(response.body) <= KEPT_BYTES
    body = _body(response.body[:KEPT_BYTES], whole=whole)
    truncated = response.truncated or not whole
    return {"status": response.status, "headers": _headers(response.headers), **body, "truncated": truncated}


def response_of(told: Mapping[str, Json]) -> Response | None:
    """The answer in an attempt's facts as far as it is kept, or None: with `***` for what is secret in it."""
    found = told.get("response")
    if found is None or not {"body", "body_base64"} & found.keys():
        return None
    body = b64decode(found["body_base64"]) if "body_base64" in found else (found["body"] or "").encode()
    return Response(found["status"], tuple(found["headers"].items()), body, found["truncated"])


def _headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as an object; one that stands twice is joined by a comma (RFC 9110 section 5.3)."""
    shown: dict[str, str] = {}
    for name, value in headers:
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _body(body: bytes, *, whole: bool) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError as error:
        if not whole and error.reason == "unexpected end of data":
            return {"body": body[: error.start].decode()}
        return {"body_base64": b64encode(body).decode()}


def _retry_after(after: float | datetime | None) -> Json:
    return _moment(after) if isinstance(after, datetime) else after


@lru_cache(maxsize=64)  # an attempt names the same moment more than once
def _moment(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"
