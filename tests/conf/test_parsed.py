"""What is kept of parsed files changes nothing but the time that a start takes."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conf import parsed as module
from gateway.conf.document import parse
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.conf.parsed import NAME, Parsed
from gateway.daemon import registry
from gateway.errors import ConfError, Problem
from gateway.jsontext import dumps
from gateway.templates import Template, _known
from gateway.templates.facts import MEMORY
from tests.conf.conftest import GATEWAY, SOURCE

FAULTS = sorted(path for path in (Path(__file__).parent / "faults").iterdir() if path.is_dir())
TEMPLATES = (
    "{{ lead.id }}", "{{ lead.phones.0 }}", "{{ lead['e.mail'] }}", "{{ now }}", "{{ lead.first_name }} {{ lead.last_name }}",
    "{{ lead.id | default('none') | upper }}", "{% if lead.state == 'TX' %}south{% endif %}", "{{ price | round(1) }}",
    "{{ lead.a | default(lead.b) }} of {{ lead.b }}", "{{ 1 + 1 }}",
)  # fmt: skip
REGISTRY = registry()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def told(files: Files, parsed: Parsed | None) -> tuple[Problem, ...]:
    """Everything that a load of another process would have to say."""
    _known.cache_clear()
    try:
        return load(files, REGISTRY, parsed=parsed).problems
    except ConfError as error:
        return error.problems


def kept(files: Files, data: Path) -> Parsed:
    """What a second start has: the files were parsed by the first."""
    data.mkdir(exist_ok=True)
    first = Parsed()
    first.within(data)
    told(files, first)
    first.keep(files)
    second = Parsed()
    second.within(data)
    return second


@pytest.mark.parametrize("folder", FAULTS, ids=lambda path: path.name)
def test_every_fault_is_told_the_same(folder: Path, data: Path) -> None:
    """With what was kept and without: the same sentences, at the same places, in the same order."""
    files = Files.read(folder)
    assert told(files, kept(files, data)) == told(files, None)


def test_a_whole_conf_is_built_the_same(data: Path) -> None:
    """The example conf from what was kept: every source, what it reads, and every request that it would make."""
    files = Files.read(Path("conf"))
    again = kept(files, data)
    plain = load(files, REGISTRY)
    _known.cache_clear()
    fast = load(files, REGISTRY, parsed=again)
    assert fast.sources.keys() == plain.sources.keys()
    for key, source in plain.sources.items():
        assert fast.sources[key].reads == source.reads
        assert fast.sources[key].warnings == source.warnings
        for type_, route in source.routes.items():
            assert fast.sources[key].routes[type_].mapper.shape() == route.mapper.shape()
    assert not again._fresh


_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_DATA)
def test_what_is_kept_is_read_as_it_was_parsed(value: Any) -> None:
    """Every value with its type and its digits, and the place of every key and value."""
    document = parse(dumps(value).encode(), "sources/acme.yaml")
    line = module._written(document)
    if line is not None:
        assert repr(module._read(line, "sources/acme.yaml")) == repr(document)
    else:
        assert document.problems or "\\u0000" in dumps(value)


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_is_recalled_as_it_was_compiled(text: str, data: Path) -> None:
    """All that is known of it, and what it makes of an event."""
    compiled = Template._compiled(text, {}, True)
    assert compiled._facts is not None
    again = Template._recalled(text, compiled._facts)
    for name in ("text", "variables", "optional", "constant", "secrets", "doubts", "_names", "_path"):
        assert getattr(again, name) == getattr(compiled, name)
    scope = {
        "lead": {"id": "L", "first_name": "Jo", "phones": ["1"], "state": "TX", "b": "B"},
        "price": 2,
        "now": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert again.render(scope) == compiled.render(scope)


def test_a_template_that_signs_is_not_kept() -> None:
    """What reads a secret is read anew at each start."""
    assert Template.compile("{{ (lead.id ~ secrets.key) | md5 }}", {}, secrets=True)._facts is None


def test_a_faulty_template_is_refused_each_time(data: Path, tmp_path: Path) -> None:
    """It is never noted, so that its fault is told at every start."""
    text = SOURCE.replace("lead.id", "lead.id | uppr")
    files = Files(tmp_path, {"gateway.yaml": GATEWAY.encode(), "sources/acme.yaml": text.encode()})
    first, again = told(files, None), told(files, kept(files, data))
    assert first == again
    assert "uppr" in first[0].text


def _flip(content: bytes) -> bytes:
    return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]


SPOILT = {
    "damaged": _flip,
    "cut off": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "of another version": lambda content: b"parsed by 0\n" + content.partition(b"\n")[2],
    "no lines at all": lambda content: b"\x00" * 5000,
    "lines of another shape": lambda content: content.partition(b"\n")[0] + b"\n" + b"x" * 300 + b"\n{}\n\n",
    "a pickle": lambda content: b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_file_is_passed_over(spoil: Any, data: Path) -> None:
    """Whatever stands there, the conf is the same, and the file is written anew."""
    files = Files.read(Path("conf"))
    kept(files, data)
    whole = (data / NAME).read_bytes()
    (data / NAME).write_bytes(spoil(whole))
    again = Parsed()
    again.within(data)
    assert told(files, again) == told(files, None)
    again.keep(files)
    assert sorted((data / NAME).read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o602])
def test_a_file_that_others_could_reach_is_passed_over(open_to: int, data: Path) -> None:
    """Only what nobody else could have read or written is heeded."""
    files = Files.read(Path("conf"))
    parsed = kept(files, data)
    (data / NAME).chmod(open_to)
    assert parsed._lines() == {}


def test_a_link_is_not_followed(data: Path, tmp_path: Path) -> None:
    """A link in its place is passed over, and replaced by a file; what it leads to stays."""
    files = Files.read(Path("conf"))
    kept(files, data)
    (data / NAME).rename(tmp_path / "elsewhere")
    (data / NAME).symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    assert kept(files, data)._lines()
    assert not (data / NAME).is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == before


def test_it_is_for_nobody_else_and_holds_no_secret(data: Path, tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, and no text of a secret that the conf names."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("s3cr3t-canary")
    text = SOURCE + "    key: {file: key}\n  auth: {bearer: {file: key}}\n"
    files = Files(tmp_path, {"gateway.yaml": GATEWAY.encode(), "sources/acme.yaml": text.encode()})
    before = os.umask(0)
    try:
        parsed = kept(files, data)
    finally:
        os.umask(before)
    conf: Conf = load(files, REGISTRY, parsed=parsed)
    assert "s3cr3t-canary" in conf.secrets.values()
    assert stat.S_IMODE((data / NAME).stat().st_mode) == 0o600
    assert b"s3cr3t-canary" not in (data / NAME).read_bytes()


def test_only_what_is_still_there_is_kept(data: Path, tmp_path: Path) -> None:
    """A file that was removed leaves nothing; one that was changed, only its new text."""
    two = {
        "gateway.yaml": GATEWAY.encode(),
        "sources/acme.yaml": SOURCE.encode(),
        "sources/bolt.yaml": SOURCE.replace("Acme", "Bolt").encode(),
    }
    kept(Files(tmp_path, two), data)
    one = Files(tmp_path, {**two, "sources/acme.yaml": SOURCE.replace("Acme", "Axle").encode()})
    rest = Files(tmp_path, {name: text for name, text in one.content.items() if "bolt" not in name})
    kept(rest, data)
    text = (data / NAME).read_bytes()
    assert b"Axle" in text
    assert b"Acme" not in text
    assert b"Bolt" not in text


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    """The next start takes longer, and that is all."""
    files = Files.read(Path("conf"))
    parsed = Parsed()
    parsed.within(tmp_path / "nowhere")
    conf = load(files, REGISTRY, parsed=parsed)
    parsed.keep(files)
    assert conf.sources
    assert MEMORY.get() is None
