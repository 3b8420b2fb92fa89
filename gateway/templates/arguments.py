"""The arguments of filters, as far as they are known at load: which there are, and whether they can be meant."""

import inspect
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from gateway.nearest import nearest
from gateway.templates import dateformats, dates, numbers, phones
from gateway.templates.arithmetic import number, places, rounding
from gateway.templates.filters import FILTERS, Tables, extraction, position, replaceable
from gateway.templates.hashes import ALGORITHMS, encoder, hashing
from gateway.templates.locales import language

CALLABLE: Mapping[str, Callable[..., Any]] = {**FILTERS, "lookup": Tables.lookup}
_SECRET = re.compile(r"\{?\s*(?P<kind>file|env)\s*:\s*(?P<name>[\w.-]+)\s*\}?")
_FILE_NAME = re.compile(r"[\w-][\w.-]*")


def _reference(text: Any) -> None:
    """Refuse a secret's reference in quotes: it would be hashed as written."""
    found = _SECRET.fullmatch(text) if isinstance(text, str) else None
    if found:
        raise ValueError(
            f"{text!r} is text, not a secret (write {secret_path(found['kind'], found['name'])})"
        )


def _key(text: Any) -> None:
    _reference(text)
    raise ValueError("the key of hmac stands in the conf (put it into a secret file: key=secrets.NAME)")


def secret_path(kind: str, name: str) -> str:
    """How a template names a secret."""
    root = "secrets.env" if kind == "env" else "secrets"
    return f"{root}.{name}" if name.isidentifier() else f"{root}[{name!r}]"


# What a filter's arguments are checked against at load, where they are written as constants.
_CHECKS: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("extract", "pattern"): extraction,
    ("substring", "start"): position,
    **{("shift", unit): number for unit in ("weeks", "days", "hours", "minutes", "seconds")},
    ("date", "format"): dateformats.pattern,
    ("date", "timezone"): dates.zone,
    ("date", "locale"): language,
    ("number", "format"): numbers.pattern,
    ("number", "locale"): language,
    ("phone", "format"): phones.form,
    ("phone", "country"): phones.region,
    ("round", "precision"): places,
    ("round", "method"): rounding,
    ("replace", "old"): replaceable,
    **{(name, "encoding"): encoder for name in (*ALGORITHMS, "hmac")},
    **{(name, "salt"): _reference for name in ALGORITHMS},
    ("hmac", "algorithm"): hashing,
    ("hmac", "key"): _key,
}
_WORKED_OUT = object()
_MUST_BE_QUOTED = {("lookup", "table"), ("extract", "pattern"), ("hmac", "algorithm")}


def check(node: nodes.Filter, tables: Mapping[str, Any]) -> None:
    """Raise ValueError, with the sentence to show, where a filter that there is cannot be called so."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise ValueError(f"* and ** are not allowed in the arguments of {node.name} (write them out)")
    for parameter, argument in bound(node).items():
        value = _fixed(argument)
        if value is _WORKED_OUT:
            if (node.name, parameter) in _MUST_BE_QUOTED:
                raise ValueError(f"the {parameter} of {node.name} must be written in quotes, not worked out")
            continue
        if (node.name, parameter) == ("lookup", "table") and value not in tables:
            raise ValueError(f"there is no table {value!r}{_table(str(value), tables)}")
        if judge := _CHECKS.get((node.name, parameter)):
            judge(value)


def bound(node: nodes.Filter) -> Mapping[str, nodes.Expr]:
    """The arguments by parameter name; raises ValueError naming how the filter is called."""
    signature = _signature(node.name)
    keywords = {str(pair.key): pair.value for pair in node.kwargs}
    if len(keywords) < len(node.kwargs):
        raise ValueError(f"an argument of {node.name} stands there twice (keep one)")
    try:
        return signature.bind(*node.args, **keywords).arguments
    except TypeError:
        parameters = signature.parameters.values()
        shown = ", ".join(each.name if each.default is each.empty else f"{each.name}=" for each in parameters)
        raise ValueError(f"the arguments of {node.name} are wrong (write {node.name}({shown}))") from None


def exact(node: nodes.Const) -> Any:
    """A constant's value, where Jinja2 read a float as the decimal that was written."""
    return Decimal(repr(node.value)) if isinstance(node.value, float) else node.value


def _table(name: str, tables: Mapping[str, Any]) -> str:
    near = nearest(name, tables)
    if near.startswith(" (did") or not _FILE_NAME.fullmatch(name):
        return near
    return f" (make tables/{name}.yaml{near.replace(' (', '; ', 1).removesuffix(')')})"


def _fixed(node: nodes.Node) -> Any:
    """The value of a constant, negative numbers included; else _WORKED_OUT."""
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        value = exact(node.node)
        return -value if isinstance(value, (int, Decimal)) else _WORKED_OUT
    return exact(node) if isinstance(node, nodes.Const) else _WORKED_OUT


@lru_cache(maxsize=64)
def _signature(name: str) -> inspect.Signature:
    """What a person may write between the parentheses."""
    whole = inspect.signature(CALLABLE[name])
    shown = [
        each
        for each in whole.parameters.values()
        if each.name not in ("self", "value") and not each.name.startswith("_")
    ]
    return whole.replace(parameters=shown)
