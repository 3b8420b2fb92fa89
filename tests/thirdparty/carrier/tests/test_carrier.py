"""The carrier keeps what the gateway promises its operators."""

import asyncio
from datetime import UTC, datetime

import pytest
from feedback_gateway_carrier import even_leads, transport

from gateway import Event, Park, Pass, Request, Sample, Veto, View
from gateway.testing.kit import check_transport, request_for


def read_back(request: Request) -> list[str]:
    """The values in a request, as the carrier reads them."""
    assert request.body is not None
    return [line.partition("=")[2] for line in request.body.decode().split("\n")[:-1]]


def test_it_keeps_the_contract() -> None:
    """The gateway's kit finds nothing, and every awkward text is read back or refused."""
    check_transport(transport, read_back=read_back)
    check_transport(transport, {"charset": "us-ascii"})


def test_one_value_a_line() -> None:
    """Nested names are dotted; what stands for an unknown value is a value like any other."""
    request = request_for(
        transport, {"lead": {"id": "7", "age": 41}, "key": Sample("***")}, {"separator": ": "}
    )
    assert request.body == b"lead.id: 7\nlead.age: 41\nkey: ***\n"


@pytest.mark.parametrize(
    ("lead", "odd", "verdict"),
    [
        ({"id": "8"}, False, Pass()),
        ({"id": 7}, False, Veto("lead 7 is odd")),
        ({"id": "7"}, True, Pass()),
        ({"id": "x"}, False, Park("the lead's id does not end in a digit (post a number as lead.id)")),
    ],
)
def test_every_second_lead(lead: dict[str, object], odd: bool, verdict: object) -> None:
    """Even leads go, odd ones do not, and nobody guesses about the others."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    event = Event("1", "return", "acme", None, {"lead": lead}, "", now)
    view = View(now, {}, even_leads.settings().model_validate({"odd": odd}))
    assert asyncio.run(even_leads.veto(event, view)) == verdict
