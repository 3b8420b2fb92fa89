"""What the YAML parser found wrong, as a sentence for an operator: what is wrong (what would be right)."""

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

# A template where a value begins: behind a colon, a dash, a comma, a bracket, or at the line's beginning.
_TEMPLATE = re.compile(r"(?:^|[:,\[-])\s*(?P<at>\{\{|\{%)")
_ONE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_WHOLE = re.compile(r"\{\{.*\}\}|\{%.*%\}")
# What the parser says, in part; whether the place where the construct began says more; the sentence.
_SENTENCES: tuple[tuple[str, bool, str], ...] = (
    ("'\\t'", False, "a tab in the indentation (indent with spaces)"),
    ("mapping values are not allowed", False, "a colon where none can be (quote the value, or mind the indentation)"),
    ("could not find expected ':'", True, "a key without its colon (write `key: value`)"),
    ("quoted scalar", True, "quotes that do not pair, or an unknown escape (single quotes know no escapes)"),
    ("flow sequence", True, "a list in brackets that does not end (write [a, b]; put text with , or ] in quotes)"),
    ("flow mapping", True, "keys in braces that do not end (write {a: 1, b: 2}; put text with , or } in quotes)"),
    ("flow node", False, "a list in brackets, or keys in braces, that do not end (write [a, b] or {a: 1, b: 2})"),
    ("found '<scalar>'", False, "text where none can be (put the whole value in quotes, or mind the indentation)"),
    ("<block end>", False, "the indentation fits nothing above (begin what stands on one level in one column)"),
    ("sequence entries are not allowed", False, "a dash where no list can begin (begin the list on a line of its own)"),
    ("cannot start any token", False, "a character that no value can begin with (put the text in quotes)"),
    ("anchor", False, "a name of an anchor or alias that cannot be read (put text with & or * in quotes)"),
    ("alias", False, "a name of an anchor or alias that cannot be read (put text with & or * in quotes)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a text, and where, counted from 1."""

    line: int
    column: int
    text: str


def quoted_template(text: str, index: int, *, whole: bool = False) -> str | None:
    """The template at an index, in the quotes that it lacks; None where there is none.

    whole: with what follows it on the line, up to the end of the last template there.
    """
    if text[index : index + 2] not in ("{{", "{%"):
        return None
    line = text[index:].partition("\n")[0]
    found = (_WHOLE if whole else _ONE).match(line)
    written = found[0] if found else "{{ ... }}"
    return f"'{written}'" if '"' in written else f'"{written}"'


def explain(error: YAMLError, text: str) -> Fault:
    """The fault behind an error of the parser."""
    if isinstance(error, ReaderError):
        line, column = _counted(text, error.position)
        return Fault(
            line, column, "a control character (remove it, or write it as an escape in double quotes)"
        )
    if not isinstance(error, MarkedYAMLError):
        return Fault(1, 1, f"this is not YAML: {error}")
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
    for mark in marks:
        found = _template_in(text, mark)
        if found:
            return found
    said = " ".join(part for part in (error.context, error.problem) if part)
    for part, at_beginning, sentence in _SENTENCES:
        if part in said:
            return _at(marks[-1] if at_beginning else marks[0], sentence)
    return _at(
        marks[0] if marks else None, f"this is not YAML: {said} (put text with special characters in quotes)"
    )


def _template_in(text: str, mark: Any) -> Fault | None:
    start = text.rfind("\n", 0, mark.index) + 1
    line = text[start:].partition("\n")[0]
    found = _TEMPLATE.search(line)
    if not found:
        return None
    in_brackets = any(bracket in line[: found.start("at")] for bracket in "[{")
    template = quoted_template(line, found.start("at"), whole=not in_brackets)
    return Fault(
        mark.line + 1,
        found.start("at") + 1,
        f"an unquoted template (put the whole value in quotes: {template})",
    )


def _at(mark: Any, text: str) -> Fault:
    return Fault(1, 1, text) if mark is None else Fault(mark.line + 1, mark.column + 1, text)


def _counted(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
