"""R1: a CSV roster becomes staged, judged rows. Limit: COPY of them. Peer: import-export."""

import io
import tempfile
from pathlib import Path

import tablib
from benchmarks import database
from benchmarks.measure import Way, arguments, in_turn, report
from django.db import connection, transaction
from import_export import resources

from bureau.core import bulk
from bureau.intake.frames import frames
from bureau.intake.readers import open_source
from bureau.intake.shapes import FileLayout
from bureau.testing.memory import peak_mib
from enrollment.imports import load
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.models import RosterFile, RosterRow

TABLE = "enrollment_rosterrow"


def ours(file: RosterFile) -> int:
    """Read, judge and store every row, block by block, as the job does."""
    rows = 0
    for block in bulk.read_ahead(load.blocks(file)):
        with transaction.atomic():
            rows += bulk.copy_frame(connection, TABLE, block)
    return rows


def read_only(file: RosterFile) -> int:
    """Read and judge every row, store none: which part dominates."""
    return sum(block.height for block in load.blocks(file))


def cut_only(file: RosterFile) -> int:
    """Read the file into columns, judge nothing."""
    layout = FileLayout.from_json(file.layout)
    with open_source(database.source_path(file)) as source:
        return sum(frame.height for frame in frames(source, layout, ROSTER_FIELDS))


class Limit:
    """The same rows as PostgreSQL itself wrote them, copied back in pieces of the same size."""

    def __init__(self, file: RosterFile, folder: Path) -> None:
        self.columns = ["batch_id", "file_id", *load.STAGED_COLUMNS]
        self.pieces: list[Path] = []
        ours(file)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {TABLE}")
            self.rows = cursor.fetchone()[0]
            listed = ", ".join(f'"{name}"' for name in self.columns)
            for first in range(0, self.rows, load.BLOCK_ROWS):
                piece = folder / f"{first}.csv"
                span = f"LIMIT {load.BLOCK_ROWS} OFFSET {first}"
                query = f"SELECT {listed} FROM {TABLE} ORDER BY id {span}"
                with (
                    piece.open("wb") as out,
                    cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
                ):
                    for part in copy:
                        out.write(part)
                self.pieces.append(piece)

    def run(self) -> int:
        listed = ", ".join(f'"{name}"' for name in self.columns)
        for piece in self.pieces:
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                cursor.copy(f"COPY {TABLE} ({listed}) FROM STDIN (FORMAT csv)") as copy,
            ):
                copy.write(piece.read_bytes())
        return self.rows


class RowResource(resources.ModelResource):
    """django-import-export at its best settings: bulk, no difference, no clean-up per row."""

    class Meta:
        model = RosterRow
        import_id_fields: tuple[str, ...] = ()
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        force_init_instance = True
        use_transactions = True
        fields = ("batch", "file", "sheet", "row_no", "raw", "outcome", "name", "id_number")


def peer(file: RosterFile, rows: int) -> int:
    """The same file's first rows through import-export: decoded, a data set, imported in bulk."""
    text = io.StringIO(database.source_path(file).read_bytes().decode("gb18030"))
    lines = [next(text).rstrip("\r\n").split(",") for _line in range(rows + 1)]
    data = tablib.Dataset(headers=["batch", "file", "sheet", "row_no", "raw", "outcome", "name"])
    for number, cells in enumerate(lines[1:], start=2):
        data.append([file.batch_id, file.pk, 1, number, ",".join(cells), "ACCEPTED", cells[2]])
    result = RowResource().import_data(data, raise_errors=True)
    return result.total_rows or 0


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__ or "", rows=300_000)
    database.begin()
    _batch, file = database.roster_of(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        limit = Limit(file, Path(folder))

        def clear() -> None:
            database.empty(TABLE)

        timings = in_turn(
            [
                Way("roster to staged rows", lambda: ours(file), clear),
                Way("limit: COPY of the same rows", limit.run, clear),
            ],
            options.runs,
        )
        peak = peak_mib()
        parts = in_turn(
            [
                Way("part: read and judge", lambda: read_only(file)),
                Way("part: read into columns", lambda: cut_only(file)),
                Way("peer: import-export, bulk", lambda: peer(file, options.peer_rows), clear),
            ],
            1,
        )
    mine, best = timings["roster to staged rows"], timings["limit: COPY of the same rows"]
    ratios = {
        "time / limit": (mine.median / best.median, "<= 2.0"),
        "time / limit in processor seconds": (
            mine.processor_median / best.processor_median,
            "<= 2.0",
        ),
        "rate / peer": (mine.rate / parts["peer: import-export, bulk"].rate, ">= 20"),
    }
    report(
        "R1 roster file to staged rows",
        timings | parts,
        ratios,
        as_json=options.json,
        peak_mib_of_reading=peak,
    )


if __name__ == "__main__":
    main()
