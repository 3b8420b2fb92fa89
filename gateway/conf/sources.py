"""One source file to a Source, or every fault in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from gateway.conf import lookups
from gateway.conf.document import Document, Path
from gateway.conf.endpoints import build
from gateway.conf.faults import validate_partly
from gateway.conf.model import Read, Route, Source
from gateway.conf.reads import look_through
from gateway.conf.schema import SourceSettings
from gateway.conf.seen import ALWAYS
from gateway.conf.surroundings import Surroundings, Whose
from gateway.conf.trial import try_samples
from gateway.contained import form, is_interrupt
from gateway.errors import Problem
from gateway.events import ID_PATTERN, ID_RULE
from gateway.model import Secret, Type

_JOINED = ("mapping", "headers", "criteria", "response", "retry", "breaker")
_KEY = re.compile(f"{ID_PATTERN}(?:@{ID_PATTERN})?")


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one source file: its Source where it is whole, and all that is to be said about it."""

    source: Source | None
    problems: tuple[Problem, ...]


def key_of(path: str) -> str:
    """`SOURCE` or `SOURCE@FLOW` of a path such as sources/acme@auto.yaml."""
    return path.removeprefix("sources/").rpartition(".")[0]


def build_source(document: Document, content: str, digest: str, around: Surroundings) -> Built:
    """Build a source of its parsed file. content, digest: of the file alone, and of all that it depends on."""
    if document.problems:
        return Built(None, document.problems)
    return _Builder(document, content, digest, around).build()


class _Builder:
    """Collects everything that is to be said about one source file while it is built."""

    def __init__(self, document: Document, content: str, digest: str, around: Surroundings) -> None:
        self.document = document
        self.content = content
        self.digest = digest
        self.key = key_of(document.file)
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []
        self.secrets: dict[Secret, str] = {}
        self.reads: dict[Read, None] = {}
        self.around = around

    def build(self) -> Built:
        if not _KEY.fullmatch(self.key):
            rule = f"name it SOURCE.yaml or SOURCE@FLOW.yaml; each is {ID_RULE}"
            self.tell((), f"the file's name {self.key!r} names no source ({rule})")
        data = self.document.data
        if data is None:
            self.tell((), "the file is empty (write at least `name:`; delete the file to remove the source)")
            return Built(None, tuple(self.faults))
        settings, _ = validate_partly(SourceSettings, data, (), self.tell, {}, {})
        if settings is None:
            return Built(None, tuple(self.faults))
        source_id, _, flow = self.key.partition("@")
        routes = dict(self._routes(settings, source_id, flow or None))
        if self.faults:
            return Built(None, (*self.faults, *self.warnings))
        source = Source(
            id=source_id,
            flow=flow or None,
            name=settings.name or source_id,
            kind=settings.kind,
            routes=MappingProxyType(routes),
            file=self.document.file,
            content=self.content,
            digest=self.digest,
            secrets=MappingProxyType(self.secrets),
            warnings=tuple(self.warnings),
            reads=tuple(self.reads),
        )
        return Built(source, source.warnings)

    def _routes(
        self, settings: SourceSettings, source_id: str, flow: str | None
    ) -> Iterator[tuple[Type, Route]]:
        around = replace(
            self.around, reveal=self.reveal
        )  # kept in no attribute: thousands of circles would be left
        for type_, own in _endpoints(settings):
            if settings.kind != "standard":
                whose = f"{self.key} is of kind {settings.kind}"
                mend = f"remove `{type_}`, or write kind: standard"
                self.tell(
                    (type_,), f"only standard sources can have feedback endpoints, and {whose} ({mend})", True
                )
                continue
            whom = Whose(source_id, settings.name or source_id, flow, type_)
            written = joined(settings.common, own)
            route = build(written, whom, around, self.tell, self.warn)
            if route is not None:
                self._look_through(route, written)
                if route.held is None:
                    samples = [each for each in self.around.samples.get(self.key, ()) if each.type == type_]
                    try_samples(route, samples, self.warn)
                yield type_, route

    def _look_through(self, route: Route, written: Mapping[str, Any]) -> None:
        """Note what an endpoint reads, and warn of what its criteria doubt of themselves, or of its tables."""
        type_ = route.endpoint.type
        try:
            found = look_through(route, written.get("criteria", {}))
            for path, variable, optional in found.reads:
                self._note(route, (type_, *path), variable, optional)
            for path, text in found.doubts:
                self.warn((type_, *path), text)
            for path, text in lookups.doubts(route, self.around.tables):
                self.warn((type_, *path), text)
        except BaseException as error:  # settings are a plugin's: what fails there must not end the load
            if is_interrupt(error):
                raise
            text = f"the settings of a plugin cannot be looked through: {form(error)} (a fault in the plugin)"
            self.warn((type_, "criteria"), text)

    def _note(self, route: Route, path: Path, variable: str, optional: bool) -> None:
        if variable in ALWAYS or (variable == "flow.id" and route.endpoint.flow is not None):
            return  # all its events have those
        place = self.document.problem(self._written(path), "", warning=True)
        self.reads[Read(variable, optional, place)] = None

    def reveal(self, secret: Secret) -> str:
        self.secrets[secret] = self.around.reveal(secret)
        return self.secrets[secret]

    def tell(self, path: Path, text: str, key: bool = False) -> None:
        self.faults.append(self.document.problem(self._written(path), text, key=key))

    def warn(self, path: Path, text: str) -> None:
        self.warnings.append(self.document.problem(self._written(path), text, warning=True))

    def _written(self, path: Path) -> Path:
        """Where a path of an endpoint was written: under its type, or in `common`."""
        shared = ("common", *path[1:])
        return shared if self._known(shared) > max(self._known(path), 1) else path

    def _known(self, path: Path) -> int:
        """How much of a path is in the file."""
        return next((size for size in range(len(path), 0, -1) if path[:size] in self.document.values), 0)


def _endpoints(settings: SourceSettings) -> Iterator[tuple[Type, Mapping[str, Any]]]:
    """The types that a file names; one without keys of its own has those of `common`."""
    if "returns" in settings.model_fields_set:
        yield "return", settings.returns or {}
    if "conversion" in settings.model_fields_set:
        yield "conversion", settings.conversion or {}


def joined(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of an endpoint as they hold: those of `common`, and its own over them."""
    both = {**common, **own}
    for key in _JOINED:
        if isinstance(common.get(key), dict) and isinstance(own.get(key), dict):
            both[key] = {**common[key], **own[key]}
    return both
