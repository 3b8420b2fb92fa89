"""CPU per event of daemon and relay, round by round, in turn: what disturbs the one disturbs the other."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import cpu, cpu_by_thread, free_port, load, process
from bench.rows import write_conf


@dataclass(frozen=True, slots=True)
class Figures:
    """One transport against the relay. ratios: of CPU per event, in order; throughput: of events a second."""

    daemon_us: float
    ratios: tuple[float, ...]
    throughput: float

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: the relay, every transport asked for, and the shares of the daemon's threads."""

    relay_us: float
    figures: dict[str, Figures]
    threads: dict[str, float]


def measure(folder: Path, transports: Sequence[str], rounds: int, events: int, in_flight: int) -> Measured:
    """So many rounds, each of the relay and every transport in turn; one more before them warms up."""
    sink, relay, daemon = free_port(), free_port(), free_port()
    conf = write_conf(folder, daemon, sink)
    to = f"http://127.0.0.1:{sink}/json"
    with (
        process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"),
        process("-m", "bench.relay", str(relay), to, port=relay, log=folder / "relay.log") as one,
        process("-m", "gateway.cli", "run", "--conf", str(conf), port=daemon, log=folder / "run.log") as two,
    ):
        base, made = [], {name: [] for name in transports}  # type: ignore[var-annotated]
        for _ in range(rounds + 1):
            base.append(_round(one.pid, relay, events, in_flight, "json"))
            for name in transports:
                made[name].append(_round(two.pid, daemon, events, in_flight, name))
        threads = cpu_by_thread(two.pid)
    figures = {name: _figures(base[1:], rows[1:], events) for name, rows in made.items()}
    total = sum(threads.values())
    relay_us = statistics.median(used for used, _ in base[1:]) * 1e6 / events
    return Measured(relay_us, figures, {name: used / total for name, used in threads.items()})


def _figures(
    base: Sequence[tuple[float, float]], made: Sequence[tuple[float, float]], events: int
) -> Figures:
    pairs = list(zip(base, made, strict=True))
    return Figures(
        daemon_us=statistics.median(used for used, _ in made) * 1e6 / events,
        ratios=tuple(sorted(daemon / relay for (relay, _), (daemon, _) in pairs)),
        throughput=statistics.median(relay / daemon for (_, relay), (_, daemon) in pairs),
    )


def _round(pid: int, port: int, events: int, in_flight: int, source: str) -> tuple[float, float]:
    """Seconds of CPU and of the clock."""
    before = cpu(pid)
    seconds = load(port, events, in_flight, source)
    return cpu(pid) - before, seconds
