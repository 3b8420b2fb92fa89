"""A third party's distribution, installed by pip, works in a real daemon with nothing but the public names."""

import ast
import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CARRIER = Path(__file__).parent / "carrier"

SOURCE = """\
name: Acme Leads
return:
  transport: carrier
  url: {partner}/json/landed
  separator: ": "
  mapping:
    lead.id: "{{{{ lead.id }}}}"
    reason: "{{{{ feedback.reason }}}}"
  criteria:
    even_leads: {{odd: false}}
"""


def write(folder: Path, partner: str = "http://127.0.0.1:9", plugins: str = "[]", **sources: str) -> Path:
    """A conf folder whose daemon listens on a socket beside it."""
    (folder / "conf" / "sources").mkdir(parents=True)
    port = partner.rpartition(":")[2]
    allow = f'network: {{allow: ["127.0.0.1/32:{port}"]}}'
    (folder / "conf" / "gateway.yaml").write_text(
        f'listen: ["unix:{folder}/socket"]\ndata: ../data\n{allow}\nplugins: {plugins}\nshutdown: 1s\n'
    )
    for name, text in sources.items():
        (folder / "conf" / "sources" / f"{name}.yaml").write_text(text.format(partner=partner))
    return folder / "conf"


@asynccontextmanager
async def daemon(conf: Path, environment: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with a daemon in that environment, once it is ready; its end is a clean one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.cli",
        "run",
        "--conf",
        str(conf),
        env=environment,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = b""
    while b"ready" not in said:
        line = await asyncio.wait_for(process.stderr.readline(), 20)
        assert line, said.decode()
        said += line
    reader = asyncio.ensure_future(process.stderr.read())
    try:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(f"{conf.parent}/socket")) as session:
            yield session
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0, (said + await reader).decode()


async def post(session: aiohttp.ClientSession, lead: str) -> Any:
    event = {
        "id": f"lead-{lead}",
        "type": "return",
        "source": "acme",
        "reason": "Wrong number",
        "lead": {"id": lead},
    }
    async with session.post("http://localhost/events", json=event, headers={"Prefer": "wait=15"}) as answer:
        assert answer.status in (200, 202)
    async with session.get(f"http://localhost/events/lead-{lead}") as answer:
        return await answer.json()


async def answer_to(session: aiohttp.ClientSession, lead: str) -> Any:
    return (await post(session, lead))["attempts"][0]["response"]


async def test_a_daemon_delivers_through_it(environment, partner, tmp_path):
    """An even lead reaches the source as the carrier writes it, an odd one is vetoed by the criterion, and nothing else goes out."""
    conf = write(tmp_path, partner.url, acme=SOURCE)
    async with daemon(conf, environment) as session:
        delivered, vetoed = await post(session, "8"), await post(session, "7")
    assert (delivered["state"], vetoed["state"]) == ("delivered", "vetoed")
    assert vetoed["reason"] == "lead 7 is odd"
    assert [vote["verdict"] for vote in delivered["attempts"][0]["criteria"]] == ["pass"]
    [received] = partner.received
    assert received.body == b"lead.id: 8\nreason: Wrong number\n"
    assert received.header("Content-Type") == "text/plain; charset=utf-8"
    assert received.key == "lead-8"


async def test_its_observer_and_wrapper_are_asked_where_the_conf_names_them(environment, partner, tmp_path):
    """Named in `plugins`, the counter is told of attempts and stands around the transport, until a reload that names it no more."""
    conf = write(tmp_path, partner.url, plugins="[counter]", acme=SOURCE)
    async with daemon(conf, environment) as session:
        answers = [await answer_to(session, lead) for lead in ("2", "4")]
        unnamed = (conf / "gateway.yaml").read_text().replace("[counter]", "[]")
        (conf / "gateway.yaml").write_text(unnamed)
        async with session.post("http://localhost/-/reload") as answer:
            assert (await answer.json())["taken"] is True
        answers.append(await answer_to(session, "6"))
    assert [answer["headers"].get("X-Attempts-Before") for answer in answers] == ["0", "1", None]


def test_plugins_lists_it(python):
    """`plugins` names its distribution, version and hooks, and that its files are those that pip installed; --load
    quotes the one that cannot be imported."""
    done = python("-m", "gateway.cli", "plugins", "--json")
    found = {one["name"]: one for one in json.loads(done.stdout)}
    ours = {"distribution": "feedback-gateway-carrier", "version": "1.4.0", "problem": None, "changed": False}
    for name, kinds, hooks, module in (
        ("carrier", ["transport"], ["settings", "render"], "feedback_gateway_carrier.transport"),
        ("even_leads", ["criterion"], ["settings", "veto", "explain"], "feedback_gateway_carrier.even_leads"),
        (
            "counter",
            ["observer", "wrapper"],
            ["attempted", "send"],
            "feedback_gateway_carrier.counter:counter",
        ),
    ):
        told = {"name": name, "kinds": kinds, "hooks": hooks, "module": module, **ours}
        assert {key: found[name][key] for key in told} == told
        assert {Path(file["file"]).name for file in found[name]["files"]} == {
            "__init__.py",
            "transport.py",
            "even_leads.py",
            "counter.py",
        }
        assert {file["standing"] for file in found[name]["files"]} == {"as installed"}
    assert found["broken"]["problem"] is None
    loaded = python("-m", "gateway.cli", "plugins", "--json", "--load")
    problems = {one["name"]: one["problem"] for one in json.loads(loaded.stdout)}
    assert {name: problem for name, problem in problems.items() if problem} == {"broken": BROKEN}


BROKEN = (
    "the plugin 'broken' of feedback-gateway-broken 0.3 cannot be imported: ModuleNotFoundError:"
    " No module named 'a_library_that_is_not_there' (mend or reinstall feedback-gateway-broken)"
)


def test_check_quotes_a_broken_one_and_goes_on(python, tmp_path):
    """A conf that names a plugin which cannot be imported is told why, at each place, and all else in it is checked."""
    conf = write(
        tmp_path,
        plugins="[broken]",
        acme=SOURCE,
        bolt=SOURCE.replace("carrier", "broken"),
        cinder=SOURCE.replace("separator", "seperator"),
        delta=SOURCE.replace("even_leads: {{odd: false}}", "even_leads: {{odd: perhaps}}\n    broken: {{}}"),
    )
    done = python("-m", "gateway.cli", "check", "--conf", str(conf))
    assert done.stdout.splitlines() == [
        f"gateway.yaml:4:11: plugins.0: {BROKEN}",
        f"sources/bolt.yaml:3:14: return.transport: {BROKEN}",
        "sources/cinder.yaml:5:3: return.seperator: unknown key (did you mean 'separator'?)",
        "sources/delta.yaml:10:23: return.criteria.even_leads.odd: 'perhaps' is neither true nor false (write true or false)",
        f"sources/delta.yaml:11:5: return.criteria.broken: {BROKEN}",
    ]
    assert done.returncode == 78


def test_a_conf_that_names_none_of_it_imports_none_of_it(python, tmp_path):
    """What is installed and not named is not imported."""
    conf = write(
        tmp_path, acme=SOURCE.replace("carrier", "formpost").replace('separator: ": "', "blank: omit")
    )
    conf.joinpath("sources/acme.yaml").write_text(
        conf.joinpath("sources/acme.yaml").read_text().partition("  criteria")[0]
    )
    script = (
        "import sys; from pathlib import Path; from gateway.cli.folder import read; read(Path('conf'));"
        "print([name for name in sys.modules if name.startswith('feedback_gateway_')])"
    )
    assert python("-c", script).stdout == "[]\n"


def test_its_own_tests_pass(python, tmp_path):
    """The third party's suite, with the gateway's conformance kit in it, is green where both are installed."""
    shutil.copytree(CARRIER / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    done = python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_it_imports_public_names_only():
    """The plugin's own code takes from the gateway what `gateway` exports, and its tests what `gateway.testing` has."""
    for path in CARRIER.rglob("*.py"):
        modules = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        ours = {module for module in modules if module.split(".")[0] in ("gateway", "plugins")}
        assert ours <= ({"gateway", "gateway.testing.kit"} if path.parent.name == "tests" else {"gateway"}), (
            path
        )


def test_nothing_was_left_in_the_sources():
    """Building a distribution writes into a copy, not beside its files."""
    assert [name for name in os.listdir(CARRIER) if name == "build" or name.endswith(".egg-info")] == []
