"""What systemd is told, on a real datagram socket."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from gateway.systemd import Systemd
from tests.cli.processes import free_port, running, write_conf

WATCHED = {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())}


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.settimeout(30)
        self._line.bind("\0" + address[1:] if address.startswith("@") else address)

    def heard(self) -> dict[str, str]:
        """The next message, by key."""
        return dict(line.split("=", 1) for line in self._line.recv(4096).decode().split("\n"))

    def until(self, key: str) -> list[dict[str, str]]:
        """All messages up to the first with a key."""
        found = [self.heard()]
        while key not in found[-1]:
            found.append(self.heard())
        return found

    def waiting(self) -> list[str]:
        """What has come by now."""
        self._line.setblocking(False)
        found = []
        try:
            while True:
                found.append(self._line.recv(4096).decode())
        except BlockingIOError:
            return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._line.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    """One of each kind of address."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@gateway-test-{os.getpid()}"
    with Manager(address) as found:
        yield found


def test_it_is_told_where_it_listens(manager: Manager) -> None:
    """Each message is one datagram; what would be a line of its own in a text is not."""
    told = Systemd.of({"NOTIFY_SOCKET": manager.address})
    told.ready()
    told.status("5 sources\nMAINPID=1")
    assert [manager.heard(), manager.heard()] == [{"READY": "1"}, {"STATUS": "5 sources MAINPID=1"}]
    told.stopping(20.0)
    assert manager.heard() == {
        "STOPPING": "1", "EXTEND_TIMEOUT_USEC": "20000000", "STATUS": "finishing what is under way",
    }  # fmt: skip


async def test_a_reload_is_followed(manager: Manager) -> None:
    """RELOADING with the time, then READY; also where it fails."""
    told = Systemd.of({"NOTIFY_SOCKET": manager.address})

    async def work(fails: bool = False) -> str:
        if fails:
            raise ValueError("no")
        return "taken"

    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert await told.reloading(work()) == "taken"
    first = manager.heard()
    assert first["RELOADING"] == "1"
    assert before <= int(first["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.heard() == {"READY": "1"}
    with pytest.raises(ValueError, match="no"):
        await told.reloading(work(fails=True))
    assert [manager.heard()["RELOADING"], manager.heard()["READY"]] == ["1", "1"]


async def test_a_sign_of_life_comes_from_the_loop(manager: Manager) -> None:
    """Twice in each watchdog's time while the loop turns, and none while it hangs."""
    alive = asyncio.create_task(Systemd.of({"NOTIFY_SOCKET": manager.address, **WATCHED}).live())
    await asyncio.sleep(0.25)
    assert len(manager.waiting()) >= 3
    time.sleep(0.3)
    assert manager.waiting() == []
    alive.cancel()


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}],
)
async def test_a_watchdog_that_is_not_ours_hears_nothing(
    manager: Manager, environment: dict[str, str]
) -> None:
    """Without one, or where it waits for another process."""
    await Systemd.of({"NOTIFY_SOCKET": manager.address, **environment}).live()
    assert manager.waiting() == []


@pytest.mark.parametrize(
    "address", ["", "vsock:2:1234", "relative", "/nowhere/notify", "@nobody", "/" + "x" * 200]
)
def test_nobody_listens(address: str) -> None:
    """Then nobody is told, and nothing fails."""
    Systemd.of({"NOTIFY_SOCKET": address}).ready()


def test_a_daemon_tells_how_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready once it listens, a reload at SIGHUP, signs of life, and its end; what is broken stands in the status."""
    conf = write_conf(tmp_path, "http://127.0.0.1:1", listen=f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    with Manager(str(tmp_path / "notify")) as manager, running(tmp_path, "run") as process:
        assert manager.heard()["STATUS"].startswith("sources: 1, conf: ")
        assert [manager.heard(), manager.heard()] == [{"READY": "1"}, {"WATCHDOG": "1"}]
        (conf / "sources" / "acme.yaml").write_text("nme: x\n")
        process.process.send_signal(signal.SIGHUP)
        told = manager.until("RELOADING") + manager.until("READY")  # the watch may have seen the file first
        assert [one["STATUS"] for one in told if "STATUS" in one][-1].endswith(", 1 problem")
        assert process.stop() == 0
        stopping = manager.until("STOPPING")[-1]
        assert stopping["STOPPING"] == "1"
        assert int(stopping["EXTEND_TIMEOUT_USEC"]) > 1_000_000  # `shutdown`, and more for what follows it
