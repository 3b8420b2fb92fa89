"""The sandbox: no way out, no way to take long, and nothing but RenderError on any data."""

import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.templates import Template
from gateway.templates.filters import FILTERS
from gateway.templates.sandbox import TESTS
from gateway.templates.text import MAX_OUTPUT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.sampled_from("abc"), child, max_size=3),
    max_leaves=8,
)  # fmt: skip
SCOPES = st.dictionaries(
    st.sampled_from(["a", "b", "c", "lead", "result", "self", "now", "today", "_"]), JSON
)
ARGUMENTS = {
    "replace": "('a', b)", "substring": "(a, b)", "extract": "('.')", "date": "(b, timezone=c)", "join": "(b)",
    "shift": "(days=a)", "round": "(b)", "default": "(b)", "md5": "(salt=b)", "hmac": "('sha256', b)", "lookup": "('t', b)",
    "number": "(b, locale=c)", "phone": "('e164', country=b, default=c)",
}  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "''.__class__.__mro__",
        "''['__class__']",
        "lead.__class__.__base__.__subclasses__",
        "lead.__init__.__globals__",
        "lead['__init__']['__globals__']",
        "''.join",
        "''.format",
        "lead.update",
        "lead.items",
        "[].append",
        "lead['pop']",
        "(1).real",
        "1.5.real",
        "true.numerator",
        "none.__class__",
        "range",
        "dict",
        "lipsum",
        "cycler",
        "namespace",
        "context",
        "environment",
        "loop",
        "caller",
        "_",
        "__builtins__",
    ],
)
def test_attributes_do_not_exist(expression):
    """Every known beginning of an escape is nothing at all: blank."""
    assert Template.compile(f"{{{{ {expression} }}}}").render({"lead": {}}) is None
    assert Template.compile(f"a{{{{ {expression} }}}}").render({"lead": {}}) == "a"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ '{0.__class__}'.format(lead) }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ cycler.__init__.__globals__.os }}{{ x() }}",
        "{{ lead.update({'a': 1}) }}",
        "{{ lead | attr('__class__') }}",
        "{{ lead | map('upper') }}",
        "{{ lead | format(1) }}",
        "{{ lead | xmlattr }}",
        "{{ lead | pprint }}",
        "{{ lead | safe }}",
        "{{ lead | center(999999999) }}",
        "{{ 'a' | indent(999999999) }}",
        "{{ range(999999999) }}",
        "{{ lead is filter }}",
        "{% set x = lead %}",
        "{% do lead.pop('a') %}",
        "{% trans %}x{% endtrans %}",
        "{% debug %}{{ x }}",
        "{% raw %}{{ x }}{% endraw %}{% for a in b %}{% endfor %}",
    ],
)
def test_escapes_and_bombs_are_refused_at_load(template):
    """Calls, unknown filters and tests, and statements never come as far as rendering."""
    with pytest.raises(ValueError, match=r"not allowed|there is no|cannot be read|is not known"):
        Template.compile(template)


LONG = {"a": "x" * 60_000, "l": ["x" * 60_000] * 1000, "big": 10**999, "d": Decimal("1E+1000")}


@pytest.mark.parametrize(
    "template",
    [
        "{{ a ~ a }}",
        "{{ a }}{{ a }}",
        "{% if a %}" + "{{ a }}" * 500 + "{% endif %}",
        "{{ " + " ~ ".join(["a"] * 500) + " }}",
        "{{ l | join(a) }}",
        "{{ a | replace('x', a) }}",
        "{{ a | replace('x', a) | replace('x', a) }}",
        "{{ a | base64 }}",
        "{{ a | replace('x', '%') | urlencode }}",
        "{{ l | json }}",
        "{{ 'ß' ~ a | replace('x', 'ß') | upper }}",
        "{{ big * big * big * big }}",
        "{{ (d * d) ~ '' }}",
        "a {{ a | replace('x', 'é') }}",
    ],
)
def test_output_is_bounded_before_it_is_made(template):
    """What would grow past its bound parks at once: no template makes the daemon slow or large."""
    compiled = Template.compile(template)
    taken = []
    for _ in range(3):  # a collection of the whole suite's garbage may fall into one
        began = time.process_time()
        with pytest.raises(RenderError, match=r"longer than 64 KiB|more than 1,000 digits"):
            compiled.render(LONG)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.5


def test_data_that_no_poster_can_send_parks_too():
    """Data nested past any parser's bound, and objects that are not JSON, are refused with a sentence."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for data, sentence in (
        (deep, "a value nests too deeply to be rendered"),
        (object(), "a object has no place in JSON"),
    ):
        with pytest.raises(RenderError) as caught:
            Template.compile("{{ x | json }}").render({"x": data})
        assert str(caught.value) == sentence


def test_bare_variable_of_any_length_is_sent():
    """The bound is on what templates make; a value that was posted goes as it was posted."""
    assert Template.compile("{{ x }}").render({"x": "x" * (2 * MAX_OUTPUT)}) == "x" * (2 * MAX_OUTPUT)


def test_bound_counts_bytes():
    """64 KiB are bytes of UTF-8, not characters."""
    template = Template.compile("{{ x | trim | lower }}")
    assert template.render({"x": "é" * (MAX_OUTPUT // 2)}) == "é" * (MAX_OUTPUT // 2)
    with pytest.raises(RenderError, match="longer than 64 KiB"):
        template.render({"x": "é" * (MAX_OUTPUT // 2 + 1)})


def _templates():
    for name in (*FILTERS, "lookup"):
        yield f"{{{{ a | {name}{ARGUMENTS.get(name, '')} }}}}"
    for name in TESTS:
        yield f"{{{{ a.b is {name} }}}}"
    for operator in ("+", "-", "*", "/", "<", ">=", "==", "in", "not in", "~", "and", "or"):
        yield f"{{{{ a {operator} b }}}}"
    yield from (
        "{{ -a }}",
        "{{ +a }}",
        "{{ not a }}",
        "{{ a[b] }}",
        "{{ a[b][c] }}",
        "{{ a.b.0 }}",
        "{{ a[-1] }}",
    )
    yield from (
        "{{ a if b else c }}",
        "{% if a %}{{ b }}{% endif %}",
        "{{ a }}{{ b }}",
        "{{ now }}",
        "x {{ today }}",
    )
    yield from (
        "{{ [a, b] | join(c) }}",
        "{{ result | default(a) }}",
        "{{ _ ~ lead }}",
        "{{ a | date('iso') }}",
    )


def outcome(template, scope):
    """The value, or the RenderError; any other exception fails the test."""
    try:
        return template.render(scope)
    except RenderError as error:
        return error


ALL = [Template.compile(text, {"t": {"x": 1}}) for text in _templates()]


@given(SCOPES, st.sampled_from(ALL))
def test_any_data_renders_to_json_or_parks(scope, template):
    """On whatever was posted a template gives JSON data of its own, or RenderError, and never changes the scope."""
    before = repr(scope)
    value = outcome(template, scope)
    assert value is None or isinstance(value, (str, bool, int, Decimal, list, dict, RenderError))
    assert repr(scope) == before


@given(SCOPES, st.sampled_from(ALL))
def test_rendering_is_pure(scope, template):
    """The same template on the same data gives the same value."""
    assert repr(outcome(template, scope)) == repr(outcome(template, scope))


@given(st.text(st.sampled_from("{}%# |()[].'\"abx01~+-*/,=<>\n"), max_size=30))
def test_any_text_compiles_or_is_refused(text):
    """No text makes compiling fail with anything but the sentence of a ValueError."""
    for candidate in (text, f"{{{{ {text} }}}}"):
        with suppress(ValueError):
            outcome(Template.compile(candidate), {"a": 1, "b": "x", "x": [1]})
