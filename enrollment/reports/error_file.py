"""The problem file of a roster: its rows that wait or were rejected, as the county wrote them.

The original columns come first, so that the corrected file can be sent again; behind them stand the
place, the codes, and what is wrong and what helps, in the reader's language.
"""

import csv
import datetime
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from bureau.core import audit, clock, files
from bureau.core.jobs import JobContext
from bureau.core.models import Staff
from bureau.intake.shapes import FileLayout
from bureau.ui.exports import KEPT, PURPOSE, shown_by
from bureau.ui.tables import formula_safe
from enrollment.choices import REASON_TEXTS, Outcome, Reason
from enrollment.models import RosterBatch, RosterFile, RosterRow

#: Who may no longer see rows as they were written does not get their file either.
ROUTE: Final = "enrollment:roster-row"
#: Rows fetched at once, and between two signs of progress.
CHUNK: Final = 2_000
#: Data rows of one sheet; the format ends at 1,048,576 with the heading.
SHEET_ROWS: Final = 1_000_000

#: Headings of a sheet by file and sheet, and where its cells stand in the common table.
Places = dict[tuple[int, int], list[int]]


def write(context: JobContext, batch: RosterBatch) -> None:
    """The file is kept for its asker alone, and the access log says how many rows were taken."""
    staff = Staff.objects.get(pk=context.arguments["staff"])
    file_format = str(context.arguments["format"])
    with translation.override(str(context.arguments["language"])):
        rows = RosterRow.objects.filter(
            batch=batch, outcome__in=[Outcome.REVIEW, Outcome.REJECTED]
        ).order_by("pk")
        context.phase(_("Writing the file"), total=rows.count())
        headings, places = common_headings(batch)
        heads = [*headings, *annotation_heads()]
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            target = Path(folder) / "file"
            lines = _lines(context, rows, len(headings), places, _names(batch))
            count = WRITERS[file_format](target, heads, lines)
            _hand_over(context, batch, staff, target, file_format, count)


def annotation_heads() -> list[str]:
    """The columns behind the original ones."""
    return [
        _("File"),
        _("Sheet"),
        _("Row"),
        _("Outcome"),
        _("Codes"),
        _("What is wrong"),
        _("What helps"),
    ]


def common_headings(batch: RosterBatch) -> tuple[list[str], Places]:
    """Every heading of the roster's kept sheets once, and where each sheet's cells belong."""
    headings: dict[str, int] = {}
    places: Places = {}
    for file in RosterFile.objects.filter(batch=batch).exclude(layout={}).order_by("pk"):
        for sheet in FileLayout.from_json(file.layout).sheets:
            if sheet.kept:
                places[file.pk, sheet.sheet] = [
                    headings.setdefault(column.header, len(headings)) for column in sheet.columns
                ]
    return list(headings), places


def _names(batch: RosterBatch) -> dict[tuple[int, int], tuple[str, str]]:
    """The names of file and sheet by their numbers."""
    return {
        (file.pk, sheet["sheet"]): (file.name, sheet["sheet_name"])
        for file in RosterFile.objects.filter(batch=batch)
        for sheet in file.layout.get("sheets", ())
    }


def _lines(
    context: JobContext,
    rows: Any,
    width: int,
    places: Places,
    names: dict[tuple[int, int], tuple[str, str]],
) -> Iterator[list[str | int]]:
    done = 0
    for row in rows.iterator(chunk_size=CHUNK):
        key = (row.file_id, row.sheet)
        yield [
            *_cells(row, width, places.get(key, [])),
            *_annotation(row, *names.get(key, ("", ""))),
        ]
        done += 1
        if done % CHUNK == 0:
            context.progress(done)
            context.heartbeat()
    context.progress(done)


def _cells(row: RosterRow, width: int, places: Sequence[int]) -> list[str]:
    """The cells as read, each under its heading; cells beyond the headings join the last one."""
    cells: list[str] = [cell or "" for cell in json.loads(row.raw)]
    line = [""] * width
    for at, cell in enumerate(cells[: len(places)]):
        line[places[at]] = cell
    beyond = [cell for cell in cells[len(places) :] if cell.strip()]
    if beyond and places:
        line[places[-1]] = " ".join([line[places[-1]], *beyond]).strip()
    return line


def _annotation(row: RosterRow, file: str, sheet: str) -> list[str | int]:
    texts = [REASON_TEXTS[Reason(code)] for code in row.reasons if code in Reason.values]
    return [
        file,
        sheet,
        row.row_no,
        str(Outcome(row.outcome).label),
        " ".join(row.reasons),
        " ".join(str(text.explanation) for text in texts),
        " ".join(dict.fromkeys(str(text.remedy) for text in texts)),
    ]


def _write_csv(target: Path, heads: Sequence[str], lines: Iterable[list[str | int]]) -> int:
    """UTF-8 with the mark by which spreadsheets know it."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([formula_safe(head) for head in heads])
        for line in lines:
            writer.writerow([formula_safe(v) if isinstance(v, str) else v for v in line])
            count += 1
    return count


def _write_xlsx(target: Path, heads: Sequence[str], lines: Iterable[list[str | int]]) -> int:
    """Every cell is text: nothing is calculated, and an identity number keeps all its digits."""
    count = 0
    options = {"constant_memory": True, "tmpdir": str(target.parent)}
    with xlsxwriter.Workbook(str(target), options) as book:
        bold = book.add_format({"bold": True, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        sheet = _new_sheet(book, heads, bold, text)
        for line in lines:
            if count and count % SHEET_ROWS == 0:
                sheet = _new_sheet(book, heads, bold, text)
            for column, value in enumerate(line):
                if isinstance(value, int):
                    sheet.write_number(count % SHEET_ROWS + 1, column, value)
                elif value:
                    sheet.write_string(count % SHEET_ROWS + 1, column, value, text)
            count += 1
    return count


def _new_sheet(book: Any, heads: Sequence[str], bold: Any, text: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.set_column(0, len(heads) - 1, 16, text)
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    return sheet


WRITERS: Final = {"csv": _write_csv, "xlsx": _write_xlsx}


def _hand_over(
    context: JobContext,
    batch: RosterBatch,
    staff: Staff,
    made: Path,
    file_format: str,
    count: int,
) -> None:
    now: datetime.datetime = clock.now()
    with context.step(), made.open("rb") as content:
        audit.log_access(
            "enrollment.rosterrow",
            "export",
            by=staff,
            at=now,
            fields=["raw"],
            row_count=count,
            area=batch.area,
        )
        audit.record(
            "roster.error_file", by=staff, at=now, target=batch, area=batch.area, rows=count
        )
        stored = files.store(
            content,
            purpose=PURPOSE,
            original_name=_("%(area)s-%(scheme)s-%(year)s-problems.%(ending)s")
            % {
                "area": batch.area,
                "scheme": batch.scheme,
                "year": batch.year,
                "ending": file_format,
            },
            by=staff,
            at=now,
            area=batch.area,
            owner=staff,
            purge_after=now + KEPT,
        )
        shown = shown_by(ROUTE, [batch.area.path])
        context.result = {"file": stored.pk, "rows": count, **shown}
