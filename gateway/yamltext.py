"""YAML that the gateway writes for people: keys, texts, and comments in one column. What it writes, it reads alike."""

import re

from gateway.jsontext import dumps

_NO_WORD = r"(?!(?:null|true|false|yes|no|on|off)$)"
_PLAIN = re.compile(_NO_WORD + r"[A-Za-z_][\w.@-]*", re.ASCII | re.IGNORECASE)
_PLAIN_VALUE = re.compile(_NO_WORD + r"[A-Za-z](?:[\w./?=&%~+-]|:(?=\S))*", re.ASCII | re.IGNORECASE)
# What YAML counts as a line break, or does not let stand, and JSON lets stand.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_WIDTH = 48  # where comments begin


def key(text: str) -> str:
    """A key, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


def scalar(text: str) -> str:
    """A text, in quotes where it may need them."""
    return text if _PLAIN_VALUE.fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", dumps(text))


def commented(line: str, about: str) -> str:
    """A line with a comment behind it, if there is anything to say."""
    return f"{line:<{_WIDTH}} # {comment(about)}" if about else line


def comment(text: str) -> str:
    """Text that can stand in a comment: on one line, control characters as escapes."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", " ".join(text.split()))
