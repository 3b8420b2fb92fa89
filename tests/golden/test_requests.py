"""The golden requests: what an endpoint's conf makes of an event, to the byte."""

from collections import Counter
from dataclasses import replace
from difflib import ndiff
from pathlib import Path
from typing import Any, cast

import pytest

from gateway import answers, http
from gateway.conf.load import load
from gateway.delivery import Rim, attempt
from gateway.http import with_auth
from gateway.model import Delivery, Endpoint, Request, Response
from gateway.preview import preview
from gateway.registry import Registry
from tests.golden.cases import Case, cases

CASES = list(cases())


@pytest.fixture(scope="module")
def plugins() -> Registry:
    return Registry([http, answers])


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
async def test_the_request_is_what_the_case_says(case: Case, plugins: Registry, tmp_path: Path) -> None:
    """Conf and event make exactly this request, or exactly this problem."""
    expected, found = case.expected(), await case.outcome(tmp_path, plugins)
    if found != expected:
        lines = "\n".join(ndiff(expected.splitlines(), found.splitlines()))
        pytest.fail(f"{case.name}\n(- is expected, + is found)\n{lines}", pytrace=False)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES if case.request])
async def test_a_delivery_sends_what_preview_shows(case: Case, plugins: Registry, tmp_path: Path) -> None:
    """Both come by the same way: what goes out, what is kept of it, and what was left out."""
    conf, event = load(case.write(tmp_path), plugins), case.posted_event()
    shown = await preview(event, conf, case.moment, case.random)
    sent: list[Request] = []

    async def send(request: Request, endpoint: Endpoint, session: Any) -> Response:
        sent.append(with_auth(request, endpoint))
        return Response(200)

    (route,) = conf.routes()
    route = replace(route, transport=replace(route.transport, send=send))
    rim = Rim(lambda: case.moment, lambda: 0.0, lambda: case.random, lambda: 0.5, cast("Any", None))
    made = await attempt(Delivery(event, route.endpoint.id, case.moment, key=event.id), route, conf, rim)
    assert sent == [shown.wire]
    assert (made.request, made.values and made.values.left_out) == (shown.shown, shown.left_out)


def test_every_fact_is_proved_once() -> None:
    """Two cases of one name would hide each other in a report."""
    twice = [
        name for name, count in Counter((case.transport, case.fact) for case in CASES).items() if count > 1
    ]
    assert twice == []
