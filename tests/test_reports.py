"""What the rooms report is logged, counted, and told."""

import pytest
from prometheus_client import generate_latest

from gateway.alerts import Alerts
from gateway.conf.reload import Reloaded
from gateway.errors import Problem
from gateway.metrics import Metrics
from gateway.model import Alert
from gateway.registry import Registry
from gateway.reports import Reports
from gateway.ward import Ward
from tests import making


class Desk:
    """Where it is reported to, and what was told."""

    def __init__(self) -> None:
        self.told: list[Alert] = []
        self.metrics = Metrics()
        alerts = Alerts(lambda: making.NOON, self.told.append)
        ward = Ward(self.metrics, alerts, lambda: making.NOON)
        self.reports = Reports(Registry([]), self.metrics, alerts, ward)

    def counted(self) -> list[str]:
        """The numbers that are not zero."""
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        return [line for line in lines if not line.startswith("#") and not line.endswith(" 0.0")]


@pytest.mark.parametrize(("flow", "where"), [(None, "acme"), ("solar", "acme, flow solar")])
def test_a_second_recipient_is_an_alert(flow: str | None, where: str) -> None:
    """It says who spoke before, about which flow, and what to set; who spoke twice is told once an hour."""
    desk = Desk()
    for _ in range(2):
        desk.reports.contradicted(making.event("e-2", flow=flow, recipient={"id": "dialer"}), "crm")
    assert [(alert.kind, alert.text) for alert in desk.told] == [
        (
            "recipients",
            f"{where}: crm and another recipient speak about one lead, the latter in event e-2"
            " (set the criterion one_voice, which says who is heard)",
        )
    ]


def test_trouble_is_told_and_counted_until_it_is_over() -> None:
    """One alert, and a number that goes back to nothing."""
    desk = Desk()
    desk.reports.troubled("the disk is full")
    assert [(alert.key, alert.text) for alert in desk.told] == [("store:store", "the disk is full")]
    assert desk.counted() == ["feedback_gateway_store_trouble 1.0"]
    desk.reports.troubled(None)
    assert (len(desk.told), desk.counted()) == (1, [])


def test_a_fault_is_named_by_its_kind_alone() -> None:
    """Its words may quote a lead."""
    desk = Desk()
    desk.reports.failed("acme/return", "e-1", KeyError("joe@example.com"))
    [alert] = desk.told
    assert alert.text.startswith("acme/return: KeyError ")
    assert "joe" not in alert.text


def test_thousands_of_problems_do_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """The first hundred are logged, faults before warnings, and how many more there are."""
    desk, conf = Desk(), making.conf()
    problems = [
        Problem(f"sources/s{number}.yaml", 1, 1, "", "x", warning=number != 500) for number in range(1000)
    ]
    desk.reports.reloaded("conf", Reloaded(conf, True, tuple(problems)))
    lines = [line for line in capsys.readouterr().out.splitlines() if "conf.problem" in line]
    assert len(lines) == 101
    assert "s500.yaml" in lines[0]
    assert "count=900" in lines[-1]
