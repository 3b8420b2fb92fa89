"""One offer of a document as an endpoint's conf, ready to be edited."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway import guess, yamltext
from gateway.cli.faults import Unreadable
from gateway.description import Argument, Description, Offer
from gateway.nearest import nearest

_CONVERSION = re.compile(r"conver|sale|sold|revenue|won", re.IGNORECASE)
_TEXT = 100  # characters of what a document says about an argument


def conf(offer: Offer, transport: str, url: str, type: str | None = None, note: str = "") -> str:
    """An endpoint as YAML, to be pasted into a source file: `check` accepts it, an operator completes it.

    type: return or conversion, guessed where it is not known; note: what to know about the url.
    """
    type = type or ("conversion" if _CONVERSION.search(offer.name) else "return")
    lines = [
        *(f"# {yamltext.comment(line)}" for line in _heading(offer)),
        f"{type}:",
        f"  transport: {transport}",
        yamltext.commented(f"  url: {yamltext.scalar(url)}", note),
        *(f"  {key}: {yamltext.scalar(value)}" for key, value in offer.keys.items()),
        *_mapping(offer.arguments),
        yamltext.commented(
            "  # response: {}", "how the answer is read; without it every answer of status 200 is a yes"
        ),
    ]
    return "\n".join(lines) + "\n"


def chosen(document: Description, operation: str) -> Offer:
    """The offer that a name means, as the conf would name it. Raises Unreadable."""
    found = [
        one
        for one in document.offers
        if operation in (one.name, f"{one.place}.{one.name}", *one.keys.values())
    ]
    exact = [one for one in found if operation in one.keys.values()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    names = [f"{one.place}.{one.name}" for one in found]
    if names:
        raise Unreadable(f"there are several operations {operation!r} (write {' or '.join(names)})")
    near = nearest(operation, {value for one in document.offers for value in one.keys.values()})
    raise Unreadable(f"there is no operation {operation!r}{near}")


def about(argument: Argument) -> tuple[str, str]:
    """How often an argument must and may stand, and what it means."""
    values = f"one of {', '.join(argument.values)}" if argument.values else ""
    text = argument.text if len(argument.text) <= _TEXT else f"{argument.text[: _TEXT - 1]}…"
    return _cardinality(argument), "; ".join(filter(None, (values, text)))


def bare(key: str) -> str:
    """A mapping key without the indexes of lists."""
    return ".".join(word for word in key.replace("@", ".@").split(".") if not word.isdigit())


def _cardinality(argument: Argument) -> str:
    words = "required" if argument.required else "optional"
    if argument.required and argument.within:
        words = f"required with {argument.within}"
    if len(argument.instead) > 1:
        most = "" if argument.required else "at most "
        words = f"{most}one of {' or '.join(argument.instead)}"
    if argument.most != 1:
        words += ", a list" if argument.most is None else f", a list of up to {argument.most}"
    return words + (", may be null" if argument.nillable else "")


def _heading(offer: Offer) -> Iterator[str]:
    yield f"{offer.name}{f' of {offer.place}' if offer.place else ''}" + (
        f": {offer.text}" if offer.text else ""
    )
    yield ", ".join(f"{name} {value}" for name, value in offer.facts if value)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the mapping. value: as YAML."""

    argument: Argument
    value: str
    guessed: bool


def _mapping(arguments: tuple[Argument, ...]) -> Iterator[str]:
    rows = [_row(argument) for argument in arguments]
    given = {row.argument.within for row in rows if row.guessed and _is_meant(row.argument)}
    active = [_is_active(row, given) for row in rows]
    yield "  mapping:" if any(active) else "  mapping: {}"
    for row, is_active in zip(rows, active, strict=True):
        written = f"    {'' if is_active else '# '}{yamltext.key(row.argument.key)}: {row.value}"
        yield yamltext.commented(written, _about(row, is_active and not row.guessed))


def _row(argument: Argument) -> _Row:
    guessed = guess.template(argument.key, argument.type)
    value = yamltext.quoted(guessed or argument.placeholder)
    return _Row(argument, f"[{value}]" if argument.most != 1 else value, guessed is not None)


def _is_active(row: _Row, given: set[str]) -> bool:
    """Whether a line is no comment: it is needed, or it is known what goes there. given: parts that are sent."""
    argument = row.argument
    needed = argument.required and (not argument.within or argument.within in given)
    return _is_meant(argument) and (row.guessed or needed)


def _is_meant(argument: Argument) -> bool:
    """Of several that exclude each other, the first."""
    if not argument.instead:
        return True
    first = argument.instead[0]
    return argument.key == first or argument.key.startswith((f"{first}.", f"{first}@"))


def _about(row: _Row, is_open: bool) -> str:
    often, meaning = about(row.argument)
    said = f"{row.argument.type}, {often}" + (f"; {meaning}" if meaning else "")
    if row.guessed and row.argument.values:
        said += "; a table translates: add | lookup('reasons')"
    return f"FILL IN: {said}" if is_open else said
