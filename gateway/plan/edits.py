"""What is written otherwise in two conf folders, key by key.

Comments and blanks of the YAML are no edits; nor is the order of keys, but in mappings, where it is that on the wire.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.conf.document import Path, dotted, parse
from gateway.conf.files import GATEWAY, Files
from gateway.conf.sources import joined, key_of
from gateway.jsontext import dumps
from gateway.model import TYPES
from gateway.paths import MISSING
from gateway.plan.report import Edit, Kind

# The keys of an endpoint below which the order says nothing; the others hold mappings.
_UNORDERED = ("auth", "criteria", "response", "retry")


def endpoint_edits(before: Files, after: Files) -> dict[str, tuple[Edit, ...]]:
    """The edits of each endpoint that has some, by its id; keys of `common` count for both types."""
    old, new = before.under("sources/"), after.under("sources/")
    found: dict[str, tuple[Edit, ...]] = {}
    for path in sorted({*old, *new}):
        if old.get(path) == new.get(path):
            continue
        was, is_ = _written(old.get(path), path), _written(new.get(path), path)
        for type_ in was | is_:
            edits = tuple(_edits((), was.get(type_, MISSING), is_.get(type_, MISSING), ordered=True))
            if edits:
                found[f"{key_of(path)}/{type_}"] = edits
    return found


def shared_edits(before: Files, after: Files) -> tuple[Edit, ...]:
    """The edits of what more than one source depends on: gateway.yaml, tables, WSDLs."""
    old, new = _shared(before), _shared(after)
    return tuple(
        edit
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
        for edit in _file_edits(path, old.get(path), new.get(path))
    )


def _shared(files: Files) -> Mapping[str, bytes]:
    own = {GATEWAY: files.content[GATEWAY]} if GATEWAY in files.content else {}
    return {**own, **files.under("tables/"), **files.under("wsdl/")}


def _file_edits(path: str, before: bytes | None, after: bytes | None) -> Iterator[Edit]:
    if before is None:
        yield Edit(path, "added")
    elif after is None:
        yield Edit(path, "removed")
    elif path.startswith("wsdl/"):
        yield Edit(path, "changed")
    else:
        for edit in _edits((), parse(before, path).data or {}, parse(after, path).data or {}):
            yield Edit(f"{path}: {edit.key}", edit.kind, edit.before, edit.after)


def _written(content: bytes | None, path: str) -> dict[str, dict[str, Any]]:
    """What a source file says of each type that it has."""
    data = (parse(content, path).data if content is not None else None) or {}
    whose = {key: data[key] for key in ("name", "kind") if key in data}
    return {
        type_: {**whose, **joined(data.get("common") or {}, data[type_] or {})}
        for type_ in TYPES
        if type_ in data
    }


def _edits(path: Path, before: Any, after: Any, *, ordered: bool = False) -> Iterator[Edit]:
    """The edits below a path. ordered: whether the keys of a mapping there have an order."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            inner = before.get(key, MISSING), after.get(key, MISSING)
            yield from _edits((*path, key), *inner, ordered=ordered and key not in _UNORDERED)
        orders = [list(filter(other.__contains__, one)) for one, other in ((before, after), (after, before))]
        if ordered and path and orders[0] != orders[1]:
            yield Edit(f"{dotted(path)} (order)", "changed", *orders)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _edits((*path, index), *pair, ordered=ordered)
    elif before is MISSING:
        yield from _all("added", path, after)
    elif after is MISSING:
        yield from _all("removed", path, before)
    elif dumps(before) != dumps(after):
        yield Edit(dotted(path), "changed", before, after)


def _all(kind: Kind, path: Path, value: Any) -> Iterator[Edit]:
    """What was added or removed; of a whole endpoint every key by itself."""
    if not path and isinstance(value, dict):
        for key, inner in value.items():
            yield from _all(kind, (key,), inner)
    else:
        yield Edit(dotted(path), kind, *((None, value) if kind == "added" else (value, None)))
