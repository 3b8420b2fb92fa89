"""Numbers in CLDR patterns such as `#,##0.00`: exact at any length, halves rounded away from zero as in `round`."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any

from babel.numbers import NumberPattern, parse_pattern

from gateway.jsontext import MAX_DIGITS
from gateway.paths import is_blank
from gateway.templates.arithmetic import number, too_many_digits
from gateway.templates.locales import language

_MAX_PATTERN = 100
_AFFIX = r"(?:'[^']*'|[^'#0-9@.,;¤])*"
_DIGITS = r"(?:#(?:,?#)*(?:,?0)*|0(?:,?0)*)(?:\.0*#*)?"
_ONE = rf"{_AFFIX}{_DIGITS}(?![E+]){_AFFIX}"
_PATTERN = re.compile(rf"{_ONE}(?:;{_ONE})?")
_QUOTED = re.compile(r"'[^']*'")
# Shorter than any language groups: a decimal comma was meant.
_LAST_GROUP = re.compile(r",[#0]{0,2}(?![#0,])")
_EXACT = Context(prec=2 * MAX_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def formatted(value: Any, format: Any, locale: Any = "en") -> str | None:
    """A number in a CLDR pattern, with the signs of a locale; blank stays blank."""
    if is_blank(value):
        return None
    drawn = pattern(format)
    found = Decimal(number(value))
    if found.adjusted() + drawn.scale >= MAX_DIGITS:
        raise too_many_digits()
    try:
        with localcontext(_EXACT):
            return str(drawn.apply(found, language(locale)))
    except InvalidOperation:
        raise too_many_digits() from None


def pattern(format: Any) -> NumberPattern:
    """The format of `number`, read; raises ValueError with the sentence to show."""
    if not isinstance(format, str) or not 0 < len(format) <= _MAX_PATTERN:
        raise ValueError(f"the format of number is text of 1 to {_MAX_PATTERN} characters (#,##0.00, 000)")
    return _pattern(format)


@lru_cache(maxsize=64)
def _pattern(format: str) -> NumberPattern:
    bare = _QUOTED.sub("", format)
    whole, _, fraction = bare.partition(";")[0].partition(".")
    if not _PATTERN.fullmatch(format) or _LAST_GROUP.search(whole):
        wrong = "comma" if "," in fraction or _LAST_GROUP.search(whole) else "shape"
        raise ValueError(f"the format {format!r} is no number pattern ({_instead(bare, wrong)})")
    return parse_pattern(format)


def _instead(bare: str, wrong: str) -> str:
    """What to write in place of a format; bare: the format without its quoted text."""
    if wrong == "comma":
        return "write #,##0.00 whatever the language: locale='de' makes 1.234,50 of it"
    if "'" in bare:
        return "pair the ', or write '' for the sign itself"
    if "¤" in bare:
        return "write the currency itself, as in $#,##0.00 or 0.00 'EUR'"
    return "write such as #,##0.00 or 00000: # is a digit that may go, 0 one that stays"
