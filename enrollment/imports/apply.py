"""Writing an approved roster to the roll: people, numbers, households, coverage.

A range of people is one transaction of re-runnable SQL: a killed run goes on where it stopped.
"""

from pathlib import Path

import polars as pl
from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import clock, crash, files
from bureau.core.errors import DomainError
from bureau.core.jobs import Again, JobContext
from bureau.intake.choices import BatchState
from enrollment.imports import (
    edition_compare,
    editions,
    judgements,
    linkage,
    reconcile,
    resettle,
)
from enrollment.imports.match import Workspace
from enrollment.imports.normalise import finish_roster
from enrollment.imports.roster_checks import check_rosters
from enrollment.models import RosterBatch
from enrollment.services import double_jobs, rosters

#: People written in one transaction.
RANGE_PEOPLE = 20_000
SQL = Path(__file__).parent / "sql"
STEPS = (
    "apply_told",
    "apply_range",
    "apply_places",
    "apply_persons",
    "apply_identifiers",
    "apply_households",
    "apply_members",
    "apply_spells",
    "apply_precedence",
)
#: Tables that grow with every roster; the planner must know before large comparisons.
GROWN = (
    "enrollment_rosterrow",
    "enrollment_rosterlink",
    "enrollment_person",
    "enrollment_personidentifier",
    "enrollment_household",
    "enrollment_householdmember",
    "enrollment_coveragespell",
)


def check_rows(batch: RosterBatch) -> None:
    """Rows that only the whole roster speaks against wait for a clerk, with the reason."""
    # The whole roster is all its lines, whichever edition's row stands for them in the end.
    edition_compare.forget(batch)
    with files.scratch_folder("roster-checks") as folder:
        rows = linkage.roster_files(batch, folder)
        _finish_numbers(batch)
        found = check_rosters(rows, workspace=Workspace(folder))
    linkage.add_reasons(found.filter(pl.col("reasons_added").list.len() > 0))
    judgements.recall_rows(batch)


def _finish_numbers(batch: RosterBatch) -> None:
    """Where a roster holds damaged numbers, those that end in 000 and fit wait for a clerk."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, true, outcome, array_to_string(reasons, ',')
            FROM enrollment_rosterrow
            WHERE batch_id = %s AND (id_number LIKE '%%000' OR 'ID_ZEROES' = ANY (reasons))
            """,
            [batch.pk],
        )
        found = cursor.fetchall()
    if not found:
        return
    rows = pl.DataFrame(
        {
            "row_id": [row[0] for row in found],
            "id_ends_000": [row[1] for row in found],
            "outcome": [row[2] for row in found],
            "reasons": [row[3].split(",") if row[3] else [] for row in found],
        },
        schema_overrides={"reasons": pl.List(pl.String)},
    )
    finished = finish_roster(rows)
    changed = finished.filter(finished["outcome"] != rows["outcome"])
    linkage.add_reasons(changed.select("row_id", pl.col("reasons").alias("reasons_added")))


def apply_roster(context: JobContext, batch: RosterBatch) -> Again | None:
    """The roster's certain rows are people, numbers, households and coverage on the roll.

    Waits its turn while another roster is being applied. Raises `reconcile.NotEqual` when the
    roster's equation does not hold; then nothing is called applied. Raises `DomainError`
    ROSTER_NOT_APPROVED for a roster that nobody approved.
    """
    if batch.state != BatchState.APPLYING:
        raise DomainError(
            "ROSTER_NOT_APPROVED",
            _("Roster %(batch)s is not approved; nothing of it was written."),
            batch=batch.pk,
        )
    with context.step() as checkpoint:
        mine = rosters.take_roll(batch)
        checkpoint.setdefault("high", 0)
    if not mine:
        rosters.expect_roll_in_work()
        context.phase(gettext_noop("Waiting for another roster to be applied"))
        return Again(after_seconds=10)
    _link_again_if_stale(context, batch)
    total = batch.links.values("person_id").distinct().count()
    context.phase(gettext_noop("Writing the roll"), total)
    written = int(context.checkpoint.get("written", 0))
    while high := next_range(batch, int(context.checkpoint["high"])):
        low = int(context.checkpoint["high"])
        with context.step() as checkpoint:
            if editions.hold_decided(batch, low, high):
                reconcile.count_rows(batch)
            written += write_range(batch, low, high)
            editions.take_over(batch, low, high, by=context.actor.text[:120])
            checkpoint.update(high=high, written=written)
            context.progress(written)
    editions.finish(context, batch)
    with context.step():
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(GROWN)}")
        reconcile.close_roster(batch, at=clock.now())
        rosters.release_roll(batch)
        double_jobs.ask_to_propose(f"roster:{batch.pk}", by=context.actor, at=clock.now())
        crash.point("apply_before_last_commit")
    return None


def _link_again_if_stale(context: JobContext, batch: RosterBatch) -> None:
    """A linkage made before another roster was applied is made anew, once.

    A newer edition always is: what people decided about the former rows since counts.
    """
    batch.refresh_from_db()
    is_edition = edition_compare.edition_of(batch) is not None
    is_stale = is_edition or batch.matched_revision != rosters.roll_revision()
    if context.checkpoint.get("linked") or not is_stale:
        return
    context.phase(gettext_noop("Linking again, because the roll has grown"))
    with context.step(linked=True):
        crash.point("apply_before_linking")
        linkage.link_roster(batch)
        reconcile.count_rows(batch)
    batch.refresh_from_db()


def next_range(batch: RosterBatch, low: int) -> int | None:
    """The highest person of the next range, or None when all are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(person_id) FROM (
                SELECT person_id FROM (
                    (SELECT DISTINCT person_id FROM enrollment_rosterlink
                     WHERE batch_id = %(batch)s AND person_id > %(low)s
                     ORDER BY person_id LIMIT %(most)s)
                    UNION
                    (SELECT DISTINCT person_id FROM enrollment_foundperson
                     WHERE batch_id = %(batch)s AND person_id > %(low)s
                     ORDER BY person_id LIMIT %(most)s)) told
                ORDER BY person_id LIMIT %(most)s) next
            """,
            {"batch": batch.pk, "low": low, "most": RANGE_PEOPLE},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def write_range(batch: RosterBatch, low: int, high: int) -> int:
    """The people of the range stand on the roll; returns how many. Call it in a transaction."""
    facts = {"batch": batch.pk, "low": low, "high": high, "at": batch.approved_at}
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(resettle.statement(step), facts)
            crash.point(step)
        cursor.execute("SELECT count(DISTINCT person_id) FROM applied")
        people: int = cursor.fetchone()[0]
        cursor.execute("DROP TABLE applied, place")
    return people


def is_applied(batch: RosterBatch) -> bool:
    """Whether the roster stands on the roll."""
    return RosterBatch.objects.filter(pk=batch.pk, state=BatchState.APPLIED).exists()
