"""A newer edition taking the place of the former one on the roll, and giving it back.

Lines that did not change are not touched. A changed line takes the place of its former row by the
statements by which rows are undone; both happen in the transaction of the range of people.
"""

from typing import Any, Final

from django.db import connection

from bureau.core import clock, crash
from bureau.core.jobs import JobContext
from bureau.intake.choices import BatchState
from enrollment.choices import Reason
from enrollment.imports import resettle
from enrollment.imports.edition_compare import edition_of
from enrollment.models import EditionLine, RosterBatch, RosterEdition

#: Lines whose coverage is ended or given back in one transaction.
RANGE_LINES: Final = 5_000
#: The people in whose files a line may take the place of its former row by now.
_READY: Final = """
    SELECT min(link.person_id) - 1, max(link.person_id)
    FROM enrollment_editionline line JOIN enrollment_rosterlink link ON link.row_id = line.row_id
    WHERE line.edition_id = %s AND line.follows AND NOT line.is_taken
"""
#: Lines that were to be looked at and are, as it turned out, the line of their former row.
_FOUND_TO_BE: Final = """
    UPDATE enrollment_editionline line SET state = 'CHANGED', follows = true
    FROM enrollment_rosterrow staged, enrollment_rosterlink link, enrollment_rosterlink former
    WHERE line.edition_id = %s AND line.state = 'UNSURE' AND NOT line.is_taken
      AND staged.id = line.row_id AND staged.outcome IN ('ACCEPTED', 'FIXED')
      AND link.row_id = line.row_id AND former.row_id = line.old_row_id
      AND former.person_id = link.person_id
"""


def hold_decided(batch: RosterBatch, low: int, high: int) -> int:
    """Of this range of people, lines about whose former rows a person has decided since the
    roster was compared wait to be looked at; returns how many. Call it before the range is written,
    in the same transaction.
    """
    edition = edition_of(batch)
    if edition is None:
        return 0
    facts: dict[str, Any] = {
        "edition": edition.pk, "low": low, "high": high, "unsure": Reason.EDITION_UNSURE.value,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(resettle.statement("edition_hold"), facts)
        return int(cursor.rowcount)


def take_over(batch: RosterBatch, low: int, high: int) -> None:
    """Of this range of people, changed lines stand in the place of their former rows.

    Call it in the transaction that wrote the range, or whenever rows of the edition became clean.
    """
    edition = edition_of(batch)
    if edition is None:
        return
    facts: dict[str, Any] = {
        "edition": edition.pk, "low": low, "high": high, "at": batch.approved_at,
    }  # fmt: skip
    resettle.run("edition_range", facts)
    resettle.run("edition_links")
    resettle.release(facts)
    resettle.gather("link.row_id IN (SELECT row_id FROM taking) AND link.opens_file")
    resettle.follow_openers("undo_openers")
    resettle.forget_gathered()
    resettle.run("undo_homes")
    resettle.execute(
        "CREATE TEMP TABLE corrected ON COMMIT DROP AS"
        " SELECT row_id, false AS is_decided FROM taking"
    )
    resettle.cover_changed_rows()
    resettle.execute(
        "CREATE TEMP TABLE changed_person ON COMMIT DROP AS SELECT DISTINCT person_id FROM taking"
    )
    resettle.decide_doubles()
    resettle.execute("DROP TABLE corrected, undone, changed_row, taking")


def follow(batch: RosterBatch, *, by: str) -> None:
    """Rows of an edition that were corrected or decided stand in the place of their former rows.

    Call it in the transaction that ends the work, while the roll is held.
    """
    edition = edition_of(batch)
    if edition is None or batch.state != BatchState.APPLIED:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FOUND_TO_BE, [edition.pk])
        cursor.execute(_READY, [edition.pk])
        low, high = cursor.fetchone()
    if high is not None:
        take_over(batch, low, high)
    _settle(edition, by=by)


def finish(context: JobContext, batch: RosterBatch) -> None:
    """Who is left out is covered as was decided, and nothing is asked twice."""
    edition = edition_of(batch)
    if edition is None:
        return
    _in_ranges(context, edition, "edition_end", "left_out_done")
    if not context.checkpoint.get("edition_settled"):
        with context.step(edition_settled=True):
            _settle(edition, by=context.actor.text[:120])


def give_back(context: JobContext, batch: RosterBatch) -> None:
    """The coverage that the edition ended is as it was, before its lines are undone."""
    edition = edition_of(batch)
    if edition is not None:
        _in_ranges(context, edition, "edition_restore", "given_back")


def _in_ranges(context: JobContext, edition: RosterEdition, step: str, key: str) -> None:
    lines = EditionLine.objects.filter(edition=edition, state="LEFT", ends_on__isnull=False)
    while True:
        done = int(context.checkpoint.get(key, 0))
        numbers = list(
            lines.filter(pk__gt=done).order_by("pk").values_list("pk", flat=True)[:RANGE_LINES]
        )
        if not numbers:
            return
        with context.step(**{key: numbers[-1]}):
            resettle.run(step, {"edition": edition.pk, "low": done, "high": numbers[-1]})
            resettle.run("apply_precedence")
            resettle.execute("DROP TABLE applied")


def _settle(edition: RosterEdition, *, by: str) -> None:
    facts = {"edition": edition.pk, "by": by, "at": clock.now()}
    resettle.run("edition_waiting", facts)
    resettle.run("edition_counts", facts)
    crash.point("edition_settled")
