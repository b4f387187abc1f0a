"""R4: three rolls of one population are linked, each read from PostgreSQL and written back.

    python3 dev.py measure r4 [--people N] [--overlap S] [--small N] [--peer-people N] [--json]

Limit: reading and judging the same records (R1). Growth: the cost of a record beside that of a
smaller population. Peer: Splink as it comes, on the records of a population of its own.
"""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import database
from benchmarks.linkage_ways import measured
from benchmarks.measure import Timing, processor_seconds, report
from benchmarks.r1_reading import ours
from benchmarks.r2_roll import write
from benchmarks.records import records_of
from django.db import connection, transaction

from bureau.core import clock
from bureau.intake.choices import BatchState
from bureau.testing.city.rolls import COUNTIES, write_rolls
from bureau.testing.memory import peak_mib
from enrollment.choices import PairState, Scheme
from enrollment.imports import apply, directory, linkage
from enrollment.imports.match import Workspace
from enrollment.models import CandidatePair, Roll, RosterBatch
from enrollment.services import rosters

YEAR, ROLLS = 2019, 3


@dataclasses.dataclass(slots=True)
class Spent:
    """Seconds by the clock and of processors of one kind of work, over all rolls."""

    seconds: float = 0.0
    processor: float = 0.0

    def timing(self, rows: int) -> Timing:
        return Timing(rows, [self.seconds], [self.processor])


class Meter:
    """Adds up what each kind of work took."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}

    def take(self, what: str, work: Any, *given: Any) -> Any:
        began, busy = time.perf_counter(), processor_seconds()
        found = work(*given)
        spent = self.spent.setdefault(what, Spent())
        spent.seconds += time.perf_counter() - began
        spent.processor += processor_seconds() - busy
        return found


def three_rolls(people: int, overlap: float) -> tuple[int, dict[str, Spent], dict[str, int]]:
    """Records, what each kind of work took, and what was found; the roll stands afterwards."""
    database.begin()
    meter, found = Meter(), {
        "persons": 0, "attached": 0, "told": 0, "asked": 0, "linking_peak_mib": 0,
    }  # fmt: skip
    records = 0
    with tempfile.TemporaryDirectory() as folder:
        made = write_rolls(folder, people=people, rolls=ROLLS, overlap=overlap)
        for county, name in zip(COUNTIES, made.files, strict=False):
            batch = _staged(county, Path(folder) / name, meter)
            records += batch.rows.count()
            meter.take("linking, read to written", _link, batch)
            found["linking_peak_mib"] = peak_mib()
            batch.refresh_from_db()
            found["persons"] += batch.persons_created
            found["attached"] += batch.rows_attached
            found["told"] += batch.rows_told
            found["asked"] += batch.pairs_found
            meter.take("writing the roll", write, batch)
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {', '.join(apply.GROWN)}")
            RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.APPLIED)
            Roll.objects.update(applying_batch=None)
    # What a clerk is asked, and what of it no later roster has answered meanwhile.
    found["asked_in_the_end"] = CandidatePair.objects.filter(state=PairState.OPEN).count()
    return records, meter.spent, found


def _staged(county: str, path: Path, meter: Meter) -> RosterBatch:
    area = database.Area.objects.get(code=county)
    batch, file = database.roster_of_file(directory.Sender(Scheme.NCMS, area.pk, YEAR), path)
    meter.take("limit: R1 of the same records", ours, file)
    meter.take("what the whole roster says", _check, batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE enrollment_rosterrow")
    RosterBatch.objects.filter(pk=batch.pk).update(
        approved_at=clock.now(), approved_by="benchmark", state=BatchState.APPLYING
    )
    batch.refresh_from_db()
    rosters.take_roll(batch)
    return batch


def _check(batch: RosterBatch) -> None:
    with transaction.atomic():
        apply.check_rows(batch)


def _link(batch: RosterBatch) -> None:
    with transaction.atomic():
        linkage.link_roster(batch)


def beside_splink(people: int, overlap: float) -> dict[str, dict[str, Any]]:
    """The product's comparison and Splink as it comes, on the same records, each in a process."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_rolls(root / "rolls", people=people, rolls=ROLLS, overlap=overlap)
        rows, truth = records_of(root / "rolls", Workspace(root / "check"))
        rows.write_parquet(root / "rows.parquet")
        truth.write_parquet(root / "truth.parquet")
        given = root / "rows.parquet", root / "truth.parquet"
        ways = ("own", "splink-defaults")
        return {way: measured(way, *given) | {"records": rows.height} for way in ways}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--overlap", type=float, default=1.0, help="share in each of the others")
    parser.add_argument("--small", type=int, default=0, help="people to compare growth with")
    parser.add_argument("--peer-people", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small = options.small or max(options.people // 10, 30_000)
    few, cheap, _found = three_rolls(small, options.overlap)
    records, spent, found = three_rolls(options.people, options.overlap)
    peers = beside_splink(options.peer_people, options.overlap) if options.peer_people else {}
    link, limit = spent["linking, read to written"], spent["limit: R1 of the same records"]
    growth = (link.processor / records) / (cheap["linking, read to written"].processor / few)
    ratios = {
        "linking / R1": (link.seconds / limit.seconds, "<= 3"),
        "linking / R1 in processor seconds": (link.processor / limit.processor, "<= 3"),
        f"cost of a record / that of {few:,}": (growth, "<= 1.3"),
    }
    if peers:
        own, splink = peers["own"], peers["splink-defaults"]
        ratios |= {
            "time / Splink as it comes": (own["seconds"] / splink["seconds"], "<= 2"),
            "F1 - Splink's": (own["f1"] - splink["f1"], "> 0"),
            "precision - Splink's": (own["precision"] - splink["precision"], "> 0"),
        }
    report(
        f"R4 linkage of {ROLLS} rolls, {options.people:,} people",
        {what: each.timing(records) for what, each in spent.items()},
        ratios,
        as_json=options.json,
        **found,
        **{f"peer {way}": figures for way, figures in peers.items()},
    )


if __name__ == "__main__":
    main()
