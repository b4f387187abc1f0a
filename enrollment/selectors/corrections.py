"""Corrections as their pages show them: within the scope, their lines beside their rows."""

import dataclasses
import json
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from bureau.core.actors import Scope
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import CorrectionState, LineVerdict
from enrollment.choices.judged import MAY_BE_RIGHT
from enrollment.choices.lines import ShownVerdict
from enrollment.models import (
    CorrectedRow,
    RosterBatch,
    RosterCorrection,
    RosterFile,
    RosterRow,
    RosterRowVersion,
)
from enrollment.selectors.masked_row import field_of

#: Lines by which a row is left out.
LEFT_OUT: Final = Q(is_settled=True, verdict=LineVerdict.CHANGED)


def correction_in(scope: Scope, pk: int) -> RosterCorrection:
    """The corrections if their roster lies in the scope; Http404 otherwise."""
    found = RosterCorrection.objects.select_related("batch__area", "made_by_staff")
    correction: RosterCorrection = get_object_or_404(
        scope.filter(found, "batch__area__path"), pk=pk
    )
    return correction


def corrections_of(batch: RosterBatch) -> list[RosterCorrection]:
    """All corrections of the roster, the newest first."""
    return list(RosterCorrection.objects.filter(batch=batch).order_by("-pk"))


def open_corrections_of(batch: RosterBatch) -> list[RosterCorrection]:
    """Corrections of the roster that wait to be looked through, the oldest first."""
    found = RosterCorrection.objects.filter(batch=batch, state=CorrectionState.OPEN)
    return list(found.order_by("pk"))


def lines_of(correction_pk: int, scope: Scope) -> QuerySet[CorrectedRow]:
    """The lines of corrections in the scope."""
    lines = CorrectedRow.objects.filter(correction=correction_pk).select_related(
        "roster_file", "file"
    )
    return scope.filter(lines, "correction__batch__area__path")


def line_in(scope: Scope, correction_pk: int, pk: int) -> CorrectedRow:
    """One line of corrections in the scope; Http404 otherwise."""
    lines = lines_of(correction_pk, scope).select_related("correction__batch__area")
    found: CorrectedRow = get_object_or_404(lines, pk=pk)
    return found


@dataclasses.dataclass(frozen=True)
class CellChange:
    """One cell of a line: its heading, the field it feeds, what stood there and what stands now."""

    heading: str
    field: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before.strip() != self.after.strip()


@dataclasses.dataclass(frozen=True)
class Before:
    """The row of a line as it was before the line: its place, its cells, whose it said it was."""

    row_no: int | None
    raw: str
    reasons: list[str]
    name: str | None
    number: str | None


def befores(lines: Iterable[CorrectedRow]) -> dict[int, Before]:
    """By row, what the lines' rows were before: as they stand, or as the line found them."""
    wanted = [line for line in lines if line.row_id and line.version_seen is not None]
    rows = {
        row.pk: row for row in RosterRow.objects.filter(pk__in=[line.row_id for line in wanted])
    }
    taken = [line.row_id for line in wanted if line.is_taken]
    versions = {
        (version.row_id, version.version): version
        for version in RosterRowVersion.objects.filter(row__in=taken)
    }
    found = {}
    for line in wanted:
        row = rows.get(line.row_id or 0)
        if row is None:
            continue
        old = versions.get((row.pk, line.version_seen or 0)) if line.is_taken else None
        found[row.pk] = Before(
            row.row_no,
            old.raw if old else row.raw,
            (old or row).reasons,
            row.name,
            row.id_number or row.id_text,
        )
    return found


def decided_lines(correction: RosterCorrection) -> tuple[int, int]:
    """Lines not taken because a decision on a double enrollment rests on their row, and lines
    taken whose coverage was left as such a decision says."""
    lines = CorrectedRow.objects.filter(correction=correction, coverage_decided=True)
    held = lines.filter(verdict=LineVerdict.DECIDED).count()
    return held, lines.filter(is_taken=True).count()


def verdict_counts(correction: RosterCorrection) -> dict[ShownVerdict, int]:
    """How many lines come to what now, each counted once: some turn out otherwise when taken."""
    lines = CorrectedRow.objects.filter(correction=correction).order_by()
    found = dict(lines.values_list("verdict").annotate(Count("pk")))
    left_out = lines.filter(LEFT_OUT).count()
    counts = {verdict: found.get(verdict.value, 0) for verdict in ShownVerdict}
    counts[ShownVerdict.LEFT_OUT] = left_out
    counts[ShownVerdict.CHANGED] -= left_out
    return counts


def lines_with(lines: QuerySet[CorrectedRow], verdict: str) -> QuerySet[CorrectedRow]:
    """The lines that come to this, as the pages say it."""
    if verdict == ShownVerdict.LEFT_OUT:
        return lines.filter(LEFT_OUT)
    found = lines.filter(verdict=verdict)
    return found.exclude(LEFT_OUT) if verdict == ShownVerdict.CHANGED else found


def judged_lines(correction: RosterCorrection) -> int:
    """Lines by which a row is found right as it is written, taken or not."""
    told = CorrectedRow.objects.filter(correction=correction, is_settled=False)
    return told.exclude(note="").exclude(verdict=LineVerdict.WRONG).count()


def void_grounds(correction: RosterCorrection) -> int:
    """Lines that bring grounds for a problem that nobody can vouch for."""
    told = CorrectedRow.objects.filter(
        correction=correction, is_settled=False, verdict=LineVerdict.WRONG
    )
    may = sorted(MAY_BE_RIGHT)
    return told.exclude(note="").exclude(reasons__contained_by=may).count()


def cell_changes(line: CorrectedRow, before: Before | None) -> list[CellChange]:
    """The line's cells beside those of its row, under the county's headings."""
    now: list[str] = [cell or "" for cell in json.loads(line.raw)]
    was: list[str] = [cell or "" for cell in json.loads(before.raw)] if before else []
    if line.verdict == "SAME":
        now = was
    columns = {column.index: column for column in _columns(line)}
    found = []
    for index in range(max(len(now), len(was), len(columns))):
        column = columns.get(index)
        found.append(
            CellChange(
                column.header if column else f"#{index + 1}",
                field_of(column),
                was[index] if index < len(was) else "",
                now[index] if index < len(now) else "",
            )
        )
    return found


def _columns(line: CorrectedRow) -> Any:
    file = line.roster_file
    sheet = sheet_of(file, line.roster_sheet) if file else None
    return sheet.columns if sheet else ()


def sheet_of(file: RosterFile, number: int | None) -> SheetLayout | None:
    """One sheet of a file's layout."""
    if not file.layout:
        return None
    layout = FileLayout.from_json(file.layout)
    return next((sheet for sheet in layout.sheets if sheet.sheet == number), None)


def versions_of(row: RosterRow) -> list[RosterRowVersion]:
    """The row as it was before each of its corrections, the first first."""
    return list(
        RosterRowVersion.objects.filter(row=row).select_related("correction").order_by("version")
    )
