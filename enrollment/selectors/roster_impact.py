"""What a roster brings to the roll, and what of it waits: rows and contributions."""

import dataclasses
from decimal import Decimal

from django.db import connection

from enrollment.models import Roll, RosterBatch


@dataclasses.dataclass(frozen=True)
class Share:
    """Rows of a roster with what they paid together."""

    rows: int
    amount: Decimal


@dataclasses.dataclass(frozen=True)
class Impact:
    """What of a roster goes onto the roll, and what of it waits, each with its contributions.

    `covers`: accepted and fixed rows, which give coverage; `waits`: rows held for a clerk; `twice`:
    second lines of people, which wait as well; `left_out`: second lines that a clerk left out;
    `stands`: clean lines of a newer edition that did not change, whose former rows stand, or rows
    whose place a newer edition took. `second_files` are second lines among the rows of known
    people: their person's file is opened by the first line.
    """

    covers: Share
    waits: Share
    twice: Share
    left_out: Share
    stands: Share
    second_files: int


def impact_of(batch: RosterBatch) -> Impact:
    """The rows and contributions that are written at once, and those that wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE NOT is_twice),
                   coalesce(sum(amount) FILTER (WHERE NOT is_twice), 0),
                   count(*) FILTER (WHERE is_twice),
                   coalesce(sum(amount) FILTER (WHERE is_twice), 0),
                   count(*) FILTER (WHERE is_twice AND EXISTS (
                       SELECT FROM enrollment_rosterlink own
                       JOIN enrollment_rosterlink first
                         ON first.person_id = own.person_id AND first.batch_id = own.batch_id
                        AND first.opens_file
                       WHERE own.row_id = held.id AND NOT own.opens_file))
            FROM (SELECT id, amount, 'LISTED_TWICE' = ANY (reasons) AS is_twice
                  FROM enrollment_rosterrow WHERE batch_id = %s AND outcome = 'REVIEW'
                    AND stands_by_id IS NULL) held
            """,
            [batch.pk],
        )
        waiting, waits, lines, twice, second_files = cursor.fetchone()
        # What did not change since the former edition is covered by the former rows already.
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE outcome <> 'REVIEW'), coalesce(sum(amount), 0),
                   coalesce(sum(amount) FILTER (WHERE outcome <> 'REVIEW'), 0)
            FROM enrollment_rosterrow
            WHERE batch_id = %s AND stands_by_id IS NOT NULL AND outcome <> 'REJECTED'
            """,
            [batch.pk],
        )
        stood, stands, clean_stands = cursor.fetchone()
    clean = batch.rows_accepted + batch.rows_fixed - stood
    left_out = _left_out(batch) if batch.rejected_settled else Share(0, Decimal(0))
    return Impact(
        covers=Share(clean, batch.amount_read - waits - twice - stands),
        waits=Share(waiting, waits),
        twice=Share(lines, twice),
        left_out=left_out,
        stands=Share(stood, clean_stands),
        second_files=second_files,
    )


def gone_to_newer(batch: RosterBatch) -> tuple[int, int]:
    """Rows whose place rows of a newer edition took, and how many of those had waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE outcome IN ('REVIEW', 'REJECTED'))
            FROM enrollment_rosterrow staged
            WHERE batch_id = %s AND stands_by_id IS NOT NULL
              -- Not those for which a former row stands.
              AND NOT EXISTS (SELECT FROM enrollment_editionline own
                              WHERE own.row_id = staged.id
                                AND own.old_row_id = staged.stands_by_id)
            """,
            [batch.pk],
        )
        gone, waited = cursor.fetchone()
    return gone, waited


def _left_out(batch: RosterBatch) -> Share:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), coalesce(sum(amount), 0) FROM enrollment_rosterrow
            WHERE batch_id = %s AND outcome = 'REJECTED' AND 'LEFT_OUT' = ANY (reasons)
            """,
            [batch.pk],
        )
        return Share(*cursor.fetchone())


def doubled_by(batch: RosterBatch) -> Share:
    """Clean rows of people insured on the same days by another coverage or by a line before.

    They are written to the roll and kept as double enrollment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), coalesce(sum(amount), 0)
            FROM (
                SELECT link.person_id, link.row_id, link.opens_file, staged.amount,
                       staged.begins_on, batch.year,
                       row_number() OVER (PARTITION BY link.person_id ORDER BY link.row_id) AS line
                FROM enrollment_rosterlink link
                JOIN enrollment_rosterrow staged ON staged.id = link.row_id
                JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id
                WHERE link.batch_id = %s AND staged.outcome IN ('ACCEPTED', 'FIXED')
                  -- A line of a newer edition takes the place of what insures the person.
                  AND NOT EXISTS (SELECT FROM enrollment_editionline line
                                  WHERE line.row_id = link.row_id AND line.follows)
            ) clean
            WHERE line > 1 OR NOT opens_file AND EXISTS (
                SELECT FROM enrollment_coveragespell spell
                WHERE spell.person_id = clean.person_id AND spell.state IN ('IN_FORCE', 'DOUBLE')
                  AND spell.source_row_id IS DISTINCT FROM clean.row_id
                  AND spell.period && daterange(
                      coalesce(clean.begins_on, make_date(clean.year, 1, 1)), NULL))
            """,
            [batch.pk],
        )
        return Share(*cursor.fetchone())


def is_linked_before(batch: RosterBatch) -> bool:
    """Whether the roll has changed since it was worked out what the roster does to it."""
    if batch.matched_revision is None:
        return False
    revision = Roll.objects.filter(pk=1).values_list("revision", flat=True).first() or 0
    return bool(batch.matched_revision != revision)
