"""A row of a roster corrected on its page: what is typed in goes the way of a corrected file.

It is written as a problem file of one line, so that reading, judging, approval and applying are
those of every correction, and the file stays as the record of what was typed.
"""

import csv
import datetime
import io
import json
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bureau.core import files
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.transactions import whole
from bureau.intake.reordered import heading_order
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import CorrectionSource, CorrectionState, Outcome, ProblemColumn
from enrollment.models import CorrectedRow, CorrectionFile, RosterBatch, RosterCorrection, RosterRow
from enrollment.rules.marks import Mark, SheetMark
from enrollment.rules.shown_cells import is_as_shown, shown_in_text
from enrollment.selectors import problem_columns
from enrollment.services import correction_jobs, corrections

#: States in which what a clerk typed in has not come to its end.
_UNENDED: Final = (
    CorrectionState.READING,
    CorrectionState.OPEN,
    CorrectionState.AWAITING_APPROVAL,
)


def may_be_repaired(row: RosterRow) -> bool:
    """Whether the row waits or was rejected, and nobody has settled it."""
    return row.outcome in (Outcome.REVIEW, Outcome.REJECTED) and not row.is_settled


def cells_of(row: RosterRow) -> list[str]:
    """The row's cells, as many as its sheet has columns at least."""
    cells = [cell or "" for cell in json.loads(row.raw)]
    return [*cells, *[""] * (len(_layout(row).columns) - len(cells))]


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
        raise MovedOn(
            "ROW_MOVED_ON",
            _("The row was corrected or settled meanwhile. Look at it again."),
            target=batch,
        )
    if all(is_as_shown(was, now) for was, now in zip(cells_of(row), cells, strict=True)):
        raise DomainError("NOTHING_TYPED", _("No cell was changed. Nothing was done."))
    correction = _gathering(batch, at=at, by=by)
    earlier = CorrectedRow.objects.filter(correction=correction, row_id=row.pk)
    CorrectionFile.objects.filter(pk__in=list(earlier.values_list("file", flat=True))).update(
        withdrawn=True
    )
    earlier.delete()
    stored = files.store(
        io.BytesIO(_text(row, cells)),
        purpose="roster",
        original_name=_now("%(file)s, row %(row)s.csv")
        % {"file": row.file.name, "row": row.row_no},
        by=by,
        at=at,
        area=row.batch.area,
    )
    corrections.add_file(correction=correction, stored=stored, at=at, by=by)
    correction_jobs.enqueue(correction_jobs.READ, correction, by=by, at=at)
    return correction


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


def _text(row: RosterRow, cells: Sequence[str]) -> bytes:
    """The row as a problem file shows it, with what was typed in."""
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
    place = Mark(row.batch_id, row.file_id, row.sheet, row.row_no, row.version)
    lines = [(heads, own_heads)]
    if reordered := _heading_above(row, layout):
        lines.append((reordered, own_heads))
    lines.append((list(cells), [str(row.row_no), "", "", "", str(place)]))
    width = max(len(county) for county, _own in lines)
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    for county, beside in lines:
        shown = [shown_in_text(cell) for cell in county]
        writer.writerow([*shown, *[""] * (width - len(shown)), *beside])
    return target.getvalue().encode("utf-8-sig")


def _heading_above(row: RosterRow, layout: SheetLayout) -> list[str]:
    """The heading that stands last above the row, if it puts the columns into another order."""
    above = RosterRow.objects.filter(
        batch=row.batch_id,
        file=row.file_id,
        sheet=row.sheet,
        row_no__lt=row.row_no,
        row_no__gte=layout.first_row,
        outcome=Outcome.NOT_RECORD,
    ).order_by("-row_no")
    for raw in above.values_list("raw", flat=True).iterator():
        cells = [cell or "" for cell in json.loads(raw)]
        is_heading, order = heading_order(cells, layout)
        if is_heading:
            return cells if order is not None else []
    return []
