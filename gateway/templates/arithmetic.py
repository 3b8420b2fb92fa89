"""Numbers in templates: exact, in decimal, of bounded length. Never a binary float."""

import re
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any

from gateway.jsontext import MAX_DIGITS

_EXACT = Context(prec=MAX_DIGITS, traps=[Inexact, InvalidOperation, Overflow])
_DIVISION_DIGITS = 28
_WRITTEN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_ROUNDING = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
_MAX_PLACES = 100

Number = int | Decimal


def number(value: Any) -> Number:
    """A number, or text that is written as one; raises ValueError for anything else."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= MAX_DIGITS and _WRITTEN.fullmatch(text):
            return bounded(Decimal(text))
    raise ValueError(f"{_named(value)} is not a number (write digits with at most one dot, such as 12.75)")


def operand(value: Any) -> Number:
    """One side of + - * /: a number and nothing else, so that text is never added by mistake."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    raise ValueError(f"{_named(value)} cannot be calculated with (turn text into a number with | float)")


def add(left: Any, right: Any) -> Number:
    """left + right, exactly."""
    return _exactly(_EXACT.add, left, right)


def subtract(left: Any, right: Any) -> Number:
    """left - right, exactly."""
    return _exactly(_EXACT.subtract, left, right)


def multiply(left: Any, right: Any) -> Number:
    """left * right, exactly."""
    return _exactly(_EXACT.multiply, left, right)


def divide(left: Any, right: Any) -> Number:
    """left / right, to 28 digits or as many as the longer of the two has."""
    above, below = Decimal(operand(left)), Decimal(operand(right))
    digits = max(_DIVISION_DIGITS, len(above.as_tuple().digits), len(below.as_tuple().digits))
    try:
        quotient = Context(prec=digits, traps=[DivisionByZero, InvalidOperation]).divide(above, below)
    except (DivisionByZero, InvalidOperation):
        raise ValueError("a number was divided by zero (guard it with an inline if)") from None
    return _as_written(bounded(quotient), left, right)


def negative(value: Any) -> Number:
    """-value."""
    found = operand(value)
    return found.copy_negate() if isinstance(found, Decimal) else -found


def positive(value: Any) -> Number:
    """+value."""
    return operand(value)


def rounded(value: Any, precision: Any = 0, method: Any = "common") -> Number:
    """Round to so many places after the dot: `common` rounds halves away from zero, `ceil` up, `floor` down."""
    found, after = Decimal(number(value)), places(precision)
    try:
        result = found.quantize(Decimal(1).scaleb(-after), rounding(method), Context(prec=2 * MAX_DIGITS))
    except InvalidOperation:
        raise too_many_digits() from None
    return int(result) if after <= 0 else bounded(result)


def places(value: Any) -> int:
    """How many places to round to; raises ValueError for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_PLACES:
        raise ValueError(f"round takes 0 to {_MAX_PLACES} places, not {_named(value)}")
    return value


def rounding(method: Any) -> str:
    """How halves are rounded; raises ValueError for an unknown method."""
    found = _ROUNDING.get(method) if isinstance(method, str) else None
    if found is None:
        raise ValueError(f"round knows no method {_named(method)} (common, ceil and floor are known)")
    return found


def truncated(value: Any) -> int:
    """The whole part of a number."""
    return int(Decimal(number(value)).to_integral_value(ROUND_DOWN))


def absolute(value: Any) -> Number:
    """A number without its sign."""
    found = number(value)
    return found.copy_abs() if isinstance(found, Decimal) else abs(found)


def whole(value: Any, what: str) -> int:
    """A whole number, also one written as text; raises ValueError that says what it is for."""
    found = number(value)
    if found != truncated(found):
        raise ValueError(f"{what} is a whole number, not {found}")
    return int(found)


def _exactly(operation: Callable[[Decimal, Decimal], Decimal], left: Any, right: Any) -> Number:
    try:
        result = operation(Decimal(operand(left)), Decimal(operand(right)))
    except (Inexact, Overflow, InvalidOperation):
        raise too_many_digits() from None
    return _as_written(bounded(result), left, right)


def _as_written(result: Decimal, left: Any, right: Any) -> Number:
    """Whole numbers of two whole numbers stay whole numbers, not decimals."""
    is_whole = isinstance(left, int) and isinstance(right, int) and result == result.to_integral_value()
    return int(result) if is_whole else result


def bounded(result: Decimal) -> Decimal:
    """The number itself; raises ValueError past what any use has for digits."""
    if abs(result.adjusted()) > MAX_DIGITS:
        raise too_many_digits()
    return result


def too_many_digits() -> ValueError:
    """The error of a number that grew too long."""
    return ValueError(f"a number has more than {MAX_DIGITS:,} digits")


def _named(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "a blank value"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    return {list: "a list", dict: "an object", bool: "true or false"}.get(type(value), "a date")
