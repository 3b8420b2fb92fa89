"""Wherever an address comes from and however it is written, nothing is dialled that may not be.

Everything happens in a network namespace in which every address, public ones as well, ends at a sink of this machine.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.addresses import ALLOW, CONTROLS, HOSTS, LISTENER, MAY_BE_REACHED, PORT, Host
from tests.attacks.town import WSDL

OWN = ("127.0.0.1", "127.1", "2130706433", "localhost", "own.test", "0.0.0.0", "[::ffff:127.0.0.1]", "0x7f.1")
HOSTILE = ("10.1.2.3", "169.254.169.254", "private.test", "metadata6.test", "[::ffff:10.1.2.3]", "0xa9fea9fe", "[64:ff9b::a01:203]", "rebind.test")  # fmt: skip
SOURCE = """\
return:
  transport: {transport}
  url: {url}
  follow_redirects: true
  timeout: 5s
  retry: {{attempts: 1}}
  breaker: off
{more}"""
GATEWAY = f"""\
listen: [127.0.0.1:{LISTENER}]
data: ../data
network: {{allow: {json.dumps(ALLOW)}}}
log: {{format: json}}
alerts: {{transport: json, url: "http://private.test:{PORT}/alert"}}
"""
SHORT = 12  # every so many-th row is taken when not thorough

pytestmark = pytest.mark.timeout(180)


def _possible() -> bool:
    try:
        tried = subprocess.run(["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"], capture_output=True, check=False)  # fmt: skip
    except OSError:
        return False
    return tried.returncode == 0


namespaces = pytest.mark.skipif(
    not _possible(), reason="this machine makes no network namespaces for us (unshare, iproute2, root)"
)


class Conf:
    """The folder of a town; rows: what each source is about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, tuple[str, str | None]] = {}
        self._elsewhere: dict[str, str] = {}
        (folder / "conf/sources").mkdir(parents=True)
        (folder / "conf/secrets").mkdir(mode=0o700)
        (folder / "conf/gateway.yaml").write_text(GATEWAY)
        secret = folder / "conf/secrets/client"
        secret.write_text("hush")
        secret.chmod(0o600)

    def source(
        self, about: str, url: str, reached: str | None, transport: str = "query", more: str = ""
    ) -> str:
        """One more source; its name."""
        name = f"row{len(self.rows)}"
        self.rows[name] = (about, reached)
        text = SOURCE.format(transport=transport, url=json.dumps(url, ensure_ascii=False), more=more)
        (self.folder / f"conf/sources/{name}.yaml").write_text(text)
        return name

    def direct(self, about: str, host: Host) -> None:
        """The address stands in the conf."""
        self.source(f"direct: {about}", f"http://{host.text}:{PORT}/at", host.reached)

    def redirected(self, about: str, host: Host) -> None:
        """A public source answers with a redirect to it."""
        name = self.source(f"redirect: {about}", f"http://8.8.8.8:{PORT}/to/{len(self.rows)}", host.reached)
        self._elsewhere[f"to/{name[3:]}"] = f"http://{host.text}:{PORT}/redirected"

    def wsdl(self, host: str, kind: str) -> None:
        """A public WSDL imports something from it."""
        there = f"http://{host}:{PORT}/imported"
        parts = {"wsdl": "", "schema": "", kind: _IMPORTS[kind].format(there)}
        name = self.source(f"WSDL {kind}: {host}", f"http://8.8.8.8:{PORT}/wsdl/{len(self.rows)}", None, "soap", "  operation: A\n")  # fmt: skip
        self._elsewhere[f"wsdl/{name[3:]}"] = WSDL.format(**parts)

    def token(self, host: str) -> None:
        """A token is fetched from it."""
        auth = f'{{token_url: "http://{host}:{PORT}/token", client_id: a, client_secret: {{file: client}}}}'
        self.source(
            f"token: {host}", f"http://8.8.8.8:{PORT}/with", None, more=f"  auth:\n    oauth2: {auth}\n"
        )

    def without_what_check_refuses(self) -> dict[str, str]:
        """Take away the sources that `check` refuses; why it does."""
        (self.folder / "elsewhere.json").write_text(json.dumps(self._elsewhere))
        run = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "check", "--json", "--conf", str(self.folder / "conf")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        refused = {}
        for problem in json.loads(run.stdout):
            if problem["warning"]:
                continue
            name = Path(problem["file"]).stem
            refused[name] = problem["text"]
            (self.folder / f"conf/sources/{name}.yaml").unlink(missing_ok=True)
        return refused


_IMPORTS = {
    "wsdl": '<import namespace="urn:c" location="{}"/>',
    "schema": '<xs:import namespace="urn:d" schemaLocation="{}"/>',
}


def _conf(folder: Path, step: int) -> Conf:
    conf = Conf(folder)
    for about, host in {**CONTROLS, **dict(list(HOSTS.items())[::step])}.items():
        conf.direct(about, host)
        conf.redirected(about, host)
    for host in OWN:
        conf.source(f"own listener: {host}", f"http://{host}:{LISTENER}/-/healthy", None)
    for host in HOSTILE:
        conf.token(host)
        for kind in _IMPORTS:
            conf.wsdl(host, kind)
    return conf


def _live(conf: Conf, *options: str) -> Any:
    ended = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-m", "tests.attacks.town", str(conf.folder), *options],
        capture_output=True, text=True, check=False, timeout=150, env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    said = conf.folder / "run.err"
    assert ended.returncode == 0, ended.stderr[-2000:] + (said.read_text()[-2000:] if said.exists() else "")
    return json.loads((conf.folder / "town.json").read_text())


def test_there_are_enough() -> None:
    """At least 150 addresses."""
    assert len({host.text for host in HOSTS.values()}) >= 150


@namespaces
def test_nothing_else_is_dialled(tmp_path: Path, thorough: bool) -> None:
    """Not one connection to what may not be reached; each control is reached; every event says why it was not sent."""
    conf = _conf(tmp_path, 1 if thorough else SHORT)
    refused = conf.without_what_check_refuses()
    told = _live(conf)
    dialled = {(address, port) for address, port, _ in told["dialled"]}
    assert dialled <= {(address, PORT) for address in MAY_BE_REACHED}
    for name, (about, reached) in conf.rows.items():
        if name in refused:
            assert reached is None, f"{about}: {refused[name]}"
            continue
        story = told["stories"][name]
        last = story["attempts"][-1] if story["attempts"] else None
        if reached is None:
            assert story["state"] != "delivered", f"{about}: {story}"
            assert story["reason"] or story["held"], about
        else:
            assert story["state"] == "delivered", f"{about}: {story['state']}, {story['reason']}"
            assert last is not None
            assert last["response"]["status"] == 200, about


@namespaces
@pytest.mark.usefixtures("_thorough_only")
def test_without_the_guard_much_would_be(tmp_path: Path) -> None:
    """The sinks see what arrives: with the guard taken out, the same sources reach what they may not."""
    conf = _conf(tmp_path, 3)
    conf.without_what_check_refuses()
    told = _live(conf, "--unguarded")
    stray = {address for address, _, _ in told["dialled"]} - MAY_BE_REACHED
    assert len(stray) >= 15
