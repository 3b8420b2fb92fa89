"""Phone numbers in templates, as libphonenumber reads and writes them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

from gateway.nearest import nearest
from gateway.paths import is_blank
from gateway.templates.text import shown, to_text

_BEGINNING = re.compile(r"\s*[+＋(\d]")
_USUAL = {"UK": "GB", "EN": "GB"}


def formatted(value: Any, format: Any, country: Any = None, default: Any = None) -> Any:
    """A phone number as `e164`, `national` or `digits`; blank stays blank.

    country: where a number without + is dialled; default: what stands in for what cannot be a number there.
    """
    if is_blank(value):
        return None
    write = form(format)
    where = None if is_blank(country) else region(country)
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    found = _read(to_text(value), where) if is_text else None
    if found is not None:
        return write(found)
    if default is not None:
        return default
    there = "that begins with +" if where is None else f"in {where}"
    right = (
        "write it such as +1 512 555 1212, or say country='US'"
        if where is None
        else "default= stands in for it"
    )
    raise ValueError(f"{shown(value)} is no phone number {there} ({right})")


def form(name: Any) -> Callable[[PhoneNumber], str]:
    """How a phone number is written; raises ValueError with the sentence to show."""
    found = _FORMS.get(name) if isinstance(name, str) else None
    if found is None:
        near = nearest(name, _FORMS) if isinstance(name, str) else f" (there is: {', '.join(sorted(_FORMS))})"
        raise ValueError(f"{shown(name)} is not a form of phone{near}")
    return found


def region(country: Any) -> str:
    """A country by its two letters of ISO 3166-1; raises ValueError with the sentence to show."""
    code = country.strip().upper() if isinstance(country, str) else ""
    if code in phonenumbers.SUPPORTED_REGIONS:
        return code
    right = f"did you mean {_USUAL[code]!r}?" if code in _USUAL else "write its two letters, such as US"
    raise ValueError(f"{shown(country)} is not a country ({right})")


def _read(text: str, region: str | None) -> PhoneNumber | None:
    """A number with as many digits as one has there. Whether it is in use is nobody's business here: a return
    may be made for just that."""
    if not _BEGINNING.match(text):
        return None  # the library would skip words in front of a number
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    is_possible = phonenumbers.is_possible_number_with_reason(found) == ValidationResult.IS_POSSIBLE
    return found if is_possible else None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _national(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def _digits(number: PhoneNumber) -> str:
    """The digits that are dialled within the country, without an extension."""
    plain = PhoneNumber()
    plain.merge_from(number)
    plain.extension = None
    return "".join(filter(str.isdecimal, _national(plain)))


_FORMS: Mapping[str, Callable[[PhoneNumber], str]] = {
    "e164": _e164,
    "national": _national,
    "digits": _digits,
}
