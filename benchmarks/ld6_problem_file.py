"""LD6: rows that are all wrong come back as a workbook and as text, in bounded memory.

Each file is made by a process of its own, whose memory is measured.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import database
from benchmarks.measure import arguments
from django.db import connection, transaction

from bureau.core import bulk
from bureau.testing.memory import peak_mib
from enrollment.imports import load
from enrollment.models import RosterFile
from enrollment.reports.problem_writers import write_text, write_workbook

GOAL_MIB, GOAL_SECONDS = 200, 180
WRITERS = {"workbook": write_workbook, "text": write_text}


def stage(rows: int) -> RosterFile:
    """A roster of so many rows, every one held for its number."""
    _batch, file = database.roster_of(rows)
    for block in bulk.read_ahead(load.blocks(file)):
        with transaction.atomic():
            bulk.copy_frame(connection, "enrollment_rosterrow", block)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_rosterrow SET outcome = 'REVIEW', reasons = %s"
            " WHERE outcome <> 'NOT_RECORD'",
            [["ID_CHECK_FAILS", "BIRTH_DIFFERS"]],
        )
        cursor.execute("VACUUM ANALYZE enrollment_rosterrow")
    return file


def write(kind: str, file_id: int) -> None:
    """In a process of its own: one file is written; what it took is printed."""
    file = RosterFile.objects.get(pk=file_id)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "file"
        idle = peak_mib()
        began, worked = time.perf_counter(), time.process_time()
        rows = WRITERS[kind](target, file, lambda _more: None)
        spent = time.perf_counter() - began
        worked = time.process_time() - worked
        size = target.stat().st_size
    found = {
        "rows": rows,
        "seconds": round(spent, 1),
        "processor_seconds": round(worked, 1),
        "peak_mib": peak_mib(),
        "of_it_before": idle,
        "bytes": size,
    }
    json.dump(found, sys.stdout)


def main() -> None:
    """Measure and print."""
    if len(sys.argv) == 4 and sys.argv[1] == "--write":
        write(sys.argv[2], int(sys.argv[3]))
        return
    options = arguments(__doc__ or "", rows=1_000_000)
    file = stage(options.rows)
    found = {}
    for kind in WRITERS:
        made = subprocess.run(
            [sys.executable, "-m", "benchmarks.ld6_problem_file", "--write", kind, str(file.pk)],
            check=True,
            capture_output=True,
            text=True,
        )
        found[kind] = json.loads(made.stdout)
    if options.json:
        json.dump(found, sys.stdout)
        return
    print(f"LD6 problem file (goals {GOAL_MIB} MiB, {GOAL_SECONDS} s for a million rows)")
    for kind, one in found.items():
        print(f"  {kind:<10}", ", ".join(f"{name} {value:,}" for name, value in one.items()))


if __name__ == "__main__":
    main()
