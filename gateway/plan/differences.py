"""What differs between two values, two requests or two outcomes, key by key. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gateway.model import Json, Outcome, Request, Secret, Tree, Values
from gateway.paths import MISSING
from gateway.plan.report import Kind


class Difference(NamedTuple):
    """One key that is not the same; before, after: None where it is not there."""

    key: str
    kind: Kind
    before: Json
    after: Json


def of_values(before: Values, after: Values) -> list[Difference]:
    """What a mapping makes otherwise: address, headers and every leaf of the trees, as the conf names them."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    found = _differences(old, new)
    shared = [[key for key in one if key in other] for one, other in ((old, new), (new, old))]
    if shared[0] != shared[1]:
        found.append(Difference("the order of the keys", "changed", *shared))
    return found


def of_requests(before: Request, after: Request) -> list[Difference]:
    """What is rendered otherwise."""
    return _differences(_parts(before), _parts(after))


def of_outcomes(before: Outcome, after: Outcome) -> list[Difference]:
    """What is read otherwise."""
    return _differences(_meaning(before), _meaning(after))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    return [
        _difference(key, before.get(key, MISSING), after.get(key, MISSING))
        for key in {**before, **after}
        if not _same(before.get(key, MISSING), after.get(key, MISSING))
    ]


def _difference(key: str, before: Any, after: Any) -> Difference:
    if before is MISSING:
        return Difference(key, "added", None, _shown(after))
    if after is MISSING:
        return Difference(key, "removed", _shown(before), None)
    return Difference(key, "changed", _shown(before), _shown(after))


def _same(before: Any, after: Any) -> bool:
    """Whether both are written alike: 1 is not true, and 1.0 is not 1.00."""
    return before is after or (type(before) is type(after) and repr(before) == repr(after))


def _shown(value: Any) -> Json:
    return f"{{{value.kind}: {value.name}}}" if isinstance(value, Secret) else value


def _leaves(values: Values) -> Iterator[tuple[str, Any]]:
    yield "url", values.url
    for name, value in values.headers:
        yield f"headers.{name}", value
    yield from _below("mapping", values.tree)
    for key, tree in values.extras.items():
        yield from _below(key, tree)


def _below(path: str, tree: Tree) -> Iterator[tuple[str, Any]]:
    """Every leaf by its dotted path; an empty object or list is a leaf, too."""
    if isinstance(tree, dict) and tree:
        for key, child in tree.items():
            yield from _below(f"{path}.{key}", child)
    elif isinstance(tree, list) and tree:
        for index, child in enumerate(tree):
            yield from _below(f"{path}.{index}", child)
    elif tree is not None or "." in path:
        yield path, tree


def _parts(request: Request) -> dict[str, Any]:
    headers = {f"headers.{name}": value for name, value in request.headers}
    body = {} if request.body is None else {"body": request.body.decode(errors="replace")}
    return {"method": request.method, "url": request.url, **headers, **body}


def _meaning(outcome: Outcome) -> dict[str, Any]:
    price = None if outcome.price is None else str(outcome.price)
    told = {"reason": outcome.reason, "price": price, "reference": outcome.reference}
    return {
        "outcome": outcome.kind,
        "permanent": outcome.permanent,
        **{key: text for key, text in told.items() if text is not None},
        **{f"capture.{name}": text for name, text in outcome.capture.items()},
    }
