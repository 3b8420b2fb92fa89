"""Text that several transports write alike: form parameters, JSON text, plain numbers. Pure.

Nothing here knows a protocol. A value with no place in the format is a RenderError naming its mapping key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from simplejson import RawJSON

from gateway.errors import RenderError
from gateway.jsontext import dumps
from gateway.paths import leaves, split

FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)

# What encodeURIComponent leaves as it is (ECMA-262), and so what sources' parsers have always been sent.
UNESCAPED = "-_.!~*'()"
_STAYS = re.compile(rf"[A-Za-z0-9{re.escape(UNESCAPED)}]*")
_BREAKS_A_FORM = re.compile("[&=+%\x00-\x1f\x7f\ud800-\udfff]")


def form_parameters(tree: Any, key: str = "mapping") -> Iterator[tuple[str, str]]:
    """Names and texts of a tree, in order: nested names are dotted, a list repeats its name, null is empty.

    An empty list or object is one empty parameter. key: the conf key that the tree stands under. Raises RenderError
    for a value that has no plain text, and for a tree that begins with a list: its elements have no names.
    """
    if isinstance(tree, (list, tuple)):
        raise RenderError("a form cannot begin with a list (write {1} for a parameter of the name 1)", key)
    for name, child in (tree or {}).items():
        yield from _parameters(child, name, key)


def _parameters(value: Any, name: str, key: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, (Mapping, list, tuple)):
        yield name, plain_text(value, f"{key}.{name}")
    elif not value:
        yield name, ""
    elif isinstance(value, Mapping):
        for inner, child in value.items():
            yield from _parameters(child, f"{name}.{inner}", key)
    else:
        for child in value:
            yield from _parameters(child, name, key)


def form_of(parts: Mapping[str, Iterable[tuple[str, str]]]) -> bytes:
    """A form of the parameters that several conf keys give, in order, as a body.

    Raises RenderError where two keys give one name, of which a source would read only one.
    """
    seen: dict[str, str] = {}
    whole: list[tuple[str, str]] = []
    for key, parameters in parts.items():
        for name, text in parameters:
            if seen.setdefault(name, key) != key:
                raise RenderError(
                    f"the form has a parameter {name} already, from {seen[name]} (give each its own name)",
                    f"{key}.{name}",
                )
            whole.append((name, text))
    return form_encode(whole).encode()


def form_encode(parameters: Iterable[tuple[str, str]], *, encode_names: bool = True) -> str:
    """Parameters as `name=text&...`: percent-encoded UTF-8, a blank is %20; names as they are if asked for.

    Raises RenderError for lone surrogates, and for an unencoded name that would be read as something else.
    """
    return "&".join(
        f"{_percent(name, name) if encode_names else _as_written(name)}={_percent(text, name)}"
        for name, text in parameters
    )


def plain_text(value: Any, key: str = "") -> str:
    """One value where the format has no types: null is empty; true, false; numbers in plain decimals.

    key: the conf key to blame. Raises RenderError for a value that is no text, number, boolean or null.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (int, Decimal, float)):
        raise RenderError(
            f"a value of the type {type(value).__name__} has no plain text (map one of its parts)", key
        )
    number = Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise RenderError(f"{value} is not a number that can be sent (check the template's arithmetic)", key)
    return format(number, "f")


def json_text(tree: Any) -> str:
    """A tree as compact JSON text, numbers exact, non-ASCII unescaped (RFC 8259); 0.0000001 is written as it was.

    Raises RenderError that names the first value which JSON cannot hold.
    """
    try:
        text = dumps(tree)
        if "E-" in text:
            text = dumps(_without_exponents(tree))
        text.isascii() or text.encode()
    except (TypeError, ValueError) as error:
        unfit = next((path for path, leaf in leaves(tree) if not _is_json(leaf)), None)
        key = "" if unfit is None else mapping_key(unfit)
        raise RenderError(f"a value has no place in JSON: {error}", key) from error
    return text


def mapping_key(path: Sequence[str | int]) -> str:
    """The conf key of a place in the tree: `mapping.phones.0`, `mapping.lead@id`, `mapping.{a.b}`."""
    written = ""
    for segment in path:
        joint = "" if not written or str(segment).startswith("@") else "."
        written += f"{joint}{segment if _reads_as_it_is(segment) else '{' + str(segment) + '}'}"
    return f"mapping.{written}"


def _percent(text: str, name: str) -> str:
    if _STAYS.fullmatch(text):
        return text
    try:
        return quote(text, safe=UNESCAPED)
    except UnicodeEncodeError as error:
        raise RenderError("text holds half a character (a lone surrogate)", f"mapping.{name}") from error


def _as_written(name: str) -> str:
    if _BREAKS_A_FORM.search(name):
        raise RenderError(
            f"the name {name!r} would be read as something else (set encode_field_names: true)",
            f"mapping.{name}",
        )
    return name


def _reads_as_it_is(segment: str | int) -> bool:
    try:
        return isinstance(segment, int) or split(segment) == (segment,)
    except ValueError:
        return False


def _without_exponents(tree: Any) -> Any:
    """A tree whose small decimals are written in full, as Decimal itself does not."""
    if isinstance(tree, Mapping):
        return {name: _without_exponents(child) for name, child in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_without_exponents(child) for child in tree]
    is_small = isinstance(tree, Decimal) and tree.is_finite() and tree.adjusted() < 0
    return RawJSON(format(tree, "f")) if is_small else tree


def _is_json(leaf: Any) -> bool:
    try:
        dumps(leaf).encode()
    except (TypeError, ValueError):
        return False
    return True
