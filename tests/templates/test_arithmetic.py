"""+ - * /: exact, decimal, numbers only, of bounded length."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.templates import Template

NUMBERS = st.integers(-(10**60), 10**60) | st.decimals(-(10**30), 10**30, allow_nan=False, places=6)


def calculate(expression, **given_):
    return Template.compile(f"{{{{ {expression} }}}}").render(given_)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("0.1 + 0.2", Decimal("0.3")),
        ("9007199254740993 + 1", 9007199254740994),
        ("12.75 * 2", Decimal("25.50")),
        ("6 / 2", 3),
        ("1 / 4", Decimal("0.25")),
        ("1 / 3", Decimal("0.3333333333333333333333333333")),
        ("-(2 - 5)", 3),
        ("+1.50", Decimal("1.50")),
        ("-1.50", Decimal("-1.50")),
        ("0.1 + 0.2 == 0.3", True),
        ("1 == 1.0", True),
        ("2 * 3 + 4", 10),
    ],
)
def test_results_are_exact(expression, result):
    """Decimal arithmetic: no binary rounding, whole numbers stay whole."""
    found = calculate(expression)
    assert found == result
    assert type(found) is type(result)


@given(NUMBERS, NUMBERS)
def test_sums_and_products_are_exact_at_any_length(a, b):
    """a + b, a - b and a * b are exact for numbers of any length."""
    assert Fraction(calculate("a + b", a=a, b=b)) == Fraction(a) + Fraction(b)
    assert Fraction(calculate("a - b", a=a, b=b)) == Fraction(a) - Fraction(b)
    assert Fraction(calculate("a * b", a=a, b=b)) == Fraction(a) * Fraction(b)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("'1' + 1", "'1' cannot be calculated with (turn text into a number with | float)"),
        ("'a' * 9", "'a' cannot be calculated with (turn text into a number with | float)"),
        ("nope + 1", "a blank value cannot be calculated with (turn text into a number with | float)"),
        ("true + 1", "true or false cannot be calculated with (turn text into a number with | float)"),
        ("[1] * 9", "a list cannot be calculated with (turn text into a number with | float)"),
        ("-'1'", "'1' cannot be calculated with (turn text into a number with | float)"),
        ("1 / 0", "a number was divided by zero (guard it with an inline if)"),
        ("0 / 0", "a number was divided by zero (guard it with an inline if)"),
        ("big * big", "a number has more than 1,000 digits"),
        ("huge * huge", "a number has more than 1,000 digits"),
        ("huge + tiny", "a number has more than 1,000 digits"),
        ("tiny / huge", "a number has more than 1,000 digits"),
        ("'a' < 1", "values of different kinds cannot be compared (turn text into a number with | float)"),
        ("nope < 1", "values of different kinds cannot be compared (turn text into a number with | float)"),
        ("1 in 5", "values of different kinds cannot be compared (turn text into a number with | float)"),
    ],
)
def test_what_is_no_number_parks_with_a_sentence(expression, sentence):
    """Text is never added or repeated by mistake, nothing is divided by zero, no result grows without end."""
    with pytest.raises(RenderError) as caught:
        calculate(expression, big=10**600, huge=Decimal("1E+900"), tiny=Decimal("1E-900"))
    assert str(caught.value) == sentence
