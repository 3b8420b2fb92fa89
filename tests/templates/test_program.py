"""A small template is compiled once it is run; one that may be too deep for that, at load."""

import pytest

from gateway.templates import Template
from gateway.templates.program import SURE

# What each construct is, nested as deep as a small template can be: nothing else is so small and so deep.
NESTED = {
    "brackets": lambda inner: f"({inner} ~ 1)",
    "filter": lambda inner: f"({inner} | upper)",
    "filter with an argument": lambda inner: f"(a | default({inner}))",
    "test": lambda inner: f"({inner} is none)",
    "not": lambda inner: f"(not {inner})",
    "minus": lambda inner: f"(-{inner})",
    "and": lambda inner: f"(a and {inner})",
    "or": lambda inner: f"({inner} or a)",
    "comparison": lambda inner: f"({inner} == 1)",
    "sum": lambda inner: f"(1 + {inner})",
    "choice": lambda inner: f"(a if {inner} else b)",
    "list": lambda inner: f"([{inner}] | first)",
    "item": lambda inner: f"({inner}).a",
}


@pytest.mark.parametrize("wrap", NESTED.values(), ids=NESTED.keys())
def test_what_is_small_can_always_be_compiled(wrap) -> None:
    """Whatever is nested in a small template, it is compiled when it is run, and that succeeds."""
    text, late = "a | lower", 0
    for _ in range(SURE):
        text = wrap(text)
        try:
            program = Template._compiled("x{{ " + text + " }}", {}, False)._program
        except ValueError:  # too deep for any template
            break
        if program is not None and program.is_late:
            late += 1
            program.compiled()
            assert not program.is_late
    assert late >= 5


@pytest.mark.parametrize("depth", range(1, SURE))
def test_a_small_template_of_statements_can_always_be_compiled(depth: int) -> None:
    """Statements are nested in blocks, of which Python knows a bound of its own."""
    text = "{% if a %}" * depth + "x" + "{% endif %}" * depth
    program = Template._compiled(text, {}, False)._program
    assert program is not None
    if program.is_late:
        program.compiled()


def test_what_is_not_small_is_compiled_at_load() -> None:
    """Only so can a load say that it is too deep."""
    program = Template._compiled(" ~ ".join(["{{ a | lower }}"] * SURE), {}, False)._program
    assert program is not None
    assert not program.is_late


def test_sources_share_a_template_unless_tables_decide() -> None:
    """The same text is the same object; one that looks something up belongs to its tables."""
    shared = "{{ lead.id }} of {{ source.name }}"
    assert Template.compile(shared) is Template.compile(shared)
    looks_up = "{{ a | lookup('t') }}"
    first, second = ({"t": {"x": value}} for value in "12")
    assert Template.compile(looks_up, first).render({"a": "x"}) == "1"
    assert Template.compile(looks_up, second).render({"a": "x"}) == "2"
    with pytest.raises(ValueError, match="there is no table 't'"):
        Template.compile(looks_up, {})
