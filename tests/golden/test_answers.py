"""The golden answers: what an answer means by the rules of the conf."""

from collections import Counter

import pytest

from tests.golden.answer_cases import FOLDER, TYPES, Case, cases

CASES = list(cases())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_the_answer_means_what_the_case_says(case: Case) -> None:
    """Rules, status, headers and body make exactly this outcome."""
    assert case.found() == dict(case.outcome)


def test_every_fact_is_proved_once() -> None:
    """Two cases of one name would hide each other in a report."""
    twice = [name for name, count in Counter((case.form, case.fact) for case in CASES).items() if count > 1]
    assert twice == []


def test_every_kind_of_answer_has_its_folder() -> None:
    """A folder that is misspelt would be read as nothing at all."""
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(TYPES)
