"""Templates: what a variable is, what keeps its type, what blank does, what is refused at load."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from gateway import jsontext
from gateway.errors import RenderError
from gateway.model import Event
from gateway.templates import Template, scope

SCOPE = {
    "lead": {
        "id": "5bb3",
        "items": "three",
        "count": "1e3",
        "postal": "01234",
        "age": 41,
        "big": 9007199254740993,
        "price": Decimal("12.75"),
        "zero": 0,
        "no": False,
        "nothing": None,
        "empty": "",
        "phones": ["5125551212", None, "5125551213"],
        "e.mail": "joe@example.com",
        "evil": "{{ lead.id }}{% if 1 %}x{% endif %}",
        "markup": "<b>&\"'",
        "upper": "shadow",
        "deep": {"keys": {"values": 1}},
    },
    "feedback": {"type": "return", "reason": "Wrong number"},
    "result": "R",
    "now": datetime(2026, 11, 23, 9, 15, tzinfo=UTC),
    "today": date(2026, 11, 23),
}


def render(text, tables=None, given=SCOPE):
    return Template.compile(text, tables or {}).render(given)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ lead.id }}", "5bb3"),
        ("{{lead.id}}", "5bb3"),
        (" {{ lead.id }}\n", "5bb3"),
        ("{{ lead.items }}", "three"),
        ("{{ lead.upper }}", "shadow"),
        ("{{ lead.deep.keys.values }}", 1),
        ("{{ lead.phones.2 }}", "5125551213"),
        ("{{ lead.phones[0] }}", "5125551212"),
        ('{{ lead["e.mail"] }}', "joe@example.com"),
        ("{{ lead['phones'][lead.zero] }}", "5125551212"),
        ("{{ lead.count }}", "1e3"),
        ("{{ lead.count | trim }}", "1e3"),
        ("{{ lead.postal }}", "01234"),
        ("{{ lead.age }}", 41),
        ("{{ lead.age + 1 }}", 42),
        ("{{ lead.big }}", 9007199254740993),
        ("{{ lead.big + 0 }}", 9007199254740993),
        ("{{ lead.price }}", Decimal("12.75")),
        ("{{ lead.price | abs }}", Decimal("12.75")),
        ("{{ lead.no }}", False),
        ("{{ lead.zero }}", 0),
        ("{{ lead.phones }}", ["5125551212", None, "5125551213"]),
        ("{{ lead.deep }}", {"keys": {"values": 1}}),
        ("{{ lead.age > 40 }}", True),
        ("{{ 'A' if lead.age > 40 else 'B' }}", "A"),
        ("{{ lead.age if lead.age > 40 }}", 41),
        ("{{ lead.zero if lead.age > 50 }}", None),
        ("{{ result | lower }}", "r"),
        ("{{ ['a', 1] }}", ["a", 1]),
        ("{{ 'a', 1 }}", ["a", 1]),
        ("{{ now }}", "2026-11-23T09:15:00Z"),
        ("{{ today }}", "2026-11-23"),
        ("{{ none }}", None),
        ("{{ true }}", True),
        ("{{ 1.5 }}", Decimal("1.5")),
    ],
)
def test_lone_expression_keeps_its_type(template, value):
    """One expression, filters included, gives its JSON value; an item is found where an attribute has its name."""
    found = render(template)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("id {{ lead.id }}", "id 5bb3"),
        ("{{ lead.id }}{{ lead.age }}", "5bb341"),
        (" a {{ lead.nope }} ", "a"),
        ("{{ lead.nothing }} {{ lead.nope.deeper }}", ""),
        ("{{ lead.price }} USD", "12.75 USD"),
        ("{{ lead.big }}.", "9007199254740993."),
        ("{{ lead.no }}/{{ lead.zero }}", "false/0"),
        ("{{ lead.phones }}!", '["5125551212",null,"5125551213"]!'),
        ("{{ lead.id ~ '-' ~ lead.nope ~ lead.no }}", "5bb3-false"),
        ("{% if lead.age > 40 %}old{% elif lead.age %}young{% else %}?{% endif %}", "old"),
        ("{% if lead.nope %}x{% endif %}", ""),
        ("{{ now }}!", "2026-11-23T09:15:00Z!"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ lead.markup }}.", "<b>&\"'."),
    ],
)
def test_anything_else_is_trimmed_text(template, value):
    """Text round an expression makes text: nothing for what is missing, plain numbers, no escaping."""
    assert render(template) == value


@pytest.mark.parametrize("text", ["", " a ", "{", "{ x }", '{"a":{"b":1}}', "50%", "{#1}", "a } b"])
def test_constant_is_sent_as_written(text):
    """Text without a template is left as it stands, white space and single braces too."""
    template = Template.compile(text)
    assert template.constant
    assert template.variables == frozenset()
    assert template.render({}) == text


@pytest.mark.parametrize(
    ("template", "optional"),
    [
        ("{{ a }}", set()),
        ("{{ a | default('x') }}", {"a"}),
        ("{{ a | trim | default(b) }}", {"a"}),
        ("{{ a | default('x') }} {{ a }}", set()),
        ("{{ 'x' if a is blank else b }}", {"a"}),
        ("{% if a.b is defined %}{{ c }}{% endif %}", {"a.b"}),
        ("{{ a is number }}", set()),
        ("{{ a or b }}", set()),
        ("{{ a | lookup('reasons', default='x') }}", set()),
    ],
)
def test_what_may_be_missing_is_known(template, optional):
    """A path is optional where a template says, each time it reads it, what to do without."""
    assert Template.compile(template, {"reasons": {}}).optional == optional


def test_values_are_never_parsed_as_templates():
    """What a poster writes is data, alone, in text and through a filter."""
    evil = SCOPE["lead"]["evil"]
    assert render("{{ lead.evil }}") == evil
    assert render("a {{ lead.evil }}") == f"a {evil}"
    assert render("{{ lead.evil | trim }}") == evil


@pytest.mark.parametrize(
    "variable", ["lead.nope", "lead.nothing", "nope", "nope.x.y", "lead.id.x", "lead.phones.9"]
)
def test_missing_is_blank(variable):
    """A variable that is missing, null or below something that has no items is None, and `default` fills it in."""
    assert render(f"{{{{ {variable} }}}}") is None
    assert render(f"{{{{ {variable} | default('x') }}}}") == "x"
    assert render(f"{{{{ {variable} is defined }}}}") is False


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ lead.nope | required }}", "lead.nope is required, and is blank"),
        ("{{ lead.empty | required }}", "lead.empty is required, and is blank"),
        ("{{ (lead.nope or lead.empty) | required }}", "lead.nope or lead.empty is required, and is blank"),
        ("a {{ lead['e.x'] | trim | required }}", "lead.{e.x} is required, and is blank"),
    ],
)
def test_required_names_the_variable(template, sentence):
    """A blank required value parks the event with a sentence."""
    with pytest.raises(RenderError) as caught:
        render(template)
    assert str(caught.value) == sentence


def test_required_lets_zero_and_false_through():
    """0 and false are values."""
    assert render("{{ lead.zero | required }}") == 0
    assert render("{{ lead.no | required }}") is False


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("text", set()),
        ("{{ lead.email }}", {"lead.email"}),
        ("{{ lead.phones.0 }} {{ lead['e.mail'] }}", {"lead.phones.0", "lead.{e.mail}"}),
        ("{{ 'A' if lead.state == x else lead.id | default(y) }}", {"lead.state", "x", "lead.id", "y"}),
        ("{% if a.b %}{{ c ~ d }}{% endif %}", {"a.b", "c", "d"}),
        ("{{ lead[feedback.reason] }}", {"lead", "feedback.reason"}),
    ],
)
def test_variables_are_known_at_load(template, variables):
    """Every path that a template reads is listed as a dot path."""
    assert Template.compile(template).variables == variables


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ lead.id }", "the template's braces do not pair (every {{ needs its }})"),
        ("lead.id }}", "the template's braces do not pair (every {{ needs its }})"),
        ("{% if a }x", "the template's braces do not pair (every {% needs its %})"),
        ("{{ lead.id | lowre }}", "there is no filter 'lowre' (did you mean 'lower'?)"),
        ("{{ 'a' if false else lead.id | lowre }}", "there is no filter 'lowre' (did you mean 'lower'?)"),
        ("{{ lead.id is define }}", "there is no test 'define' (did you mean 'defined'?)"),
        ("{{ lead.id() }}", "a call is not allowed in a template (use a filter: {{ value | filter }})"),
        (
            "{{ ''.join(lead.phones) }}",
            "a call is not allowed in a template (use a filter: {{ value | filter }})",
        ),
        (
            "{% for x in y %}{% endfor %}",
            "{% for %} is not allowed in a template (map the list as it is, or use | join)",
        ),
        ("{% set x = 1 %}", "{% set %} is not allowed in a template (write the expression where it is used)"),
        ("{% include 'x' %}", "{% include %} is not allowed in a template (a template stands alone here)"),
        ("{% import 'x' as y %}", "{% import %} is not allowed in a template (a template stands alone here)"),
        (
            "{% block x %}{% endblock %}",
            "{% block %} is not allowed in a template (a template stands alone here)",
        ),
        (
            "{% macro x() %}{% endmacro %}",
            "{% macro %} is not allowed in a template (write the expression where it is used)",
        ),
        (
            "{% filter upper %}a{% endfilter %}",
            "{% filter %} is not allowed in a template (use {{ value | filter }})",
        ),
        ("{{ lead.id[1:2] }}", "a slice [a:b] is not allowed in a template (use | substring(start, end))"),
        ("{{ 2 ** 9 }}", "** is not allowed in a template (+ - * / are known)"),
        ("{{ 7 % 2 }}", "% is not allowed in a template (+ - * / are known)"),
        ("{{ 7 // 2 }}", "// is not allowed in a template (use / and then | int)"),
        ("{{ {'a': 1} }}", "an object {...} is not allowed in a template (use | lookup(table))"),
        ("{{ self }}", "the variable self cannot be read in a template (post it under another name)"),
        (
            "{{ lead.id | replace(*x) }}",
            "* and ** are not allowed in the arguments of replace (write them out)",
        ),
        ("{{ lead.id | substring }}", "the arguments of substring are wrong (write substring(start, end=))"),
        ("{{ lead.id | required('x') }}", "the arguments of required are wrong (write required())"),
        (
            "{{ lead.id | shift(day=1) }}",
            "the arguments of shift are wrong (write shift(weeks=, days=, hours=, minutes=, seconds=))",
        ),
        ("{{ lead.id | lookup('reasns') }}", "there is no table 'reasns' (did you mean 'reasons'?)"),
        ("{{ lead.id | lookup(lead.x) }}", "the table of lookup must be written in quotes, not worked out"),
        (
            "{{ lead.id | extract(lead.x) }}",
            "the pattern of extract must be written in quotes, not worked out",
        ),
        (
            "{{ lead.id | extract('(?=a)') }}",
            "the pattern (?=a) uses look-ahead (?=…), which no linear-time engine has (write it without)",
        ),
        ("{{ lead.id | extract('(a)(b)') }}", "the pattern (a)(b) has 2 groups (write all but one as (?:…))"),
        (
            "{{ now | date('YYYY-MM-dd') }}",
            "the format 'YYYY-MM-dd' asks for the year of the week (write yyyy)",
        ),
        (
            "{{ now | date('%d.%m') }}",
            "the format '%d.%m' holds a % (write a CLDR pattern such as yyyy-MM-dd)",
        ),
        (
            '{{ now | date("yyyy-MM-dd\'T") }}',
            "the format \"yyyy-MM-dd'T\" has a ' without its pair (write '' for the sign itself)",
        ),
        (
            "{{ now | date('MMMMMMM') }}",
            "a date cannot be written as 'MMMMMMM': Invalid length for field: 'MMMMMMM' (write such as yyyy-MM-dd)",
        ),
        (
            "{{ now | date('g') }}",
            "a date cannot be written as 'g': Unsupported date/time field 'g' (write such as yyyy-MM-dd)",
        ),
        (
            "{{ now | date('iso', timezone='Europe/Berln') }}",
            "'Europe/Berln' is not a time zone (did you mean 'Europe/Berlin'?)",
        ),
        ("{{ now | date('EEEE', locale='xx') }}", "'xx' is not a locale (write such as en, de or fr_CA)"),
        ("{{ lead.id | substring(0, 3) }}", "positions count from 1, not from 0"),
        (
            "{{ lead.id | md5(encoding='hx') }}",
            "'hx' is not an encoding of a hash (hex and base64 are known)",
        ),
        ("{{ 1e999 }}", "a number is larger than any (write fewer digits)"),
        ("{{ " + "9" * 1001 + " }}", "a number has more than 1,000 digits"),
        (
            "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
            "the template nests deeper than 40 levels (make it flatter)",
        ),
        ("{{ " + "not " * 500 + "x }}", "the template nests deeper than 40 levels (make it flatter)"),
        ("{{ x" + " | trim" * 60 + " }}", "the template nests deeper than 40 levels (make it flatter)"),
        (
            "{% if x %}" * 60 + "{% endif %}" * 60,
            "the template nests deeper than 40 levels (make it flatter)",
        ),
        ("{{ a }}" * 3000, "the template is longer than 16 KiB (cut it into several keys)"),
        ("{{ a }}" * 1001, "the template has more than 1,000 parts (cut it into several keys)"),
        ("{{ " + "9" * 5000 + " }}", "a number has more than 1,000 digits"),
        (
            "{{ a | replace('x', y) | shift(days=1, days=2) }}",
            "an argument of shift stands there twice (keep one)",
        ),
        ("{{ a | substring(-1) }}", "positions count from 1, not from -1"),
        (
            "{{ lead id }}",
            "id stands behind a whole expression (join texts with ~; write a name with a blank as lead['a b'])",
        ),
        (
            "{% frob %}{{ x }}",
            "{% frob %} is not known (if, elif, else and endif are)",
        ),
    ],
)
def test_mistake_is_refused_at_load(template, sentence):
    """What is wrong is told in one sentence, with what would be right."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        Template.compile(template, {"reasons": {}})
    assert str(caught.value) == sentence


def test_equal_by_text_and_hashable():
    """Two templates of one text are one."""
    assert Template.compile("{{ a }}") == Template.compile("{{ a }}")
    assert len({Template.compile("{{ a }}"), Template.compile("{{ a }}"), Template.compile("{{ b }}")}) == 2


def test_template_is_a_field_of_a_settings_model():
    """A model compiles the text with the tables of its context, and is `string` in its schema."""

    class Rule(BaseModel):
        value: Template

    context = {"tables": {"codes": {"a": "1"}}}
    rule = Rule.model_validate({"value": "{{ x | lookup('codes') }}"}, context=context)
    assert rule.value.render({"x": "A"}) == "1"
    assert rule.model_dump() == {"value": "{{ x | lookup('codes') }}"}
    assert Rule(value=Template.compile("a")).value.text == "a"
    assert Rule.model_json_schema()["properties"]["value"] == {"type": "string", "title": "Value"}
    with pytest.raises(ValidationError, match="there is no table 'codes'"):
        Rule(value="{{ x | lookup('codes') }}")
    with pytest.raises(ValidationError, match=r"7 is not a template \(write a variable such as"):
        Rule(value=7)


def posted(**fields):
    body = {"type": "return", "source": "acme", **fields}
    return Event(
        "e-1", "return", "acme", None, body, jsontext.dumps(body), datetime(2026, 11, 23, tzinfo=UTC)
    )


def test_scope_names_the_variables_of_an_event():
    """The event's data stands under its documented names, every further key under its own."""
    now = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
    event = posted(
        id="e-1", reason="Dup", timestamp="2026-11-23T09:00:00Z", lead={"id": "7"}, price=Decimal("12.75")
    )
    assert scope(event, "Acme Leads", now, "r4nd") == {
        "feedback": {"type": "return", "reason": "Dup", "timestamp": "2026-11-23T09:00:00Z"},
        "event": {"id": "e-1"},
        "source": {"id": "acme", "name": "Acme Leads"},
        "lead": {"id": "7"},
        "price": Decimal("12.75"),
        "now": now,
        "today": date(2026, 11, 23),
        "random": "r4nd",
    }


def test_posted_keys_never_replace_our_variables():
    """A poster who sends `feedback`, `event`, `now`, `today` or `random` changes none of them, nor the posted body."""
    now = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
    names = ("feedback", "event", "now", "today", "random")
    event = posted(**dict.fromkeys(names, "theirs"))
    variables = scope(event, "Acme", now, "ours")
    assert all(variables[name] != "theirs" for name in names)
    assert variables["source"] == {"id": "acme", "name": "Acme"}
    assert event.body["feedback"] == "theirs"
