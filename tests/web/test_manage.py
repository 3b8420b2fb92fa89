"""Health, metrics, endpoints and reload: what operators and monitors ask."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway import Alert, hookimpl
from gateway.errors import StoreError
from tests.web.conftest import ACME, House, event


async def test_a_healthy_daemon_says_so(any_house: House) -> None:
    """200 without reasons."""
    assert await any_house.ask("GET", "/-/healthy") == (200, {"healthy": True, "reasons": []})


async def test_a_daemon_that_lost_its_store_is_not_healthy(house: House) -> None:
    """503 with the reason, on both questions, and it stops."""
    house.daemon._lose(StoreError("the disk is gone"))
    reasons = ["the store cannot go on: the disk is gone"]
    assert await house.ask("GET", "/-/healthy") == (503, {"healthy": False, "reasons": reasons})
    status, told = await house.ask("GET", "/-/ready")
    assert (status, told["reasons"]) == (503, [*reasons, "the daemon is stopping"])
    assert house.daemon.stop.is_set()


async def test_a_full_disk_is_not_silent(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not ready, with the sentence, but healthy; told once in the log, in the metrics and as an alert; then well again."""
    monkeypatch.setattr("gateway.store.writer.LONGEST_PAUSE", 0.5)

    async def pages(most: int) -> None:
        await house.daemon.store._change(
            lambda database: database.execute(f"PRAGMA max_page_count = {most}").fetchall()
        )

    async def numbers() -> list[str]:
        async with house.client.get("/metrics") as response:
            return (await response.text()).splitlines()

    await pages(1)
    posts = (event(f"e-{index}", source="nobody", note="x" * 7000) for index in range(100))
    while (await house.post(next(posts)))[0] != 507:
        pass
    status, told = await house.ask("GET", "/-/ready")
    why = (
        f"nothing could be stored in {house.folder.parent}/data/events.db: database or disk is full"
        " (free some disk space; the same may be posted again)"
    )
    assert (status, told["ready"], told["reasons"]) == (503, False, [why])
    assert await house.ask("GET", "/-/healthy") == (200, {"healthy": True, "reasons": []})
    lines = await numbers()
    assert "feedback_gateway_store_trouble 1.0" in lines
    assert 'feedback_gateway_alerts_total{kind="store"} 1.0' in lines
    await pages(1_000_000)
    assert (await house.ask("GET", "/-/ready"))[0] == 200
    assert "feedback_gateway_store_trouble 0.0" in await numbers()
    logged = capsys.readouterr().out
    assert (logged.count("store.trouble"), logged.count("store.recovered")) == (1, 1)


async def test_a_store_that_is_gone_says_why_nothing_is_taken(house: House) -> None:
    """Its file was removed: the post is refused for good, health tells the file, and the daemon stops."""
    file = house.folder.parent / "data" / "events.db"
    file.unlink()
    assert (await house.post(event()))[0] == 503
    assert house.daemon.stop.is_set()
    for path in ("/-/healthy", "/-/ready"):
        status, told = await house.ask("GET", path)
        assert status == 503
        assert told["reasons"][0].startswith(
            f"the store cannot go on: the file {file} was removed or replaced"
        )


async def test_a_ready_daemon_says_what_it_goes_by(house: House) -> None:
    """The conf's hash, the last reload, and how long the oldest event has been due."""
    status, told = await house.ask("GET", "/-/ready")
    assert status == 200
    assert told.pop("loaded_at").endswith("Z")
    warnings = told.pop("problems")
    assert all(problem.startswith("warning:") for problem in warnings)
    assert told.pop("loop_lag_ms").keys() == {"p99", "worst"}
    assert told.pop("intake") == {"connections": 0, "bytes": 0}
    assert told.pop("bound_by") is None
    assert told == {
        "ready": True, "reasons": [], "conf": house.daemon.reloader.conf.digest, "last_reload_ok": True, "waiting": 0,
        "paused": [], "breakers_open": [],
        "quarantined": [],
        "oldest_due_seconds": 0.0,
    }  # fmt: skip


async def test_a_broken_file_leaves_the_daemon_ready_and_is_named(house: House) -> None:
    """The last good version goes on; the problem is seen until it is mended."""
    house.write("acme", ACME.replace("transport:", "transprot:"))
    status, told = await house.ask("POST", "/-/reload")
    assert (status, told["taken"]) == (207, True)
    assert any(problem.startswith("sources/acme.yaml:3:") for problem in told["problems"])
    status, ready = await house.ask("GET", "/-/ready")
    assert (status, ready["ready"], ready["last_reload_ok"]) == (200, True, False)
    assert set(told["problems"]) <= set(ready["problems"])
    assert (await house.post(event(), Prefer="wait=5"))[1]["state"] == "delivered"
    house.write("acme", ACME)
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    assert (await house.ask("GET", "/-/ready"))[1]["last_reload_ok"] is True


async def test_a_reload_takes_what_changed(any_house: House) -> None:
    """200 with the new hash; the very next event goes by the new conf."""
    before = any_house.daemon.reloader.conf.digest
    any_house.write("acme", ACME.replace("lead_id:", "lead:"))
    status, told = await any_house.ask("POST", "/-/reload")
    assert (status, told["taken"], told["problems"]) == (200, True, [])
    assert told["conf"] != before
    await any_house.post(event())
    [received] = await any_house.partner.arrived()
    assert set(received.values) == {"lead", "reason", "key"}
    assert (await any_house.until("e-1", "delivered"))["attempts"][0]["conf"] == told["conf"]


async def test_a_gateway_file_that_is_broken_changes_nothing(house: House) -> None:
    """400 as a problem document: not even a sound source file is taken beside it."""
    before = house.daemon.reloader.conf
    (house.folder / "gateway.yaml").write_text("lisen: x\n")
    house.write("acme", ACME.replace("lead_id:", "lead:"))
    status, told = await house.ask("POST", "/-/reload")
    assert (status, told["status"], told["taken"], told["conf"]) == (400, 400, False, before.digest)
    assert told["title"] == f"nothing was taken: the daemon goes on with conf {before.digest}"
    assert told["problems"][0].startswith("gateway.yaml:1:1: lisen: unknown key")
    assert told["errors"][0]["detail"] == told["problems"][0]
    assert house.daemon.reloader.conf is before


async def test_what_belongs_to_the_process_is_a_warning(house: House) -> None:
    """A listener that changed is taken at the next start, and said so now."""
    path = house.folder / "gateway.yaml"
    path.write_text(path.read_text() + "listen: [127.0.0.1:1]\n")
    status, told = await house.ask("POST", "/-/reload")
    assert status == 200
    assert any("listen: takes effect at the next start" in warning for warning in told["warnings"])


async def test_a_mended_source_is_tried_at_once(house: House) -> None:
    """An operator who corrects an address does not wait for the retry's hour."""
    await house.post(event(source="busy"))
    await house.until("e-1", "queued")
    house.write(
        "busy", "return: {{transport: json, url: '{partner}/json', mapping: {{id: '{{{{ event.id }}}}'}}}}\n"
    )
    await house.ask("POST", "/-/reload")
    assert (await house.until("e-1", "delivered"))["attempt_count"] == 2


async def test_a_flow_of_its_own_takes_over_what_waits(house: House) -> None:
    """With its file the waiting events of a flow go where that says."""
    await house.post(event(source="busy", flow={"id": "solar"}))
    assert (await house.until("e-1", "queued"))["endpoint"] == "busy/return"
    flow = (
        "return: {{transport: json, url: '{partner}/json/ok/solar', mapping: {{id: '{{{{ event.id }}}}'}}}}\n"
    )
    house.write("busy@solar", flow)
    await house.ask("POST", "/-/reload")
    told = await house.until("e-1", "delivered")
    assert [attempt["endpoint"] for attempt in told["attempts"]] == ["busy/return", "busy@solar/return"]
    assert (await house.partner.arrived(2))[1].path == "/json/ok/solar"


async def test_a_type_that_is_turned_off_ends_what_waits(house: House) -> None:
    """`enabled: false` vetoes the waiting events of that type at their next try."""
    await house.post(event(source="busy"))
    await house.until("e-1", "queued")
    off = "return: {{enabled: false, transport: json, url: '{partner}/json', mapping: {{a: b}}}}\n"
    house.write("busy", off)
    await house.ask("POST", "/-/reload")
    told = await house.until("e-1", "vetoed")
    assert (told["outcome"], told["reason"]) == ("skip", "lead returns are off for busy")


async def test_endpoints_show_their_lanes(any_house: House) -> None:
    """Each endpoint: what is under way, what waits and until when, and why it is held."""
    await any_house.post(event(source="slow"))
    await any_house.post(event("e-2", source="busy"))
    await any_house.partner.arrived(2)
    await any_house.until("e-2", "queued")
    status, told = await any_house.ask("GET", "/endpoints")
    assert status == 200
    found = {one["id"]: one for one in told["endpoints"]}
    assert set(found) == {"acme/return", "slow/return", "busy/return", "sorry/return"}
    next_due = found["busy/return"].pop("next_due")
    assert next_due == (await any_house.story("e-2"))["due_at"]
    plain = {"transport": "json", "enabled": True, "held": None, "concurrency": 8, "bound_by": "none"}
    plain |= {"insecure_skip_verify": False}
    plain |= {"paused": None, "rate": None, "breaker": {"state": "closed", "since": None, "next_probe": None}}
    assert found["busy/return"] == {"id": "busy/return", "under_way": 0, "waiting": 1, **plain}
    assert (found["slow/return"]["under_way"], found["acme/return"]["waiting"]) == (1, 0)


async def test_an_endpoint_that_is_gone_is_shown_while_something_waits_there(house: House) -> None:
    """Nothing waits out of sight."""
    await house.post(event(source="busy"))
    await house.until("e-1", "queued")
    (house.folder / "sources" / "busy.yaml").unlink()
    await house.ask("POST", "/-/reload")
    _, told = await house.ask("GET", "/endpoints")
    gone = {"id": "busy/return", "held": "not in the conf any more", "paused": None, "waiting": 1}
    assert gone in told["endpoints"]


async def test_metrics_are_prometheus_text(any_house: House) -> None:
    """Counters and gauges of what was posted, attempted and waits, without a word of lead data."""
    await any_house.post(event(lead={"id": "L-1", "email": "joe@example.com"}))
    await any_house.until("e-1", "delivered")
    await any_house.post(event("e-2", source="busy"))
    await any_house.until("e-2", "queued")
    async with any_house.client.get("/metrics") as response:
        text = await response.text()
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in [
        'feedback_gateway_attempts_total{endpoint="acme/return",outcome="success"} 1.0',
        'feedback_gateway_events_waiting{endpoint="busy/return"} 1.0',
        "feedback_gateway_attempts_under_way 0.0",
        'feedback_gateway_conf_reloads_total{result="ok"} 1.0',
        "feedback_gateway_conf_problems 0.0",
        "feedback_gateway_endpoints_held 0.0",
    ]:
        assert line in text.splitlines()
    assert "joe@example.com" not in text
    assert "L-1" not in text


async def test_what_is_parked_and_refused_raises_an_alert(house: House) -> None:
    """Nothing waits for a person silently: parked events and refused credentials are told, once."""
    text = "return: {{transport: json, url: '{partner}/json/bearer:x', mapping: {{a: b}}}}\n"
    house.write("locked", text)
    await house.ask("POST", "/-/reload")
    await house.post([event(f"e-{index}", source="nobody") for index in range(3)])
    await house.post(event("l-1", source="locked"))
    await house.until("l-1", "queued")
    async with house.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'feedback_gateway_alerts_total{kind="parked"} 1.0' in lines
    assert 'feedback_gateway_alerts_total{kind="credentials"} 1.0' in lines


async def test_a_soap_source_is_held_until_its_wsdl_is_there(house: House, capsys: Any) -> None:
    """A WSDL that cannot be fetched holds the endpoint, with the reason; it goes on by itself."""
    house.write("soapy", """
return:
  transport: soap
  url: "{partner}/soap/wsdl-flaky:1?wsdl"
  operation: SubmitReturn
  mapping: {{ApiKey: x, LeadId: "{{{{ lead.id }}}}", Reason: "{{{{ feedback.reason }}}}"}}
""")  # fmt: skip
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    await house.post(event(source="soapy"))
    told = await house.until("e-1", "held", "delivered")
    if told["state"] == "held":
        assert "soap" in told["held"]
    assert (await house.until("e-1", "delivered"))["attempts"][0]["transport"] == "soap"


async def test_what_is_held_is_shown(house: House) -> None:
    """Each endpoint that lacks something says what, and the metrics count it."""
    house.write("soapy", """
return:
  transport: soap
  url: "{partner}/soap/wsdl-flaky:1000?wsdl"
  operation: SubmitReturn
  mapping: {{ApiKey: x, LeadId: "{{{{ lead.id }}}}", Reason: "{{{{ feedback.reason }}}}"}}
""")  # fmt: skip
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    told = (await house.ask("GET", "/endpoints"))[1]["endpoints"]
    held = {one["id"]: one["held"] for one in told if one["held"]}
    assert held.keys() == {"soapy/return"}
    assert "soap" in held["soapy/return"]
    async with house.client.get("/metrics") as response:
        assert "feedback_gateway_endpoints_held 1.0" in (await response.text()).splitlines()


@pytest.mark.parametrize("wait", [False, True])
async def test_stopping_answers_who_waits_and_drains(house: House, wait: bool) -> None:
    """A poster that waits is answered as soon as the daemon stops, and what is under way is finished."""
    asking = asyncio.ensure_future(
        house.post(event(source="slow"), **({"Prefer": "wait=30"} if wait else {}))
    )
    await house.partner.arrived()
    loop = asyncio.get_running_loop()
    started = loop.time()
    await house.client.server.close()
    if wait:
        assert await asking == (202, {"id": "e-1", "state": "queued"})
    assert loop.time() - started < 3
    assert house.daemon.lanes.under_way("slow/return") == 0
    assert house.partner.total == 1
    assert json.loads((house.folder.parent / "data" / "last-good-conf.json").read_text())


DELTA = """\
return:
  transport: soap
  url: http://127.0.0.1:{port}/
  operation: SubmitReturn
  mapping: {{LeadId: "{{{{ lead.id }}}}"}}
"""


class Alerted:
    """Keeps the alerts that it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @hookimpl
    def alerted(self, alert: Alert) -> None:
        self.texts.append(alert.text)


async def test_a_reload_asks_for_documents_anew(house: House) -> None:
    """A WSDL that no longer fits leaves the endpoint as it was; ready names it, and an alert tells a person."""
    handed_out = (Path(__file__).parents[1] / "plugins" / "wsdl" / "wrapped.wsdl").read_bytes()
    handed_out = handed_out.replace(b"http://acme.example/", b"http://127.0.0.1/")

    async def hand_out(request: web.Request) -> web.Response:
        return web.Response(body=handed_out)

    async def reloaded(until: Callable[[Any], bool]) -> Any:
        assert (await house.ask("POST", "/-/reload"))[0] == 200
        async with asyncio.timeout(5):
            while not until(told := (await house.ask("GET", "/-/ready"))[1]):
                await asyncio.sleep(0.01)
        return told

    def is_ready(_: Any) -> bool:
        route = house.daemon.reloader.conf.route("delta/return")
        return route is not None and route.held is None

    app = web.Application()
    app.router.add_get("/", hand_out)
    observer = Alerted()
    house.daemon.registry.observe(observer)
    gateway = (house.folder / "gateway.yaml").read_text()
    (house.folder / "gateway.yaml").write_text(gateway.replace("allow: [", "allow: [127.0.0.0/8, "))
    async with TestServer(app, host="127.0.0.1") as host:
        (house.folder / "sources" / "delta.yaml").write_text(DELTA.format(port=host.port))
        assert (await reloaded(is_ready))["problems"] == []
        handed_out = handed_out.replace(b'"LeadId"', b'"LeadIdent"')
        told = await reloaded(lambda told: told["problems"])
    said = (
        "what was fetched anew does not fit: mapping.LeadId: the operation has no argument 'LeadId' "
        "(did you mean LeadIdent?) (what was fetched before stays in use)"
    )
    assert told["problems"] == [f"warning: sources/delta.yaml: return.url: {said}"]
    assert (told["ready"], told["last_reload_ok"], is_ready(told)) == (True, True, True)
    assert observer.texts == [f"delta/return: {said}"]
