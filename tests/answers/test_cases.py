"""Every case of cases.yaml means what it says."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

CASES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("cases.yaml"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_an_answer_means_what_the_table_says(judge: Any, case: dict[str, Any]) -> None:
    content_type = case.get("type", "application/json")
    found = judge(case.get("status", 200), case.get("body", ""), content_type, **case["response"])
    expected = dict(case["means"])
    for key, convert in (("price", Decimal), ("notes", tuple)):
        if expected.get(key) is not None:
            expected[key] = convert(expected[key])
    assert {key: getattr(found, key) for key in expected} == expected


def test_no_case_stands_twice() -> None:
    """Two cases of one name would hide each other in a report."""
    names = [case["case"] for case in CASES]
    assert sorted(names) == sorted(set(names))
