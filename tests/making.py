"""Confs, routes and events as the core sees them, made by hand; every hook can be put in place of the real one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from gateway import answers, http, jsontext
from gateway.conf.model import Asked, Conf, Route, Source
from gateway.conf.schema import GatewaySettings
from gateway.mapping import Mapper
from gateway.model import Delivery, Endpoint, Event, Secret
from gateway.registry import Criterion, Registry, Transport
from gateway.retry import Policy
from gateway.settings import Settings
from gateway.store import Entry

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = Secret("file", "acme_key")
URL = "https://api.acme.example/returns"
MAPPING = {"lead_id": "{{ lead.id }}", "reason": "{{ feedback.reason }}"}


def registry() -> Registry:
    return Registry([http, answers])


def transport(name: str = "json", **hooks: Any) -> Transport:
    """An installed transport, some of its hooks replaced."""
    return replace(registry().transport(name), **hooks)


def asked(veto: Any, name: str = "strict", settings: Any = None) -> Asked:
    """A criterion as an endpoint asks it."""
    return Asked(Criterion(name, Settings, veto), settings)


def route(endpoint: str = "acme/return", **more: Any) -> Route:
    """A route; endpoint, transport, mapping, headers and whatever else a Route has may be given."""
    key, _, type_ = endpoint.rpartition("/")
    source, _, flow = key.partition("@")
    way = more.pop("transport", None) or transport()
    mapping = {
        "url": more.pop("url", URL),
        "mapping": more.pop("mapping", MAPPING),
        "headers": more.pop("headers", {}),
    }
    facts = {"response": None, "auth": None, "timeout": 10.0}
    facts |= {name: more.pop(name) for name in tuple(more) if name in Endpoint.__slots__}
    end = Endpoint(
        id=endpoint, source=source, source_name="Acme", flow=flow or None, type=type_,  # type: ignore[arg-type]
        transport=way.name, url=mapping["url"], settings=way.settings.model_validate(more.pop("settings", {})),
        **facts,
    )  # fmt: skip
    mapper = Mapper.compile(**mapping, blank="omit", send_ascii=False, attributes=False, tables={})
    defaults = {"criteria": (), "retry": Policy(), "concurrency": 8}
    return Route(endpoint=end, transport=way, mapper=mapper, **(defaults | more))


def conf(*routes: Route, digest: str = "c0ffee", secrets: Mapping[Secret, str] | None = None) -> Conf:
    """A conf of these routes; the file of each source is as new as the conf's digest."""
    sources: dict[str, Source] = {}
    for one in routes:
        end = one.endpoint
        key = end.id.rpartition("/")[0]
        known = sources[key].routes if key in sources else {}
        sources[key] = Source(
            id=end.source, flow=end.flow, name=end.source_name, kind="standard",
            routes=MappingProxyType({**known, end.type: one}), file=f"sources/{key}.yaml", content=digest,
            digest=digest, secrets=secrets or {},
        )  # fmt: skip
    return Conf(
        digest=digest, loaded_at=NOON, gateway=GatewaySettings(), sources=sources, broken={},
        secrets=secrets or {}, tables={},
    )  # fmt: skip


def event(id: str = "e-1", *, at: datetime = NOON, flow: str | None = None, **more: Any) -> Event:
    """An event as it was posted."""
    body = {
        "id": id,
        "type": "return",
        "source": "acme",
        "reason": "Wrong number",
        "lead": {"id": "L-1"},
        **more,
    }
    if flow is not None:
        body["flow"] = {"id": flow}
    text = jsontext.dumps(body)
    return Event(id, body["type"], body["source"], flow, jsontext.loads(text), text, at)


def entry(made: Event, endpoint: str | None = None, **more: Any) -> Entry:
    """An event as the intake stores it."""
    endpoint = endpoint or f"{made.source}/{made.type}"
    return Entry(made, endpoint, **({"due_at": made.received_at} | more))


def delivery(made: Event | None = None, **more: Any) -> Delivery:
    """An event on its way."""
    made = made or event()
    facts = {"endpoint": f"{made.source}/{made.type}", "due_at": made.received_at, "key": made.id}
    return Delivery(made, **(facts | more))
