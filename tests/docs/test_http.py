"""docs/http.md is true: a real daemon gives every answer of the page, and no path, metric or log event is left out."""

import ast
import json
import re
import shlex
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from aiohttp import web

from gateway.access import ROLES
from gateway.conf.reload import first
from gateway.daemon import Daemon, registry
from gateway.events import parse_event
from gateway.metrics import Metrics
from gateway.model import OUTCOMES, SHOWN_STATES, Vote
from gateway.store import Filter
from gateway.store.acts import Kind, Result
from gateway.testing.partner import serve
from gateway.web.application import application
from gateway.web.audit import AuditSettings
from gateway.web.listeners import listen
from gateway.web.replays import BulkReplaySettings, ReplaySettings
from gateway.web.roles import NEEDS
from tests.docs.pages import ROOT, Block, Page, coded

PAGE = Page("docs/http.md")
COMMANDS = [block for block in PAGE.blocks if block.info == "sh"]
EXACT = ("title", "detail", "state", "outcome", "reason", "id", "pointer")
MADE_ID = re.compile("[0-9a-f]{32}")
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


@dataclass(frozen=True)
class Curl:
    """A `curl` command as the request it makes."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    socket: str | None

    @classmethod
    def read(cls, text: str) -> "Curl":
        words = iter(shlex.split(text))
        assert next(words) == "curl"
        options: dict[str, list[str]] = {
            "-H": [],
            "-d": [],
            "--data-binary": [],
            "-X": [],
            "--unix-socket": [],
        }
        urls = [word for word in words if word not in options or options[word].append(next(words))]
        (url,) = urls
        body = next(iter(options["-d"] + options["--data-binary"]), None)
        method = next(iter(options["-X"]), "GET" if body is None else "POST")
        headers = dict(header.split(": ", 1) for header in options["-H"])
        return cls(method, url, headers, body, next(iter(options["--unix-socket"]), None))


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """A daemon on the example conf, with a partner: where it listens, as URL and as the path of a socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    folder, path = tmp_path / "conf", tmp_path / "socket"
    shutil.copytree(ROOT / "conf", folder)
    for secret in (folder / "secrets").iterdir():
        secret.chmod(0o600)  # which no checkout keeps
    async with await serve() as partner:
        for file in folder.rglob("*.yaml"):
            text = file.read_text().replace("127.0.0.1:8620", f"{address}, unix:{path}")
            file.write_text(text.replace("8630", partner.url.rpartition(":")[2]))
        plugins = registry()
        conf = first(folder, plugins)
        runner = web.AppRunner(Daemon(folder, plugins, conf).application(), access_log=None)
        await runner.setup()
        await listen(runner, conf.gateway.listen)
        yield f"http://{address}", str(path)
        await runner.cleanup()


def differences(said: Any, found: Any, place: str = "") -> Iterator[str]:
    """Where an answer has other keys or types than the page says; null may stand for anything."""
    if isinstance(said, dict) and isinstance(found, dict):
        if said.keys() != found.keys():
            yield f"{place}: {sorted(said)} on the page, {sorted(found)} in truth"
        for key in said.keys() & found.keys():
            yield from differences(said[key], found[key], f"{place}/{key}")
    elif isinstance(said, list) and isinstance(found, list):
        if bool(said) != bool(found):
            yield f"{place}: {len(said)} elements on the page, {len(found)} in truth"
        for index, (one, other) in enumerate(zip(said, found, strict=False)):
            yield from differences(one, other, f"{place}/{index}")
    elif not alike(place.rpartition("/")[2], said, found):
        yield f"{place}: {said!r} on the page, {found!r} in truth"


def alike(name: str, said: Any, found: Any) -> bool:
    if name in EXACT and not MADE_ID.fullmatch(str(said)):
        return bool(said == found)
    return None in (said, found) or type(said) is type(found)


async def settled(session: aiohttp.ClientSession, url: str) -> None:
    """Every event posted so far has come to its end."""
    while True:
        async with session.get(f"{url}/-/ready") as answer:
            if (await answer.json())["waiting"] == 0:
                return


async def test_every_answer_is_what_the_page_says(daemon):
    """Each command, in the order of the page, has the status, the content type and the keys of the block behind it."""
    url, path = daemon
    wrong = []
    async with (
        aiohttp.ClientSession() as session,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as over_socket,
    ):
        for block in COMMANDS:
            await settled(session, url)
            asked = Curl.read(block.text)
            client = over_socket if asked.socket else session
            target = asked.url.replace("http://127.0.0.1:8620", url)
            async with client.request(asked.method, target, headers=asked.headers, data=asked.body) as answer:
                wrong += [f"line {block.line}: {each}" for each in await compared(block, answer)]
    assert wrong == []


async def compared(block: Block, answer: aiohttp.ClientResponse) -> list[str]:
    said = PAGE.blocks[PAGE.blocks.index(block) + 1]
    assert said.info == "http", f"line {block.line}: an answer belongs behind a command"
    head, _, body = said.text.partition("\n\n")
    first_line, content_type = head.split("\n")
    found = f"HTTP/1.1 {answer.status} {answer.reason}", f"Content-Type: {answer.headers['Content-Type']}"
    wrong = [
        f"{one} on the page, {other} in truth"
        for one, other in zip((first_line, content_type), found, strict=True)
        if one != other
    ]
    return wrong + list(differences(json.loads(body), json.loads(await answer.text()))) if body else wrong


def routes() -> set[str]:
    app = application(lambda: (), 1)
    return {f"{r.method} {r.resource.canonical}" for r in app.router.routes() if r.method != "HEAD"}


def test_every_path_has_its_heading_and_a_command():
    """The headings `METHOD /path` are the routes of the application, and each has a curl example."""
    told = {heading for heading in PAGE.headings if re.match("[A-Z]+ /", heading)}
    assert told == routes()
    assert {heading for heading in told if not any(block.heading == heading for block in COMMANDS)} == set()


def test_the_list_at_the_top_is_whole():
    told = {name for row in PAGE.rows("The HTTP interface", "request") for name in coded(row["request"])}
    assert told == routes()


def test_every_metric_is_told():
    """Each metric of the daemon has a row, and each row a metric."""
    numbers = {metric.name: metric.type for metric in Metrics().registry.collect()}
    rows = PAGE.rows("GET /metrics", "metric")
    told = {coded(row["metric"])[0].removesuffix("_total"): row["type"] for row in rows}
    assert told == numbers
    labels = {label for row in rows for label in coded(row["labels"])}
    assert {coded(row["label"])[0] for row in PAGE.rows("GET /metrics", "label")} == labels


def test_every_state_and_outcome_is_told():
    """The words and their sentences are those of the model."""
    heading = "GET /events/{id}"
    assert {coded(r["state"])[0] for r in PAGE.rows(heading, "state")} == set(SHOWN_STATES)
    assert {coded(r["outcome"])[0]: r[""] for r in PAGE.rows(heading, "outcome")} == dict(OUTCOMES)
    verdicts = next(
        r[""] for r in PAGE.rows(heading, "key of an attempt") if r["key of an attempt"] == "`criteria`"
    )
    (choices,) = [field.type.__args__ for field in fields(Vote) if field.name == "verdict"]
    assert set(coded(verdicts)) == {"verdict", "rule", "seen", *choices}


def test_every_parameter_is_told():
    """The filters of the list, and the keys of a replay."""
    listed = {name for row in PAGE.rows("GET /events", "parameter") for name in coded(row["parameter"])}
    assert listed == {field.name for field in fields(Filter)} | {"limit", "after"}
    rows = PAGE.rows("POST /events/{id}/replay", "key")
    replay = set(ReplaySettings.model_fields)
    assert {name for row in rows for name in coded(row["key"])} == replay
    rows = PAGE.rows("POST /replay", "key")
    further = set(BulkReplaySettings.model_fields) - replay - {field.name for field in fields(Filter)}
    assert {name for row in rows for name in coded(row["key"])} == further - {"dry_run"}


def test_every_parameter_of_the_record_is_told():
    """The filters of the audit, the keys of an act and what may stand in them."""
    listed = {name for row in PAGE.rows("GET /audit", "parameter") for name in coded(row["parameter"])}
    assert listed == set(AuditSettings.model_fields)
    rows = {coded(row["key"])[0]: coded(row[""]) for row in PAGE.rows("GET /audit", "key")}
    assert set(rows["act"]) == set(get_args(Kind))
    assert set(rows["result"]) == set(get_args(Result))


def test_every_role_is_told():
    """Each path stands beside the roles that it needs, and no other; the roles are those of conf.md."""
    told = {
        (request, role)
        for row in PAGE.rows("Who may ask", "role")
        for role in (coded(row["role"]) or [""])
        for request in coded(row["requests"])
    }
    needed = {(" ".join(path), role) for path, need in NEEDS.items() for role in (need.roles or ("",))}
    assert told == needed
    roles = {coded(row["role"])[0]: row["may"] for row in Page("docs/conf.md").rows("tokens", "role")}
    assert roles == dict(ROLES)


def test_the_event_on_the_page_is_taken():
    (block,) = [block for block in PAGE.blocks if block.heading == "An event"]
    assert parse_event(block.text, None).id == "5bb3-return"


def calls() -> Iterator[ast.Call]:
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        tree = ast.parse(path.read_text())
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)


def text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def names_of(function: ast.expr) -> list[str]:
    """`warning` of log.warning, and both of (log.warning if … else log.error)."""
    if isinstance(function, ast.IfExp):
        return names_of(function.body) + names_of(function.orelse)
    return [function.attr] if isinstance(function, ast.Attribute) else []


def test_every_log_event_is_told():
    """Each name that the code logs has a row with its level, and each row is logged somewhere."""
    logged: dict[str, set[str]] = {}
    for call in calls():
        levels = [name for name in names_of(call.func) if name in LEVELS]
        if levels and (name := text_of(call.args[0])):
            logged.setdefault(name, set()).update(
                "error" if level == "exception" else level for level in levels
            )
    told = {coded(row["event"])[0]: set(row["level"].split(", ")) for row in PAGE.rows("Log", "event")}
    assert told == logged


def test_every_alert_is_told():
    raised = {text_of(call.args[0]) for call in calls() if names_of(call.func) == ["raise_"]}
    assert {coded(row["kind"])[0] for row in PAGE.rows("Log", "kind")} == raised


def test_every_status_of_an_error_is_told():
    """The statuses of all problem documents that the code can make; 4xx of aiohttp's own are 404 and 405."""
    source = "".join(path.read_text() for path in (ROOT / "gateway/web").glob("*.py"))
    used = set(re.findall(r"(?:Refusal|_plain)\(\s*(\d{3})", source)) | {"405"}
    assert {row["status"] for row in PAGE.rows("Errors", "status")} == used
