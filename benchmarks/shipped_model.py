"""Estimate the linkage model that comes with the software, from two generated cities.

    python -m benchmarks.shipped_model [--people N]

writes `enrollment/reference/linkage_model.json`. The truth of the cities plays no part in it; it is
what `benchmarks.r5_quality` measures the result against.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import database  # noqa: F401 (sets Django up)
from benchmarks.records import records_of

from bureau.testing.city.generate import generate
from enrollment.imports.learn import counts_of
from enrollment.imports.match import Workspace
from enrollment.rules import estimation, linkage_terms
from enrollment.rules.matching import CERTAIN_TIERS

TARGET = Path(__file__).parents[1] / "enrollment" / "reference" / "linkage_model.json"
SEEDS = (11, 12)


def main() -> int:
    """Make the cities, count, estimate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=150_000)
    people = parser.parse_args().people
    parts, records = [], 0
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            generate(folder, people=people, seed=seed)
            workspace = Workspace(Path(folder) / "work")
            rows, _truth = records_of(Path(folder), workspace)
            records += rows.height
            parts.append(counts_of(rows, workspace=workspace, model=CERTAIN_TIERS))
    counts = estimation.pooled(parts)
    found = estimation.estimate(counts)
    model = estimation.learnt_model("1", found, counts, CERTAIN_TIERS)
    kept = {
        "weights": linkage_terms.weights_of(model),
        "thresholds": linkage_terms.thresholds_of(model),
        "vetoes": [veto.code for veto in model.vetoes],
        "training": linkage_terms.training_of(found, counts)
        | {"source": "generated cities", "seeds": list(SEEDS), "records": records},
    }
    TARGET.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{TARGET}: {records} records, {found.rounds} rounds\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
