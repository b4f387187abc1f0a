"""A newer edition taking the place of the former one on the roll, and giving it back.

Lines that did not change are not touched. A changed line takes the place of its former row by the
statements by which rows are undone; both happen in the transaction of the range of people.
"""

import datetime
from collections.abc import Collection
from typing import Any, Final

from django.db import connection

from bureau.core import clock, crash
from bureau.core.jobs import JobContext
from bureau.intake.choices import BatchState
from enrollment.choices import Reason
from enrollment.imports import reconcile, resettle
from enrollment.imports.edition_compare import edition_of
from enrollment.models import EditionLine, RosterBatch, RosterEdition
from enrollment.rules.decisions import ANSWERED_REASONS

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

#: Lines taken, whose former rows nobody is asked about any more.
_GONE: Final = """
    CREATE TEMP TABLE gone ON COMMIT DROP AS
    SELECT id AS line_id, old_row_id FROM enrollment_editionline
    WHERE edition_id = %s AND is_taken AND (follows OR before ? 'is_settled')
"""


def hold_decided(batch: RosterBatch, low: int, high: int) -> int:
    """Of this range of people, lines about whose former rows a person has decided since the
    roster was compared wait to be looked at; returns how many. About the others nobody decides
    until the transaction ends. Call it before the range is written, in the same transaction.
    """
    edition = edition_of(batch)
    if edition is None:
        return 0
    facts = _facts(edition, low, high)
    with connection.cursor() as cursor:
        # Two statements: the second sees what was decided until the first had its locks.
        cursor.execute(resettle.statement("edition_lock"), facts)
        crash.point("edition_locked")
        cursor.execute(resettle.statement("edition_hold"), facts)
        return int(cursor.rowcount)


def _facts(edition: RosterEdition, low: int, high: int) -> dict[str, Any]:
    return {
        "edition": edition.pk, "low": low, "high": high, "unsure": Reason.EDITION_UNSURE.value,
        "answered": [reason.value for reason in ANSWERED_REASONS],
    }  # fmt: skip


def take_over(batch: RosterBatch, low: int, high: int, *, by: str) -> None:
    """Of this range of people, changed lines stand in the place of their former rows.

    Call it in the transaction that wrote the range, or whenever rows of the edition became clean;
    after `hold_decided` of the same range, in the same transaction.
    """
    edition = edition_of(batch)
    if edition is None:
        return
    facts = _facts(edition, low, high) | {
        "at": batch.approved_at, "by": by, "settled_at": clock.now(),
    }  # fmt: skip
    resettle.run("edition_range", facts)
    resettle.run("edition_links")
    resettle.run("edition_pairs", facts)
    resettle.release(facts)
    resettle.gather("link.row_id IN (SELECT row_id FROM taking) AND link.opens_file")
    resettle.follow_openers("undo_openers")
    resettle.forget_gathered()
    resettle.run("undo_homes")
    resettle.execute(
        "CREATE TEMP TABLE corrected ON COMMIT DROP AS"
        " SELECT row_id, is_placed AS is_decided FROM taking"
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
        if hold_decided(batch, low, high):
            resettle.run("edition_hold_cover", _facts(edition, low, high))
            resettle.run("apply_precedence")
            resettle.execute("DROP TABLE applied")
            reconcile.count_rows(batch)
        take_over(batch, low, high, by=by)
    _settle(edition, by=by)


def hold_placed() -> None:
    """Lines of newer editions that a decision brings to a file wait where both editions would cover
    somebody. In: pg_temp.coming, before the rows are placed.
    """
    resettle.run("edition_placed", {"unsure": Reason.EDITION_UNSURE.value})


def follow_placed(rows: Collection[int], *, by: str) -> None:
    """The rows that a decision placed stand in the place of their former rows, where they may."""
    waiting = EditionLine.objects.filter(
        row__in=list(rows), follows=True, is_taken=False, edition__is_open=True
    )
    for edition in RosterEdition.objects.filter(pk__in=waiting.values("edition")).select_related(
        "batch"
    ):
        follow(edition.batch, by=by)


def give_way(rows: Collection[int], *, at: datetime.datetime) -> None:
    """Former rows stand again where these lines, which stand for nobody now, had replaced them.

    Call it in the transaction that took the decision back.
    """
    taken = EditionLine.objects.filter(
        row__in=list(rows), follows=True, is_taken=True, edition__is_open=True
    )
    if not taken.exists():
        return
    facts = {"rows": list(rows), "at": at}
    resettle.run("edition_give_way", facts)
    resettle.release(facts)
    resettle.gather(
        "link.row_id IN (SELECT row_id FROM undone WHERE person_after IS NOT NULL)"
        " AND link.opens_file"
    )
    resettle.follow_openers("undo_openers")
    resettle.forget_gathered()
    resettle.run("undo_homes")
    resettle.execute(
        "CREATE TEMP TABLE corrected ON COMMIT DROP AS"
        " SELECT row_id, false AS is_decided FROM undone WHERE person_after IS NOT NULL"
    )
    resettle.cover_changed_rows()
    resettle.execute(
        "CREATE TEMP TABLE changed_person ON COMMIT DROP AS"
        " SELECT DISTINCT person_after AS person_id FROM undone WHERE person_after IS NOT NULL"
    )
    resettle.decide_doubles()
    resettle.execute("DROP TABLE corrected, undone, changed_row")


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
    facts = {"edition": edition.pk, "by": by, "settled_at": clock.now()}
    resettle.run("edition_waiting", facts)
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [edition.pk])
    resettle.run("edition_pairs", facts)
    resettle.run("edition_counts", facts)
    crash.point("edition_settled")
