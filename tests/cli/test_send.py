"""`send`."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.cli.client import Client
from gateway.cli.faults import Unavailable
from gateway.cli.posts import Post
from gateway.cli.sending import BATCH, BATCH_CHARACTERS, _batches, _post_batch, post_all
from tests.cli.processes import COMMAND, EVENT, free_port, on_terminal


def test_an_event(cli, daemon, event_file):
    """The id and the state, and exit code 0."""
    found = cli("send", event_file(id="an-event"))
    assert (found.exit_code, found.stdout, found.stderr) == (0, "an-event\tqueued\n", "")


def test_wait(cli, daemon, event_file):
    """--wait tells the outcome, and the reason where there is one."""
    assert cli("send", "--wait", "10s", event_file(id="d")).stdout == "d\tdelivered\tsuccess\n"
    vetoed = cli("send", "--wait", "10s", event_file(id="v", lead={"state": "CA"}))
    assert vetoed.stdout == "v\tvetoed\tskip\tlead.state must be equal to TX: it was 'CA'\n"
    assert vetoed.exit_code == 0


def test_waited_in_vain(cli, daemon, event_file):
    """A try that failed, with another to follow, is told with its reason: the event stays accepted."""
    found = cli("send", "--wait", "1s", event_file(id="f", type="conversion"))
    said = "f\tqueued\terror\tthe source answered 503 Service Unavailable\n"
    assert (found.exit_code, found.stdout, found.stderr) == (0, said, "")


def test_standard_input(daemon, tmp_path):
    """`-` is standard input, through a real pipe."""
    lines = "".join(json.dumps({**EVENT, "id": f"n{number}"}) + "\n" for number in range(3))
    ran = subprocess.run(
        [COMMAND, "send", "-"], input=lines, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert ran.stdout == "n0\tqueued\nn1\tqueued\nn2\tqueued\n"
    assert ran.stderr == "3 accepted, 0 refused\n"


def test_refused_events(cli, daemon, tmp_path):
    """What is refused is named with file, line and pointer; the others are taken; exit code 65."""
    good = json.dumps({**EVENT, "id": "good"})
    (tmp_path / "many.ndjson").write_text(f'{good}\n{{"type": "retrun"}}\n{{"type":\n')
    found = cli("send", "many.ndjson")
    assert found.exit_code == 65
    assert found.stdout == "good\tqueued\n"
    one, two, last = found.stderr.splitlines()
    assert one == (
        "many.ndjson:2: the event cannot be accepted: /type: 'retrun' is neither return nor conversion"
        " (did you mean 'return'?); /source: is missing (the id of the source that sold the lead)"
    )
    assert two.startswith("many.ndjson:3: the post is not JSON as it is taken here: ")
    assert last == "1 accepted, 2 refused"


@pytest.mark.parametrize("wait", [(), ("--wait", "1s")])
def test_another_content_under_a_known_id(cli, daemon, event_file, wait):
    """An id that is taken by other content is refused, one at a time as in a batch."""
    id = f"taken{len(wait)}"
    cli("send", event_file(id=id))
    assert cli("send", *wait, event_file(id=id)).exit_code == 0
    found = cli("send", *wait, event_file(id=id, reason="Duplicate"))
    assert found.exit_code == 65
    assert found.stderr == (
        "event.json: an id names one event, and this one is taken by other content; use e.g. LEAD-return\n"
    )


def test_json(cli, daemon, tmp_path):
    """--json is one document: counts, and what became of each."""
    (tmp_path / "e.json").write_text(json.dumps([{**EVENT, "id": "j"}, {"type": "return"}]))
    told = json.loads(cli("send", "--json", "e.json").stdout)
    assert (told["accepted"], told["refused"]) == (1, 1)
    assert told["events"][0] == {"id": "j", "state": "queued"}
    assert told["events"][1]["place"] == "e.json[1]"
    assert told["events"][1]["problem"]["errors"][0]["pointer"] == "/source"


def test_many(cli, daemon, tmp_path):
    """More than a batch holds is posted in several, in order."""
    (tmp_path / "many.ndjson").write_text(
        "".join(json.dumps({**EVENT, "id": f"m{n}"}) + "\n" for n in range(1200))
    )
    found = cli("send", "many.ndjson")
    assert found.exit_code == 0
    assert [line.split("\t")[0] for line in found.stdout.splitlines()] == [f"m{n}" for n in range(1200)]


def test_a_bar_on_a_terminal(daemon, tmp_path):
    """On a terminal many events come with a bar, and every id is shown all the same."""
    (tmp_path / "many.ndjson").write_text(
        "".join(json.dumps({**EVENT, "id": f"b{n}"}) + "\n" for n in range(600))
    )
    code, shown = on_terminal(tmp_path, "send", "many.ndjson")
    assert code == 0
    assert "/600" in shown
    assert "b599" in shown


def test_no_daemon(cli, conf, event_file):
    """Nobody there: one sentence, exit code 69."""
    port = free_port()
    found = cli("send", "--url", f"http://127.0.0.1:{port}", event_file())
    assert found.exit_code == 69
    assert found.stderr == (
        f"feedback-gateway: no daemon answers at http://127.0.0.1:{port} (start one: feedback-gateway run)\n"
    )


def test_a_wait_that_is_none(cli, conf, event_file):
    """A duration without a unit is wrong use."""
    found = cli("send", "--wait", "10", event_file())
    assert found.exit_code == 2
    assert "10 is not a duration" in found.stderr


def test_a_wait_that_is_too_long(cli, conf, event_file):
    """The daemon would wait a minute at most: more is wrong use, not cut in silence."""
    found = cli("send", "--wait", "5m", event_file())
    assert found.exit_code == 2
    assert "5m is too long (wait at most 60s, and ask later: show ID)" in found.stderr


@pytest.mark.parametrize("command", ["send", "preview"])
def test_a_file_that_is_no_json(cli, conf, tmp_path, command):
    """One sentence, exit code 65, and nobody is asked."""
    (tmp_path / "e.json").write_text("{oops")
    found = cli(command, "e.json")
    assert found.exit_code == 65
    assert found.stderr.startswith("feedback-gateway: e.json: not JSON as it is taken here: ")


def test_batches_are_bounded():
    """A batch holds at most so many events, and so many characters unless one event alone has more."""
    posts = [Post("", "x" * (BATCH_CHARACTERS // 4))] * 10 + [Post("", "x")] * 1100
    batches = list(_batches(posts, BATCH))
    assert [post for batch in batches for post in batch] == posts
    assert all(len(batch) <= BATCH for batch in batches)
    assert all(sum(len(post.text) for post in batch) <= BATCH_CHARACTERS for batch in batches)
    huge = [Post("", "x" * (BATCH_CHARACTERS + 1))] * 2
    assert [len(batch) for batch in _batches(huge, BATCH)] == [1, 1]
    assert list(_batches([], BATCH)) == []


class Server:
    """A daemon's stand-in that answers with the given statuses, then takes everything. (What only a full disk does.)"""

    def __init__(self, *statuses: int, most: int = 10_000, retry_after: int = 0) -> None:
        self.statuses = list(statuses)
        self.most = most
        self.retry_after = str(retry_after)
        self.bodies: list[list[str]] = []

    async def post(self, request: web.Request) -> web.Response:
        lines = (await request.text()).split("\n")
        self.bodies.append(lines)
        if len(lines) > self.most:
            return web.json_response({"title": "too many"}, status=413)
        if self.statuses and (status := self.statuses.pop(0)) != 202:
            title = "crm brings more than 9/s" if status == 429 else "the disk is full"
            return web.json_response(
                {"title": title}, status=status, headers={"Retry-After": self.retry_after}
            )
        told = [{"id": line, "state": "queued"} for line in lines]
        return web.json_response({"accepted": len(told), "refused": 0, "events": told}, status=202)


@asynccontextmanager
async def _listening(server: Server) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/events", server.post)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _posted(server: Server, posts: list[Post]) -> list[object]:
    async with _listening(server) as url, Client(url) as client:
        return list(await asyncio.wait_for(_post_batch(client, posts), 10))


POSTS = [Post(f"e:{number}", str(number)) for number in range(5)]


async def test_503_is_waited_for(capsys):
    """Where the daemon has no room the same batch is posted again when it says so."""
    server = Server(503, 503)
    told = await _posted(server, POSTS)
    assert told == [{"id": str(number), "state": "queued"} for number in range(5)]
    assert len(server.bodies) == 3
    assert "the daemon takes nothing right now: the disk is full; waiting 0 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "asked", "said"),
    [
        (429, 240, "the rate of this poster is reached: crm brings more than 9/s; waiting 240 s"),
        (429, 9999, "the rate of this poster is reached: crm brings more than 9/s; waiting 600 s"),
        (507, 240, "the daemon takes nothing right now: the disk is full; waiting 30 s"),
    ],
)
async def test_whose_fault_a_pause_is(capsys, monkeypatch, status, asked, said):
    """Past its rate a poster waits until its turn; where there is no room, it looks again soon."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("gateway.cli.sending.asyncio.sleep", sleep)
    await _posted(Server(status, retry_after=asked), POSTS)
    assert capsys.readouterr().err == f"{said}\n"
    assert f"waiting {slept[0]:g} s" in said


async def test_503_for_ever():
    """After a few tries it is given up."""
    server = Server(*[503] * 10)
    with pytest.raises(
        Unavailable,
        match=r"^nothing was taken in 5 tries: the daemon takes nothing right now: the disk is full$",
    ):
        await _posted(server, POSTS)
    assert len(server.bodies) == 5


async def test_a_batch_that_is_too_large_goes_in_halves():
    """A daemon with narrower limits gets smaller batches, in order; what is too large alone is refused alone."""
    server = Server(most=2)
    told = await _posted(server, POSTS)
    assert [one["id"] for one in told] == ["0", "1", "2", "3", "4"]
    assert await _posted(Server(most=0), POSTS[:1]) == [{"problem": {"title": "too many"}}]


async def test_what_was_taken_before_the_daemon_gave_up_is_told(tmp_path, capsys):
    """Ids of the batches that were taken are printed; the error names the first event of which nothing is known."""
    many = tmp_path / "many.ndjson"
    many.write_text("".join(f"{number}\n" for number in range(2 * BATCH)))
    async with _listening(Server(202, *[503] * 10)) as url:
        with pytest.raises(Unavailable) as caught:
            await post_all([str(many)], tmp_path, url, None, as_json=True)
    assert str(caught.value) == (
        "nothing was taken in 5 tries: the daemon takes nothing right now: the disk is full"
        f" (from {many}:501 on nothing is known to be taken)"
    )
    assert json.loads(capsys.readouterr().out)["accepted"] == BATCH
