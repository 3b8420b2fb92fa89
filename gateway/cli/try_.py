"""`try`: what a rule set would pass and veto of the stored events."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import coloured, counted, on_one_line, say, say_json, seen
from gateway.model import TYPES

if TYPE_CHECKING:
    from gateway.conf.model import Asked, Conf
    from gateway.plan.ruling import Ruling

_CRITERION = "rules"
_VERDICTS = {"pass": "passed", "veto": "vetoed", "park": "parked", "defer": "deferred", "error": "failed"}


@click.command("try")
@click.argument("file", metavar="RULES-FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", metavar="ID", required=True, help="Try it on the events of this source.")
@click.option("--type", type=click.Choice(TYPES), help="Returns or conversions only.")
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=30,
    show_default=True,
    help="Received so long ago at most.",
)
@conf_option
@json_option
def try_(file: Path, source: str, type: Any, days: int, folder: Path, as_json: bool) -> None:
    """Try a rule set on stored events.

    RULES-FILE holds what would stand under `criteria.rules`: a list of rules, or all, any, not. Told is how many
    events the set would pass and veto, by the rule that decides, with three examples each. Every event is asked
    about at the moment when it was last tried. No daemon is asked, nothing is sent, stored or taken.

    \b
    feedback-gateway try rules.yaml --source acme
    feedback-gateway try rules.yaml --source acme --type return --days 90 --json

    Exit code: 0, 78 the rules or the conf have problems.
    """
    import asyncio
    from datetime import UTC, timedelta

    from gateway.cli.folder import read_partly

    conf, _ = read_partly(folder)
    asked = _asked(file, conf)
    since = datetime.now(UTC) - timedelta(days=days)
    found = asyncio.run(_tried(asked, conf, folder, source, type, since))
    told = _told(found, source, type, since)
    if as_json:
        say_json(told)
        return
    for line in _lines(told):
        say(line)


def _asked(file: Path, conf: "Conf") -> "Asked":
    """The rule set of the file, compiled. Raises ConfError with every problem of it."""
    from gateway.conf.document import parse
    from gateway.conf.faults import validate
    from gateway.conf.model import Asked
    from gateway.daemon import registry
    from gateway.errors import ConfError, Problem

    document = parse(file.read_bytes(), str(file))
    problems: list[Problem] = list(document.problems)
    criterion = registry().criterion(_CRITERION, conf.gateway.plugins)

    def tell(path: tuple[str | int, ...], text: str, key: bool) -> None:
        problems.append(document.problem(path, text, key=key))

    settings = None
    if not problems:
        settings = validate(criterion.settings, document.data, (), tell, {"tables": conf.tables})
    if problems or settings is None:
        raise ConfError(problems)
    return Asked(criterion, settings)


async def _tried(
    asked: "Asked", conf: "Conf", folder: Path, source: str, type: Any, since: datetime
) -> "tuple[Ruling, ...]":
    from gateway.cli.history import history
    from gateway.cli.progress import progress
    from gateway.conf.load import data_folder
    from gateway.plan import newest
    from gateway.plan.ruling import rulings
    from gateway.store import Filter

    which = Filter(source=source, type=type, since=since)
    async with history(data_folder(folder, conf.gateway), source, conf) as store:
        with progress(await store.count(which)) as advance:
            return await rulings(asked, conf, store, newest(store, which), advance)


def _told(found: "tuple[Ruling, ...]", source: str, type: str | None, since: datetime) -> dict[str, Any]:
    from dataclasses import asdict

    counts = {
        word: sum(ruling.count for ruling in found if ruling.verdict == verdict)
        for verdict, word in _VERDICTS.items()
    }
    return {
        "source": source,
        "type": type,
        "since": since.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "events": sum(counts.values()),
        **{word: count for word, count in counts.items() if count or word in ("passed", "vetoed")},
        "rulings": [asdict(ruling) for ruling in found],
    }


def _lines(told: dict[str, Any]) -> Iterator[str]:
    kind = f"{told['type']} event" if told["type"] else "event"
    yield f"{counted(told['events'], kind)} of {told['source']} since {told['since']}"
    yield ", ".join(f"{told[word]:,} {word}" for word in _VERDICTS.values() if word in told)
    for ruling in told["rulings"]:
        decided = "every rule holds" if ruling["verdict"] == "pass" else ruling["rule"] or "no rule decided"
        yield f"{ruling['count']:>9,}  {coloured(ruling['verdict'])}  {on_one_line(decided)}"
        for one in ruling["examples"]:
            yield f"           {on_one_line(one['event'] + _saw(ruling, one))}"


def _saw(ruling: dict[str, Any], one: dict[str, Any]) -> str:
    """What the rule that decided saw in an event; why none did, where that is so."""
    if ruling["rule"] is None:
        return f": {one['reason']}" if one["reason"] else ""
    return f": it was {seen(one['seen'])}"
