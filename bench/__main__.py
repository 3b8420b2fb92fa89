"""CPU per event, from the post to the recorded delivery, against a bare relay in the same run."""

import argparse
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.processes import cpu, cpu_by_thread, free_port, process

BAR = 2.0
_GATEWAY = """\
listen: [127.0.0.1:{port}]
data: ../data
network: {{allow: ["127.0.0.1/32:{sink}"]}}
log: {{format: json, level: info}}
"""
_SOURCE = """\
name: Acme Leads
return:
  transport: json
  url: http://127.0.0.1:{sink}/returns
  concurrency: 64
  mapping:
    lead_id: "{{{{ lead.id }}}}"
    return.reason: "{{{{ feedback.reason }}}}"
    return.at: "{{{{ feedback.timestamp }}}}"
    email: "{{{{ lead.email }}}}"
    phone: "{{{{ lead.phone_1 }}}}"
    price: "{{{{ price }}}}"
  criteria:
    rules:
      all:
        - {{field: feedback.reason, op: is included in, value: [Wrong number, Disconnected, Duplicate]}}
        - any:
            - {{field: lead.state, op: is equal to, value: TX}}
            - {{field: lead.state, op: is blank}}
  response:
    outcome_search_path: status
    outcome_search_term: ^(ok|accepted)$
"""
# Which part of the way a profiled function belongs to: the first that stands in its file's path.
_PARTS = (
    ("gateway/store", "store"), ("aiosqlite", "store"), ("gateway/web", "intake"), ("gateway/events", "intake"),
    ("gateway/jsontext", "JSON"), ("simplejson", "JSON"), ("json/decoder", "JSON"), ("gateway/mapping", "mapping"),
    ("gateway/templates", "mapping"), ("gateway/answers", "answers"), ("re2", "answers"), ("plugins/criteria", "criteria"),
    ("gateway/criteria", "criteria"), ("gateway/lanes", "lanes"), ("gateway/delivery", "delivery"),
    ("gateway/rendering", "rendering"), ("plugins/", "rendering"), ("gateway/observe", "log and metrics"),
    ("structlog", "log and metrics"), ("prometheus", "log and metrics"), ("pluggy", "hooks"), ("gateway/registry", "hooks"),
    ("gateway/http", "our session"), ("gateway/outgoing", "our session"), ("aiohttp/web", "aiohttp server"),
    ("aiohttp", "aiohttp client and parser"), ("yarl", "aiohttp client and parser"), ("multidict", "aiohttp client and parser"),
    ("asyncio", "event loop"), ("selectors", "event loop"), ("gateway/", "other gateway"),
)  # fmt: skip


def main() -> None:
    """Measure, and print the ratio with its spread and the budget by part."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds, each of relay and daemon in turn (7)")
    parser.add_argument("--events", type=int, default=3000, help="events in each round (3000)")
    parser.add_argument("--in-flight", type=int, default=64, help="posts under way at once (64)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), asked.rounds, asked.events, asked.in_flight)
        budget = profile(Path(folder), asked.events, asked.in_flight)
    if asked.json:
        print(json.dumps({**figures, "budget": budget}))
        return
    _print(figures, budget)


def measure(folder: Path, rounds: int, events: int, in_flight: int) -> dict[str, object]:
    """CPU per event of relay and daemon, round by round."""
    sink, relay, daemon = free_port(), free_port(), free_port()
    conf = _conf(folder, daemon, sink)
    with (
        process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"),
        process(
            "-m", "bench.relay", str(relay), f"http://127.0.0.1:{sink}/", port=relay, log=folder / "relay.log"
        ) as one,
        process("-m", "gateway.cli", "run", "--conf", str(conf), port=daemon, log=folder / "run.log") as two,
    ):
        pairs, seconds = [], []
        for round_ in range(rounds + 1):  # the first one warms up
            a, a_time = _round(one.pid, relay, events, in_flight)
            b, b_time = _round(two.pid, daemon, events, in_flight)
            if round_:
                pairs.append((a, b))
                seconds.append((a_time, b_time))
        threads = cpu_by_thread(two.pid)
    ratios = sorted(b / a for a, b in pairs)
    total = sum(threads.values())
    return {
        "relay_us": statistics.median(a for a, _ in pairs) * 1e6 / events,
        "daemon_us": statistics.median(b for _, b in pairs) * 1e6 / events,
        "ratio": statistics.median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
        "throughput": statistics.median(a / b for a, b in seconds),
        "threads": {name: used / total for name, used in threads.items()},
        "rounds": rounds,
        "events": events,
    }


def profile(folder: Path, events: int, in_flight: int) -> dict[str, float]:
    """Which share of the main thread's time each part takes, from a profiled round."""
    sink, daemon = free_port(), free_port()
    conf, stats = _conf(folder / "profiled", daemon, sink), folder / "stats"
    with (
        process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"),
        process("-m", "bench.profiled", str(conf), str(stats), port=daemon, log=folder / "profiled.log"),
    ):
        _load(daemon, events, in_flight)
    parts: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(str(stats)).stats.items():  # type: ignore[attr-defined]
        if "epoll" not in name and "'select." not in name:
            parts[_part(file, name)] += own
    total = sum(parts.values())
    return {part: own / total for part, own in parts.most_common()}


def _part(file: str, name: str) -> str:
    if file == "~":
        return "C functions called from anywhere"
    path = file.replace("\\", "/")
    return next(
        (part for piece, part in _PARTS if piece in path), f"other ({Path(path).stem})" if name else "other"
    )


def _conf(folder: Path, port: int, sink: int) -> Path:
    conf = folder / "conf"
    (conf / "sources").mkdir(parents=True)
    (conf / "gateway.yaml").write_text(_GATEWAY.format(port=port, sink=sink))
    (conf / "sources" / "acme.yaml").write_text(_SOURCE.format(sink=sink))
    return conf


def _round(pid: int, port: int, events: int, in_flight: int) -> tuple[float, float]:
    before = cpu(pid)
    seconds = _load(port, events, in_flight)
    return cpu(pid) - before, seconds


def _load(port: int, events: int, in_flight: int) -> float:
    command = [sys.executable, "-m", "bench.load", str(port), str(events), str(in_flight)]
    seconds, good = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if int(good) != events:
        raise SystemExit(f"only {good} of {events} events were delivered: the figure would mean nothing")
    return float(seconds)


def _print(figures: dict[str, object], budget: dict[str, float]) -> None:
    print(
        f"CPU per event, POST to recorded delivery (json, 6 mapped fields, one rule set, fsync), {figures['events']} events"
        f" a round, {figures['rounds']} rounds, relay and daemon in turn:\n"
        f"  bare relay {figures['relay_us']:.0f} µs   daemon {figures['daemon_us']:.0f} µs\n"
        f"  ratio {figures['ratio']:.2f}x (from {figures['ratio_min']:.2f} to {figures['ratio_max']:.2f}; the bar is {BAR:.1f}x)\n"
        f"  throughput {figures['throughput']:.2f} of the relay's (the bar is 0.50)\n"
        "  CPU by thread: " + ", ".join(f"{name} {share:.0%}" for name, share in figures["threads"].items())  # type: ignore[attr-defined]
    )
    print("  budget of the main thread, from a profiled round (own time):")
    for part, share in budget.items():
        if share >= 0.01:
            print(f"    {share:6.1%}  {part}")


if __name__ == "__main__":
    main()
