"""The equation of a roster: every row has one outcome, and every clean row is covered."""

import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.errors import DomainError
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch, RosterFile


class NotEqual(DomainError):
    """The roster's rows do not add up; nothing may be called done."""


def count_rows(batch: RosterBatch) -> None:
    """The roster's counts are those of its rows. Raises `NotEqual` when rows of a file are missing.

    The row that stands in the table is counted, and compared with what each file's reader counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT outcome, count(*), coalesce(sum(amount) FILTER (
                WHERE outcome IN ('ACCEPTED', 'FIXED', 'REVIEW')), 0),
                count(*) FILTER (WHERE is_settled)
            FROM enrollment_rosterrow WHERE batch_id = %s GROUP BY outcome
            """,
            [batch.pk],
        )
        found = {outcome: tuple(counts) for outcome, *counts in cursor.fetchall()}
    counted = sum(rows for rows, _amount, _settled in found.values())
    read = sum(
        RosterFile.objects.filter(batch=batch, withdrawn=False).values_list(
            "rows_loaded", flat=True
        )
    )
    if counted != read:
        raise NotEqual(
            "ROWS_LOST",
            _("%(read)s rows were read but %(counted)s stand in the roster."),
            read=read,
            counted=counted,
        )
    RosterBatch.objects.filter(pk=batch.pk).update(
        rows_read=read,
        amount_read=sum(amount for _rows, amount, _settled in found.values()),
        review_settled=found.get("REVIEW", (0, 0, 0))[2],
        rejected_settled=found.get("REJECTED", (0, 0, 0))[2],
        **{
            f"rows_{outcome.lower()}": found.get(outcome, (0, 0, 0))[0]
            for outcome in ("ACCEPTED", "FIXED", "REVIEW", "REJECTED", "NOT_RECORD")
        },
    )


def count_links(batch: RosterBatch) -> None:
    """What the roster did to the roll is counted anew from the links that stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE enrollment_rosterbatch batch
            SET persons_created = counted.opened, rows_attached = counted.links - counted.opened,
                pairs_found = (SELECT count(*) FROM enrollment_candidatepair pair
                               WHERE pair.batch_id = batch.id AND pair.state <> 'VOID')
            FROM (SELECT count(*) AS links, count(*) FILTER (WHERE opens_file) AS opened
                  FROM enrollment_rosterlink WHERE batch_id = %(batch)s) counted
            WHERE batch.id = %(batch)s
            """,
            {"batch": batch.pk},
        )


#: What must be zero before a roster is called applied: the name says what is wrong.
DIFFERENCES = {
    "clean rows without a person": """
        SELECT count(*) FROM enrollment_rosterrow staged
        WHERE staged.batch_id = %s AND staged.outcome IN ('ACCEPTED', 'FIXED')
          AND staged.stands_by_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
    """,
    "linked rows whose person has no file": """
        SELECT count(*) FROM (SELECT %s::bigint AS id) roster
        JOIN enrollment_rosterlink link
          ON link.batch_id = roster.id OR link.told_by_id = roster.id
        WHERE NOT EXISTS (SELECT 1 FROM enrollment_person p WHERE p.id = link.person_id)
    """,
    "linked rows without coverage": """
        SELECT count(*) FROM (SELECT %s::bigint AS id) roster
        JOIN enrollment_rosterlink link
          ON link.batch_id = roster.id OR link.told_by_id = roster.id
        WHERE NOT EXISTS (
            SELECT 1 FROM enrollment_coveragespell spell
            WHERE spell.source_row_id = link.row_id AND spell.person_id = link.person_id)
    """,
    "numbers borne out that nobody holds": """
        SELECT count(*) FROM enrollment_rosterlink link
        JOIN enrollment_rosterrow staged ON staged.id = link.row_id
        WHERE link.batch_id = %s AND link.holds_number AND NOT EXISTS (
            SELECT 1 FROM enrollment_personidentifier identifier
            WHERE identifier.kind = 'RESIDENT_ID' AND identifier.number = staged.id_number)
    """,
}


def close_roster(batch: RosterBatch, *, at: datetime.datetime) -> None:
    """The roster is applied, its equation proved. Raises `NotEqual` naming what does not add up."""
    expect_equal(batch)
    RosterBatch.objects.filter(pk=batch.pk, state=BatchState.APPLYING).update(
        state=BatchState.APPLIED, applied_at=at
    )
    audit.record("roster.applied", by="apply_roster", at=at, target=batch, area=batch.area)


def expect_equal(batch: RosterBatch) -> None:
    """The roster adds up, in itself and on the roll. Raises `NotEqual` naming what does not."""
    count_rows(batch)
    with connection.cursor() as cursor:
        for what, statement in DIFFERENCES.items():
            cursor.execute(statement, [batch.pk])
            count = cursor.fetchone()[0]
            if count:
                raise NotEqual(
                    "ROLL_DIFFERS",
                    _("The roster does not add up: %(what)s: %(count)s"),
                    what=what,
                    count=count,
                )
