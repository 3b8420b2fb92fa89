"""docs/conf.md is true: its examples load, send what they say, and leave out no key, filter or operator."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import __version__, answers
from gateway.addresses import Allow
from gateway.conf.document import parse
from gateway.errors import ConfError
from gateway.events import parse_event
from gateway.model import Event, Response
from gateway.preview import preview
from gateway.settings import duration, rate, size
from gateway.templates import Template, scope, to_text
from gateway.templates.filters import FILTERS
from gateway.templates.sandbox import TESTS
from plugins.criteria.rules import forms
from plugins.criteria.rules.operators import NEGATIONS
from plugins.criteria.rules.tree import Rules
from tests.docs.conf_page import AROUND, FILES, FRAGMENTS, PAGE, YAML, endpoint_file, with_tables
from tests.docs.pages import Block, coded


def after(block: Block, *infos: str) -> list[Block]:
    """The blocks right behind a block, if they are of these kinds."""
    index = PAGE.blocks.index(block) + 1
    found = PAGE.blocks[index : index + len(infos)]
    return found if tuple(each.info for each in found) == infos else []


def sample_event() -> Event:
    """The event that the examples of filters and operators read."""
    (block,) = [block for block in PAGE.blocks if block.info == "json" and block.heading == "Filters"]
    event = parse_event(block.text, datetime(2026, 11, 23, 9, 15, tzinfo=UTC))
    return replace(event, received_at=datetime.fromisoformat(event.body["timestamp"]))


def variables() -> dict[str, Any]:
    event = sample_event()
    return scope(event, "Acme Leads", event.received_at, "0" * 32)


# Examples


def test_every_yaml_block_says_what_it_is():
    """A block that no test knew how to load would be a promise that nobody checks."""
    known = {
        *(block.line for block in FRAGMENTS),
        *(b.line for b in YAML if b.first_line.startswith("# conf/")),
    }
    assert [block.line for block in YAML if block.line not in known] == []
    assert len(FILES) >= 5


def test_the_files_are_one_folder_without_a_problem(loaded):
    """All whole files of the page together load, without a problem and without a warning."""
    assert loaded(FILES).problems == ()


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda block: f"line {block.line}")
def test_an_endpoint_loads(fragment, loaded):
    """Each example of an endpoint's keys is accepted by the loader; only a variable's age is worth a warning."""
    conf = loaded(with_tables(endpoint_file(fragment)))
    assert [str(problem) for problem in conf.problems if "is read once" not in problem.text] == []
    assert conf.route("acme/return").held is None


WRONG = [block for block in PAGE.blocks if block.info == "yaml wrong"]


@pytest.mark.parametrize("block", WRONG, ids=lambda block: f"line {block.line}")
def test_a_wrong_file_is_told_as_the_page_says(block, loaded):
    """`check` says exactly the sentences of the page."""
    (told,) = after(block, "text")
    with pytest.raises(ConfError) as refused:
        loaded({block.first_line.removeprefix("# conf/"): block.text})
    assert [str(problem) for problem in refused.value.problems] == told.text.split("\n")


@pytest.mark.parametrize(
    "fragment", [f for f in FRAGMENTS if after(f, "json", "http")], ids=lambda block: f"line {block.line}"
)
def test_a_mapping_sends_what_the_page_says(fragment, loaded):
    """The request block is what `preview` makes of the event block."""
    posted, sent = after(fragment, "json", "http")
    now = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
    seen = asyncio.run(
        preview(parse_event(posted.text, now), loaded(with_tables(endpoint_file(fragment))), now, "0" * 32)
    )
    request = seen.shown
    lines = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    if request.body is not None:
        lines += ["", request.body.decode()]
    assert "\n".join(lines).replace(__version__, "VERSION") == sent.text


ANSWERED = [fragment for fragment in FRAGMENTS if after(fragment, "http", "text")]


@pytest.mark.parametrize("fragment", ANSWERED, ids=lambda block: f"line {block.line}")
def test_an_answer_is_read_as_the_page_says(fragment, loaded):
    """The outcome block is what the response rules make of the answer block."""
    answer, told = after(fragment, "http", "text")
    head, _, body = answer.text.partition("\n\n")
    first, *fields = head.split("\n")
    headers = tuple(tuple(field.split(": ", 1)) for field in fields)
    route = loaded(with_tables(endpoint_file(fragment))).route("acme/return")
    outcome = answers.read(Response(int(first.split()[1]), headers, body.encode()), route.endpoint)
    said = (
        ("outcome", outcome.kind),
        ("reason", outcome.reason),
        ("price", outcome.price),
        ("reference", outcome.reference),
        ("cookie", outcome.cookie),
        *(("capture", f"{name} = {text}") for name, text in outcome.capture.items()),
        ("because", outcome.rule),
        *(("note", note) for note in outcome.notes),
    )
    assert [f"{name:<9}  {value}" for name, value in said if value] == told.text.split("\n")


def test_the_page_shows_an_answer_of_every_kind_of_path():
    assert len(ANSWERED) == 8


# Templates


def test_every_filter_is_told():
    """The table names each filter, and no other."""
    told = [name for row in PAGE.rows("Filters", "filter") for name in re.findall(r"`(\w+)", row["filter"])]
    assert sorted(told) == sorted([*FILTERS, "lookup"])


@pytest.mark.parametrize("row", PAGE.rows("Filters", "filter"), ids=lambda row: row["filter"])
def test_a_filter_gives_what_the_page_says(row):
    """The example, rendered for the event above the table."""
    tables = {"acme_reasons": parse(FILES["tables/acme_reasons.yaml"].encode(), "").data}
    (example,), (gives,) = coded(row["example"]), coded(row["gives"])
    signing = {"secrets": {"acme_key": "acme-s3cret"}}
    template = Template.compile(example, tables, secrets=True)
    assert to_text(template.render(variables() | signing)) == gives


def rendered(value: Any, call: str) -> str:
    return to_text(Template.compile(f"{{{{ x | {call} }}}}").render({"x": value}))


@pytest.mark.parametrize("row", PAGE.rows("Filters", "pattern"), ids=lambda row: row["pattern"])
def test_a_date_pattern_gives_what_the_page_says(row):
    """Each pattern, for the timestamp of the event above."""
    at = sample_event().body["timestamp"]
    made = [rendered(at, f"date('{pattern}')") for pattern in coded(row["pattern"])]
    assert made == coded(row["gives"])


@pytest.mark.parametrize("row", PAGE.rows("Filters", "of 1234.5"), ids=lambda row: row["pattern"])
def test_a_number_pattern_gives_what_the_page_says(row):
    """Each pattern, for both numbers."""
    (pattern,) = coded(row["pattern"])
    for number in ("1234.5", "-0.125"):
        assert coded(row[f"of {number}"]) == [rendered(number, f"number('{pattern}')")]


@pytest.mark.parametrize("row", PAGE.rows("Filters", "format"), ids=lambda row: row["format"])
def test_a_phone_format_gives_what_the_page_says(row):
    """Each format, for both numbers."""
    form = coded(row["format"])[0]
    at_home, abroad = list(row)[1:]
    for column in (at_home, abroad):
        written = coded(column)[0]
        assert coded(row[column]) == [rendered(written, f"phone('{form}', country='US')")]


def test_every_variable_is_told():
    """The names in the table are those that a template can read."""
    told = {
        name.split(".")[0] for row in PAGE.rows("Templates", "variable") for name in coded(row["variable"])
    }
    assert told - {"flow", "recipient", "value", "secrets"} == set(variables())


def test_every_template_test_is_told():
    (sentence,) = re.findall(r"^Tests, such as .*?: (.*?)\.$", PAGE.text, re.MULTILINE | re.DOTALL)
    assert sorted(coded(sentence)) == sorted(TESTS)


# Rules and answers


def test_every_operator_is_told():
    """The table names each operator beside its negation."""
    rows = PAGE.rows("rules", "operator")
    assert {coded(row["operator"])[0]: coded(row["its negation"])[0] for row in rows} == dict(NEGATIONS)


def test_every_example_of_an_operator_holds(loaded):
    """The examples load as one rule set, and each holds for the event that the page names."""
    examples = [coded(row["example"])[0] for row in PAGE.rows("rules", "operator")]
    rules = "".join(f"      - {example}\n" for example in examples)
    conf = loaded({"sources/acme.yaml": f"{AROUND}  criteria:\n    rules:\n{rules}"})
    asked = conf.route("acme/return").criteria[0].settings.root.rules
    read, now = variables(), sample_event().received_at
    assert [example for example, rule in zip(examples, asked, strict=True) if not rule.holds(read, now)] == []


BLANKS = ("", "  ", None, [], {})


@pytest.mark.parametrize("row", PAGE.rows("rules", "for a blank"), ids=lambda row: row["operator"].strip("`"))
def test_a_blank_is_to_an_operator_what_the_page_says(row):
    """The table of blanks, asked of the example of each operator and of its negation."""
    (name,) = coded(row["operator"])
    examples = {
        coded(each["operator"])[0]: coded(each["example"])[0] for each in PAGE.rows("rules", "operator")
    }
    rule = parse(examples[name].encode(), "").data | {"field": "lead.it"}
    pair = [Rules.model_validate(rule | {"op": op}).root for op in (name, NEGATIONS[name])]

    def said(value: Any) -> tuple[str, ...]:
        now = sample_event().received_at
        return tuple("holds" if asked.holds({"lead": {"it": value}}, now) else "fails" for asked in pair)

    assert {said(value) for value in BLANKS} == {(row["for a blank"], row["its negation"])}
    unread = [parse(word.encode(), "").data for word in coded(row["both fail for, besides"])]
    assert [value for value in unread if said(value) != ("fails", "fails")] == []


def test_the_table_of_blanks_is_complete():
    told = [coded(row["operator"])[0] for row in PAGE.rows("rules", "for a blank")]
    assert told == list(NEGATIONS)


def test_the_formats_are_told():
    """The row of `as` names each format, the row of `country` those that differ by country."""
    keys = {coded(row["key"])[0]: coded(row["meaning"]) for row in PAGE.rows("rules", "key")}
    assert keys["as"][1:] == list(forms.NAMES)
    assert keys["country"][:3] == list(forms.OF_A_COUNTRY)


@pytest.mark.parametrize(
    ("row", "statuses"),
    [
        ("2xx", (200, 204, 299)), ("3xx", (301, 304)), ("401, 403, 404, 405, 407, 415", (401, 403, 404, 405, 407, 415)),
        ("408, 425, 429, 5xx", (408, 425, 429, 500, 503)), ("any other 4xx", (400, 402, 410, 422)),
    ],
)  # fmt: skip
def test_a_status_means_what_the_page_says(row, statuses, loaded):
    """The table of statuses, asked of the reader without any rule."""
    told = {each["status"]: each["outcome"] for each in PAGE.rows("The answer", "status")}
    endpoint = loaded({"sources/acme.yaml": f"{AROUND}  enabled: true\n"}).route("acme/return").endpoint
    found = [answers.read(Response(status), endpoint) for status in statuses]
    assert {outcome.kind for outcome in found} == {coded(told[row])[0]}
    assert {outcome.permanent for outcome in found} == {"parked at once" in told[row]}


# Small print


def test_entries_of_network_allow_can_be_written_so():
    for row in PAGE.rows("network.allow", "entry"):
        assert [str(Allow.parse(entry)) for entry in coded(row["entry"])]


def test_durations_sizes_and_rates_can_be_written_so():
    (sentence,) = re.findall(r"^Durations are written .*?$", PAGE.text, re.MULTILINE)
    durations, sizes = sentence.split("Sizes")
    (rates,) = re.findall(r"^Rates are written .*?$", PAGE.text, re.MULTILINE)
    assert [str(rate(text)) for text in coded(rates)] == coded(rates)
    assert [duration(text) for text in coded(durations)] == [0.5, 30, 300, 7200, 14 * 86400, 14 * 86400]
    assert [size(text) for text in coded(sizes)] == [64 * 1024, 16 * 1024**2]


def test_plain_words_stay_text_as_the_page_says():
    (sentence,) = re.findall(r"stays text as written: (.*?)\.$", PAGE.text, re.MULTILINE)
    for word in coded(sentence):
        assert parse(f"a: {word}".encode(), "").data == {"a": word}
