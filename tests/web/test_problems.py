"""Every error that a client sees is a problem document (RFC 9457), and tells nothing that it should not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from aiohttp import web

from gateway.errors import StoreError
from gateway.web.problems import Refusal, answer, problem
from tests.web.conftest import House, event


async def test_a_path_that_is_not_there(house: House) -> None:
    """404 names the path and where all of them stand."""
    assert await house.ask("GET", "/event") == (404, {
        "type": "about:blank", "title": "there is nothing at /event (docs/http.md lists every path)", "status": 404,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [("DELETE", "/events", "GET, POST"), ("GET", "/replay", "POST"), ("PUT", "/-/healthy", "GET"), ("POST", "/metrics", "GET")],
)  # fmt: skip
async def test_a_method_that_is_not_for_a_path(house: House, method: str, path: str, right: str) -> None:
    """405 names those that are, also in `Allow` (RFC 9110 section 15.5.6)."""
    status, told = await house.ask(method, path)
    assert (status, told["title"]) == (405, f"{method} is not for {path} (use {right})")
    async with house.client.request(method, path) as response:
        assert set(response.headers["Allow"].split(",")) - {"HEAD"} == set(right.split(", "))


async def test_a_fault_of_ours_tells_nothing_but_that(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 without a traceback; the log has the type and the places, and not the words of the error."""

    def faulty(*_: Any) -> Any:
        raise KeyError("joe@example.com")

    monkeypatch.setattr("gateway.web.intake.enter", faulty)
    with structlog.testing.capture_logs() as log:
        status, told = await house.post(event())
    assert (status, told["title"]) == (500, "a fault in the gateway; its log says more")
    [line] = [line for line in log if line["event"] == "request.failed"]
    assert line["error"].startswith("KeyError at ")
    assert any("intake.py" in place for place in line["trace"])
    assert "joe@example.com" not in json.dumps(log) + json.dumps(told) + capsys.readouterr().err


async def test_a_store_that_is_gone_is_said(house: House) -> None:
    """A question that the store cannot answer is a 503 with the store's own sentence."""

    async def gone(*_: Any) -> Any:
        raise StoreError("the store stopped (look after the disk, then start the daemon again)")

    house.daemon.store.list = gone  # type: ignore[method-assign]
    status, told = await house.ask("GET", "/events")
    assert status == 503
    assert told["title"] == "the store stopped (look after the disk, then start the daemon again)"


async def test_no_error_echoes_a_secret_or_another_events_data(house: House) -> None:
    """Whatever is asked for, what is told is about that alone."""
    await house.post(event("secret-lead", lead={"id": "L-1", "email": "joe@example.com"}))
    await house.until("secret-lead", "delivered")
    for method, path, body in [
        ("POST", "/events", event("secret-lead")), ("POST", "/events", event("x", type="secret")),
        ("GET", "/events?state=nope", None), ("POST", "/events/secret-lead/replay", {}),
        ("GET", "/events/nobody", None), ("POST", "/replay", {"nope": 1}),
    ]:  # fmt: skip
        status, told = await house.ask(method, path, json=body)
        assert status >= 400
        assert "joe@example.com" not in json.dumps(told)
        assert "s3cret-key" not in json.dumps(told)


@pytest.mark.parametrize("make", [answer, lambda told: problem(Refusal(409, told["text"]))])
def test_odd_text_is_answered_all_the_same(make: Callable[[Any], web.Response]) -> None:
    """A lone surrogate, as a plugin may tell it, has no place in UTF-8: a question mark stands for it."""
    body = make({"text": "a\ud800b"}).body
    assert isinstance(body, bytes)
    assert b'"a?b"' in body


async def test_a_number_of_thousands_of_digits_is_no_page_size(house: House) -> None:
    """Python itself refuses to read it; the answer says what is right instead."""
    status, told = await house.ask("GET", f"/events?limit={'1' * 5000}")
    assert status == 400
    assert told["errors"] == [{"pointer": "limit", "detail": f"'{'1' * 100}' is no page size (1 to 1000)"}]
