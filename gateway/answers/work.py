"""How much work an XPath can make of an answer, told from its text alone.

Nothing stops an evaluation once it runs, so one that could run for seconds is not begun. A child, an attribute,
a first `//` and a comparison with a literal look at each node once. What costs more:
- a `//` or a descendant within a predicate looks at each node once for every level above it;
- a further `//` in one path does so too, and merges what it finds pair by pair, as a parent and a union do;
- a step to siblings, following or preceding, a path from the root within a predicate and two sets compared look
  at every node for every node; from a set, what such a step finds is merged as well.
"""

import re
from dataclasses import dataclass, field

MOST = 100_000_000  # steps of some nanoseconds each
_MERGED = 8  # steps, for each pair of nodes found below nodes
_LEVELS = 16  # that stand above a node within a predicate, for most nodes
_TOKEN = re.compile(
    r"""(?P<literal>"[^"]*"|'[^']*'|\d+(?:\.\d*)?|\.\d+)
    |(?P<axis>[a-z-]+)\s*::
    |(?P<call>[\w.:-]+)\s*(?=\()
    |(?P<name>[^\W\d][\w.-]*(?::[\w.*-]+)?)
    |(?P<mark>//|\.\.|[<>!]=|[][().,@/|+=<>*$-])
    """,
    re.VERBOSE,
)
_COMPARISONS = frozenset(("=", "!=", "<", ">", "<=", ">="))
_WORDS = frozenset(("and", "or", "div", "mod"))
_BETWEEN = _COMPARISONS | {"|", "+", "-", ","}
_NEAR = frozenset(("child", "self", "attribute"))
_DOWN = frozenset(("descendant", "descendant-or-self"))
_UP = frozenset(("parent", "ancestor", "ancestor-or-self"))
_OPEN = ("/", "//", "@", "::")  # after which a name is a name, and no operator
_SETS = frozenset(("text", "node", "comment", "processing-instruction", "id"))


@dataclass(frozen=True, slots=True)
class Work:
    """power: of the document's size; factor: for its depth, and for each step that multiplies."""

    power: int = 1
    factor: int = 1

    def steps(self, size: int) -> int:
        """At most so many on a document of this size, in nodes."""
        steps: int = self.factor * size**self.power
        return steps

    def fits(self, size: int) -> bool:
        """Whether it ends in good time."""
        return self.steps(size) <= MOST


def work(xpath: str) -> Work:
    """The work of an expression that can be compiled. It errs on the side of too much."""
    tally = _Tally()
    tokens = [(str(found.lastgroup), found[str(found.lastgroup)]) for found in _TOKEN.finditer(xpath)]
    for (kind, text), following in zip(tokens, [*tokens[1:], ("", "")], strict=True):
        if kind == "mark":
            tally.mark(text, following)
        elif kind == "name" and text in _WORDS and tally.path and tally.path[-1] not in _OPEN:
            tally.path.clear()
            tally.here.either |= text == "or"
        else:
            tally.step(kind, text)
    return tally.work()


@dataclass(slots=True)
class _Level:
    """One open bracket. path: the steps of its path before this token; own, asked: powers of the last step, for
    itself and for whatever asks its nodes; most: of all steps; first: only the first node is asked for; either: or
    something else.
    """

    is_predicate: bool = False
    path: list[str] = field(default_factory=list)
    own: int = 0
    asked: int = 0
    most: int = 0
    first: bool = False
    either: bool = False


@dataclass(slots=True)
class _Tally:
    """What has been met so far."""

    levels: list[_Level] = field(default_factory=lambda: [_Level()])
    again: int = 0
    down: int = 0
    parts: int = 0

    @property
    def here(self) -> _Level:
        return self.levels[-1]

    @property
    def path(self) -> list[str]:
        return self.here.path

    @property
    def within(self) -> bool:
        """Whether this is asked for every node of some step."""
        return any(level.is_predicate for level in self.levels)

    def mark(self, text: str, following: tuple[str, str]) -> None:
        """An operator, a bracket, or a step that is one."""
        if text in ("[", "("):
            self.levels.append(_Level(text == "["))
        elif text in ("]", ")"):
            self._close()
        elif text in _BETWEEN or (text == "*" and self.path and self.path[-1] not in _OPEN):
            if text == "|" or (text in _COMPARISONS and not (_is_scalar(self.path) or _begins(following))):
                self._costs(1)
            self.here.first |= text == "=" and self.path == ["position("] and following == ("literal", "1")
            self.path.clear()
        elif text in ("/", "//") and self.within and not self.path:
            self._costs(1, 1)
            self.path.append(text)
        else:
            self.step("mark", text)

    def step(self, kind: str, text: str) -> None:
        """One step of a path, or a literal."""
        from_set = any(before not in (".", "/", "::") for before in self.path)
        if text == "//" or (kind == "axis" and text in _DOWN):
            self._descends(from_set)
        elif text == ".." or (kind == "axis" and text in _UP):
            self._costs(1)
        elif (kind == "axis" and text not in _NEAR) or (kind == "call" and text == "id"):
            self._costs(2 if from_set else 1, 1)
        elif text == "/":
            self._costs(0)
        self.path.append({"axis": "::", "literal": "0", "call": f"{text}("}.get(kind, text))

    def work(self) -> Work:
        """What all of it comes to."""
        self._costs(0)
        return Work(
            1 + self.here.most, _LEVELS**self.down * (_MERGED if self.again else 1) * max(1, self.parts)
        )

    def _descends(self, from_set: bool) -> None:
        self._costs(int(from_set))
        self.again += from_set
        self.down += not from_set and self.within
        self.parts += self.within and not from_set

    def _costs(self, own: int, asked: int = 0) -> None:
        """A step begins: of what power it is for itself, and for what asks its nodes."""
        here = self.here
        here.most = max(here.most, here.own)
        here.own, here.asked = own, asked
        self.parts += own > 0

    def _close(self) -> None:
        self._costs(0)
        closed, here = self.levels.pop(), self.levels[-1]
        if not closed.is_predicate:
            here.most = max(here.most, closed.most)
            here.first |= closed.first
            here.either |= closed.either
            if not (here.path and here.path[-1].endswith("(")):  # of a call, the name stands there
                here.path.append("()")
            return
        if closed.first and here.asked and not closed.either:
            here.own = 1  # one node each is merged
        here.most = max(here.most, here.asked + closed.most)


def _is_scalar(path: list[str]) -> bool:
    """Whether a path is a literal, or a call that makes a text, a number or a truth."""
    return len(path) == 1 and (path[0] == "0" or (path[0].endswith("(") and path[0][:-1] not in _SETS))


def _begins(token: tuple[str, str]) -> bool:
    """Whether a token is a literal, or the name of a function that makes no set of nodes."""
    kind, text = token
    return kind == "literal" or (kind == "call" and text not in _SETS)
