"""What always holds between files, rows, people and the roll, beside `models.constraints`."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant


@invariant(
    "roster_file_rows_are_kept",
    _("Every row that was loaded from a file stands in the table."),
)
def _file_rows_are_kept() -> str:
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
    "coverage_is_of_the_linked_person",
    _("The coverage made from a linked row is that of the person it is linked to."),
)
def _coverage_is_of_the_linked_person() -> str:
    return """
        SELECT link.row_id
        FROM enrollment_rosterlink link
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        LEFT JOIN enrollment_coveragespell spell
               ON spell.source_row_id = link.row_id AND spell.person_id = link.person_id
        WHERE spell.id IS NULL
    """


@invariant(
    "resident_number_is_of_one_person",
    _("A resident identity number belongs to one person at a time."),
)
def _resident_number_is_of_one_person() -> str:
    return """
        SELECT holder.person_id
        FROM enrollment_personidentifier holder
        JOIN enrollment_personidentifier other
          ON other.number = holder.number AND other.kind = 'RESIDENT_ID'
         AND other.person_id > holder.person_id AND other.period && holder.period
        WHERE holder.kind = 'RESIDENT_ID'
    """


@invariant(
    "roll_is_held_by_work",
    _("The roll is claimed only by a roster whose job has not ended."),
)
def _roll_is_held_by_work() -> str:
    return """
        SELECT roll.applying_batch_id
        FROM enrollment_roll roll
        WHERE roll.applying_batch_id IS NOT NULL
          AND NOT EXISTS (
              SELECT 1 FROM core_job job
              WHERE job.kind IN ('enrollment.apply_roster', 'enrollment.apply_corrections',
                                 'enrollment.undo_roster')
                AND (job.key = roll.applying_batch_id::text
                  OR job.arguments ->> 'batch_id' = roll.applying_batch_id::text)
                AND job.state IN ('QUEUED', 'RUNNING'))
    """
