"""The Jinja2 environment of templates: items only, decimal arithmetic, and no construct that could take long.

Three facts shape it. Jinja asks attributes before items, so `lead.items` would be a method: both lookups are
ours, and look into JSON objects and lists only. What is missing is None, never an Undefined. No loop, call,
assignment or power can be written, so the work is bounded by the template and by what was posted.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.paths import is_blank
from gateway.templates import arithmetic
from gateway.templates.filters import FILTERS
from gateway.templates.text import joined, to_text

# Filters that only the rewritten syntax tree can name: no filter written by a person holds a blank.
JOINED = "joined texts"
DECIMAL = "decimal constant"

TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda value: value is not None,
    "undefined": lambda value: value is None,
    "none": lambda value: value is None,
    "blank": is_blank,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, Decimal)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "mapping": lambda value: isinstance(value, dict),
    "sequence": lambda value: isinstance(value, list),
}


class Blank(Undefined):
    """What Jinja makes for a missing variable: None, so that missing and null are the same."""

    def __new__(cls, *args: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        """None, whatever is missing."""


class Sandbox(ImmutableSandboxedEnvironment):
    """finalize: how a printed value becomes text; lookup: the filter bound to the conf's tables."""

    intercepted_binops = frozenset("+-*/")
    intercepted_unops = frozenset("+-")

    def __init__(self, finalize: Callable[[Any], str], lookup: Callable[..., Any]) -> None:
        super().__init__(undefined=Blank, finalize=finalize, optimized=False, autoescape=False, cache_size=0)
        self.globals = {}
        self.filters = {
            **FILTERS,
            "lookup": lookup,
            JOINED: lambda values: joined(map(to_text, values)),
            DECIMAL: Decimal,
        }
        self.tests = dict(TESTS)
        self.binop_table = {
            "+": arithmetic.add,
            "-": arithmetic.subtract,
            "*": arithmetic.multiply,
            "/": arithmetic.divide,
        }
        self.unop_table = {"+": arithmetic.positive, "-": arithmetic.negative}

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item of a JSON object or list, or None."""
        if isinstance(argument, (str, int)) and not isinstance(argument, bool):
            if isinstance(obj, Mapping):
                return obj.get(str(argument))
            if isinstance(obj, list) and isinstance(argument, int) and 0 <= argument < len(obj):
                return obj[argument]
        return None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The same as an item: attributes do not exist here."""
        return self.getitem(obj, attribute)
