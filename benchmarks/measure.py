"""Paired timing: two or more ways of doing the same work, in turn, medians and ratios."""

import argparse
import dataclasses
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from bureau.testing.memory import peak_mib


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """One way of doing the work: `prepare` is not timed, `run` returns how many rows it did."""

    name: str
    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None


@dataclasses.dataclass(slots=True)
class Timing:
    """Seconds of the runs of one way by the clock and of processors, and the rows of one run."""

    rows: int
    seconds: list[float]
    processor: list[float] = dataclasses.field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Rows per second at the median."""
        return self.rows / self.median

    @property
    def processor_median(self) -> float:
        """Seconds of processors at the median: what a busy machine does not stretch."""
        return statistics.median(self.processor)


def processor_seconds() -> float:
    """Seconds of processors that this process, its ended children and its PostgreSQL spent."""
    spent = os.times()
    own = spent.user + spent.system + spent.children_user + spent.children_system
    connection.ensure_connection()
    backend = Path(f"/proc/{connection.connection.info.backend_pid}")
    # A server on another machine has no process here by that number, or somebody else's.
    if not backend.exists() or "postgres" not in (backend / "comm").read_text():
        return own
    fields = (backend / "stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def in_turn(ways: list[Way], runs: int) -> dict[str, Timing]:
    """Each way is run once in each round, so that a busy machine hits all alike."""
    timings: dict[str, Timing] = {}
    for _round in range(runs):
        for way in ways:
            way.prepare()
            gc.collect()
            began, busy = time.perf_counter(), processor_seconds()
            rows = way.run()
            spent, busy = time.perf_counter() - began, processor_seconds() - busy
            timing = timings.setdefault(way.name, Timing(rows, []))
            if timing.rows != rows:
                raise AssertionError(f"{way.name} did {rows} rows, before {timing.rows}")
            timing.seconds.append(spent)
            timing.processor.append(busy)
    return timings


def report(
    title: str,
    timings: Mapping[str, Timing],
    ratios: Mapping[str, tuple[float, str]],
    *,
    as_json: bool,
    **facts: Any,
) -> None:
    """Print what was measured: rows, seconds, rates, ratios with their goals, the machine."""
    found = {
        "title": title,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
        "peak_mib": peak_mib(),
        "ways": {
            name: {
                "rows": timing.rows,
                "median_s": round(timing.median, 3),
                "min_s": round(min(timing.seconds), 3),
                "max_s": round(max(timing.seconds), 3),
                "rows_per_s": round(timing.rate),
                "processor_s": round(timing.processor_median, 2),
            }
            for name, timing in timings.items()
        },
        "ratios": {
            name: {"value": round(v, 2), "goal": goal} for name, (v, goal) in ratios.items()
        },
        **facts,
    }
    if as_json:
        json.dump(found, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    print(f"{title} ({found['machine']}, load {found['load']}, peak {found['peak_mib']} MiB)")
    for name, way in found["ways"].items():
        print(
            f"  {name:<34} {way['rows']:>10,} rows  median {way['median_s']:>8.3f} s"
            f"  ({way['min_s']:.3f} to {way['max_s']:.3f})  {way['rows_per_s']:>10,} rows/s"
            f"  {way['processor_s']:>8.2f} s of processors"
        )
    for name, ratio in found["ratios"].items():
        print(f"  {name:<34} {ratio['value']:>10.2f}  goal {ratio['goal']}")
    for name, fact in facts.items():
        print(f"  {name}: {fact}")


def arguments(description: str, *, rows: int, peer_rows: int = 5_000) -> argparse.Namespace:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-rows", type=int, default=peer_rows)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()
