"""Where the time goes: a round under a profiler, its functions counted by the part of the way they belong to."""

import pstats
from collections import Counter
from pathlib import Path

from bench.processes import free_port, load, process
from bench.rows import write_conf

# The first that stands in a file's path decides.
_PARTS = (
    ("gateway/store", "store"), ("aiosqlite", "store"), ("gateway/web", "intake"), ("gateway/events", "intake"),
    ("gateway/jsontext", "JSON"), ("simplejson", "JSON"), ("json/", "JSON"), ("gateway/mapping", "mapping"),
    ("gateway/templates", "mapping"), ("gateway/answers", "answers"), ("re2", "answers"), ("plugins/criteria", "criteria"),
    ("gateway/criteria", "criteria"), ("gateway/lanes", "lanes"), ("gateway/delivery", "delivery"),
    ("gateway/rendering", "rendering"), ("plugins/", "rendering"), ("gateway/observe", "log and metrics"), ("gateway/metrics", "log and metrics"),
    ("structlog", "log and metrics"), ("prometheus", "log and metrics"), ("pluggy", "hooks"), ("gateway/registry", "hooks"),
    ("gateway/http", "our session"), ("aiohttp/web", "aiohttp server"),
    ("aiohttp", "aiohttp client and parser"), ("yarl", "aiohttp client and parser"), ("multidict", "aiohttp client and parser"),
    ("asyncio", "event loop"), ("selectors", "event loop"), ("gateway/", "other gateway"),
)  # fmt: skip


def budget(folder: Path, transport: str, events: int, in_flight: int) -> dict[str, float]:
    """Which share of the main thread's time each part takes."""
    sink, daemon = free_port(), free_port()
    conf, stats = write_conf(folder, daemon, sink), folder / "stats"
    with (
        process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"),
        process("-m", "bench.profiled", str(conf), str(stats), port=daemon, log=folder / "run.log"),
    ):
        load(daemon, events, in_flight, transport)
    parts: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(str(stats)).stats.items():  # type: ignore[attr-defined]
        if "epoll" not in name and "'select." not in name:
            parts[_part(file)] += own
    total = sum(parts.values())
    return {part: own / total for part, own in parts.most_common()}


def _part(file: str) -> str:
    if file == "~":
        return "C functions called from anywhere"
    path = file.replace("\\", "/")
    return next((part for piece, part in _PARTS if piece in path), f"other ({Path(path).stem})")
