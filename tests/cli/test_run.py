"""`run` and `partner` as processes."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.request import Request, urlopen

from tests.cli.processes import COMMAND, free_port, running, write_conf
from tests.plugins import hostile


def test_it_says_ready_and_ends_cleanly(tmp_path, partner):
    """`ready` names the listeners, SIGTERM ends it with exit code 0."""
    port = free_port()
    write_conf(tmp_path, partner, listen=f"127.0.0.1:{port}")
    with running(tmp_path, "run") as process:
        assert f"127.0.0.1:{port}" in process.until("ready")
        assert process.stop() == 0


def test_it_says_where_everything_is(tmp_path, partner):
    """The folders in use, what waits in the store, and at the end what is waited for; warnings of the conf, too."""
    conf = write_conf(tmp_path, partner, listen=f"127.0.0.1:{free_port()}")
    (conf / "secrets" / "acme_token").chmod(0o644)
    with running(tmp_path, "run") as process:
        said = process.until("ready")
        assert process.stop() == 0
        log = process.err.read_text()
    assert f"conf_folder={conf}" in said
    assert f"data={tmp_path}/data" in said
    assert "waiting=0" in said.partition("store.opened")[2].partition("\n")[0]
    assert "conf.problem" in said
    assert "chmod 600" in said
    assert "under_way=0" in log.partition("daemon.stopping")[2]
    assert "waits_up_to=1s" in log.partition("daemon.stopping")[2]


def test_ctrl_c_ends_it(tmp_path, partner):
    """SIGINT is a clean end, too, without a traceback."""
    write_conf(tmp_path, partner, listen=f"127.0.0.1:{free_port()}")
    with running(tmp_path, "run") as process:
        process.until("ready")
        process.process.send_signal(signal.SIGINT)
        assert process.process.wait(15) == 0
        assert "Traceback" not in process.err.read_text()


def test_a_broken_conf_and_no_good_one(tmp_path, partner):
    """Every problem, one a line, and exit code 78."""
    conf = write_conf(tmp_path, partner, bolt="return: {{transport: jsn, url: 'https://example.com'}}\n")
    (conf / "sources" / "cinder.yaml").write_text("nme: x\n")
    ran = subprocess.run([COMMAND, "run"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 78
    assert ran.stderr.splitlines() == [
        "sources/bolt.yaml:1:21: return.transport: there is no transport 'jsn' (did you mean 'json'?)",
        "sources/cinder.yaml:1:1: nme: unknown key (did you mean 'name'?)",
    ]


def test_the_last_good_conf(tmp_path, partner):
    """A folder that broke since the last run starts with what was good, and names the problem in the log."""
    conf = write_conf(tmp_path, partner, listen=f"127.0.0.1:{free_port()}")
    with running(tmp_path, "run") as process:
        process.until("ready")
        process.stop()
    (conf / "sources" / "acme.yaml").write_text("nme: x\n")
    with running(tmp_path, "run") as process:
        assert "sources/acme.yaml:1:1: nme: unknown key" in process.until("ready")


def test_a_second_daemon(own_daemon, tmp_path):
    """Two daemons on one data folder: the second is refused with one sentence."""
    conf = own_daemon.conf / "gateway.yaml"
    conf.write_text(conf.read_text().replace(own_daemon.url.rpartition(":")[2], str(free_port())))
    ran = subprocess.run([COMMAND, "run"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 70
    [sentence] = [line for line in ran.stderr.splitlines() if line.startswith("feedback-gateway: ")]
    assert str(tmp_path / "data") in sentence
    assert "Traceback" not in ran.stderr


def test_a_taken_port(tmp_path, partner):
    """A listener that is in use is one sentence, no traceback."""
    write_conf(tmp_path, partner, listen=partner.removeprefix("http://"))
    ran = subprocess.run([COMMAND, "run"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 70
    assert (
        f"feedback-gateway: cannot listen on {partner.removeprefix('http://')}: it is in use already"
        in ran.stderr
    )
    assert "Traceback" not in ran.stderr


def test_the_partner_prints_what_it_receives(tmp_path):
    """A line with method, path and status, then the values, then what a strict source finds wrong."""
    with running(tmp_path, "partner", "--port", "0") as process:
        url = process.until("the partner listens at ").split()[4]
        subprocess.run(
            ["curl", "-s", f"{url}/json/ok?x=1", "--json", '{"lead":"ü"}'], capture_output=True, check=True
        )
        subprocess.run(["curl", "-s", f"{url}/nothing"], capture_output=True, check=True)
        assert process.stop() == 0
    first, values, second, problem = process.out.read_text().splitlines()
    assert first.partition(" ")[2] == "POST /json/ok?x=1 200"
    assert values.strip() == '{"lead": "ü"}'
    assert second.partition(" ")[2] == "GET /nothing 404"
    assert problem.strip().startswith("nothing is at /nothing")


def test_the_partner_in_json(tmp_path):
    """--json prints the journal's lines, the same that --journal writes."""
    with running(tmp_path, "partner", "--port", "0", "--json", "--journal", "journal") as process:
        url = process.until("the partner listens at ").split()[4]
        subprocess.run(["curl", "-s", f"{url}/query?a=1"], capture_output=True, check=True)
        process.stop()
    assert process.out.read_text() == (tmp_path / "journal").read_text()
    assert json.loads(process.out.read_text())["values"] == {"a": "1"}


def test_the_partner_on_a_taken_port(cli, partner):
    """A port that is in use is one sentence, exit code 70."""
    found = cli("partner", "--port", partner.rpartition(":")[2])
    assert found.exit_code == 70
    port = int(partner.rpartition(":")[2])
    assert found.stderr == (
        f"feedback-gateway: 127.0.0.1:{port} is in use (another partner? choose another: --port {port + 1})\n"
    )


def test_the_partners_help_lists_its_behaviours(cli):
    """Every behaviour stands in the help with its sentence."""
    from gateway.testing.partner import BEHAVIOURS

    shown = cli("partner", "--help").output
    assert all(form in shown and sentence in shown for form, sentence in BEHAVIOURS.items())


def test_a_hostile_wsdl_stops_nothing(tmp_path, partner):
    """It holds its endpoint, in words; reloads are answered, and SIGTERM ends the daemon."""
    with serving(hostile.groups(24, 2)) as url:
        port = free_port()
        soap = f"return: {{{{transport: soap, url: '{url}', operation: Do, mapping: {{{{}}}}}}}}\n"
        conf = write_conf(tmp_path, partner, listen=f"127.0.0.1:{port}", evil=soap)
        gateway = conf / "gateway.yaml"
        gateway.write_text(gateway.read_text().replace('["127.0.0.1/32:', '["127.0.0.0/8", "127.0.0.1/32:'))
        with running(tmp_path, "run") as process:
            process.until("written out it has more than")
            asked = Request(f"http://127.0.0.1:{port}/-/reload", method="POST")
            with urlopen(asked, timeout=10) as answer:
                assert answer.status == 200
            assert process.stop() == 0


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """One document by HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/?wsdl"
        server.shutdown()
