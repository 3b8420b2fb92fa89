"""What a plan finds, edit by edit, on a store whose events were really tried."""

from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import data_folder, load
from gateway.conf.remembered import kept
from gateway.daemon import registry
from gateway.plan import Plan, Version, plan
from gateway.plan.report import Edit, EndpointPlan, Example
from gateway.store import Filter
from gateway.store.archive import archive
from tests.plan.histories import BEGAN, answered, history, post, write

ACME = """\
name: Acme
return:
  transport: json
  url: https://api.acme.example/returns
  mapping: {lead_id: "{{ lead.id }}", state: "{{ lead.state }}"}
"""
CONVERSION = """\
conversion:
  transport: json
  url: https://api.acme.example/conversions
  mapping: {lead_id: "{{ lead.id }}"}
"""
ALL = Filter()


def events(count=3, **body):
    return [post(number, lead={"id": f"L-{number}", "state": "TX"}, **body) for number in range(count)]


async def planned(
    tmp_path: Path, before: dict, after: dict, made=None, answer=lambda event: answered()
) -> Plan:
    """The plan for an edited copy of a conf folder, by a history of events that the first was tried with."""
    running = write(tmp_path / "conf", before)
    await history(running, events() if made is None else made, answer)
    return await compared(running, write(tmp_path / "next", after))


async def compared(running: Path, edited: Path, which: Filter = ALL, limit: int = 1000) -> Plan:
    both = next(kept(running)), Files.read(edited)
    versions = [Version(load(Files(edited, files.content), registry()), files) for files in both]
    store = await archive(data_folder(running, versions[0].conf.gateway))
    try:
        return await plan(*versions, store, which, limit, lambda number: None)
    finally:
        await store.close()


async def at_acme(tmp_path, before: str, after: str, *rest, **files: str) -> EndpointPlan:
    """What is told of the one endpoint that changes."""
    found = await planned(
        tmp_path, {"sources/acme.yaml": before} | files, {"sources/acme.yaml": after} | files, *rest
    )
    (only,) = found.endpoints
    return only


def counts(changes) -> dict[str, tuple[str, int]]:
    return {change.key: (change.kind, change.count) for change in changes}


def turns(found) -> list[tuple[str, str, str, int]]:
    return [(turn.before, turn.after, turn.why, turn.count) for turn in found]


async def test_an_endpoint_that_is_new(tmp_path):
    """Events that found their type off would be sent, where the conf now has it."""
    made = [*events(), post(9, type="conversion")]
    found = await at_acme(tmp_path, ACME, ACME + CONVERSION, made)
    assert (found.endpoint, found.status, found.events) == ("acme/conversion", "added", 1)
    assert turns(found.criteria) == [("vetoed", "sent", "the conf", 1)]
    assert found.criteria[0].example == Example("E-9", "lead conversions are off for acme", None)
    assert [edit.key for edit in found.conf] == ["name", "transport", "url", "mapping"]


async def test_a_source_that_is_gone(tmp_path):
    """Its events would find no source: they are told at the endpoint that they had, with the nearest source."""
    found = await planned(
        tmp_path, {"sources/acme.yaml": ACME, "sources/acne.yaml": ACME}, {"sources/acne.yaml": ACME}
    )
    (gone,) = found.endpoints
    assert (gone.endpoint, gone.status, found.untouched) == ("acme/return", "removed", 1)
    assert turns(gone.criteria) == [("sent", "parked", "the conf", 3)]
    assert gone.criteria[0].example.after == "there is no source 'acme' (did you mean 'acne'?)"


@pytest.mark.parametrize(
    ("before", "after", "status", "turn"),
    [
        (ACME, f"{ACME}  enabled: false\n", "switched off", ("sent", "vetoed", "the conf", 3)),
        (f"{ACME}  enabled: false\n", ACME, "switched on", ("vetoed", "sent", "the conf", 3)),
    ],
)
async def test_switched(tmp_path, before, after, status, turn):
    """An endpoint that is switched on or off says so, and what it would do to its events."""
    found = await at_acme(tmp_path, before, after)
    assert (found.status, turns(found.criteria)) == (status, [turn])


async def test_a_flow_with_a_file_of_its_own(tmp_path):
    """The events of the flow would go to the new endpoint, with what that changes in their values."""
    before = {"sources/acme.yaml": ACME}
    after = before | {"sources/acme@auto.yaml": ACME.replace("/returns", "/auto")}
    made = [*events(2), post(7, flow={"id": "auto"}, lead={"id": "L-7"})]
    found = await planned(tmp_path, before, after, made)
    (new,) = found.endpoints
    assert (new.endpoint, new.status, new.events) == ("acme@auto/return", "added", 1)
    assert (new.moved[0].count, new.moved[0].example) == (
        1,
        Example("E-7", "acme/return", "acme@auto/return"),
    )
    assert counts(new.values) == {"url": ("changed", 1)}


async def test_what_does_not_show_in_the_values(tmp_path):
    """Another method or auth leaves the values as they are, and is told by the parts of the request, masked."""
    token = {"secrets/token": "s3cret-token"}
    after = ACME.replace("transport: json", "transport: json\n  method: PUT\n  auth: {bearer: {file: token}}")
    found = await at_acme(tmp_path, ACME, after, **token)
    assert (counts(found.values), found.criteria) == ({}, ())
    assert counts(found.requests) == {"method": ("changed", 3), "headers.Authorization": ("added", 3)}
    assert [change.example.after for change in found.requests] == ["PUT", "Bearer ***"]


async def test_another_transport(tmp_path):
    """The same values in another encoding: body and content type differ, and no stored answer is read by it."""
    found = await at_acme(tmp_path, ACME, ACME.replace("transport: json", "transport: formpost"))
    assert counts(found.requests) == {"headers.Content-Type": ("changed", 3), "body": ("changed", 3)}
    body = next(change for change in found.requests if change.key == "body").example
    assert (body.before, body.after) == ('{"lead_id":"L-2","state":"TX"}', "lead_id=L-2&state=TX")
    assert found.answers == ()


async def test_secrets_as_values(tmp_path):
    """A secret that is another is told by its name, never by itself."""
    secrets = {"secrets/one": "s3cret-one", "secrets/two": "s3cret-two"}
    keyed = ACME.replace("mapping: {", "mapping: {key: {file: one}, ")
    found = await at_acme(tmp_path, keyed, keyed.replace("file: one", "file: two"), **secrets)
    assert found.conf == (Edit("mapping.key.file", "changed", "one", "two"),)
    assert (found.values[0].example.before, found.values[0].example.after) == ("{file: one}", "{file: two}")
    assert "s3cret" not in repr(found)


async def test_what_could_no_longer_be_rendered(tmp_path):
    """A required variable that events lack, and the way back."""
    wanted = ACME.replace("lead.state }}", "lead.zip | required }}")
    found = await at_acme(tmp_path / "there", ACME, wanted)
    assert turns(found.rendering) == [("rendered", "not rendered", "mapping.state", 3)]
    assert found.rendering[0].example == Example("E-2", None, "lead.zip is required, and is blank")
    back = await at_acme(tmp_path / "back", wanted, ACME)
    assert turns(back.rendering) == [("not rendered", "rendered", "mapping.state", 3)]


async def test_the_order_of_keys(tmp_path):
    """In a mapping the order is that on the wire, so it is told; elsewhere in a file it says nothing."""
    turned = ACME.replace(
        'lead_id: "{{ lead.id }}", state: "{{ lead.state }}"',
        'state: "{{ lead.state }}", lead_id: "{{ lead.id }}"',
    )
    found = await at_acme(tmp_path, ACME, turned)
    assert found.conf == (Edit("mapping (order)", "changed", ["lead_id", "state"], ["state", "lead_id"]),)
    assert counts(found.values) == {"the order of the keys": ("changed", 3)}


async def test_another_table(tmp_path):
    """An edit of a table is told once, and at every endpoint whose values it changes."""
    coded = ACME.replace('"{{ lead.state }}"', """'{{ lead.state | lookup("states") }}'""")
    files = {"sources/acme.yaml": coded, "sources/bolt.yaml": ACME, "tables/states.yaml": "TX: Texas\n"}
    made = [*events(), *(post(number, source="bolt", lead={"id": "L"}) for number in (8, 9))]
    found = await planned(
        tmp_path, files, files | {"tables/states.yaml": "TX: Tejas\nCA: California\n"}, made
    )
    assert found.shared == (
        Edit("tables/states.yaml: TX", "changed", "Texas", "Tejas"),
        Edit("tables/states.yaml: CA", "added", None, "California"),
    )
    assert [(one.endpoint, counts(one.values)) for one in found.endpoints] == [
        ("acme/return", {"mapping.state": ("changed", 3)})
    ]
    assert found.untouched == 1


async def test_criteria_are_asked_as_of_then(tmp_path):
    """Of a cap that is lowered, the events that came after so many others of their day would be vetoed: no others."""
    capped = f"{ACME}  criteria: {{cap: {{max: 9, per: day}}}}\n"
    found = await at_acme(tmp_path, capped, capped.replace("max: 9", "max: 2"), events(5))
    ((before, after, why, count),) = turns(found.criteria)
    assert (before, after, why.partition(":")[0], count) == ("sent", "vetoed", "cap", 3)
    assert found.criteria[0].example.event == "E-4"


async def test_the_moment_is_that_of_the_attempt(tmp_path):
    """A lead that was young when its event was tried is not too old now."""
    aged = f"{ACME}  criteria: {{max_age: 20d}}\n"
    made = events(submission={"timestamp": BEGAN.isoformat()})
    found = await at_acme(tmp_path, aged, aged.replace("20d", "1d"), made)
    assert (found.events, found.criteria) == (3, ())


async def test_deferred(tmp_path):
    """Opening hours would hold back what came outside of them."""
    day = BEGAN.strftime("%a")
    others = ", ".join(each for each in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") if each != day)
    timed = f'{ACME}  criteria: {{hours: {{days: [{others}], between: "00:00-23:59"}}}}\n'
    found = await at_acme(tmp_path, ACME, timed)
    ((before, after, why, count),) = turns(found.criteria)
    assert (before, after, why.partition(":")[0], count) == ("sent", "deferred", "hours", 3)


async def test_answers_that_would_be_read_otherwise(tmp_path):
    """Outcome, reason, price and reference of the stored answers, each where it differs."""
    read = f"{ACME}  response: {{outcome_search_path: status, outcome_search_term: ok}}\n"
    after = read.replace(
        "term: ok", "term: ^(ok|fine)$, reason_path: why, price_path: price, reference_path: ref"
    )
    answers = iter([answered("ok", why="so", price="1.50", ref="R-1"), answered("fine"), answered("okay")])
    found = await at_acme(tmp_path, read, after, None, lambda event: next(answers))
    outcomes = [
        (c.example.event, c.example.before, c.example.after) for c in found.answers if c.key == "outcome"
    ]
    assert sorted(outcomes) == [("E-1", "failure", "success"), ("E-2", "success", "failure")]
    told = {(change.key, change.kind): change.example for change in found.answers}
    assert told["price", "added"] == Example("E-0", None, "1.50")
    assert told["reference", "added"] == Example("E-0", None, "R-1")
    assert found.values == found.requests == ()


async def test_what_has_no_effect_on_any_event(tmp_path):
    """An edit of how often is tried is told, and nothing of the events."""
    found = await at_acme(tmp_path, ACME, f"{ACME}  retry: {{attempts: 3}}\n")
    assert found == EndpointPlan(
        "acme/return", "changed", 3, (Edit("retry", "added", None, {"attempts": 3}),)
    )


async def test_only_one_source_and_the_newest_events(tmp_path):
    """The filter narrows down the events and the endpoints; of its events the newest are taken."""
    files = {"sources/acme.yaml": ACME, "sources/bolt.yaml": ACME}
    running = write(tmp_path / "conf", files)
    await history(running, [*events(5), post(9, source="bolt")])
    after = {name: text.replace("lead_id", "id") for name, text in files.items()}
    found = await compared(running, write(tmp_path / "next", after), Filter(source="acme"), limit=2)
    assert (found.events, [one.endpoint for one in found.endpoints]) == (2, ["acme/return"])
    assert {change.example.event for change in found.endpoints[0].values} == {"E-4"}


async def test_an_endpoint_that_is_held(tmp_path):
    """Of what lacks its WSDL the values are compared all the same; that nothing could be rendered is noted."""
    soap = ACME.replace("transport: json", "transport: soap\n  operation: Report").replace(
        "/returns", "/?wsdl"
    )
    found = await at_acme(tmp_path, soap, soap.replace("lead_id", "LeadId"))
    assert counts(found.values) == {"mapping.lead_id": ("removed", 3), "mapping.LeadId": ("added", 3)}
    assert (found.requests, found.rendering, found.answers) == ((), (), ())
    assert [note.partition(" it is held: ")[0] for note in found.notes] == [
        "by the running conf",
        "by the edited conf",
    ]
