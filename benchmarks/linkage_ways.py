"""One linkage of given records in a process of its own, so that time and memory are that way's.

    python -m benchmarks.linkage_ways WAY ROWS.parquet TRUTH.parquet

Ways: `own`, `splink-defaults`, `splink-expert`. Prints one line of JSON: seconds, seconds of
processors, the most memory, and precision, recall and F1 of what is linked without asking.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

import django

django.setup()

import polars as pl

from bureau.testing.memory import peak_mib
from enrollment.imports.match import Workspace, link_rows
from enrollment.imports.reference_set import figures_of
from enrollment.rules import linkage_terms
from enrollment.services.linkage import shipped_terms

WAYS = ("own", "splink-defaults", "splink-expert")
MEMORY = 2 * 1024**3
#: Splink is judged by whichever of these shows its best F1.
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999)


def measured(way: str, rows: Path, truth: Path) -> dict[str, Any]:
    """The result of one run in a child process. Raises `CalledProcessError` when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.linkage_ways", way, str(rows), str(truth)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def shipped_model() -> Any:
    """The model that comes with the software."""
    terms = {key: value for key, value in shipped_terms().items() if key != "training"}
    return linkage_terms.model_of("1", **terms)


def own(rows: pl.DataFrame, truth: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """Certain tiers, the estimated model, vetoes; what a clerk would be asked is counted too."""
    linkage = link_rows(rows, workspace=Workspace(folder, MEMORY), model=shipped_model())
    spent = time.perf_counter(), os.times()
    return {"spent": spent, **figures_of(linkage, truth)}


def splink(way: str, rows: pl.DataFrame, truth: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """Splink's pairs, judged at the threshold where their F1 is best."""
    from benchmarks import splink_peer

    setup = splink_peer.defaults() if way == "splink-defaults" else splink_peer.expert()
    records = splink_peer.prepared(rows)
    found = splink_peer.predict(
        records, setup, threshold=min(THRESHOLDS), directory=folder, memory_bytes=MEMORY
    )
    spent = time.perf_counter(), os.times()
    people = truth.select("row_id", "person")
    known = people.filter(pl.col("row_id").is_in(records["unique_id"].implode()))
    sizes = known.group_by("person").len()["len"].cast(pl.Int64)
    true_pairs = int((sizes * (sizes - 1) // 2).sum())
    judged = found.pairs.join(people, left_on="row_a", right_on="row_id").join(
        people, left_on="row_b", right_on="row_id", suffix="_b"
    )
    curve = {}
    for threshold in THRESHOLDS:
        linked = judged.filter(pl.col("p") >= threshold)
        right = linked.filter(pl.col("person") == pl.col("person_b")).height
        precision = right / max(linked.height, 1)
        recall = right / max(true_pairs, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        curve[threshold] = {"precision": precision, "recall": recall, "f1": f1}
    best = max(curve, key=lambda threshold: curve[threshold]["f1"])
    return {"spent": spent, **curve[best], "threshold": best, "curve": curve}


def main() -> int:
    """Run one way and print what it took and what it is worth."""
    way, rows_path, truth_path = sys.argv[1:]
    rows, truth = pl.read_parquet(rows_path), pl.read_parquet(truth_path)
    with tempfile.TemporaryDirectory() as folder:
        began, busy = time.perf_counter(), os.times()
        work = own if way == "own" else lambda *given: splink(way, *given)
        result = work(rows, truth, Path(folder))
    ended, spent = result.pop("spent")
    result |= {
        "rows": rows.height,
        "seconds": ended - began,
        "processor_s": spent.user + spent.system - busy.user - busy.system,
        "peak_mib": peak_mib(),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
