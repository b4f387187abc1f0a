"""R5: what linkage is worth on records with truth, every trap by its name; Splink beside it.

    python3 dev.py measure r5 [FOLDER ...] [--peer] [--runs N] [--json]

A folder is a generated city or a set of shared rosters (`files/`, `truth/`), or rolls of
`bureau.testing.city.rolls`. Without one, three sets are generated.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.linkage_ways import WAYS, measured
from benchmarks.records import records_of

from bureau.testing.city.generate import generate
from bureau.testing.city.rolls import write_rolls
from enrollment.imports.match import Workspace

GOALS = {"precision": 0.999, "recall_with_review": 0.99}
#: Records in a thousand that a clerk may be asked about.
MOST_ASKED = 20


def generated(root: Path) -> list[Path]:
    """A city of the usual layouts, one of strange ones, and rolls full of near misses."""
    generate(root / "city 21", people=40_000, seed=21)
    generate(root / "strange city 22", people=40_000, seed=22, style="strange")
    write_rolls(root / "rolls 1", people=100_000, overlap=0.3, seed=1)
    return [root / "city 21", root / "strange city 22", root / "rolls 1"]


def judge(folder: Path, work: Path, ways: list[str], runs: int) -> dict[str, Any]:
    """The ways on the folder's records, in turn; medians of time, and the figures."""
    rows, truth = records_of(folder, Workspace(work / "check"))
    paths = work / "rows.parquet", work / "truth.parquet"
    rows.write_parquet(paths[0])
    truth.write_parquet(paths[1])
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _round in range(runs):
        for way in ways:
            found[way].append(measured(way, *paths))
    return {
        "set": folder.name,
        "rows": rows.height,
        "ways": {
            way: results[0]
            | {
                key: round(statistics.median(result[key] for result in results), 2)
                for key in ("seconds", "processor_s", "peak_mib")
            }
            for way, results in found.items()
        },
    }


def tell(result: dict[str, Any]) -> bool:
    """Print the figures of one set; whether the goals are met."""
    own = result["ways"]["own"]
    print(f"{result['set']}: {result['rows']:,} records, {own['true_pairs']:,} true pairs")
    for way, figures in result["ways"].items():
        print(
            f"  {way:<16} precision {figures['precision']:.5f}  recall {figures['recall']:.4f}"
            f"  F1 {figures['f1']:.4f}  {figures['seconds']:7.1f} s"
            f" ({figures['processor_s']:.1f} of processors)  {figures['peak_mib']:,} MiB"
        )
    met = all(own[name] >= goal for name, goal in GOALS.items())
    met = met and own["asked_per_1000"] <= MOST_ASKED
    print(
        f"  with review: recall {own['recall_with_review']:.4f} (goal >= 0.99), asked"
        f" {own['asked_per_1000']:.1f} per 1,000 records (goal <= {MOST_ASKED}),"
        f" {100 * own['review_precision']:.0f} % of them one person"
    )
    for kind, trap in own["traps"].items():
        print(
            f"    trap {kind:<20} {trap['pairs']:>6} pairs, linked {trap['linked']},"
            f" asked {trap['offered']}"
        )
    for tier, rows in own["tiers"].items():
        print(f"    tier {tier:<20} {rows['rows']:>6} rows, wrong {rows['wrong']}")
    print(f"  goals {'met' if met else 'NOT MET'}")
    return met


def main() -> int:
    """Measure and print; fails when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--peer", action="store_true", help="Splink on the same records as well")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for folder in options.folders or generated(work):
            ways = list(WAYS) if options.peer else ["own"]
            results.append(judge(folder, work, ways, options.runs))
    if options.json:
        json.dump(results, sys.stdout, ensure_ascii=False, indent=2)
        return 0
    return 0 if all(list(map(tell, results))) else 1


if __name__ == "__main__":
    raise SystemExit(main())
