"""The running Conf follows its folder: what is good goes live, what is broken changes nothing, and the watch never ends."""

import asyncio
import contextlib
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.conf import files as files_module
from gateway.conf import reload as reload_module
from gateway.conf.files import Files, Look, Unsettled
from gateway.conf.model import Conf
from gateway.conf.reload import Reloaded, Reloader, first
from gateway.conf.remembered import keep
from gateway.conf.samples import Samples
from gateway.documents import Documents
from gateway.errors import ConfError
from tests.conf.conftest import GATEWAY, SOURCE, Folder
from tests.conf.test_load import SOAP, WSDL

BROKEN = "return:\n  transport: json\n"
FAULT = "sources/acme.yaml:2:3: return.url: url is missing (it is required here)"


class Running:
    """A Reloader, what it told, and each Conf that was swapped out."""

    def __init__(self, folder: Folder, conf: Conf | None = None) -> None:
        self.folder = folder
        self.told: list[Reloaded] = []
        self.before: list[Conf] = []
        self.fail: Exception | None = None
        self.reloader = Reloader(
            folder.path, folder.registry, conf or folder.load(), self._swapped, self.told.append
        )

    async def _swapped(self, before: Conf) -> None:
        self.before.append(before)
        if self.fail is not None:
            raise self.fail

    @property
    def conf(self) -> Conf:
        return self.reloader.conf

    async def reload(self) -> Reloaded:
        return await self.reloader.reload()

    async def until(self, holds: Callable[[], object], seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload_module, "RESCAN", 0.3)


@pytest.fixture
def running(conf: Folder) -> Running:
    return Running(conf)


@contextlib.asynccontextmanager
async def watching(running: Running) -> AsyncIterator[None]:
    task = asyncio.create_task(running.reloader.watch())
    await asyncio.sleep(0.3)
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def lines(reloaded: Reloaded) -> list[str]:
    return [str(problem) for problem in reloaded.problems]


class TestReload:
    """One reload."""

    async def test_what_is_good_goes_live(self, running):
        """The swap is told, with the Conf before it."""
        before = running.conf
        running.folder.write(bolt=SOURCE)
        found = await running.reload()
        assert (found.taken, found.problems, list(running.conf.sources)) == (True, (), ["acme", "bolt"])
        assert found.conf is running.conf
        assert (running.before, running.told, running.reloader.last) == ([before], [found], found)

    async def test_a_broken_source_keeps_its_version_while_others_go_live(self, running):
        """Its problems stay visible for as long as it is broken."""
        good = running.conf.sources["acme"]
        running.folder.write(acme=BROKEN, bolt=SOURCE)
        for _ in range(2):
            found = await running.reload()
            assert (found.taken, lines(found)) == (True, [FAULT])
            assert [str(problem) for problem in running.conf.problems] == [FAULT]
            assert running.conf.sources["acme"] is good
            assert "bolt" in running.conf.sources
        running.folder.write(acme=SOURCE)
        assert (await running.reload()).problems == ()

    @pytest.mark.parametrize(
        "fault", [{"gateway.yaml": "listn: []\n"}, {"gateway.yaml": "listen: ["}, {"tables/t.yaml": "- a\n"}]
    )
    async def test_broken_shared_files_keep_everything(self, running, fault):
        """Not even a good source file is taken, since it might need what is broken."""
        before = running.conf
        running.folder.write(fault, acme=SOURCE.replace("Acme", "Emca"), bolt=SOURCE)
        found = await running.reload()
        assert (found.taken, found.conf, running.conf, running.before) == (False, before, before, [])
        assert len(found.faults) == 1

    async def test_a_new_source_that_is_broken_shows(self, running):
        """It has no good version; the others are as they were."""
        running.folder.write(bolt=BROKEN)
        await running.reload()
        assert dict(running.conf.broken) == {"bolt": FAULT.replace("acme", "bolt")}
        assert list(running.conf.sources) == ["acme"]

    async def test_a_removed_source_disappears(self, running):
        """With its file, also after it was broken."""
        running.folder.write(acme=BROKEN, bolt=SOURCE)
        await running.reload()
        running.folder.remove("sources/acme.yaml")
        assert (await running.reload()).problems == ()
        assert list(running.conf.sources) == ["bolt"]

    async def test_sources_that_are_all_gone_at_once_are_kept(self, running):
        """A checkout or a mount in the making must not park every event that comes meanwhile."""
        before = running.conf
        running.folder.remove("sources/acme.yaml")
        reloaded = await running.reload()
        assert [problem.text for problem in reloaded.faults] == [
            "all sources are gone at once (put them back; if it is meant, restart the daemon)"
        ]
        assert (reloaded.taken, running.conf) == (False, before)

    async def test_a_pipe_in_the_folder_keeps_nobody_waiting(self, running):
        """It is told as no regular file; the rest is taken."""
        os.mkfifo(running.folder.path / "sources" / "pipe.yaml")
        reloaded = await asyncio.wait_for(running.reload(), 5)
        assert "no regular file" in str(reloaded.faults[0])
        assert "acme" in running.conf.sources

    async def test_unchanged_sources_are_the_same_objects(self, running):
        """They are not built again, reload after reload."""
        acme = running.conf.sources["acme"]
        for number in range(3):
            running.folder.write(bolt=SOURCE + f"# {number}\n")
            await running.reload()
            assert running.conf.sources["acme"] is acme

    async def test_a_folder_that_is_gone_changes_nothing(self, running):
        """What is in force stays in force."""
        before = running.conf
        shutil.rmtree(running.folder.path)
        found = await running.reload()
        assert (found.taken, running.conf) == (False, before)
        path = running.folder.path
        assert lines(found) == [
            f"{path}: the conf folder cannot be read: No such file or directory (make one: feedback-gateway init {path})"
        ]

    async def test_a_folder_that_may_not_be_read(self, running, monkeypatch):
        """The rights are named."""

        def denied(folder: Path) -> Files:
            raise PermissionError(13, "Permission denied", str(folder / "sources"))

        monkeypatch.setattr(Files, "read_settled", denied)
        path = running.folder.path
        assert lines(await running.reload()) == [
            f"{path}: the conf folder cannot be read: Permission denied (see to the rights of {path}/sources)"
        ]

    async def test_a_folder_that_cannot_be_looked_at(self, running, monkeypatch):
        """Told like any other; nothing is raised, and the next reload looks again."""

        def stale(folder: Path, *others: Path) -> Look:
            raise OSError(116, "Stale file handle", str(folder))

        path = running.folder.path
        with monkeypatch.context() as gone:
            gone.setattr(reload_module, "look", stale)
            assert lines(await running.reload()) == [
                f"{path}: the conf folder cannot be read: Stale file handle (see to the rights of {path})"
            ]
        assert (await running.reload()).taken

    async def test_a_plugin_that_would_end_the_process_ends_the_reload_alone(self, running, monkeypatch):
        """In its own sentence: a smaller conf would mend nothing."""

        def ends(*_: object) -> None:
            raise SystemExit(3)

        monkeypatch.setattr(Samples, "read", ends)
        assert lines(await running.reload()) == [
            f"{running.folder.path}: the conf cannot be taken: a plugin ended the load with SystemExit: 3"
            " (mend it, or name it no more)"
        ]

    async def test_what_belongs_to_the_process_is_told(self, running):
        """A new listener and data folder take effect at the next start; a warning says so, each time."""
        running.folder.write(
            {
                "gateway.yaml": "listen: [127.0.0.1:9999]\ndata: elsewhere\nshutdown: 5s\nlimits: {body: 1MiB, events: 5}\n"
            }
        )
        for _ in range(2):
            found = await running.reload()
            assert (found.taken, found.faults) == (True, ())
            assert lines(found) == [
                "warning: gateway.yaml: listen: takes effect at the next start",
                "warning: gateway.yaml: data: takes effect at the next start",
                "warning: gateway.yaml: limits.body: takes effect at the next start",
            ]

    @pytest.mark.parametrize(
        "error", [RecursionError("too deep"), MemoryError(), RuntimeError("a fault of ours")]
    )
    async def test_a_conf_made_to_exhaust_the_parser_leaves_the_old_one(self, running, monkeypatch, error):
        """Whatever loading raises: the Conf stays, and the next reload is made as if nothing had been."""
        before = running.conf

        def exhausted(*_: object) -> Conf:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(reload_module, "load", exhausted)
            found = await running.reload()
        assert (found.taken, running.conf) == (False, before)
        assert lines(found) == [
            f"{running.folder.path}: the conf cannot be taken: {type(error).__name__} {error} (make it smaller and simpler)"
        ]
        running.folder.write(bolt=SOURCE)
        assert (await running.reload()).taken

    @pytest.mark.parametrize(
        "content", ["[" * 200_000, "{" * 200_000, 'a: "' + "{{ (" * 5000 + '"', "name: " + "9" * 900_000]
    )
    async def test_real_files_made_to_exhaust_it(self, running, content):
        """The same through the real parsers: a source keeps its version, and the reload ends soon."""
        before = running.conf.sources["acme"]
        running.folder.write(acme=content)
        async with asyncio.timeout(10):
            found = await running.reload()
        assert (found.taken, running.conf.sources["acme"]) == (True, before)
        assert len(found.faults) == 1

    async def test_what_follows_the_swap_may_fail(self, running):
        """The Conf is in force, and what could not follow is told and tried again."""
        running.fail = RuntimeError("the store is full")
        running.folder.write(bolt=SOURCE)
        async with watching(running):
            await running.until(lambda: len(running.before) > 2)
            assert "bolt" in running.conf.sources
            assert lines(running.reloader.last) == [
                f"{running.folder.path}: the conf was taken, but not everywhere: RuntimeError('the store is full') (tried again)"
            ]
            running.fail = None
            await running.until(lambda: running.reloader.last.problems == ())

    async def test_one_reload_at_a_time(self, running):
        """Asked for at once, they follow each other."""
        found = await asyncio.gather(*(running.reload() for _ in range(4)))
        assert [each.taken for each in found] == [True] * 4
        assert running.before == [running.before[0], *(each.conf for each in found[:-1])]

    async def test_an_endpoint_made_ready_meanwhile_stays_ready(self, conf, monkeypatch):
        """A WSDL that arrives while the folder is read is not lost with the Conf that it arrived for."""
        running = Running(conf.write(acme=SOAP))
        held = running.conf.route("acme/return")
        ready = Folder(conf.path, conf.registry)
        Documents({}, conf.path.parent / "data" / "documents").keep({held.endpoint.url: WSDL})
        made = ready.load().route("acme/return")
        assert (held.held is None, made.held) == (False, None)

        def load_and_be_overtaken(*arguments: object) -> Conf:
            found = original(*arguments)
            running.reloader.replace(running.conf.with_route(made))
            return found

        original = reload_module.load
        monkeypatch.setattr(reload_module, "load", load_and_be_overtaken)
        conf.write(bolt=SOURCE)
        await running.reload()
        assert running.conf.route("acme/return") is made
        assert "bolt" in running.conf.sources


class TestSettled:
    """A folder that is being written is read when it stands still."""

    def test_an_editor_that_truncates_and_then_writes(self, conf):
        """Neither the empty file nor the half of it is ever read."""
        path = conf.path / "sources" / "acme.yaml"
        half = SOURCE.encode()[:60]
        with path.open("wb", buffering=0) as file:

            def write() -> None:
                time.sleep(0.03)
                file.write(half)
                time.sleep(0.03)
                file.write(SOURCE.encode()[60:])

            writer = threading.Thread(target=write)
            writer.start()
            found = Files.read_settled(conf.path)
            writer.join()
        assert found.content["sources/acme.yaml"] == SOURCE.encode()

    def test_several_files_that_belong_together(self, conf):
        """All are read as they are at the end, whatever the pause between them, up to the limit that is promised."""

        def write() -> None:
            for number in range(1, 5):
                for key in "abc":
                    time.sleep(files_module.PAUSE / 3)
                    conf.write(**{key: f"name: '{number}'\n"})

        conf.write(a="", b="", c="")
        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(files_module.PAUSE)
        found = Files.read_settled(conf.path)
        writer.join()
        assert {found.content[f"sources/{key}.yaml"] for key in "abc"} == {b"name: '4'\n"}

    def test_a_folder_that_never_stands_still(self, conf, monkeypatch):
        """It is not read at all: better the old conf than half a new one."""
        monkeypatch.setattr(files_module, "LOOKS", 5)
        done = threading.Event()

        def write() -> None:
            while not done.wait(0.01):
                conf.write(bolt=f"name: '{time.monotonic_ns()}'\n")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with pytest.raises(Unsettled, match="written all the time"):
                Files.read_settled(conf.path)
        finally:
            done.set()
            writer.join()

    def test_equal_bytes_of_two_rewrites(self, conf, monkeypatch):
        """A file that was touched between two looks is not taken, though both saw it empty."""
        path = conf.path / "sources" / "acme.yaml"
        text = path.read_text()
        path.write_text("")
        pauses: list[float] = []
        sleep = time.sleep

        def meanwhile(seconds: float) -> None:
            pauses.append(seconds)
            sleep(0.02)  # longer than the grain of the file system's clock
            if len(pauses) == 1:
                path.write_text("name: whole\n")
                path.write_text("")  # the next rewrite has begun
            elif len(pauses) == 2:
                path.write_text(text)

        monkeypatch.setattr(files_module.time, "sleep", meanwhile)
        assert Files.read_settled(conf.path).content["sources/acme.yaml"] == text.encode()

    async def test_it_is_told_and_tried_again(self, running, monkeypatch):
        """Once it stands still the watch takes it, without a further change."""
        calls: list[int] = []
        settled = Files.read_settled

        def never_at_first(folder: Path) -> Files:
            calls.append(1)
            if len(calls) < 3:
                raise Unsettled("it is being written all the time (let it stand still for 60 ms)")
            return settled(folder)

        monkeypatch.setattr(Files, "read_settled", never_at_first)
        async with watching(running):
            running.folder.write(bolt=SOURCE)
            await running.until(lambda: len(running.told) == 2)
        text = (
            "the conf folder cannot be read: it is being written all the time (let it stand still for 60 ms)"
        )
        assert [lines(each) for each in running.told] == [[f"{running.folder.path}: {text}"], []]


class TestWatch:
    """The folder is watched for ever."""

    async def test_a_folder_that_did_not_change_is_not_reloaded(self, running):
        """Not at the start either: it has just been read."""
        async with watching(running):
            await asyncio.sleep(1.0)
        assert running.told == []

    async def test_a_change_between_the_first_load_and_the_watch(self, running):
        """Is seen when the watch begins."""
        running.folder.write(bolt=SOURCE)
        async with watching(running):
            await running.until(lambda: "bolt" in running.conf.sources)

    async def test_a_change_is_noticed_at_once(self, running, monkeypatch):
        """By the system's notice, long before the rescan."""
        monkeypatch.setattr(reload_module, "RESCAN", 30.0)
        async with watching(running):
            running.folder.write(bolt=SOURCE)
            await running.until(lambda: "bolt" in running.conf.sources, seconds=3.0)

    async def test_an_editor_that_replaces_the_file(self, running):
        """A new file moved over the old one is the new conf; its temporary name is never a source."""
        async with watching(running):
            fresh = running.folder.path / "sources" / ".acme.yaml.tmp"
            fresh.write_text(SOURCE.replace("Acme Leads", "Acme New"))
            fresh.replace(running.folder.path / "sources" / "acme.yaml")
            await running.until(lambda: running.told)
        assert [list(each.conf.sources) for each in running.told] == [["acme"]]
        assert running.conf.sources["acme"].name == "Acme New"

    async def test_an_editor_that_truncates(self, running):
        """The source is never told to be empty, nor taken as half of what it is to be."""
        path = running.folder.path / "sources" / "acme.yaml"
        async with watching(running):
            for number in range(8):
                text = SOURCE.replace("Acme Leads", f"Acme {number}") + f"    number: '{number}'\n"
                with path.open("w") as file:
                    await asyncio.sleep(0.01)
                    file.write(text[:70])
                    file.flush()
                    await asyncio.sleep(0.01)
                    file.write(text[70:])
                await asyncio.sleep(0.1)
            await running.until(lambda: running.conf.sources["acme"].name == "Acme 7")
        assert [lines(each) for each in running.told] == [[]] * len(running.told)

    async def test_a_secret_that_changes(self, conf):
        """Its new text is in force without a change of the conf."""
        running = Running(conf.write({"secrets/key": "old"}, acme=SOURCE + "    key: {file: key}\n"))
        async with watching(running):
            conf.write({"secrets/key": "new"})
            await running.until(lambda: list(running.conf.secrets.values()) == ["new"])

    async def test_a_secret_that_was_missing(self, conf):
        """Once it is there, the source that waited for it goes live."""
        running = Running(conf)
        conf.write(bolt=SOURCE + "    key: {file: key}\n")
        async with watching(running):
            await running.until(lambda: "bolt" in running.conf.broken)
            conf.write({"secrets/key": "k"})
            await running.until(lambda: "bolt" in running.conf.sources)

    async def test_secrets_elsewhere(self, conf):
        """A folder of secrets outside the conf folder is looked at, too."""
        conf.write(
            {"gateway.yaml": GATEWAY + "secrets: ../keys\n", "../keys/key": "old"},
            acme=SOURCE + "    key: {file: key}\n",
        )
        running = Running(conf)
        async with watching(running):
            conf.write({"../keys/key": "new"})
            await running.until(lambda: list(running.conf.secrets.values()) == ["new"])

    async def test_the_folder_is_deleted_and_made_again(self, running):
        """The old Conf stays meanwhile, the trouble is told once, and the new folder is taken."""
        before = running.conf
        async with watching(running):
            shutil.rmtree(running.folder.path)
            await running.until(lambda: running.told)
            await asyncio.sleep(1.5)
            assert (running.conf, len(running.told), running.told[0].taken) == (before, 1, False)
            running.folder.write({"gateway.yaml": GATEWAY}, bolt=SOURCE)
            await running.until(lambda: list(running.conf.sources) == ["bolt"])
            running.folder.write(cinder=SOURCE)
            await running.until(lambda: list(running.conf.sources) == ["bolt", "cinder"])

    async def test_the_folder_is_replaced_by_another(self, running):
        """As with a mounted volume, where the system's notice would go on about the old one."""
        async with watching(running):
            other = Folder(running.folder.path.with_name("other"), running.folder.registry)
            other.write({"gateway.yaml": GATEWAY}, bolt=SOURCE)
            running.folder.path.rename(running.folder.path.with_name("old"))
            other.path.rename(running.folder.path)
            await running.until(lambda: list(running.conf.sources) == ["bolt"])

    async def test_a_folder_behind_a_link(self, conf):
        """A link that is pointed elsewhere is a change."""
        link = conf.path.with_name("link")
        link.symlink_to(conf.path)
        running = Running(Folder(link, conf.registry))
        async with watching(running):
            other = Folder(conf.path.with_name("other"), conf.registry).write(
                {"gateway.yaml": GATEWAY}, bolt=SOURCE
            )
            fresh = conf.path.with_name("fresh")
            fresh.symlink_to(other.path)
            fresh.replace(link)
            await running.until(lambda: list(running.conf.sources) == ["bolt"])

    async def test_the_watch_survives_everything(self, running, monkeypatch):
        """Looks that fail, loads that fail, and a system that gives no notice."""
        failing = {"look": [OSError("no more handles")] * 3, "awatch": [RuntimeError("no inotify here")] * 2}

        def fail_at_first(name: str) -> Callable[..., object]:
            original = getattr(reload_module, name)

            def call(*arguments: object, **named: object) -> object:
                if failing[name]:
                    raise failing[name].pop()
                return original(*arguments, **named)

            return call

        for name in failing:
            monkeypatch.setattr(reload_module, name, fail_at_first(name))
        async with watching(running):
            await running.until(lambda: not any(failing.values()))
            running.folder.write(bolt=SOURCE)
            await running.until(lambda: "bolt" in running.conf.sources)

    async def test_a_fault_is_told_once(self, running):
        """Not again with every look; and again when something else is wrong."""
        async with watching(running):
            running.folder.write({"gateway.yaml": "listn: 1\n"})
            await running.until(lambda: running.told)
            running.folder.write({"gateway.yaml": "listn: 1\n", "README": "x"})
            await asyncio.sleep(1.0)
            assert len(running.told) == 1
            running.folder.write({"gateway.yaml": "listnn: 1\n"})
            await running.until(lambda: len(running.told) == 2)

    async def test_a_store_below_the_conf_folder_is_no_change(self, conf, monkeypatch):
        """What is written into the data folder wakes nobody."""
        monkeypatch.setattr(reload_module, "RESCAN", 30.0)
        running = Running(conf.write({"gateway.yaml": GATEWAY + "data: data\n", "data/x": ""}))
        looks: list[int] = []
        look = Reloader._look
        monkeypatch.setattr(Reloader, "_look", lambda self: looks.append(1) or look(self))
        async with watching(running):
            before = len(looks)
            for number in range(20):
                conf.write({"data/x": str(number)})
                await asyncio.sleep(0.02)
            assert len(looks) == before
            conf.write(bolt=SOURCE)
            await running.until(lambda: "bolt" in running.conf.sources, seconds=3.0)


class TestFirst:
    """What the daemon starts with."""

    def good(self, folder: Folder) -> Conf:
        conf = folder.load()
        keep(folder.read(), conf)
        return conf

    def test_a_good_folder(self, conf):
        """Is what it is, whatever is remembered."""
        self.good(conf)
        assert list(first(conf.write(bolt=SOURCE).path, conf.registry).sources) == ["acme", "bolt"]

    @pytest.mark.parametrize("fault", ["listn: 1\n", "listen: [", None])
    def test_a_broken_gateway_file(self, conf, fault):
        """The last good conf whole, with the folder's problems, all of them."""
        good = self.good(conf)
        conf.write(bolt=SOURCE, cinder=BROKEN)
        conf.remove("gateway.yaml") if fault is None else conf.write({"gateway.yaml": fault})
        found = first(conf.path, conf.registry)
        assert (list(found.sources), found.digest) == (["acme"], good.digest)
        assert [problem.file for problem in found.problems] == ["gateway.yaml", "sources/cinder.yaml"]

    def test_a_broken_source(self, conf):
        """Its last good version, and everything else as the folder has it now."""
        self.good(conf)
        found = first(conf.write(acme=BROKEN, bolt=SOURCE).path, conf.registry)
        assert ([str(problem) for problem in found.problems], list(found.sources)) == (
            [FAULT],
            ["acme", "bolt"],
        )
        assert found.sources["acme"].name == "Acme Leads"

    def test_a_folder_that_is_gone(self, conf):
        """The last good conf, and what is to be done."""
        self.good(conf)
        shutil.rmtree(conf.path)
        found = first(conf.path, conf.registry)
        assert list(found.sources) == ["acme"]
        assert "the conf folder cannot be read: No such file or directory" in str(found.problems[0])

    def test_a_data_folder_of_its_own(self, conf):
        """Found though gateway.yaml cannot be parsed."""
        conf.write({"gateway.yaml": 'data: "../elsewhere"  # here\n'})
        self.good(conf)
        assert (conf.path.parent / "elsewhere" / "last-good-conf.json").exists()
        found = first(
            conf.write({"gateway.yaml": 'data: "../elsewhere"  # here\nlisten: [\n'}).path, conf.registry
        )
        assert list(found.sources) == ["acme"]

    @pytest.mark.parametrize(
        "remembered", [None, "", "{", "[]", '{"gateway.yaml": 7}', '{"gateway.yaml": "listn: 1"}']
    )
    def test_without_a_last_good_conf(self, conf, remembered):
        """Every problem of the folder, and no start."""
        data = conf.path.parent / "data"
        data.mkdir()
        if remembered is not None:
            (data / "last-good-conf.json").write_text(remembered)
        with pytest.raises(ConfError) as caught:
            first(conf.write(acme=BROKEN, bolt=BROKEN).path, conf.registry)
        assert [str(problem) for problem in caught.value.problems] == [FAULT, FAULT.replace("acme", "bolt")]

    @pytest.mark.parametrize("error", [RecursionError(), MemoryError()])
    def test_a_folder_that_exhausts_the_parser(self, conf, monkeypatch, error):
        """Falls back as any other broken one."""
        self.good(conf)
        calls: list[int] = []
        load = reload_module.load

        def exhausted_at_first(*arguments: object) -> Conf:
            calls.append(1)
            if len(calls) == 1:
                raise error
            return load(*arguments)

        monkeypatch.setattr(reload_module, "load", exhausted_at_first)
        assert list(first(conf.path, conf.registry).sources) == ["acme"]

    def test_what_is_remembered(self, conf):
        """Every byte of the conf but secrets and sample events, readable by the owner only, in one step."""
        binary = bytes(range(256))
        conf.write(
            {"wsdl/x.xsd": binary, "secrets/key": "k3y", "events/e.json": "{}"},
            acme=SOURCE + "    k: {file: key}\n",
        )
        self.good(conf)
        path = conf.path.parent / "data" / "last-good-conf.json"
        kept = json.loads(path.read_text())
        assert list(kept) == ["gateway.yaml", "sources/acme.yaml", "wsdl/x.xsd"]
        assert kept["wsdl/x.xsd"].encode("utf-8", "surrogateescape") == binary
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "k3y" not in path.read_text()
        assert os.listdir(path.parent) == [path.name]

    def test_files_that_are_not_the_confs_are_not_remembered(self, conf):
        """The folder may be half written by now."""
        good = conf.load()
        keep(conf.write(acme="").read(), good)
        assert not (conf.path.parent / "data").exists()

    async def test_a_reload_remembers_what_is_good(self, running):
        """And nothing that has a fault."""
        path = running.folder.path.parent / "data" / "last-good-conf.json"
        running.folder.write(bolt=SOURCE)
        await running.reload()
        good = path.read_text()
        assert "sources/bolt.yaml" in good
        running.folder.write(bolt=BROKEN)
        await running.reload()
        assert path.read_text() == good

    async def test_a_data_folder_that_takes_nothing_is_a_warning(self, running):
        """The conf is in force all the same."""
        (running.folder.path.parent / "data").write_text("")
        running.folder.write(bolt=SOURCE)
        found = await running.reload()
        assert (found.taken, found.faults, "bolt" in running.conf.sources) == (True, (), True)
        assert lines(found) == [
            f"warning: {running.folder.path}: the conf cannot be kept for a start with a broken one: File exists (mend the data folder)"
        ]
