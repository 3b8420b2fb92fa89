"""What stays quick at scale: a million events that wait, dead sources among many, ten million stored events."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.scale import backlog, dead, stored
from bench.scale.house import Figure

ROWS: dict[str, tuple[Callable[[Path, Any], AsyncIterator[Figure]], Any, Any]] = {
    "backlog": (backlog.measure, backlog.Size(), backlog.SMALL),
    "dead": (dead.measure, dead.Size(), dead.SMALL),
    "stored": (stored.measure, stored.Size(), stored.SMALL),
}


async def run(name: str, small: bool, folder: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure one row, and say each figure as it is found."""
    measure, large, little = ROWS[name]
    begun, told = time.perf_counter(), []
    say(f"\n{name}: {sys.modules[measure.__module__].__doc__}")
    async for figure in measure(folder, little if small else large):
        say(f"  {_mark(figure)} {figure.name}: {figure.found}")
        told.append({"row": name, "figure": figure.name, "found": figure.found, "good": figure.is_good})
    say(f"    ({time.perf_counter() - begun:.0f} s)")
    return told


def _mark(figure: Figure) -> str:
    return {True: "ok    ", False: "MISSED", None: "      "}[figure.is_good]


def main() -> None:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append", help="this row only (may be repeated)")
    parser.add_argument(
        "--small", action="store_true", help="everything a thousandth as large: shows that it runs"
    )
    parser.add_argument(
        "--in", dest="place", type=Path, help="the folder for what is built, 30 GB (a temporary one)"
    )
    parser.add_argument("--as-json", action="store_true", help="print a JSON array")
    asked = parser.parse_args()
    say = partial(print, file=sys.stderr if asked.as_json else sys.stdout, flush=True)
    told = []
    for name in asked.only or list(ROWS):
        with tempfile.TemporaryDirectory(dir=asked.place) as folder:
            told += asyncio.run(run(name, asked.small, Path(folder), say))
    if asked.as_json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
