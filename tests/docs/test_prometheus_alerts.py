"""The alerting rules that are shipped ask for metrics and labels that there are."""

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.metrics import Metrics
from gateway.model import OUTCOMES
from tests.docs.pages import ROOT

RULES: list[Any] = YAML(typ="safe").load(ROOT / "docs" / "prometheus-alerts.yaml")["groups"][0]["rules"]
KINDS = re.findall(
    r"^\| `(\w+)` \|", (ROOT / "docs" / "http.md").read_text().rpartition("| kind | when |")[2], re.MULTILINE
)
_ASKED = re.compile(r"(feedback_gateway_\w+)(?:\{(\w+)=\"(\w+)\"\})?")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_there_is(rule: Any) -> None:
    """Every metric that it names, every label, and every value of one; and it says what is wrong in a sentence."""
    labels = {
        f"{one._name}{'_total' if one._type == 'counter' else ''}": one._labelnames
        for one in vars(Metrics()).values()
        if hasattr(one, "_labelnames")
    }
    histograms = [one for one in vars(Metrics()).values() if getattr(one, "_type", "") == "histogram"]
    labels |= {f"{one._name}_bucket": (*one._labelnames, "le") for one in histograms}
    values = {"kind": KINDS, "outcome": list(OUTCOMES)}
    asked = _ASKED.findall(rule["expr"])
    assert asked
    for metric, label, value in asked:
        assert metric in labels
        assert not label or label in labels[metric]
        assert not label or value in values[label]
    for grouped in re.findall(r"by \((\w+)\)", rule["expr"]):
        assert all(grouped in labels[metric] for metric, *_ in asked)
    assert rule["annotations"]["summary"].endswith((".", ")."))
    assert rule["labels"]["severity"] in ("warning", "critical")


def test_every_rule_has_a_name_of_its_own() -> None:
    """Two rules of one name would hide each other."""
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) >= 8
