"""`alerts` in gateway.yaml: the endpoint that alerts are sent to, as a Route like any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from gateway.conf.document import Path
from gateway.conf.endpoints import build
from gateway.conf.faults import Tell
from gateway.conf.model import Route
from gateway.conf.reads import look_through
from gateway.conf.surroundings import Surroundings, Whose
from gateway.model import Secret
from gateway.nearest import nearest

NAME = "alerts"
VARIABLES = ("alert.kind", "alert.key", "alert.text", "alert.at", "event.id", "now", "today", "random")
# What is decided for every alert alike: there are no criteria, no store and no lane behind it.
NOT_HERE = ("criteria", "retry", "on_unknown", "concurrency", "rate", "breaker")


@dataclass(frozen=True, slots=True)
class Alerting:
    """Where alerts go, and the secrets that this refers to. route: None where there is none, or a fault was told."""

    route: Route | None = None
    secrets: Mapping[Secret, str] = field(default_factory=dict, repr=False)


def alerting(data: Mapping[str, Any] | None, around: Surroundings, tell: Tell, warn: Tell) -> Alerting:
    """Build the endpoint of `alerts`; every fault is told with its path in gateway.yaml."""
    if data is None:
        return Alerting()
    wrong = [key for key in NOT_HERE if key in data]
    for key in wrong:
        tell((NAME, key), f"alerts have no {key} (leave it out)", True)
    secrets: dict[Secret, str] = {}

    def reveal(secret: Secret) -> str:
        secrets[secret] = around.reveal(secret)
        return secrets[secret]

    rest = {key: value for key, value in data.items() if key not in wrong}
    route = build(
        rest,
        Whose(NAME, NAME, None, "return"),
        replace(around, reveal=reveal),
        lambda path, text, key: tell(_placed(path), text, key),
        lambda path, text: warn(_placed(path), text, False),
    )
    read = () if route is None else look_through(route, {}).reads
    unknown = [each for each in read if each[1] not in VARIABLES]
    for path, variable, _ in unknown:
        tell((NAME, *path), f"no alert has {variable}{nearest(variable, VARIABLES)}", False)
    if route is None or wrong or unknown:
        return Alerting()
    if route.held is not None:
        tell((NAME, "url"), f"{route.held} (alerts must need nothing from the network: name a file)", False)
        return Alerting()
    ready = replace(route, endpoint=replace(route.endpoint, id=NAME))
    return Alerting(ready if route.enabled else None, MappingProxyType(secrets))


def _placed(path: Path) -> Path:
    return (NAME, *path[1:])
