"""JSON and forms: trees that are asked by dot paths."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from gateway import jsontext
from gateway.answers.bodies import Body, Fault, ScalarBody
from gateway.answers.places import Place, as_dotted
from gateway.answers.xpaths import MOST_MATCHES, Unreadable
from gateway.paths import MISSING, each, find

MAX_DEPTH = jsontext.MAX_DEPTH
MOST_MARKS = 50_000
MOST_FIELDS = 10_000


class JsonBody:
    """A JSON object, or a list as `{"array": list}`."""

    name = "JSON"
    fault: Fault | None = None

    def __init__(self, tree: Any, text: str) -> None:
        self.text = text
        self._tree = tree

    def look(self, place: Place) -> list[str]:
        """What stands at a dot path."""
        if place.dotted is None:
            right = as_dotted(place.text) or "such as errors.*.message"
            raise Unreadable(f"the answer is {self.name}, but {place.text!r} is no dot path (write {right})")
        if "*" not in place.dotted:
            value = find(self._tree, place.dotted)
            return [] if value is MISSING else _first(texts(value))
        return _first(text for value in each(self._tree, place.dotted) for text in texts(value))


class FormBody(JsonBody):
    """A form: a name that stands once has a text, one that stands more often a list."""

    name = "a form"

    def look(self, place: Place) -> list[str]:
        """What stands at a dot path; a name may hold the dots, or brackets, itself."""
        if place.text in self._tree:
            return _first(texts(self._tree[place.text]))
        return super().look(place)


def texts(value: Any) -> Iterator[str]:
    """A JSON value as text, without blanks round it: each element of a list for itself, an object as its JSON."""
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        yield jsontext.dumps(value)
    elif value is not None:
        yield str(value)


def parse_json(text: str) -> Body:
    """A text without blanks round it. Exact numbers; duplicate keys, NUL and NaN are tolerated. Raises Unreadable."""
    if len(text) > MOST_MARKS and text.count(",") + text.count("[") + text.count("{") > MOST_MARKS:
        raise Unreadable(
            f"the answer is JSON with more than {MOST_MARKS:,} commas and brackets, which is not read"
        )
    try:
        tree, end = _JSON.raw_decode(text)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"the answer is not JSON ({error.msg.lower()}, line {error.lineno} column {error.colno})"
        ) from None
    except ValueError:
        raise Unreadable(
            "the answer is not JSON that can be read (a number has thousands of digits)"
        ) from None
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    if not isinstance(tree, (dict, list)):
        return ScalarBody("".join(texts(tree)), "a single JSON value")
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(tree):
        raise Unreadable(_TOO_DEEP)
    return JsonBody(tree if isinstance(tree, dict) else {"array": tree}, text)


def parse_form(text: str) -> Body:
    """`application/x-www-form-urlencoded`, as UTF-8. Raises Unreadable where it has too many fields."""
    if len(text) > MOST_MARKS and text.count("%") > MOST_MARKS:
        raise Unreadable(f"the answer is a form with more than {MOST_MARKS:,} escapes, which is not read")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Unreadable(
            f"the answer is a form of more than {MOST_FIELDS:,} fields, which is not read"
        ) from None
    return FormBody({name: found if len(found) > 1 else found[0] for name, found in fields.items()}, text)


def _first(found: Iterator[str]) -> list[str]:
    return list(islice(found, MOST_MATCHES + 1))


def _decimal(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except ArithmeticError:  # an exponent of twenty digits
        return digits


def _is_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
        level = [child for child in level if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


_TOO_DEEP = f"the answer is JSON nested deeper than {MAX_DEPTH} levels, which is not read"
_JSON = json.JSONDecoder(parse_float=_decimal, parse_constant=str)
