"""A row of a roster corrected on its page: what is typed in goes the way of a corrected file.

It is written as a problem file of one line, so that reading, judging, approval and applying are
those of every correction, and the file stays as the record of what was typed.
"""

import bisect
import csv
import datetime
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bureau.core import audit, files
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.formulas import formula_safe
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState
from bureau.intake.reordered import heading_order
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import CorrectionSource, CorrectionState, Outcome, Reason
from enrollment.choices.judged import MAY_BE_LEFT_OUT, awaits_number, may_all_be_right
from enrollment.choices.problem_columns import ProblemColumn
from enrollment.models import CorrectedRow, CorrectionFile, RosterBatch, RosterCorrection, RosterRow
from enrollment.rules.leaving_out import note_to_leave_out
from enrollment.rules.marks import Mark, SheetMark
from enrollment.rules.shown_cells import is_as_shown, shown_in_text
from enrollment.selectors import problem_columns
from enrollment.selectors.former_rows import decided_former_rows
from enrollment.services import correction_jobs, corrections, roster_jobs, rosters

#: States in which what a clerk typed in has not come to its end.
_UNENDED: Final = (
    CorrectionState.READING,
    CorrectionState.OPEN,
    CorrectionState.AWAITING_APPROVAL,
)


def may_be_repaired(row: RosterRow) -> bool:
    """Whether the row waits or was rejected, and nobody has settled it; or waits for a number.

    Where another edition's row stands for it, that one is corrected.
    """
    if row.stands_by_id is not None:
        return False
    if awaits_number(row.confirmed, row.id_number):
        return True
    return row.outcome in (Outcome.REVIEW, Outcome.REJECTED) and not row.is_settled


def cells_of(row: RosterRow) -> list[str]:
    """The row's cells, as many as its sheet has columns at least."""
    cells = [cell or "" for cell in json.loads(row.raw)]
    return [*cells, *[""] * (len(_layout(row).columns) - len(cells))]


class Typed(NamedTuple):
    """A row as it is typed: its cells, and the evidence when it is right as it is written."""

    row: RosterRow
    cells: Sequence[str]
    evidence: str = ""


@whole
def repair(
    *, row: RosterRow, cells: Sequence[str], version: int, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """What was typed in is compared with the row; it gathers with the clerk's other such rows.

    `version` is how often the row had been corrected when it was shown. Typed in again before it is
    submitted, a row has its last wording. Raises `DomainError` when no cell differs, `MovedOn` when
    the row or the corrections have moved on.
    """
    batch = RosterBatch.objects.select_for_update().get(pk=row.batch_id)
    row = RosterRow.objects.select_related("file", "batch__area").get(pk=row.pk)
    if row.version != version or not may_be_repaired(row):
        raise _row_moved_on(batch)
    if all(is_as_shown(was, now) for was, now in zip(cells_of(row), cells, strict=True)):
        raise DomainError("NOTHING_TYPED", _("No cell was changed. Nothing was done."))
    return _gather(batch, [Typed(row, cells)], at=at, by=by)


@whole
def find_right(
    *, batch: RosterBatch, rows: Mapping[int, int], evidence: str, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """The rows, by their number and how often they had been corrected when shown, are right as they
    are written; they gather with what the clerk typed, and a second person looks at the evidence.

    Raises `DomainError` for a row with a problem that no person may judge, `MovedOn` when a row or
    the corrections have moved on.
    """
    batch = RosterBatch.objects.select_for_update().get(pk=batch.pk)
    found = list(
        RosterRow.objects.filter(batch=batch, pk__in=list(rows))
        .select_related("file", "batch__area")
        .order_by("file", "sheet", "row_no")
    )
    if len(found) != len(rows) or any(
        row.version != rows[row.pk] or not may_be_repaired(row) for row in found
    ):
        raise _row_moved_on(batch)
    held = decided_former_rows([row.pk for row in found])
    for row in found:
        if not may_all_be_right(row.reasons):
            raise DomainError(
                "ROW_NOT_TO_BE_JUDGED",
                _(
                    "Row %(row)s of “%(file)s” has a problem that nobody can find right: it has to "
                    "be corrected."
                ),
                row=row.row_no,
                file=row.file.name,
            )
        if row.pk in held:
            raise DomainError(
                "FORMER_ROW_DECIDED",
                _(
                    "A person decided about the former row of row %(row)s of “%(file)s”: take "
                    "that decision back first, or leave the line out."
                ),
                row=row.row_no,
                file=row.file.name,
            )
    typed = [Typed(row, cells_of(row), evidence) for row in found]
    return _gather(batch, typed, at=at, by=by)


@whole
def leave_out(
    *, batch: RosterBatch, rows: Mapping[int, int], reason: str, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """The rows, each a second line or of somebody who died or left, are to be left out.

    They gather with what the clerk typed. `rows` are numbers with how often each had been corrected
    when shown. Raises `DomainError` for a row of no such reason, `MovedOn` when a row or the
    corrections have moved on.
    """
    batch = RosterBatch.objects.select_for_update().get(pk=batch.pk)
    found = list(
        RosterRow.objects.filter(batch=batch, pk__in=list(rows))
        .select_related("file", "batch__area")
        .order_by("file", "sheet", "row_no")
    )
    if len(found) != len(rows) or any(
        row.version != rows[row.pk] or not may_be_repaired(row) for row in found
    ):
        raise _row_moved_on(batch)
    for row in found:
        if not MAY_BE_LEFT_OUT.intersection(row.reasons):
            raise DomainError(
                "ROW_NOT_LEFT_OUT",
                _(
                    "Row %(row)s of “%(file)s” is not left out: it is neither a second line nor "
                    "marked as deceased or no longer insured here, nor one whose former row is "
                    "not certain."
                ),
                row=row.row_no,
                file=row.file.name,
            )
    typed = [Typed(row, cells_of(row), note_to_leave_out(reason)) for row in found]
    return _gather(batch, typed, at=at, by=by)


_LEFT_OUT_ON_RECORD: Final = """
    INSERT INTO enrollment_rosterrowversion
        (row_id, version, raw, outcome, reasons, fixes, values, replaced_at, replaced_by, note)
    SELECT staged.id, staged.version, staged.raw, staged.outcome, staged.reasons, staged.fixes,
           jsonb_strip_nulls(to_jsonb(staged)
               - '{id,batch_id,file_id,sheet,row_no,version,raw,outcome,reasons,fixes}'::text[]),
           %(at)s, %(by)s, ''
    FROM enrollment_rosterrow staged WHERE staged.id = %(row)s
"""
_TAKEN_IN_AGAIN: Final = """
    UPDATE enrollment_rosterrow staged
    SET version = staged.version + 1, is_settled = false, reasons = own.reasons,
        outcome = CASE WHEN cardinality(own.reasons) > 0 THEN 'REVIEW'
                       WHEN cardinality(staged.fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
    FROM (SELECT ARRAY(SELECT reason FROM unnest(former.reasons) reason
                       WHERE reason <> ALL (%(of_others)s)) AS reasons
          FROM enrollment_rosterrowversion former
          WHERE former.row_id = %(row)s AND former.outcome = 'REVIEW'
          ORDER BY former.version DESC LIMIT 1) own
    WHERE staged.id = %(row)s
"""

_ASKED_ANEW: Final = """
    UPDATE enrollment_rosterrow SET confirmed = confirmed || %(left_out)s::text
    WHERE id = %(row)s AND NOT confirmed @> ARRAY[%(left_out)s]::text[]
"""


@whole
def take_in_again(
    *, batch: RosterBatch, row_id: int, at: datetime.datetime, by: Actor, of_others: Sequence[str]
) -> None:
    """A line that was left out counts again, and the roster is checked anew with it.

    `of_others` are the reasons that a row gets from other rows: the check brings them up again.
    Raises `DomainError` once the roster is submitted or on the roll, `MovedOn` when the row is not
    left out any more.
    """
    batch = RosterBatch.objects.select_for_update().select_related("area").get(pk=batch.pk)
    if batch.state != BatchState.CHECKED:
        raise DomainError(
            "ROSTER_NOT_CORRECTABLE",
            _("A line is taken in again while its roster is checked and not submitted yet."),
        )
    row = RosterRow.objects.filter(batch=batch, pk=row_id).first()
    if row is None or not row.is_settled or Reason.LEFT_OUT not in row.reasons:
        raise _row_moved_on(batch)
    facts: dict[str, Any] = {
        "row": row.pk,
        "at": at,
        "by": by.text[:120],
        "of_others": list(of_others),
    }
    with connection.cursor() as cursor:
        if row.stands_by_id is None:
            cursor.execute(_LEFT_OUT_ON_RECORD, facts)
            cursor.execute(_TAKEN_IN_AGAIN, facts)
        else:
            # Left out as its former row was: the comparison asks about it anew.
            cursor.execute(_ASKED_ANEW, {"row": row.pk, "left_out": Reason.LEFT_OUT.value})
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.READING)
    rosters.note_drafters(batch, by.staff_no)
    audit.record(
        "roster.line_taken_in_again", by=by, at=at, target=batch, area=batch.area, row=row.row_no
    )
    roster_jobs.enqueue(roster_jobs.CHECK, batch, by=by, at=at)


def _row_moved_on(batch: RosterBatch) -> MovedOn:
    return MovedOn(
        "ROW_MOVED_ON",
        _("The row was corrected or settled meanwhile. Look at it again."),
        target=batch,
    )


def _gather(
    batch: RosterBatch, typed: Sequence[Typed], *, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """What was typed joins the clerk's corrections; its earlier wording goes."""
    correction = _gathering(batch, at=at, by=by)
    rows = {line.row.pk for line in typed}
    _withdraw_earlier(correction, rows)
    headings = _Headings(batch)
    together: dict[tuple[int, int, tuple[str, ...]], list[Typed]] = {}
    for line in typed:
        key = (line.row.file_id, line.row.sheet, tuple(headings.above(line.row)))
        together.setdefault(key, []).append(line)
    for (_file, _sheet, heading), lines in together.items():
        row = lines[0].row
        facts = {"file": row.file.name, "row": row.row_no, "further": len(lines) - 1}
        name = (
            _now("%(file)s, row %(row)s and %(further)s more.csv")
            if len(lines) > 1
            else _now("%(file)s, row %(row)s.csv")
        ) % facts
        stored = files.store(
            io.BytesIO(_text(lines, list(heading))),
            purpose="roster",
            original_name=name,
            by=by,
            at=at,
            area=row.batch.area,
        )
        corrections.add_file(correction=correction, stored=stored, at=at, by=by)
    correction_jobs.enqueue(correction_jobs.READ, correction, by=by, at=at)
    return correction


def _withdraw_earlier(correction: RosterCorrection, rows: set[int]) -> None:
    """What was typed of these rows before counts no more; others of the same file stay."""
    earlier = CorrectedRow.objects.filter(correction=correction, row_id__in=rows)
    met = set(earlier.values_list("file", flat=True))
    earlier.delete()
    kept = CorrectedRow.objects.filter(correction=correction, file__in=met)
    left = met - set(kept.values_list("file", flat=True))
    CorrectionFile.objects.filter(pk__in=left).update(withdrawn=True)


def _gathering(batch: RosterBatch, *, at: datetime.datetime, by: Actor) -> RosterCorrection:
    """The corrections in which the clerk's typed rows gather until they are submitted."""
    corrections.expect_correctable(batch)
    found = RosterCorrection.objects.filter(
        batch=batch,
        source=CorrectionSource.PAGE,
        made_by_staff_id=by.staff_id,
        state__in=_UNENDED,
    ).first()
    if found is None:
        return corrections.begin(batch=batch, source=CorrectionSource.PAGE, at=at, by=by)
    if found.state == CorrectionState.READING:
        raise DomainError(
            "CORRECTIONS_BEING_READ",
            _("The row you typed in before is being compared. Send this one in a moment."),
        )
    if found.state == CorrectionState.AWAITING_APPROVAL:
        raise DomainError(
            "CORRECTIONS_WAIT",
            _(
                "Your corrections no. %(number)s of this roster wait for a second person. Go on "
                "when they are decided, or withdraw their request."
            ),
            number=found.pk,
        )
    corrections.read_again(found)
    return found


def _layout(row: RosterRow) -> SheetLayout:
    sheets = FileLayout.from_json(row.file.layout).sheets
    return next(sheet for sheet in sheets if sheet.sheet == row.sheet)


def _text(lines: Sequence[Typed], reordered: list[str]) -> bytes:
    """Rows of one sheet as a problem file shows them, with what was typed in."""
    row = lines[0].row
    layout = _layout(row)
    heads = list(layout.header_cells[-1]) if layout.header_cells else []
    mark = SheetMark(row.batch_id, row.file_id, row.sheet)
    own = problem_columns.heads()
    own_heads = [
        f"{own[column]} {mark}"
        if column in (ProblemColumn.ROW, ProblemColumn.MARK)
        else own[column]
        for column in ProblemColumn
    ]
    written = [(heads, own_heads)]
    if reordered:
        written.append((reordered, own_heads))
    for row, cells, evidence in lines:
        place = Mark(row.batch_id, row.file_id, row.sheet, row.row_no, row.version)
        beside = [formula_safe(evidence), str(row.row_no), "", "", "", str(place)]
        written.append((list(cells), beside))
    width = max(len(county) for county, _own in written)
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    for county, beside in written:
        shown = [shown_in_text(cell) for cell in county]
        writer.writerow([*shown, *[""] * (width - len(shown)), *beside])
    return target.getvalue().encode("utf-8-sig")


class _Headings:
    """The headings of a roster's sheets that put the columns into another order, read once."""

    def __init__(self, batch: RosterBatch) -> None:
        self._batch = batch
        self._found: dict[tuple[int, int], tuple[list[int], list[list[str]]]] = {}

    def above(self, row: RosterRow) -> list[str]:
        """The heading that stands last above the row, if it puts the columns into another order."""
        key = (row.file_id, row.sheet)
        if key not in self._found:
            self._found[key] = self._of_sheet(row)
        numbers, heads = self._found[key]
        at = bisect.bisect_left(numbers, row.row_no)
        return heads[at - 1] if at else []

    def _of_sheet(self, row: RosterRow) -> tuple[list[int], list[list[str]]]:
        layout = _layout(row)
        lines = RosterRow.objects.filter(
            batch=self._batch,
            file=row.file_id,
            sheet=row.sheet,
            row_no__gte=layout.first_row,
            outcome=Outcome.NOT_RECORD,
        ).order_by("row_no")
        numbers: list[int] = []
        heads: list[list[str]] = []
        for number, raw in lines.values_list("row_no", "raw").iterator():
            cells = [cell or "" for cell in json.loads(raw)]
            is_heading, order = heading_order(cells, layout)
            if is_heading:
                numbers.append(number)
                heads.append(cells if order is not None else [])
        return numbers, heads
