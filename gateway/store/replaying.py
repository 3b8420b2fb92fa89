"""Giving events a future again, as plain functions on a connection; they run in the writer's thread."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from gateway.model import Replay
from gateway.store import Replayed, facts
from gateway.store.sql import QUERIES

MILLISECOND = timedelta(milliseconds=1)


def replay(
    database: sqlite3.Connection,
    events: Sequence[tuple[str, str]],
    wish: Replay,
    due_at: int,
    apart: Mapping[str, timedelta],
) -> list[Replayed]:
    """Replay events, each with its endpoint. due_at: milliseconds; apart: between two of an endpoint, by endpoint.

    Those of an endpoint that are kept apart follow behind what the wish's job has planned there before.
    """
    text = facts.written(facts.replay_json(wish))
    same = {"wish": text, "fresh": wish.values == "fresh", "again": wish.again, "job": wish.job}
    steps = {endpoint: -(-step // MILLISECOND) for endpoint, step in apart.items()}
    free = {endpoint: _free(database, endpoint, wish.job, due_at, step) for endpoint, step in steps.items()}
    answers: list[Replayed] = []
    for id, endpoint in events:
        at = free.get(endpoint, due_at)
        answer = _one(database, {**same, "id": id, "endpoint": endpoint, "due_at": at})
        if answer == "queued" and endpoint in free:
            free[endpoint] += steps[endpoint]
        answers.append(answer)
    return answers


def _free(database: sqlite3.Connection, endpoint: str, job: str, due_at: int, step: int) -> int:
    """When the next one of a job may be due at an endpoint."""
    asked = {"endpoint": endpoint, "job": job, "due_at": due_at}
    found = database.execute(QUERIES["planned_until"], asked).fetchone()
    return due_at if found is None else int(found[0]) + step


def _one(database: sqlite3.Connection, asked: Mapping[str, Any]) -> Replayed:
    if database.execute(QUERIES["replay"], asked).rowcount:
        return "queued"
    found = database.execute(QUERIES["future"], asked).fetchone()
    if found is None:
        return "unknown"
    _, due_at, is_done = found
    if due_at is not None:
        return "waiting"
    return "done" if is_done else "delivered"
