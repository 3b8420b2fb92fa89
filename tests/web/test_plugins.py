"""Plugins that keep failing are shown wherever one looks, and tried again when a person wishes it."""

import asyncio

from gateway.contained import Fault
from tests.web.conftest import event


def fail(house, plugin="rules", endpoint="acme/return"):
    for _ in range(5):
        house.daemon.ward.hear(Fault(plugin, "veto", "wrong", endpoint))


async def test_the_events_of_a_plugin_in_quarantine_wait_until_it_is_released(house):
    """Nothing of them goes out and no try is used up; why is told; a release has them sent at once."""
    fail(house)
    status, told = await house.post(event("e-1"))
    assert (status, told["state"]) == (202, "queued")
    why = "the plugin rules is in quarantine, since it keeps failing: `veto` gave something else than it must"
    story = await house.story("e-1")
    assert (story["state"], story["held"], story["attempts"]) == ("held", why, [])
    _, told = await house.ask("GET", "/plugins")
    [one] = told["plugins"]
    assert (one["name"], one["endpoint"], one["state"], one["why"]) == (
        "rules",
        "acme/return",
        "quarantined",
        why,
    )
    _, told = await house.ask("GET", "/endpoints")
    [acme] = [one for one in told["endpoints"] if one["id"] == "acme/return"]
    assert (acme["held"], acme["bound_by"]) == (why, "quarantine")
    assert (await house.ask("GET", "/-/ready"))[1]["quarantined"] == ["rules at acme/return"]
    status, told = await house.ask("POST", "/plugins/rules/release", json={"by": "joe", "why": "mended"})
    assert (status, told) == (200, {"name": "rules", "released": 1})
    for _ in range(100):
        if (await house.story("e-1"))["state"] == "delivered":
            break
        await asyncio.sleep(0.02)
    assert len((await house.story("e-1"))["attempts"]) == 1
    assert (await house.ask("GET", "/plugins"))[1] == {"plugins": []}


async def test_other_endpoints_go_on(house):
    """Also those that use the same plugin."""
    fail(house, "json", "busy/return")
    status, told = await house.post(event("e-2"), Prefer="wait=5")
    assert (status, told["state"]) == (200, "delivered")


async def test_a_reload_releases_all(house):
    """What was mended is tried at once."""
    fail(house)
    fail(house, "json", "slow/return")
    await house.ask("POST", "/-/reload")
    assert (await house.ask("GET", "/plugins"))[1] == {"plugins": []}
    status, told = await house.post(event("e-3"), Prefer="wait=5")
    assert (status, told["state"]) == (200, "delivered")


async def test_one_that_is_not_in_quarantine(house):
    """404, with the nearest that is."""
    fail(house)
    status, told = await house.ask("POST", "/plugins/rulez/release", json={"by": "joe"})
    assert status == 404
    assert told["title"] == "there is no plugin 'rulez' in quarantine (did you mean 'rules'?)"


async def test_the_metrics_name_them(house):
    """By plugin and endpoint, for as long as it lasts."""
    fail(house)
    async with house.client.get("/metrics") as answer:
        text = await answer.text()
    assert 'feedback_gateway_plugin_quarantine{endpoint="acme/return",plugin="rules"} 1.0' in text
    house.daemon.ward.release()
    async with house.client.get("/metrics") as answer:
        assert "feedback_gateway_plugin_quarantine{" not in await answer.text()
