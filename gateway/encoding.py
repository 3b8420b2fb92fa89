"""Text that several transports write alike: form parameters, JSON text, plain numbers. Pure.

Nothing here knows a protocol. A value with no place in the format is a RenderError naming its mapping key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

from pydantic import AfterValidator

from gateway.errors import RenderError
from gateway.jsontext import dumps
from gateway.model import Secret
from gateway.paths import leaves, split

FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)

# What encodeURIComponent leaves as it is (ECMA-262), and so what sources' parsers have always been sent.
_UNESCAPED = "-_.!~*'()"
_BREAKS_A_FORM = re.compile("[&=\x00-\x1f\x7f\ud800-\udfff]")


def form_parameters(tree: Any, name: str | None = None) -> Iterator[tuple[str, str]]:
    """Names and texts of a tree, in order: nested names are dotted, a list repeats its name, null is empty.

    An empty list or object is one empty parameter. Raises RenderError for a value that has no plain text.
    """
    if isinstance(tree, Mapping) and (tree or name is None):
        for key, child in tree.items():
            yield from form_parameters(child, key if name is None else f"{name}.{key}")
    elif isinstance(tree, (list, tuple)) and (tree or name is None):
        for index, child in enumerate(tree):
            yield from form_parameters(child, str(index) if name is None else name)
    elif name is not None:
        yield name, "" if isinstance(tree, (Mapping, list, tuple)) else plain_text(tree, f"mapping.{name}")


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
    """A tree as compact JSON text, numbers exact, non-ASCII unescaped (RFC 8259).

    Raises RenderError that names the first value which JSON cannot hold.
    """
    try:
        text = dumps(tree)
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


def constant(value: Any) -> Any:
    """A conf value that is sent as it stands. Raises ValueError for a template or a secret."""
    for _, leaf in leaves(value):
        if isinstance(leaf, Secret):
            raise ValueError("a secret cannot stand here (it may stand in mapping, headers and auth)")
        if isinstance(leaf, str) and ("{{" in leaf or "{%" in leaf):
            raise ValueError(
                f"{leaf!r} is a template, and this is sent as written (templates stand in mapping)"
            )
    return value


Constants: TypeAlias = dict[str, Annotated[Any, AfterValidator(constant)]]


def _percent(text: str, name: str) -> str:
    try:
        return quote(text, safe=_UNESCAPED)
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


def _is_json(leaf: Any) -> bool:
    try:
        dumps(leaf).encode()
    except (TypeError, ValueError):
        return False
    return True
