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
from typing import Any

from bureau.testing.memory import peak_mib


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """One way of doing the work: `prepare` is not timed, `run` returns how many rows it did."""

    name: str
    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None


@dataclasses.dataclass(slots=True)
class Timing:
    """Seconds of the runs of one way, and the rows of one run."""

    rows: int
    seconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Rows per second at the median."""
        return self.rows / self.median


def in_turn(ways: list[Way], runs: int) -> dict[str, Timing]:
    """Each way is run once in each round, so that a busy machine hits all alike."""
    timings: dict[str, Timing] = {}
    for _round in range(runs):
        for way in ways:
            way.prepare()
            gc.collect()
            began = time.perf_counter()
            rows = way.run()
            spent = time.perf_counter() - began
            timing = timings.setdefault(way.name, Timing(rows, []))
            if timing.rows != rows:
                raise AssertionError(f"{way.name} did {rows} rows, before {timing.rows}")
            timing.seconds.append(spent)
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
        )
    for name, ratio in found["ratios"].items():
        print(f"  {name:<34} {ratio['value']:>10.2f}  goal {ratio['goal']}")
    for name, fact in facts.items():
        print(f"  {name}: {fact}")


def arguments(description: str, *, rows: int) -> argparse.Namespace:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-rows", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()
