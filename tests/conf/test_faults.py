"""Every fault of a conf is told with its place, in a sentence: what is wrong (what would be right).

Each folder below `faults/` is a conf named by the fault that it holds; `expected.txt` beside it has the lines.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field

from gateway.conf.faults import validate, validate_partly
from gateway.settings import Settings

FAULTS = sorted(path for path in (Path(__file__).parent / "faults").iterdir() if path.is_dir())
_LINE = re.compile(
    r"(warning: )?(?:(?:gateway|sources/[^:]+|tables/[^:]+)\.ya?ml|events/[^:]+json)(:\d+:\d+)?: ([^ :]+: |Wrong number: )?[^A-Z].*[^.]"
)


@pytest.mark.parametrize("folder", FAULTS, ids=lambda path: path.name)
def test_fault(folder, open_folder):
    """Exactly the lines beside the conf are told, in order of file and place."""
    expected = (folder / "expected.txt").read_text().splitlines()
    assert open_folder(folder).problems() == expected


def test_ten_faults_are_ten_lines():
    """One conf with ten different faults in several files: all ten are named, with line and column."""
    lines = (Path(__file__).parent / "faults" / "ten" / "expected.txt").read_text().splitlines()
    places = [tuple(line.split(":")[:3]) for line in lines]
    assert len(set(places)) == 10
    assert len({file for file, _, _ in places}) == 6
    assert all(int(line) > 0 and int(column) > 0 for _, line, column in places)


def test_no_sentence_repeats_a_secret():
    """A secret that was written into the conf by mistake stands in no sentence."""
    for folder in FAULTS:
        assert "s3cr3t" not in (folder / "expected.txt").read_text()


class Inner(Settings):
    word: str = ""
    count: Annotated[int, Field(gt=1, lt=9)] = 5


class Model(Settings):
    needed: str
    inner: Inner = Inner()
    many: Annotated[tuple[Inner, ...], Field(min_length=1)] = (Inner(),)
    either: Annotated[int | None, Field(le=3)] = None
    grade: Literal[1, 2] = 1
    code: Annotated[str, Field(pattern="^[A-Z]+$")] = "A"


def told(model: type[BaseModel], data: Any, **others: Any) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    path = ("return", "criteria")
    result = validate(
        model,
        data,
        path,
        lambda *fault: found.append((".".join(map(str, fault[0])), *fault[1:])),
        {},
        **others,
    )
    assert (result is None) == bool(found)
    return found


def test_a_whole_model_is_given_and_nothing_told():
    """Without a fault there is the model, and not a word."""
    assert told(Model, {"needed": "x"}) == []


SENTENCES = {
    "unknown key": ({"needed": "", "inner": {"wrd": 1}}, "inner.wrd", "unknown key (did you mean 'word'?)", True),
    "unknown key without a near one": ({"needed": "", "inner": {"zz": 1}}, "inner.zz", "unknown key (there is: count, word)", True),
    "missing": ({}, "needed", "needed is missing (it is required here)", False),
    "in a list": ({"needed": "", "many": [{}, {"count": "x"}]}, "many.1.count", "'x' is not a whole number (write one such as 8)", False),
    "too small": ({"needed": "", "inner": {"count": 1}}, "inner.count", "1 is too small (more than 1)", False),
    "too large": ({"needed": "", "inner": {"count": 9}}, "inner.count", "9 is too large (less than 9)", False),
    "at most": ({"needed": "", "either": 4}, "either", "4 is too large (at most 3)", False),
    "numbers to choose from": ({"needed": "", "grade": 3}, "grade", "3 is unknown here (write 1 or 2)", False),
    "anything else": ({"needed": "", "code": "a"}, "code", "'a' does not fit (string should match pattern '^[A-Z]+$')", False),
    "empty list": ({"needed": "", "many": []}, "many", "nothing stands here (write [a, b], or each behind a dash)", False),
    "keys for text": ({"needed": {"a": 1}}, "needed", "a set of keys is not text (write one text)", False),
    "null for text": ({"needed": None}, "needed", "nothing stands here (write some text, or leave it out)", False),
    "null for keys": ({"needed": "", "inner": None}, "inner", "nothing stands here (write `key: value`, one a line, or leave it out)", False),
    "long text is cut": ({"needed": "", "inner": "x" * 99}, "inner", f"'{'x' * 60}…' stands where keys belong (write `key: value`, one a line)", False),
}  # fmt: skip


@pytest.mark.parametrize(("data", "path", "text", "key"), SENTENCES.values(), ids=SENTENCES.keys())
def test_sentence(data, path, text, key):
    """Each kind of fault has its sentence, and its path in the data without what pydantic adds to it."""
    assert told(Model, data) == [(f"return.criteria.{path}", text, key)]


def test_faulty_elements_do_not_make_their_list_too_short():
    """One wrong element is one fault, though pydantic calls the list that remains too short as well."""
    assert [text for _, text, _ in told(Model, {"needed": "", "many": [{"word": 1}]})] == [
        "1 is not text (put it in quotes)"
    ]


def test_further_keys_are_known_on_the_first_level_only():
    """What stands beside a plugin's own keys is suggested there, and not further inside."""
    data = {"needed": "", "urll": 1, "inner": {"urll": 1}}
    assert told(Model, data, also=["url"]) == [
        ("return.criteria.inner.urll", "unknown key (there is: count, word)", True),
        ("return.criteria.urll", "unknown key (did you mean 'url'?)", True),
    ]


def _crash(value: Any) -> Any:
    return value["no such key"]


class Crashing(Settings):
    word: Annotated[str, BeforeValidator(_crash)]


def test_a_model_that_crashes_is_a_fault_at_its_place():
    """A plugin whose validator raises what it must not ends no load: its keys are told as faulty."""
    assert told(Crashing, {"word": {}}) == [
        ("return.criteria", "this cannot be checked: Crashing failed with KeyError('no such key') (a fault in the plugin)", False)
    ]  # fmt: skip


def test_one_fault_hides_no_other():
    """What is left without the faulty keys is validated, with stand-ins for what is required."""
    found: list[str] = []
    data = {"inner": {"count": "x"}, "either": 2, "zz": 1}
    model, faulty = validate_partly(
        Model, data, ("a",), lambda _, text, __: found.append(text), {}, {"needed": "-"}
    )
    assert (model, faulty) == (Model(needed="-", either=2), {"inner", "zz", "needed"})
    assert len(found) == 3


def test_nothing_is_left_of_what_is_no_set_of_keys():
    """A list where keys belong gives no model, and one fault."""
    found: list[str] = []
    assert validate_partly(Model, [], (), lambda _, text, __: found.append(text), {}, {}) == (
        None,
        frozenset(),
    )
    assert found == ["a list stands where keys belong (write `key: value`, one a line)"]


@pytest.mark.parametrize("folder", FAULTS, ids=lambda path: path.name)
def test_every_line_has_its_form(folder):
    """`file:line:col: path: ` and a sentence that continues it, without a full stop."""
    for line in (folder / "expected.txt").read_text().splitlines():
        assert _LINE.fullmatch(line), line
