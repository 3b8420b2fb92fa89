"""What a sample value stands for, as the template that gives it."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from gateway import guess
from gateway.model import TYPES, Json

# A date's looks, and the filter that writes it so.
_DATES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), ""),
    (re.compile(r"\d{4}-\d\d-\d\d"), " | date('yyyy-MM-dd')"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), " | date('yyyy-MM-dd HH:mm:ss')"),
    (re.compile(r"\d\d/\d\d/\d{4}"), " | date('MM/dd/yyyy')"),
    (re.compile(r"\d\d\.\d\d\.\d{4}"), " | date('dd.MM.yyyy')"),
    (re.compile(r"1\d{9}"), " | date('epoch')"),
    (re.compile(r"1\d{12}"), " | date('epoch_ms')"),
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_PHONE = re.compile(r"\+\d{8,15}|(\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}")
# How documents write a value that is to be filled in; the name is in one of the groups.
_BLANK = re.compile(
    r"\{\{\s*([\w.-]+)\s*\}\}|<([\w .-]+)>|\$?\{([\w.-]+)\}|\[([\w .-]+)\]|%([A-Za-z][\w.-]*)%|\$([A-Za-z_]\w*)"
    r"|(?:YOUR|your)[ _-]([\w .-]+)"
)
_NEXT = {"{{ lead.phone_1 }}": "{{ lead.phone_2 }}", "{{ lead.phone_2 }}": "{{ lead.phone_3 }}"}


@dataclass(slots=True)
class Meanings:
    """The templates of one request. One of them stands for one sample value: another value is another thing."""

    _given: dict[str, Json] = field(default_factory=dict)

    def template(self, key: str, sample: Json) -> str | None:
        """The template for a mapping key by its name, else by the looks of the sample; None where neither says."""
        if isinstance(sample, (bool, list, dict)) or sample is None or str(sample).isspace():
            return None
        found = _fitting(guess.template(_dotted(key)), sample) or _by_looks(str(sample))
        while found is not None and self._given.setdefault(found, sample) != sample:
            found = _NEXT.get(found)
        return found


def _dotted(key: str) -> str:
    """A key whose brackets are read as paths, as PHP reads `lead[phone]`."""
    return key.replace("[", ".").replace("]", "")


def _fitting(template: str | None, sample: Json) -> str | None:
    """A template guessed by name, where it can give such a sample."""
    text = str(sample)
    if template is None or not text or _BLANK.fullmatch(text):
        return template
    if "timestamp" in template:
        filter = next((filter for looks, filter in _DATES if looks.fullmatch(text)), None)
        return None if filter is None else template.replace(" }}", f"{filter} }}}}")
    if template == "{{ feedback.type }}":
        return template if text in TYPES else None
    if template == guess.NAME:
        return template if len(text.split(" ")) == 2 else None
    return template


def _by_looks(text: str) -> str | None:
    named = _BLANK.fullmatch(text)
    if named is not None:
        return guess.template(next(filter(None, named.groups())))
    if _EMAIL.fullmatch(text):
        return "{{ lead.email }}"
    if _PHONE.fullmatch(text):
        return "{{ lead.phone_1 }}"
    return "{{ submission.ip }}" if _is_address(text) else None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def literal(text: str) -> str:
    """Text that is sent as it stands, also where it looks like a template."""
    if "{{" not in text and "{%" not in text and "}}" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{{{ "{escaped}" }}}}'
