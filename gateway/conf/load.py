"""A folder of YAML to one immutable Conf, or every problem in it.

Everything that can fail without the network fails here, before any live state is touched. `gateway.yaml` and `tables/`
are all or nothing; a broken source file keeps its own last good version, where there is one. What is built of a file
is kept as it is, the same object, until the file or what it depends on changes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway.access import Access
from gateway.addresses import Allow
from gateway.conf.alerting import Alerting, alerting
from gateway.conf.document import Document
from gateway.conf.faults import validate_partly
from gateway.conf.files import GATEWAY, Files, digest
from gateway.conf.model import Conf, Source
from gateway.conf.naming import misnamed, no_gateway, unreadable
from gateway.conf.parsed import Parsed
from gateway.conf.samples import Samples
from gateway.conf.schema import GatewaySettings
from gateway.conf.secrets import Secrets, secrets_folder
from gateway.conf.sources import Built, build_source, key_of
from gateway.conf.surroundings import Surroundings
from gateway.conf.tokens import access, say_open, say_unknown
from gateway.conf.unseen import Unseen
from gateway.contained import is_interrupt, told
from gateway.documents import Documents
from gateway.errors import ConfError, PluginError, Problem
from gateway.model import Secret
from gateway.registry import Registry
from gateway.retry import Policy
from gateway.templates.facts import MEMORY

Table = Mapping[str, Any]
# The keys of gateway.yaml that a source depends on; a change in another one leaves every source as it is.
_SHARED = {"retry", "network", "plugins", "data", "secrets"}


def load(
    files: Files,
    registry: Registry,
    last_good: Conf | None = None,
    unseen: Unseen | None = None,
    parsed: Parsed | None = None,
) -> Conf:
    """Make a Conf of a folder's files.

    With last_good, a source file that is broken keeps its version there, and the problems stand in the Conf. With
    unseen, paths that no event holds are told: asking for the stored ones may take its patience. parsed: what was kept
    of earlier loads is used anyway; with this, what is new can be kept, too.
    Raises ConfError with every problem where gateway.yaml or a table is broken, or where there is no last_good.
    """
    parsed = parsed or Parsed()
    memory = MEMORY.set(parsed)
    try:
        return _Load(files, registry, last_good, unseen, parsed).conf()
    except Exception:
        raise
    except BaseException as error:
        if is_interrupt(error):
            raise
        raise PluginError(
            f"a plugin ended the load with {told(error)} (mend it, or name it no more)"
        ) from error
    finally:
        MEMORY.reset(memory)


def data_folder(folder: Path, gateway: GatewaySettings) -> Path:
    """Where the store is, given the conf folder."""
    return (folder / gateway.data).resolve()


def with_problems(conf: Conf, problems: tuple[Problem, ...]) -> Conf:
    """The same Conf, kept although the folder has these problems."""
    return replace(conf, problems=problems)


@dataclass(slots=True)
class _Load:
    """One load. problems: all that was found so far."""

    files: Files
    registry: Registry
    last_good: Conf | None
    unseen: Unseen | None
    parsed: Parsed
    problems: list[Problem] = field(default_factory=list)

    def conf(self) -> Conf:
        gateway, faulty = self._gateway()
        if "data" not in faulty:
            self.parsed.within(data_folder(self.files.folder, gateway))
        tables = self._tables()
        self._must_not_be_emptied()
        samples = Samples.read(self.files)
        around = self._surroundings(gateway, faulty, tables, samples)
        alerts = self._alerting(gateway, around)
        access = self._access(gateway, faulty)
        whole = all(problem.warning for problem in self.problems)
        built = dict(self._sources(around, gateway, self.last_good if whole else None))
        self.problems += [problem for one in built.values() for problem in one.problems]
        self.problems += samples.problems
        self.problems += self._unseen(built, samples)
        self._misspelt_in_log(gateway, built, samples)
        self.problems += unreadable(self.files, "wsdl/") + unreadable(self.files, "events/")
        ordered = _in_order(self.problems)
        if not whole or (self.last_good is None and not all(problem.warning for problem in ordered)):
            raise ConfError(ordered)
        sources, broken = _kept(built, self.last_good)
        return Conf(
            digest=self.files.digest,
            loaded_at=datetime.now(UTC),
            gateway=gateway,
            sources=MappingProxyType(sources),
            broken=MappingProxyType(broken),
            secrets=MappingProxyType({**_secrets(sources, built), **alerts.secrets}),
            tables=MappingProxyType(tables),
            alerts=alerts.route,
            access=access,
            problems=ordered,
        )

    def _must_not_be_emptied(self) -> None:
        """Sources that are all gone at once are being replaced, or unmounted: every event would be parked meanwhile."""
        if self.last_good is not None and self.last_good.sources and not self.files.under("sources/"):
            text = "all sources are gone at once (put them back; if it is meant, restart the daemon)"
            self.problems.append(Problem("sources", 0, 0, "", text))

    def _gateway(self) -> tuple[GatewaySettings, frozenset[str]]:
        """What can be read of gateway.yaml, and the keys of which nothing is known."""
        nothing = GatewaySettings(), frozenset(GatewaySettings.model_fields)
        self.problems += unreadable(self.files, GATEWAY)
        if GATEWAY not in self.files.content:
            if not self.problems:
                self.problems.append(no_gateway(self.files))
            return nothing
        document = self._parse(GATEWAY)
        if document is None:
            return nothing

        def tell(path: tuple[str | int, ...], text: str, key: bool) -> None:
            self.problems.append(document.problem(path, text, key=key))

        data = {} if document.data is None else document.data
        gateway, faulty = validate_partly(GatewaySettings, data, (), tell, {}, {})
        if gateway is None:
            return nothing
        at_hand = []
        for index, name in enumerate(gateway.plugins):
            try:
                self.registry.load(name)
                at_hand.append(name)
            except PluginError as error:
                tell(("plugins", index), str(error), False)
        return gateway.model_copy(update={"plugins": tuple(at_hand)}), faulty

    def _alerting(self, gateway: GatewaySettings, around: Surroundings) -> Alerting:
        if gateway.alerts is None:
            return Alerting()
        say = self._saying()
        return alerting(gateway.alerts, around, say, lambda *told: say(*told, warning=True))

    def _access(self, gateway: GatewaySettings, faulty: frozenset[str]) -> Access:
        if faulty & {"tokens", "secrets"}:
            return Access()
        say = self._saying()
        say_open(gateway, say)
        known = {key_of(path).partition("@")[0] for path in self.files.under("sources/")}
        say_unknown(gateway, known, say)
        return access(gateway, Secrets(secrets_folder(self.files.folder, gateway.secrets)), say)

    def _saying(self) -> Callable[..., None]:
        """What tells a problem of gateway.yaml: its path, the sentence, whether the key is meant."""
        document = self.parsed.parse(self.files.content[GATEWAY], GATEWAY)

        def say(path: tuple[str | int, ...], text: str, key: bool = False, warning: bool = False) -> None:
            self.problems.append(document.problem(path, text, key=key, warning=warning))

        return say

    def _parse(self, path: str) -> Document | None:
        document = self.parsed.parse(self.files.content[path], path)
        self.problems += document.problems
        return None if document.problems else document

    def _tables(self) -> dict[str, Table]:
        """The tables by name; a broken one is empty, so that nobody is told that there is none."""
        tables: dict[str, Table] = {}
        self.problems += unreadable(self.files, "tables/")
        for path in self.files.under("tables/"):
            if path.endswith(".yml"):
                self.problems.append(misnamed(path))
                continue
            tables[Path(path).stem] = {}
            document = self._parse(path)
            if document is None:
                continue
            data = document.data
            if not isinstance(data, dict):
                wrong = "a table is keys with plain values (write one a line, such as `Wrong number: WN`)"
                self.problems.append(document.problem((), wrong))
                continue
            for key, value in data.items():
                if isinstance(value, (dict, list)):
                    wrong = "a table's value is text, a number, true, false or null (write one such as `WN`)"
                    self.problems.append(document.problem((key,), wrong))
            tables[Path(path).stem] = MappingProxyType(data)
        return tables

    def _surroundings(
        self, gateway: GatewaySettings, faulty: frozenset[str], tables: Mapping[str, Table], samples: Samples
    ) -> Surroundings:
        folder = self.files.folder
        secrets = None if "secrets" in faulty else Secrets(secrets_folder(folder, gateway.secrets))
        allow = None if "network" in faulty else tuple(Allow.parse(text) for text in gateway.network.allow)
        return Surroundings(
            registry=self.registry,
            plugins=gateway.plugins,
            tables=tables,
            retry=gateway.retry.policy(Policy()),
            allow=allow,
            secrets=secrets,
            reveal=secrets.reveal if secrets else lambda _: "?",
            read=Documents(self.files.content, data_folder(folder, gateway) / "documents").at_hand,
            samples=samples.events,
        )

    def _sources(
        self, around: Surroundings, gateway: GatewaySettings, last_good: Conf | None
    ) -> Iterator[tuple[str, Built]]:
        """Every source file; one that did not change is the last good one, the same object."""
        base = _base(self.files, gateway)
        for problem in unreadable(self.files, "sources/"):
            yield key_of(problem.file), Built(None, (problem,))
        for path, content in self.files.under("sources/").items():
            key = key_of(path)
            if path.endswith(".yml"):
                if f"sources/{key}.yaml" in self.files.content:
                    self.problems.append(misnamed(path))
                else:
                    yield key, Built(None, (misnamed(path),))
                continue
            whole = digest(base, content, *(event.text for event in around.samples.get(key, ())))
            source = last_good.sources.get(key) if last_good else None
            if source and source.digest == whole and around.secrets and around.secrets.still(source.secrets):
                yield key, Built(source, source.warnings)
            else:
                yield key, build_source(self.parsed.parse(content, path), digest(content), whole, around)

    def _unseen(self, built: Mapping[str, Built], samples: Samples) -> Iterable[Problem]:
        if self.unseen is None:
            return ()
        whole = {key: one.source for key, one in built.items() if one.source is not None}
        return self.unseen.problems(whole, samples.events, self.last_good.sources if self.last_good else {})

    def _misspelt_in_log(
        self, gateway: GatewaySettings, built: Mapping[str, Built], samples: Samples
    ) -> None:
        if self.unseen is not None and gateway.log.show:
            sources = dict.fromkeys(key.partition("@")[0] for key in built)
            for index, text in self.unseen.misspelt(gateway.log.show, sources, samples.events):
                self._saying()(("log", "show", index), text, warning=True)


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.warning, p.file, p.line, p.column, p.path)))


def _base(files: Files, gateway: GatewaySettings) -> str:
    """A digest of what every source depends on."""
    shared = {**files.under("tables/"), **files.under("wsdl/")}
    return digest(
        gateway.model_dump_json(include=_SHARED), *(part for item in shared.items() for part in item)
    )


def _kept(built: Mapping[str, Built], last_good: Conf | None) -> tuple[dict[str, Source], dict[str, str]]:
    """The sources to go on with, and what is wrong with those that have no good version."""
    sources: dict[str, Source] = {}
    broken: dict[str, str] = {}
    for key, one in sorted(built.items()):
        source = one.source or (last_good.sources.get(key) if last_good else None)
        if source is not None:
            sources[key] = source
        else:
            broken[key] = str(next(problem for problem in one.problems if not problem.warning))
    return sources, broken


def _secrets(sources: Mapping[str, Source], built: Mapping[str, Built]) -> dict[Secret, str]:
    """Every secret; where a broken file keeps an older version, what the others read now holds for it, too."""
    by_age = sorted(sources, key=lambda key: built[key].source is not None)
    return {secret: text for key in by_age for secret, text in sources[key].secrets.items()}
