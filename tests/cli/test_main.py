"""The command itself: start-up, help, version, exit codes, tracebacks."""

import resource
import subprocess
import sys

import click
import pytest

from gateway.cli import main
from tests.cli.processes import COMMAND

HEAVY = ("aiohttp", "zeep", "pydantic", "jinja2", "lxml", "rich", "structlog", "aiosqlite")


def test_help_imports_nothing_heavy():
    """`feedback-gateway --help` pays for no library that only a command needs."""
    code = (
        "import sys\nfrom gateway.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print(sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"


def test_help_is_quick():
    """`feedback-gateway --help` takes less than 0.3 seconds of CPU; the best of five counts, since machines are shared."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([COMMAND, "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.3


def test_version():
    """--version names the command and its version."""
    ran = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == "feedback-gateway 0.1.0\n"


@pytest.mark.parametrize("name", list(main.commands))
def test_every_command_teaches(cli, name):
    """Every command's help shows an example, and its summary in the list is a whole sentence."""
    found = cli(name, "--help")
    assert found.exit_code == 0
    assert f"  feedback-gateway {name}" in found.output
    assert not main.commands[name].get_short_help_str().endswith("...")


@pytest.mark.parametrize("name", list(main.commands))
def test_every_command_takes_conf(name):
    """A wrapper may add --conf to every command."""
    options = [word for parameter in main.commands[name].params for word in parameter.opts]
    assert "--conf" in options


def test_a_fault_is_a_sentence(cli, monkeypatch):
    """What nobody foresaw is one sentence and exit code 70, and a traceback only with --debug."""

    def broken(**_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(main.commands["plugins"], "callback", broken)
    found = cli("plugins")
    assert found.exit_code == 70
    assert found.stderr == (
        "feedback-gateway: a fault in the gateway: ZeroDivisionError: division by zero (--debug shows where)\n"
    )
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "plugins"], standalone_mode=False)


def test_commands_in_the_order_one_meets_them():
    """The list of commands begins with `init` and is not sorted."""
    assert main.list_commands(click.Context(main))[:3] == ["init", "check", "run"]
