"""R2: staged rows become people, numbers, households and coverage, every row linked.

Limit: COPY of the same target rows under the same constraints. Peer: the same work by the ORM in
chunks (`orm_peer`), on a roster of its own size, with equal sums on both sides.
"""

import tempfile
from pathlib import Path

from benchmarks import database
from benchmarks.measure import Timing, Way, arguments, in_turn, report
from benchmarks.orm_peer import Writer
from django.db import connection, transaction

from bureau.core import clock
from bureau.intake.choices import BatchState
from enrollment.imports import apply, linkage
from enrollment.imports.apply import write_range
from enrollment.models import Roll, RosterBatch
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


#: What both sides must agree on: how many, how much, and who.
SUMS = {
    "links": "SELECT count(*), sum(opens_file::int), sum(holds_number::int)"
    " FROM enrollment_rosterlink",
    "people": "SELECT count(*), sum(hashtext(concat_ws('|', name, name_key, name_initials, sex,"
    " birth_on, ethnicity, phone, address, area_id))::bigint) FROM enrollment_person",
    "numbers": "SELECT count(*), sum(hashtext(kind || number)::bigint)"
    " FROM enrollment_personidentifier",
    "households": "SELECT count(*), sum(hashtext(place || number || village || address)::bigint)"
    " FROM enrollment_household",
    "members": "SELECT count(*), count(DISTINCT household_id), sum(hashtext(relation)::bigint)"
    " FROM enrollment_householdmember",
    "spells": "SELECT count(*), sum(contribution_amount), sum(source_row_id),"
    " sum(hashtext(concat_ws('|', scheme, area_id, period, state, reason, special_group))::bigint)"
    " FROM enrollment_coveragespell",
}


def staged(rows: int, *, year: int = 2019) -> RosterBatch:
    """A roster whose rows stand in the staging table, judged and approved."""
    from benchmarks.r1_reading import ours

    batch, file = database.roster_of(rows, year=year)
    ours(file)
    with transaction.atomic():
        apply.check_rows(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE enrollment_rosterrow")
    RosterBatch.objects.filter(pk=batch.pk).update(
        approved_at=clock.now(), approved_by="benchmark", state=BatchState.APPLYING
    )
    batch.refresh_from_db()
    rosters.take_roll(batch)
    return batch


def sums() -> dict[str, tuple[object, ...]]:
    """What stands on the roll, without the keys that a database gives."""
    found = {}
    with connection.cursor() as cursor:
        for what, query in SUMS.items():
            cursor.execute(query)
            found[what] = cursor.fetchone()
    return found


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


def against_peer(rows: int, runs: int) -> dict[str, Timing]:
    """The product and the ORM over one roster, from an empty roll. Raises when the sums differ."""
    database.begin()
    batch = staged(rows)
    found: list[dict[str, tuple[object, ...]]] = []

    def forget() -> None:
        # The sums of the run before are taken outside the timing.
        if batch.links.exists():
            found.append(sums())
        clear()

    timings = in_turn(
        [
            Way("staged rows to the roll, as the peer", lambda: both(batch), forget),
            Way("peer: the ORM in chunks", Writer(batch).run, forget),
        ],
        runs,
    )
    forget()
    if any(one != found[0] for one in found):
        raise AssertionError(f"the two sides differ: {found}")
    return timings


def next_year(rows: int) -> dict[str, Timing]:
    """The next year's roster of the same people, onto the roll that they stand on."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(apply.GROWN)}")
    RosterBatch.objects.filter(state=BatchState.APPLYING).update(state=BatchState.APPLIED)
    Roll.objects.update(applying_batch=None)
    batch = staged(rows, year=2020)
    return in_turn(
        [
            Way("next year's roster: linking", lambda: link(batch)),
            Way("next year's roster: writing", lambda: write(batch)),
        ],
        1,
    )


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__ or "", rows=300_000, peer_rows=20_000)
    peers = against_peer(options.peer_rows, 2)
    database.begin()
    batch = staged(options.rows)
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
        ],
        1,
    )
    further = next_year(options.rows)
    mine, best = timings["staged rows to the roll"], timings["limit: COPY of the target rows"]
    small, orm = peers.values()
    report(
        "R2 staged rows to the roll",
        timings | parts | further | peers,
        {
            "time / limit": (mine.median / best.median, "<= 2.5"),
            "time / limit in processor seconds": (
                mine.processor_median / best.processor_median,
                "<= 2.5",
            ),
            "rate / peer": (small.rate / orm.rate, ">= 20"),
            "rate / peer in processor seconds": (
                orm.processor_median / small.processor_median,
                ">= 20",
            ),
            "rate of the limit / peer": (best.rate / orm.rate, "the most that COPY allows"),
        },
        as_json=options.json,
        target_rows=limit.target_rows,
    )


if __name__ == "__main__":
    main()
