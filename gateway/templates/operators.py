"""Where a filter takes less than a reader would think: it binds tighter than the operators ~ + - * /."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.templates.hashes import ALGORITHMS

# Jinja2's token: line, kind, text.
Token: TypeAlias = tuple[int, str, str]

# Filters that are most often meant for the whole of a sum, or of joined texts.
_OF_ALL = frozenset((*ALGORITHMS, "hmac", "base64", "number", "round", "int", "abs", "lookup"))
_LONGEST = 60  # characters of an operand that a sentence quotes
_OPERATORS = frozenset("~+-*/")
_PARTING = frozenset((",", ":", "=", "==", "!=", "<", "<=", ">", ">="))
_WORDS = frozenset(("if", "else", "elif", "and", "or", "not", "in", "is"))


@dataclass(slots=True)
class _Sum:
    """The operands at one depth of brackets. right: the last one, behind `operator`; filters: those named so far."""

    operator: str | None = None
    right: list[str] = field(default_factory=list)
    filters: set[str] = field(default_factory=set)
    told: bool = False


def doubts(tokens: Iterable[Token]) -> Iterator[str]:
    """A sentence for each filter on a right operand alone that was most likely meant for all."""
    stack = [_Sum()]
    for _, kind, text in tokens:
        if kind in ("whitespace", "data", "linestatement_begin"):
            continue
        if kind.endswith("_begin") or kind.endswith("_end"):
            stack = [_Sum()]
            continue
        sums = stack[-1]
        if sums.right and sums.right[-1] == "|" and text not in sums.filters:
            sums.filters.add(text)
            if text in _OF_ALL and sums.operator and not sums.told:
                sums.told = True
                yield _sentence(text, sums)
        _follow(stack, kind, text)


def _follow(stack: list[_Sum], kind: str, text: str) -> None:
    """Take up one token."""
    sums = stack[-1]
    if kind == "operator" and text in "([":
        sums.right.append(text)
        stack.append(_Sum())
    elif kind == "operator" and text in ")]":
        stack[1:] = stack[1:-1]
        stack[-1].right.append("…" + text)
    elif (kind == "operator" and text in _PARTING) or (kind == "name" and text in _WORDS):
        stack[-1] = _Sum()
    elif kind == "operator" and text in _OPERATORS and sums.right:
        stack[-1] = _Sum(text, filters=sums.filters)
    else:
        sums.right.append("'…'" if kind == "string" else text)


def _sentence(name: str, sums: _Sum) -> str:
    alone = "".join(sums.right[:-1])
    alone = alone if len(alone) <= _LONGEST else alone[:_LONGEST] + "…"
    return (
        f"| {name} takes {alone} alone, not all before it "
        f"(write (… {sums.operator} {alone}) | {name}, or if that is meant … {sums.operator} ({alone} | {name}))"
    )
