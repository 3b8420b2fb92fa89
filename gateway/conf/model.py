"""The conf as the daemon uses it: immutable, complete, and swapped as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast

from gateway.access import Access
from gateway.breaker import Policy as BreakerPolicy
from gateway.conf.schema import GatewaySettings
from gateway.errors import Problem
from gateway.mapping import Mapper
from gateway.model import Endpoint, Secret, Type
from gateway.nearest import nearest
from gateway.registry import Criterion, Transport
from gateway.retry import Policy
from gateway.settings import Frequency

# Every event of a misspelt source is told so, and comparing it with thousands takes its time.
_nearest = lru_cache(16)(nearest)


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion as one endpoint asks it: the plugin and its settings there.

    one_at_a_time: among which events one takes its turn at it, as its settings say.
    """

    criterion: Criterion
    settings: Any
    one_at_a_time: Literal["endpoint", "lead"] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "one_at_a_time", getattr(self.settings, "one_at_a_time", None))


@dataclass(frozen=True, slots=True)
class Route:
    """The whole way to one endpoint: which criteria are asked, how it is mapped, rendered, sent and tried again.

    rate: None where attempts begin as they come; breaker: None where it is off; on_unknown: what follows where the
    source may have received a request and no answer came; held: why nothing can be sent at the moment, in words; None
    where all is well; fetched: the documents from the network that its transport was prepared with: URL to digest.
    """

    endpoint: Endpoint
    transport: Transport
    mapper: Mapper
    criteria: tuple[Asked, ...]
    retry: Policy
    concurrency: int
    rate: Frequency | None = None
    breaker: BreakerPolicy | None = None
    on_unknown: Literal["retry", "park"] = "retry"
    enabled: bool = True
    held: str | None = None
    fetched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """One path that a source's conf reads of its events. place: where, as a warning still without its sentence.

    optional: the conf says what to do where it is blank.
    """

    path: str
    optional: bool
    place: Problem


@dataclass(frozen=True, slots=True)
class Source:
    """One source's conf file; id is the source's id, flow is set where the file is for one flow.

    content: digest of the file alone; digest: of all that it depends on, too; secrets: those that it refers to;
    warnings: of the file itself; reads: for the warnings of what no event holds, which change with the events.
    """

    id: str
    flow: str | None
    name: str
    kind: Literal["standard", "account", "prebuilt"]
    routes: Mapping[Type, Route]
    file: str
    content: str
    digest: str
    secrets: Mapping[Secret, str] = field(repr=False)
    warnings: tuple[Problem, ...] = ()
    reads: tuple[Read, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        """`SOURCE` or `SOURCE@FLOW`."""
        return self.id if self.flow is None else f"{self.id}@{self.flow}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an event has no route: `vetoed` where the conf says so on purpose, `parked` where a person must look."""

    state: Literal["vetoed", "parked"]
    endpoint: str
    reason: str


Way: TypeAlias = Route | Refused


@dataclass(frozen=True, slots=True)
class Conf:
    """One conf folder, compiled. digest: of every byte that it was made from; sources: by `SOURCE` or `SOURCE@FLOW`.

    broken: what is wrong with a source that has no good version; alerts: where alerts are sent, or None; access: who
    may ask the daemon for what; problems: all that was found, warnings included.
    """

    digest: str
    loaded_at: datetime
    gateway: GatewaySettings
    sources: Mapping[str, Source]
    broken: Mapping[str, str]
    secrets: Mapping[Secret, str] = field(repr=False)
    tables: Mapping[str, Mapping[str, Any]] = field(repr=False)
    alerts: Route | None = None
    access: Access = field(default_factory=Access)
    problems: tuple[Problem, ...] = ()

    def way(self, source: str, flow: str | None, type: Type) -> Way:
        """The Route of an event, or why it has none."""
        own = f"{source}@{flow}"
        key = own if flow is not None and (own in self.sources or own in self.broken) else source
        found = self.sources.get(key)
        if found is None:
            return Refused("parked", f"{key}/{type}", self._unknown(key, source))
        if found.kind != "standard":
            return Refused(
                "vetoed",
                f"{found.key}/{type}",
                f"{source} is of kind {found.kind}: only standard sources get feedback",
            )
        route = found.routes.get(type)
        if route is None or not route.enabled:
            return Refused("vetoed", f"{found.key}/{type}", f"lead {type}s are off for {found.key}")
        return route

    def route(self, endpoint: str) -> Route | None:
        """The Route of an endpoint's id."""
        key, _, type_ = endpoint.rpartition("/")
        source = self.sources.get(key)
        return None if source is None else source.routes.get(cast("Type", type_))

    def routes(self) -> Iterator[Route]:
        """Every Route."""
        return (route for source in self.sources.values() for route in source.routes.values())

    def with_route(self, route: Route) -> "Conf":
        """The same Conf with one Route in the place of its older self."""
        endpoint = route.endpoint
        key = endpoint.id.rpartition("/")[0]
        source = self.sources[key]
        changed = replace(source, routes=MappingProxyType({**source.routes, endpoint.type: route}))
        return replace(self, sources=MappingProxyType({**self.sources, key: changed}))

    def _unknown(self, key: str, source: str) -> str:
        if key in self.broken:
            return f"the conf of {key} is broken and has no good version: {self.broken[key]}"
        known = frozenset(each.id for each in self.sources.values())
        return f"there is no source {source!r}{_nearest(source, known)}"
