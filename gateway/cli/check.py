"""`check`: every problem of a conf folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.faults import EX_CONFIG
from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import counted, safe, say, say_json
from gateway.errors import ConfError, Problem

if TYPE_CHECKING:
    from gateway.conf.model import Conf


@click.command()
@conf_option
@json_option
@click.pass_context
def check(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Name every problem of the conf.

    One line per problem: file:line:column: key: what is wrong (what would be right). Variables that no sample event
    and none of the source's last 1,000 stored events holds are worth a warning. Nothing is sent, nothing is changed,
    and what needs the network, such as a WSDL by URL, is not asked for.

    \b
    feedback-gateway check --conf /etc/feedback-gateway
    sources/acme.yaml:9:5: return.mapping.lead: ...

    Exit code: 0 clean or warnings only, 78 problems.
    """
    from gateway.cli.folder import read_doubting

    conf: Conf | None = None
    try:
        conf = read_doubting(folder)
        problems = conf.problems
    except ConfError as error:
        problems = error.problems
    if as_json:
        say_json([problem_json(problem) for problem in problems])
    else:
        for problem in problems:
            say(safe(str(problem)))
    say(_summary(folder, problems, conf), err=True)
    if conf is None:
        ctx.exit(EX_CONFIG)


def problem_json(problem: Problem) -> dict[str, object]:
    """One problem as a JSON object."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "text": problem.text,
        "warning": problem.warning,
    }


def _summary(folder: Path, problems: tuple[Problem, ...], conf: "Conf | None") -> str:
    warnings = sum(problem.warning for problem in problems)
    found = [
        counted(len(problems) - warnings, "problem"),
        *([counted(warnings, "warning")] if warnings else []),
    ]
    if conf is None:
        return f"{folder}: {' and '.join(found)}"
    size = f"{counted(len(conf.sources), 'source')}, {counted(len(list(conf.routes())), 'endpoint')}"
    return f"{folder}: {size}, {' and '.join(found)}"
