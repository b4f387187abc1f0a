"""What always holds of the roll, for `manage.py check_invariants` and the fault tests."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant


@invariant(
    "enrollment.one_coverage_in_force_on_a_day",
    _("Nobody has two coverages in force on one day."),
)
def one_coverage_in_force_on_a_day() -> str:
    return """
        SELECT spell.person_id
        FROM enrollment_coveragespell spell
        JOIN enrollment_coveragespell other
          ON other.person_id = spell.person_id AND other.id > spell.id
         AND other.state = 'IN_FORCE' AND other.period && spell.period
        WHERE spell.state = 'IN_FORCE'
    """


@invariant(
    "enrollment.roster_adds_up",
    _("Every row of a checked roster has one outcome, and the roster's counters are its rows'."),
)
def roster_adds_up() -> str:
    return """
        SELECT batch.id
        FROM enrollment_rosterbatch batch
        LEFT JOIN LATERAL (
            SELECT count(*) AS rows,
                   count(*) FILTER (WHERE outcome = 'ACCEPTED') AS accepted,
                   count(*) FILTER (WHERE outcome = 'FIXED') AS fixed,
                   count(*) FILTER (WHERE outcome = 'REVIEW') AS review,
                   count(*) FILTER (WHERE outcome = 'REJECTED') AS rejected,
                   count(*) FILTER (WHERE outcome = 'NOT_RECORD') AS not_record
            FROM enrollment_rosterrow staged WHERE staged.batch_id = batch.id
        ) counted ON true
        WHERE batch.checked_at IS NOT NULL AND batch.state <> 'CANCELLED'
          AND (batch.rows_read, batch.rows_accepted, batch.rows_fixed, batch.rows_review,
               batch.rows_rejected, batch.rows_not_record)
              IS DISTINCT FROM
              (counted.rows, counted.accepted, counted.fixed, counted.review,
               counted.rejected, counted.not_record)
    """


@invariant(
    "enrollment.file_rows_are_kept",
    _("Every row that was loaded from a file stands in the table."),
)
def file_rows_are_kept() -> str:
    return """
        SELECT file.id
        FROM enrollment_rosterfile file
        JOIN enrollment_rosterbatch batch ON batch.id = file.batch_id
        WHERE file.is_loaded AND NOT file.withdrawn AND batch.checked_at IS NOT NULL
          AND file.rows_loaded <> (SELECT count(*) FROM enrollment_rosterrow staged
                                   WHERE staged.batch_id = file.batch_id
                                     AND staged.file_id = file.id)
    """


@invariant(
    "enrollment.clean_row_is_somebody",
    _("Every accepted or fixed row of an applied roster is linked to a person."),
)
def clean_row_is_somebody() -> str:
    return """
        SELECT staged.id
        FROM enrollment_rosterrow staged
        JOIN enrollment_rosterbatch batch
          ON batch.id = staged.batch_id AND batch.state = 'APPLIED'
        WHERE staged.outcome IN ('ACCEPTED', 'FIXED')
          AND NOT EXISTS (SELECT 1 FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
    """


@invariant(
    "enrollment.linked_row_is_covered",
    _("Every linked row of an applied roster has made one coverage of its person."),
)
def linked_row_is_covered() -> str:
    return """
        SELECT link.row_id
        FROM enrollment_rosterlink link
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        LEFT JOIN enrollment_coveragespell spell
               ON spell.source_row_id = link.row_id AND spell.person_id = link.person_id
        WHERE spell.id IS NULL
    """


@invariant(
    "enrollment.linked_person_has_a_file",
    _("Every person a row of an applied roster is linked to has a file."),
)
def linked_person_has_a_file() -> str:
    return """
        SELECT link.person_id
        FROM enrollment_rosterlink link
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        LEFT JOIN enrollment_person person ON person.id = link.person_id
        WHERE person.id IS NULL
    """


@invariant(
    "enrollment.resident_number_of_one_person",
    _("A resident identity number belongs to one person at a time."),
)
def resident_number_of_one_person() -> str:
    return """
        SELECT holder.person_id
        FROM enrollment_personidentifier holder
        JOIN enrollment_personidentifier other
          ON other.number = holder.number AND other.kind = 'RESIDENT_ID'
         AND other.person_id > holder.person_id AND other.period && holder.period
        WHERE holder.kind = 'RESIDENT_ID'
    """


@invariant(
    "enrollment.roll_is_claimed_by_work_alone",
    _("The roll is claimed only by a roster whose job has not ended."),
)
def roll_is_claimed_by_work_alone() -> str:
    return """
        SELECT roll.applying_batch_id
        FROM enrollment_roll roll
        WHERE roll.applying_batch_id IS NOT NULL
          AND NOT EXISTS (
              SELECT 1 FROM core_job job
              WHERE job.kind = 'enrollment.apply_roster'
                AND job.key = roll.applying_batch_id::text
                AND job.state IN ('QUEUED', 'RUNNING'))
    """
