"""CPU per event, from the post to the recorded delivery, against a bare relay in the same run, for every transport."""

import argparse
import json
import tempfile
from pathlib import Path

from bench.budget import budget
from bench.measure import Measured, measure
from bench.rows import ROWS

_FURTHER = (
    "Further rows: python -m bench.latency (acknowledge, first byte), python -m bench.sources (5,000 sources),"
    " python -m bench.scale (backlog, dead sources, ten million events)."
)


def main() -> None:
    """Measure, and print each ratio with its spread, and the budget by part."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=_FURTHER)
    parser.add_argument("--only", choices=ROWS, action="append", help="this transport only (may be repeated)")
    parser.add_argument(
        "--rounds", type=int, default=7, help="rounds, each of the relay and every transport in turn (7)"
    )
    parser.add_argument("--events", type=int, default=3000, help="events in each round (3000)")
    parser.add_argument("--in-flight", type=int, default=64, help="posts under way at once (64)")
    parser.add_argument("--no-budget", action="store_true", help="leave out the profiled round")
    parser.add_argument("--as-json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    transports = asked.only or list(ROWS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured = measure(folder / "plain", transports, asked.rounds, asked.events, asked.in_flight)
        parts = (
            {}
            if asked.no_budget
            else budget(folder / "profiled", transports[0], asked.events, asked.in_flight)
        )
    if asked.as_json:
        print(json.dumps(_as_json(measured, parts)))
        return
    print(
        "CPU per event, POST to recorded delivery (6 mapped values, one rule set, fsync), beside a bare relay of the same\n"
        f"post; {asked.rounds} rounds of {asked.events} events, relay and transports in turn, median and spread:\n"
    )
    _print(measured)
    if parts:
        _print_budget(transports[0], parts)


def _print(measured: Measured) -> None:
    print(f"  relay     {measured.relay_us:4.0f} µs   1.00x")
    for name, row in measured.figures.items():
        spread = f"{row.ratio:.2f}x  ({row.ratios[0]:.2f} to {row.ratios[-1]:.2f}; the bar is {ROWS[name].bar:.1f}x)"
        print(
            f"  {name:<9} {row.daemon_us:4.0f} µs   {spread}  throughput {row.throughput:.2f} of the relay's"
        )
    shares = ", ".join(f"{name} {share:.0%}" for name, share in measured.threads.items())
    print(f"\n  The bar of the throughput is 0.50. CPU by thread: {shares}")


def _print_budget(transport: str, parts: dict[str, float]) -> None:
    print(f"\n  Budget of the main thread, {transport}, from a profiled round (own time):")
    for part, share in parts.items():
        if share >= 0.01:
            print(f"    {share:6.1%}  {part}")


def _as_json(measured: Measured, parts: dict[str, float]) -> dict[str, object]:
    rows = {
        name: {
            "daemon_us": row.daemon_us, "ratio": row.ratio, "ratio_min": row.ratios[0], "ratio_max": row.ratios[-1],
            "throughput": row.throughput, "bar": ROWS[name].bar,
        }
        for name, row in measured.figures.items()
    }  # fmt: skip
    return {"relay_us": measured.relay_us, "rows": rows, "threads": measured.threads, "budget": parts}


if __name__ == "__main__":
    main()
