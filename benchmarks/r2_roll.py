"""R2: staged rows become people, numbers, households and coverage, every row linked.

Limit: COPY of the same target rows under the same constraints. Peer: Django's bulk_create.
"""

import itertools
import tempfile
from pathlib import Path

from benchmarks import database
from benchmarks.measure import Way, arguments, in_turn, report
from django.db import connection, transaction

from bureau.core import clock
from enrollment.imports import apply, linkage
from enrollment.imports.apply import write_range
from enrollment.models import CoverageSpell, Person, PersonIdentifier, RosterBatch, RosterFile
from enrollment.services import rosters

#: In the order in which their foreign keys allow them.
WRITTEN = (
    "enrollment_rosterlink",
    "enrollment_person",
    "enrollment_personidentifier",
    "enrollment_household",
    "enrollment_householdmember",
    "enrollment_coveragespell",
)
PIECE_ROWS = 50_000


def stage(batch: RosterBatch, file: RosterFile) -> None:
    """The roster's rows stand in the staging table, judged."""
    from benchmarks.r1_reading import ours

    ours(file)
    with transaction.atomic():
        apply.check_rows(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE enrollment_rosterrow")


def clear() -> None:
    """Nobody is on the roll; the staged rows stay."""
    database.empty(*WRITTEN, "enrollment_candidatepair")


def link(batch: RosterBatch) -> int:
    """The first half: who is who."""
    with transaction.atomic():
        linkage.link_roster(batch)
    return int(batch.links.count())


def write(batch: RosterBatch) -> int:
    """The second half: ranges of people, as the job writes them."""
    low = 0
    while high := apply.next_range(batch, low):
        with transaction.atomic():
            write_range(batch, low, high)
        low = high
    return int(batch.links.count())


def both(batch: RosterBatch) -> int:
    """Staged rows to the roll."""
    link(batch)
    return write(batch)


class Limit:
    """The rows that were written, as PostgreSQL wrote them out, copied back in pieces."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.pieces: list[tuple[str, Path]] = []
        self.target_rows = 0
        with connection.cursor() as cursor:
            for table in WRITTEN:
                cursor.execute(f"SELECT count(*) FROM {table}")
                count = cursor.fetchone()[0]
                self.target_rows += count
                for first in range(0, count, PIECE_ROWS):
                    piece = folder / f"{table}-{first}.csv"
                    query = f"SELECT * FROM {table} ORDER BY 1 LIMIT {PIECE_ROWS} OFFSET {first}"
                    with (
                        piece.open("wb") as out,
                        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
                    ):
                        for part in copy:
                            out.write(part)
                    self.pieces.append((table, piece))

    def run(self) -> int:
        for table, piece in self.pieces:
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy,
            ):
                copy.write(piece.read_bytes())
        return self.rows


def peer(batch: RosterBatch, rows: int) -> int:
    """People, numbers and coverage of the first rows by bulk_create, without any linking."""
    staged = list(batch.rows.filter(outcome="ACCEPTED").order_by("pk")[:rows])
    at = clock.now()
    for part in itertools.batched(staged, 1000) if hasattr(itertools, "batched") else [staged]:
        with transaction.atomic():
            people = Person.objects.bulk_create(
                [
                    Person(
                        name=row.name or "",
                        name_key=row.name_key or "",
                        sex=row.sex or "",
                        birth_on=row.birth_on,
                        area=batch.area,
                        created_at=at,
                    )
                    for row in part
                ],
                batch_size=1000,
            )
            PersonIdentifier.objects.bulk_create(
                [
                    PersonIdentifier(
                        person=person,
                        kind="RESIDENT_ID",
                        number=row.id_number or str(row.pk),
                        period=(None, None),
                        source_row=row,
                    )
                    for person, row in zip(people, part, strict=True)
                ],
                batch_size=1000,
            )
            CoverageSpell.objects.bulk_create(
                [
                    CoverageSpell(
                        person=person,
                        scheme=batch.scheme,
                        area=batch.area,
                        period=(f"{batch.year}-01-01", f"{batch.year + 1}-01-01"),
                        state="IN_FORCE",
                        source_row=row,
                    )
                    for person, row in zip(people, part, strict=True)
                ],
                batch_size=1000,
            )
    return len(staged)


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__ or "", rows=300_000)
    batch, file = database.roster_of(options.rows)
    stage(batch, file)
    RosterBatch.objects.filter(pk=batch.pk).update(approved_at=clock.now(), approved_by="benchmark")
    batch.refresh_from_db()
    rosters.take_roll(batch)
    clear()
    rows = both(batch)
    with tempfile.TemporaryDirectory() as folder:
        limit = Limit(Path(folder), rows)
        timings = in_turn(
            [
                Way("staged rows to the roll", lambda: both(batch), clear),
                Way("limit: COPY of the target rows", limit.run, clear),
            ],
            options.runs,
        )
    parts = in_turn(
        [
            Way("part: linking", lambda: link(batch), clear),
            Way("part: writing", lambda: write(batch)),
            Way("peer: bulk_create", lambda: peer(batch, options.peer_rows), clear),
        ],
        1,
    )
    mine, best = timings["staged rows to the roll"], timings["limit: COPY of the target rows"]
    report(
        "R2 staged rows to the roll",
        timings | parts,
        {
            "time / limit": (mine.median / best.median, "<= 2.5"),
            "rate / peer": (mine.rate / parts["peer: bulk_create"].rate, ">= 20"),
        },
        as_json=options.json,
        target_rows=limit.target_rows,
    )


if __name__ == "__main__":
    main()
