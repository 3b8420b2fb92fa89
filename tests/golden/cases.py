"""Golden request cases: read from YAML, tried on a conf folder of their own, told as text that can be compared."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import Any

from gateway import __version__, jsontext
from gateway.conf.document import parse
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.errors import ConfError, Problem
from gateway.events import parse_event
from gateway.model import Event, Request
from gateway.preview import Preview, preview
from gateway.registry import Registry
from gateway.rendering import ACCEPT, USER_AGENT

FOLDER = Path(__file__).with_name("requests")
TESTS = Path(__file__).parent.parent
NOON = "2026-11-23T12:00:00+00:00"
CHANCE = "00112233445566778899aabbccddeeff"
SOURCE = "acme"
# What the snippet is moved by in its file: below `return:`, indented.
_LINES, _COLUMNS = 1, 2


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case; what its keys mean stands in requests/README.md."""

    transport: str
    feature: str
    fact: str
    conf: str = ""
    common: str = ""
    event: Any = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    now: str = NOON
    random: str = CHANCE
    request: Mapping[str, Any] | None = None
    shown: Mapping[str, Any] | None = None
    problem: Any = None
    warnings: Any = ()
    left_out: Any = ()
    notes: Any = ()

    @property
    def name(self) -> str:
        return f"{self.transport}/{self.feature}: {self.fact}"

    @property
    def moment(self) -> datetime:
        """When the attempt is made."""
        return datetime.fromisoformat(self.now)

    def posted_event(self) -> Event:
        """The event as it is posted."""
        text = self.event
        if not isinstance(text, str):
            text = jsontext.dumps({"id": "E-1", "type": "return", "source": SOURCE, **text})
        return parse_event(text, self.moment)

    def content(self) -> dict[str, str]:
        """The files of its conf folder."""
        return {
            "gateway.yaml": "",
            f"sources/{SOURCE}.yaml": self._source(),
            **{f"secrets/{name}": text for name, text in self.secrets.items()},
            **{f"tables/{name}.yaml": text for name, text in self.tables.items()},
            **self.files,
            **{name: (TESTS / path).read_text(encoding="utf-8") for name, path in self.copies.items()},
        }

    def _source(self) -> str:
        """The source's file: the snippet first, so that its places are known, and what it does not say behind it."""
        written = {line.partition(":")[0] for line in f"{self.conf}\n{self.common}".splitlines()}
        default = {"transport": self.transport, "url": "https://api.acme.example/returns"}
        added = [f"{key}: {text}" for key, text in default.items() if key not in written]
        type_ = self.event.get("type", "return") if isinstance(self.event, dict) else "return"
        own = indent("\n".join([self.conf.rstrip("\n"), *added]), " " * _COLUMNS)
        common = f"common:\n{indent(self.common, '  ')}\n" if self.common else ""
        return f"{type_}:\n{own}\n{common}name: Acme Leads\n"

    def write(self, folder: Path) -> Files:
        """Write the conf folder, and read it as the daemon does."""
        for name, text in self.content().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
            path.chmod(0o600)
        return Files.read(folder)

    def expected(self) -> str:
        """What must come out."""
        if self.request is None:
            return _told(
                problems=_listed(self.problem),
                warnings=_listed(self.warnings),
                left_out=_listed(self.left_out),
            )
        wire = _expected_request(self.request)
        shown = wire if self.shown is None else _expected_request(_over(self.request, self.shown))
        return _told(
            wire=wire,
            shown="the same" if shown == wire else shown,
            warnings=_listed(self.warnings),
            left_out=_listed(self.left_out),
            notes=_listed(self.notes),
        )

    async def outcome(self, folder: Path, registry: Registry) -> str:
        """What comes out."""
        try:
            conf = load(self.write(folder), registry)
        except ConfError as error:
            problems = [problem for problem in error.problems if not problem.warning]
            return _told(
                problems=[_placed(problem) for problem in problems],
                warnings=[_placed(problem) for problem in error.problems if problem.warning],
            )
        return await self._rendered(conf)

    async def _rendered(self, conf: Conf) -> str:
        found: Preview = await preview(self.posted_event(), conf, self.moment, self.random)
        warnings = [_placed(problem) for problem in conf.problems]
        if found.wire is None or found.shown is None:
            return _told(problems=[found.problem or ""], warnings=warnings, left_out=found.left_out)
        wire, shown = _request_text(found.wire), _request_text(found.shown)
        return _told(
            wire=wire,
            shown="the same" if shown == wire else shown,
            warnings=warnings,
            left_out=found.left_out,
            notes=found.wire.notes,
        )


def cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every case below a folder. Raises ValueError for a file that is none."""
    for path in sorted(folder.glob("*/*.yaml")):
        if path.stem == "defaults":
            continue
        defaults = _read(path.with_name("defaults.yaml"))
        for fact, keys in _read(path).items():
            yield _case(path, fact, defaults, keys)


def _case(path: Path, fact: str, defaults: Mapping[str, Any], keys: Mapping[str, Any]) -> Case:
    unknown = keys.keys() - ({one.name for one in fields(Case)} - {"transport", "feature", "fact"})
    if unknown or ("request" in keys) == ("problem" in keys):
        raise ValueError(f"{path}: {fact}: unknown {sorted(unknown)}, or not one of request and problem")
    whole = {**defaults, **keys}
    if isinstance(whole.get("event"), dict):
        whole["event"] = {**defaults.get("event", {}), **whole["event"]}
    whole["request"] = _over(defaults["request"], keys["request"]) if "request" in keys else None
    return Case(transport=path.parent.name, feature=path.stem, fact=fact, **whole)


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A request with some of its parts replaced, its headers one by one."""
    return {**base, **own, "headers": {**base["headers"], **own.get("headers", {})}}


def _read(path: Path) -> dict[str, Any]:
    document = parse(path.read_bytes(), str(path))
    if document.problems or not isinstance(document.data, dict):
        raise ValueError("\n".join(map(str, document.problems)) or f"{path}: no cases")
    return document.data


def _placed(problem: Problem) -> str:
    """A problem with its place in the snippet."""
    if not problem.file.startswith("sources/"):
        return str(problem)
    _, _, path = problem.path.partition(".")
    return f"{problem.line - _LINES}:{problem.column - _COLUMNS}: {path}: {problem.text}"


def _told(**parts: Any) -> str:
    """Everything that is known, a line or several each; an empty part is left away."""
    lines = []
    for name, part in parts.items():
        text = "\n".join(part) if isinstance(part, (list, tuple)) else part
        if text:
            lines += [f"{name}:", indent(text, "  ", lambda _: True)]
    return "\n".join(lines)


def _listed(part: Any) -> list[str]:
    return [part] if isinstance(part, str) else list(part or ())


def _expected_request(request: Mapping[str, Any]) -> str:
    headers = {"Accept": ACCEPT, "User-Agent": USER_AGENT, "Idempotency-Key": "E-1"}
    for name, value in request["headers"].items():
        known = next((other for other in headers if other.lower() == name.lower()), name)
        headers.pop(known, None)
        headers |= {} if value is None else {name: value.replace("VERSION", __version__)}
    if "body_base64" in request:
        body = base64.b64decode(request["body_base64"])
    else:
        given = request.get("body")
        body = None if given is None else "".join(_listed(given)).encode()
    return _message(request["method"], "".join(_listed(request["url"])), headers.items(), body)


def _request_text(request: Request) -> str:
    return _message(request.method, request.url, request.headers, request.body)


def _message(method: str, url: str, headers: Any, body: bytes | None) -> str:
    """A request as text: equal only for requests that are equal, but for the order of their headers."""
    lines = [f"{method} {url}", *sorted(f"{name}: {value}" for name, value in headers)]
    return "\n".join([*lines, "(no body)" if body is None else _body_text(body)])


def _body_text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "base64: " + base64.b64encode(body).decode()
    return "body: " + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(
        "><", ">\n      <"
    )
