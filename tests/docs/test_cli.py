"""docs/cli.md is true: each command and option that any page names exists, and each that exists is named."""

import re
import shlex
import shutil
from collections.abc import Iterator

import click
import pytest

from gateway.cli import faults, main
from gateway.lifetime import EX_IOERR
from gateway.testing.partner import BEHAVIOURS
from tests.docs.pages import PAGES, ROOT, Block, Page, coded

PAGE = Page("docs/cli.md")


def command_lines() -> Iterator[tuple[str, str]]:
    """Every call of the command in a block of any page."""
    for path in PAGES:
        for block in Page(path).blocks:
            yield from ((path, line) for line in _calls(block))


def _calls(block: Block) -> Iterator[str]:
    if "[OPTIONS]" in block.text:
        return
    for line in block.text.split("\n"):
        for part in re.split(r" \| | && | > ", line):
            if part.removeprefix(".venv/bin/").startswith("feedback-gateway "):
                yield part


def test_every_command_has_its_heading():
    """The headings after the exit codes are the commands, in the order of --help."""
    names = list(main.commands)
    assert [heading for heading in PAGE.headings if heading in names] == names
    assert [coded(row["command"])[0] for row in PAGE.rows("The command line", "command")] == names


def test_every_option_that_is_mentioned_exists():
    """An option in the prose of a page belongs to some command; one in a section, to that command."""
    known = {name: _options(command) for name, command in main.commands.items()}
    general = _options(main)
    for path in PAGES:
        assert _mentioned(Page(path).prose) - general.union(*known.values()) - {"--unix-socket"} == set(), (
            path
        )
    for name, options in known.items():
        assert _mentioned(PAGE.section(name)) - options - general == set(), name


def _mentioned(text: str) -> set[str]:
    return {word for code in coded(text) for word in re.findall(r"(?<!\S)--[a-z-]+", code)}


def _options(command: click.Command) -> set[str]:
    return {"--help", *(opt for param in command.params for opt in param.opts if opt.startswith("--"))}


@pytest.mark.parametrize(("path", "line"), list(command_lines()))
def test_every_call_can_be_made(path, line, tmp_path, monkeypatch):
    """Each call of the command on any page is parsed without a complaint, its files being there."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    for name in ("event.json", "events.ndjson", "rules.yaml"):
        (tmp_path / name).write_text("{}")
    words = shlex.split(line)[1:]
    if words[0].startswith("--"):
        assert words[0] in _options(main)
        return
    command = main.commands[words[0]]
    with command.make_context(words[0], words[1:], click.Context(main)) as context:
        assert context.command is command


def test_every_exit_code_is_told():
    """The table is that of the constants in the code, beside success, a preview that failed, and wrong use."""
    codes = {value for name, value in vars(faults).items() if name.startswith("EX_")} | {EX_IOERR}
    told = {int(row["code"]) for row in PAGE.rows("Exit codes", "code")}
    assert told == codes | {0, 1, click.UsageError.exit_code}


@pytest.mark.parametrize(
    "name", [name for name, command in main.commands.items() if "Exit code" in (command.help or "")]
)
def test_a_command_says_its_exit_codes_on_the_page_as_in_its_help(name):
    """The sentence is the same, so that neither can go wrong alone."""
    (told,) = re.findall(r"Exit code: (.*?)\.(?:\s|$)", " ".join((main.commands[name].help or "").split()))
    assert f"Exit code: {told}." in " ".join(PAGE.section(name).split())


def test_the_partner_knows_its_addresses():
    """Every behaviour in the table of addresses is one."""
    asked = {
        word.partition(":")[0]
        for row in PAGE.rows("partner", "address")
        for word in coded(row["address"])[0].partition("8630/")[2].partition("/")[2].split(",")
        if word
    }
    assert asked
    assert asked - {wish.partition(":")[0] for wish in BEHAVIOURS} == set()
