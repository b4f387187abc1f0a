"""R3: an XLSX roster becomes staged, judged rows.

Limit: python-calamine reading the workbook and nothing else. Peer: openpyxl reading it.
"""

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks import database
from benchmarks.measure import Way, arguments, in_turn, report
from benchmarks.r1_reading import TABLE, ours
from django.db import connection

from bureau.testing.city.volume_workbook import write_volume_workbook
from bureau.testing.memory import peak_mib
from enrollment.choices import Scheme
from enrollment.imports import directory
from bureau.core.models import Area

CALAMINE = """
import sys, python_calamine
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
print(sum(1 for row in book.get_sheet_by_index(0).iter_rows()))
"""
OPENPYXL = """
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True)
print(sum(1 for row in book.active.iter_rows(values_only=True)))
"""


def read_by(program: str, path: Path) -> int:
    """Rows that a program of its own reads, started from nothing as the child is."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@contextlib.contextmanager
def watched_children() -> Iterator[dict[str, int]]:
    """The most memory that the reader's child process held meanwhile, MiB."""
    found = {"mib": 0}
    over = threading.Event()

    def watch() -> None:
        own = f"/proc/{threading.main_thread().native_id}/task"
        while not over.wait(0.05):
            for task in Path(own).iterdir():
                with contextlib.suppress(OSError):
                    for child in (task / "children").read_text().split():
                        # Before it runs its program, a new process is as large as its parent.
                        if "workbook_child" in Path(f"/proc/{child}/cmdline").read_text():
                            found["mib"] = max(found["mib"], peak_mib(int(child)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def sums() -> tuple[int, ...]:
    """What stands in the staging table: rows, by outcome, and the money."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE outcome = 'ACCEPTED'), sum(amount)"
            f" FROM {TABLE}"
        )
        return tuple(cursor.fetchone())


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__ or "", rows=100_000)
    database.begin()
    area = Area.objects.get(code="210281")
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder) / "volume.xlsx", Path(folder) / "small.xlsx"
        size = write_volume_workbook(path, rows=options.rows)
        write_volume_workbook(small, rows=options.peer_rows)
        sender = directory.Sender(Scheme.NCMS, area.pk, 2019)
        with watched_children() as child:
            _batch, file = database.roster_of_file(sender, path)
            timings = in_turn(
                [
                    Way(
                        "workbook to staged rows",
                        lambda: ours(file),
                        lambda: database.empty(TABLE),
                    ),
                    Way("limit: calamine reading alone", lambda: read_by(CALAMINE, path)),
                ],
                options.runs,
            )
        peak, staged = peak_mib(), sums()
        peers = in_turn(
            [Way("peer: openpyxl reading alone", lambda: read_by(OPENPYXL, small))],
            1,
        )
    if staged[0] != options.rows + 1:
        raise AssertionError(f"{staged[0]} rows are staged of {options.rows} and a heading")
    mine, best = timings["workbook to staged rows"], timings["limit: calamine reading alone"]
    orm = peers["peer: openpyxl reading alone"]
    report(
        "R3 workbook to staged rows",
        timings | peers,
        {
            "time / limit": (mine.median / best.median, "<= 2.0"),
            "time / limit in processor seconds": (
                mine.processor_median / best.processor_median,
                "",
            ),
            "rate / peer": (mine.rate / orm.rate, ">= 5"),
        },
        as_json=options.json,
        workbook_mib=size // 1024**2,
        peak_mib_of_child=f"{child['mib']} (goal <= 1638 for 1 million rows)",
        peak_mib_of_reading=peak,
        staged=[str(one) for one in staged],
    )


if __name__ == "__main__":
    main()
