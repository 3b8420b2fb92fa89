"""One event's variables, one endpoint, and the question put to a criterion as the gateway puts it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from gateway import Endpoint, Event, Verdict, View
from gateway.model import NOTHING_BEFORE, Past
from gateway.registry import Registry
from gateway.templates import scope

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
Ask: TypeAlias = Callable[..., Awaitable[Verdict]]

ENDPOINT = Endpoint(
    id="acme/return",
    source="acme",
    source_name="acme",
    flow=None,
    type="return",
    transport="json",
    url="https://api.acme.example/returns",
    settings=None,
)


@pytest.fixture
def ask() -> Ask:
    """`await ask("max_age", "7d", submission={...})`: what the plugin of that name says to such an event now."""
    registry = Registry()

    async def ask(
        name: str,
        conf: Any,
        after: timedelta = timedelta(),
        past: Past = NOTHING_BEFORE,
        id: str = "e-1",
        **body: Mapping[str, Any],
    ) -> Verdict:
        criterion = registry.criterion(name)
        event = Event(id, "return", "acme", None, body, "", NOW)
        settings = criterion.settings.model_validate(conf, context={"tables": {}})
        now = NOW + after
        view = View(now=now, scope=scope(event, "acme", now, "0" * 32), settings=settings, past=past)
        return await criterion.veto(event, ENDPOINT, view)

    return ask
