"""What a list in a mapping stands for, by the schema of the element that it is given for."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.soap.lexical import ListOf
from plugins.soap.names import fields
from plugins.soap.plan import Complex, Kind, Order


def item(kind: Kind) -> str | None:
    """The one element that an element holds any number of: a list may be given for the whole."""
    only = next(fields(kind), None) if isinstance(kind, Complex) and len(kind.content.names) == 1 else None
    return only.name if only is not None and only.most != 1 else None


def takes_list(kind: Kind) -> bool:
    """Whether a list may be given for one element."""
    return isinstance(kind, ListOf) or item(kind) is not None


def rounds(order: Order, given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is given for each turn of parts that repeat together: one item of every list."""
    lists = {name: value for name, value in given.items() if name in order.names and isinstance(value, list)}
    once = {name: value for name, value in given.items() if name not in lists}
    for index in range(max(map(len, lists.values()), default=1)):
        items = {name: value[index] for name, value in lists.items() if index < len(value)}
        yield items if index else {**once, **items}
