"""Locales, by their CLDR names."""

from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers

from gateway.nearest import nearest
from gateway.templates.text import shown

_RIGHT = " (write such as en, de or fr_CA)"
_LONGEST = 40


def language(name: Any) -> Locale:
    """A locale such as `de` or `en_US`; raises ValueError naming the nearest right one."""
    if not isinstance(name, str) or len(name) > _LONGEST:
        raise ValueError(f"{shown(name)} is not a locale{_RIGHT}")
    return _language(name)


@lru_cache(maxsize=64)
def _language(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise ValueError(f"{name!r} is not a locale{_nearest(name.replace('-', '_')) or _RIGHT}") from None


def _nearest(name: str) -> str:
    """The nearest locale of the same language, where that is one."""
    spoken = name.partition("_")[0].lower()
    known = locale_identifiers()
    return nearest(name, [each for each in known if each.partition("_")[0] == spoken] or known)
