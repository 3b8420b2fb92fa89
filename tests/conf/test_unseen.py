"""Warnings of what no event holds: judged where something changed, kept where not, never in the way of a load."""

import asyncio
import json
import threading
import time

import pytest

from gateway.conf.load import load
from gateway.conf.seen import Shape
from gateway.conf.stored import StoredNames
from gateway.conf.unseen import Unseen
from gateway.errors import ConfError, StoreUnavailable
from gateway.store import Entry, Filter
from gateway.store.sqlite import SqliteStore
from tests.conf.conftest import SOURCE
from tests.making import NOON, event

READS = SOURCE + '    mail: "{{ lead.email }}"\n'
SAMPLE = '{"type": "return", "source": "acme", "lead": {"id": "1"}}'
WARNING = "warning: sources/acme.yaml:7:11: return.mapping.mail: lead.email is in "
OTHER_HAS = "(lead has: id)"


class Asked:
    """Stands for the store: what it holds, and who was asked about."""

    def __init__(self, **stored):
        self.stored = {source: Shape(events) for source, events in stored.items()}
        self.sources = []
        self.fails = False

    def __call__(self, source, patience):
        assert patience > 0
        self.sources.append(source)
        return None if self.fails else self.stored.get(source, Shape())


def told(conf, unseen, last_good=None):
    """The conf, and the warnings of unseen paths."""
    made = load(conf.read(), conf.registry, last_good, unseen)
    return made, [str(problem) for problem in made.problems]


def test_the_store_is_asked_only_where_samples_leave_a_doubt(conf):
    """A source whose samples hold all that it reads costs no query."""
    asked = Asked()
    conf.write({"events/one.json": SAMPLE}, bolt=SOURCE.replace("lead.id", "lead.email"))
    assert told(conf, Unseen(asked))[1] == [
        f"warning: sources/bolt.yaml:6:14: return.mapping.lead_id: lead.email is in no sample event {OTHER_HAS}"
    ]
    assert asked.sources == ["bolt"]


def test_stored_events_answer_a_doubt(conf):
    """What the samples lack and a stored event holds is right."""
    conf.write({"events/one.json": SAMPLE}, acme=READS)
    assert told(conf, Unseen(Asked(acme=[event(lead={"email": "x"})])))[1] == []
    assert told(conf, Unseen(Asked(acme=[event(lead={"id": "x"})] * 2)))[1] == [
        f"{WARNING}no sample event and in none of the last 2 stored events of acme {OTHER_HAS}"
    ]


def test_without_events_of_its_own_a_source_is_held_against_all_samples(conf):
    """Events of one company are much alike; once it has its own, those of others say nothing."""
    conf.write({"events/one.json": SAMPLE.replace("acme", "bolt")}, acme=READS, bolt=SOURCE)
    assert told(conf, Unseen(Asked()))[1] == [f"{WARNING}no sample event {OTHER_HAS}"]
    assert told(conf, Unseen(Asked(acme=[event(lead={"id": 1, "email": 2})])))[1] == []


def test_where_the_store_cannot_be_asked_nothing_is_said(conf):
    """Neither a false alarm nor a fault; the next load asks again."""
    conf.write({"events/one.json": SAMPLE}, acme=READS)
    asked = Asked()
    asked.fails = True
    unseen = Unseen(asked)
    first, warnings = told(conf, unseen)
    assert warnings == []
    asked.fails = False
    assert told(conf, unseen, first)[1] == [f"{WARNING}no sample event {OTHER_HAS}"]


def test_an_unchanged_source_is_judged_once(conf):
    """A reload asks about what changed: the file, or the samples."""
    asked = Asked()
    unseen = Unseen(asked)
    conf.write({"events/one.json": SAMPLE}, acme=READS, bolt=SOURCE.replace("lead.id", "lead.x"))
    first, warnings = told(conf, unseen)
    assert len(warnings) == 2
    assert asked.sources == ["acme", "bolt"]
    second, again = told(conf, unseen, first)
    assert again == warnings
    conf.write(bolt=SOURCE.replace("lead.id", "lead.y"))
    third, _ = told(conf, unseen, second)
    assert asked.sources == ["acme", "bolt", "bolt"]
    conf.write({"events/one.json": SAMPLE.replace('"1"', '"1", "email": ""')})
    assert [line for line in told(conf, unseen, third)[1] if "acme" in line] == []


def test_a_removed_source_is_forgotten(conf):
    """Its warnings go with it."""
    unseen = Unseen(Asked())
    first, warnings = told(conf.write({"events/one.json": SAMPLE}, acme=READS, bolt=SOURCE), unseen)
    assert len(warnings) == 1
    conf.remove("sources/acme.yaml")
    assert not [line for line in told(conf, unseen, first)[1] if "lead.email" in line]


SHOW = {"gateway.yaml": "log: {show: [lead.id, lead.emial, lead.reference]}\n"}
SLIP = "warning: gateway.yaml:1:23: log.show.1: lead.emial is in no event (did you mean 'lead.email'?)"


class TestLog:
    """`log.show` is for the events of every source: what is nearly a name that one has is a slip."""

    @pytest.mark.parametrize(
        ("sample", "stored", "told_of"),
        [
            ({"email": ""}, {}, [SLIP]),
            ({}, {"bolt": [event(lead={"email": ""})]}, [SLIP]),
            ({"email": ""}, {"bolt": [event(lead={"emial": ""})]}, []),
            ({"reference": ""}, {}, []),
        ],
    )
    def test_a_slip(self, conf, sample, stored, told_of):
        """Held against the samples, and against what is stored of any source; a rare field is none."""
        lead = {"id": "1", **sample}
        conf.write(
            {**SHOW, "events/one.json": SAMPLE.replace('{"id": "1"}', json.dumps(lead))}, bolt="name: b\n"
        )
        assert told(conf, Unseen(Asked(**stored)))[1] == told_of

    def test_where_nothing_is_known_nothing_is_said(self, conf):
        """Neither where there is no event, nor where the store has no time; what is no slip asks for nothing."""
        assert told(conf.write(SHOW), Unseen(Asked()))[1] == []
        busy = Asked()
        busy.fails = True
        sample = SAMPLE.replace('"1"', '"1", "email": "", "reference": ""')
        assert told(conf.write({"events/one.json": sample}), Unseen(busy))[1] == []
        assert busy.sources == ["acme"]
        right = {"gateway.yaml": "log: {show: [lead.id, lead.email]}\n"}
        asked = Asked()
        assert told(conf.write(right), Unseen(asked))[1] == []
        assert asked.sources == []


def test_a_flows_own_events_have_its_id(conf):
    """`flow.id` is never doubted in the file of a flow."""
    flow = SOURCE.replace("lead.id", "flow.id")
    conf.write({"events/one.json": SAMPLE, "sources/acme@solar.yaml": flow}, acme=flow)
    assert [line.partition(":6:")[0] for line in told(conf, Unseen(Asked()))[1]] == [
        "warning: sources/acme.yaml"
    ]


def test_warnings_stand_beside_faults(conf):
    """`check` of a broken folder names the doubts about the sources that are whole, too."""
    conf.write({"events/one.json": SAMPLE}, acme=READS, bolt="nme: x\n")
    with pytest.raises(ConfError) as refused:
        told(conf, Unseen(Asked()))
    assert [str(problem).partition(": ")[0] for problem in refused.value.problems] == [
        "sources/bolt.yaml:1:1",
        "warning",
    ]


def test_many_sources_do_not_make_a_load_wait(conf):
    """The sources that did not change have a fifth of a second together, however slow the store is."""

    def slow(source, patience):
        time.sleep(min(patience, 0.05))

    conf.write({"events/one.json": SAMPLE}, **{f"s{n}": READS for n in range(60)})
    made = load(conf.read(), conf.registry)
    plain = _seconds(lambda: load(conf.read(), conf.registry, made))
    assert _seconds(lambda: load(conf.read(), conf.registry, made, Unseen(slow))) < plain + 0.5


def _seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Archive:
    """Stored events of one source, newest first, and how they were asked for."""

    def __init__(self, events):
        self.events = events
        self.pages = []
        self.fails = False
        self.waits = 0.0
        self.threads = set()

    async def history(self, which, limit, before=None):
        self.threads.add(threading.current_thread())
        assert which == Filter(source=which.source)
        await asyncio.sleep(self.waits)
        if self.fails:
            raise StoreUnavailable("busy")
        top = len(self.events) if before is None else before
        page = [_Recorded(seq, self.events[seq]) for seq in range(max(0, top - limit), top)][::-1]
        self.pages.append(len(page))
        return page


class _Recorded:
    def __init__(self, seq, event):
        self.seq, self.event = seq, event


class TestStoredNames:
    """Reading the names of stored events from another thread than the loop's."""

    async def test_the_last_1000_are_read_a_page_at_a_time(self):
        """On the loop's thread, in small pages, and only once for a while."""
        archive = Archive([event(lead={"old": 1})] + [event(lead={"id": n}) for n in range(1000)])
        stored = StoredNames(archive, asyncio.get_running_loop())
        shape = await asyncio.to_thread(stored, "acme", 5)
        assert (shape.events, shape.holds(("lead", "id")), shape.holds(("lead", "old"))) == (
            1000,
            True,
            False,
        )
        assert archive.pages == [100] * 10
        assert archive.threads == {threading.current_thread()}
        assert await asyncio.to_thread(stored, "acme", 5) is shape

    async def test_a_busy_store_is_no_answer_and_asked_again(self):
        """None, and the next one asks anew."""
        archive = Archive([event()])
        archive.fails = True
        stored = StoredNames(archive, asyncio.get_running_loop())
        assert await asyncio.to_thread(stored, "acme", 5) is None
        archive.fails = False
        assert (await asyncio.to_thread(stored, "acme", 5)).events == 1

    async def test_only_the_sources_that_were_asked_for_last_are_remembered(self):
        """However many there are: the names of each may be thousands."""
        archive = Archive([event()])
        stored = StoredNames(archive, asyncio.get_running_loop())
        for source in ("first", *map(str, range(64)), "63", "first"):
            assert (await asyncio.to_thread(stored, source, 5)).events == 1
        assert len(archive.pages) == 66

    async def test_a_slow_store_answers_the_next_time(self):
        """Nobody waits longer than asked to; what comes later is kept."""
        archive = Archive([event()])
        archive.waits = 0.1
        stored = StoredNames(archive, asyncio.get_running_loop())
        assert await asyncio.to_thread(stored, "acme", 0.01) is None
        assert (await asyncio.to_thread(stored, "acme", 5)).events == 1
        assert archive.pages == [1]

    async def test_a_real_store(self, conf):
        """Events that were posted answer for the paths of the conf."""
        store = await SqliteStore.in_memory()
        try:
            await store.add([Entry(event("e-1", lead={"id": 1}), "acme/return", due_at=NOON)])
            conf.write(acme=READS)
            unseen = Unseen(StoredNames(store, asyncio.get_running_loop()))
            assert (await asyncio.to_thread(told, conf, unseen))[1] == [
                f"{WARNING[:-3]}not in the one stored event of acme {OTHER_HAS}"
            ]
        finally:
            await store.close()


@pytest.mark.parametrize(
    ("paths", "named", "last"),
    [(20, 20, None), (21, 21, None), (22, 21, "and 2 more"), (50, 21, "and 30 more")],
)
def test_of_one_file_only_the_first_are_told(conf, paths, named, last):
    """Twenty paths by name and how many more there are: one slip in every key is one slip."""
    keys = "".join(f'    key{number}: "{{{{ lead.emial{number} }}}}"\n' for number in range(paths))
    conf.write({"events/one.json": SAMPLE}, acme=SOURCE + keys)
    warnings = told(conf, Unseen(Asked()))[1]
    assert len(warnings) == named
    if last is not None:
        rest = f"{last} such paths in this file (mend those that are named, then ask again)"
        assert warnings[-1] == f"warning: sources/acme.yaml:27:12: {rest}"
