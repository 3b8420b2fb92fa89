"""`list`: events, newest first."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.filters import filter_options, given
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import coloured, safe, say, say_json, table

_COLUMNS = ("received", "id", "endpoint", "lead", "state", "tries", "reason")
_SHOWN = (
    "received Z",
    "id",
    "endpoint",
    "state",
    "tries",
    "lead",
)  # on a terminal; the reason has its own line
_GAP = "  "


@click.command("list")
@filter_options
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="CURSOR", help="Go on behind the last page, by the cursor it ended with.")
@daemon_options
@json_option
def list_(
    limit: int, after: str | None, folder: Path, url: str | None, as_json: bool, **filters: str | None
) -> None:
    """List events, newest first.

    \b
    feedback-gateway list --state parked
    feedback-gateway list --source acme --since 7d --outcome failure --limit 200
    feedback-gateway list --json | jq -r '.events[].id'

    A terminal shows what has room. In a pipe there is everything, separated by tabs.
    """
    import asyncio

    from gateway.cli.client import Client, address

    query = given(filters) | {"limit": str(limit)} | ({"after": after} if after else {})

    async def ask() -> Any:
        async with Client(address(url, folder)) as client:
            return (await client.get("/events", query)).expect(200)

    page = asyncio.run(ask())
    if as_json:
        say_json(page)
        return
    if sys.stdout.isatty():
        for line in listing(page["events"], shutil.get_terminal_size().columns, datetime.now(UTC)):
            say(line)
    else:
        table(_COLUMNS, [_row(event) for event in page["events"]])
    if not page["events"]:
        say(_nothing(folder, filters.get("source")), err=True)
    if page["next"]:
        say(f"there are more: --after {page['next']}", err=True)


def _nothing(folder: Path, source: str | None) -> str:
    """Why nothing is listed: often the source is misspelt."""
    from gateway.nearest import nearest

    names = {path.stem.partition("@")[0] for path in (folder / "sources").glob("*.yaml")}
    if source is None or not names or source in names:
        return "no events"
    return f"no events: there is no source {source} in the conf{nearest(source, names)}"


def _row(event: dict[str, Any]) -> list[str]:
    return [
        event["received_at"],
        event["id"],
        event["endpoint"],
        event["lead_id"] or "",
        event["state"],
        str(event["attempt_count"]),
        event.get("held") or event["reason"] or "",
    ]


def listing(events: Sequence[dict[str, Any]], width: int, now: datetime) -> Iterator[str]:
    """The list for a terminal of so many columns. Nothing is folded: lead and tries stand there if there is room."""
    from rich.cells import cell_len, set_cell_size

    rows = [_shown(event, now) for event in events]
    if not rows:
        return
    sizes = [max(map(cell_len, column)) for column in zip(_SHOWN, *rows, strict=True)]
    while len(sizes) > 4 and sum(sizes) + len(_GAP) * (len(sizes) - 1) > width:
        sizes.pop()
    yield click.style(_GAP.join(map(set_cell_size, _SHOWN, sizes)).rstrip(), bold=True)
    for event, row in zip(events, rows, strict=True):
        cells = list(map(set_cell_size, row, sizes))
        cells[3] = coloured(event["state"], cells[3])
        yield _GAP.join(cells).rstrip()
        if reason := safe(" ".join((event.get("held") or event["reason"] or "").split())):
            fits = cell_len(reason) <= width - 4
            yield f"    {reason if fits else set_cell_size(reason, width - 5) + '…'}"


def _shown(event: dict[str, Any], now: datetime) -> list[str]:
    at = datetime.fromisoformat(event["received_at"]).astimezone(UTC)
    received = f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"
    lead = event["lead_id"] or ""
    cells = [received, event["id"], event["endpoint"], event["state"], str(event["attempt_count"]), lead]
    return list(map(safe, cells))
