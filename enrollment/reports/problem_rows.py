"""The rows of a roster that wait or were rejected, sheet by sheet as the county laid them out."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from bureau.intake.reordered import Order, heading_order
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import REASON_TEXTS, Reason
from enrollment.choices.judged import (
    EVIDENCE_FOR,
    MAY_BE_LEFT_OUT,
    MAY_BE_RIGHT,
    may_all_be_right,
)
from enrollment.choices.problem_columns import ProblemColumn
from enrollment.models import RosterFile
from enrollment.rules.marks import Mark, SheetMark
from enrollment.rules.repairs import FIELD_OF_REASON
from enrollment.selectors import problem_columns

#: Rows fetched at once.
CHUNK: Final = 2_000
#: Columns of a county's sheet that are laid out; the reader refuses wider ones.
MOST_COLUMNS: Final = 400

_OPEN: Final = "staged.outcome IN ('REVIEW', 'REJECTED') AND NOT staged.is_settled"
#: Rows of the file that are problems, and lines that are no records: headings stand among them.
_ROWS: Final = f"""
    SELECT staged.sheet, staged.row_no, staged.raw, staged.outcome, staged.reasons,
           staged.id_suggestion, staged.version
    FROM enrollment_rosterrow staged
    WHERE staged.batch_id = %s AND staged.file_id = %s
      AND (staged.outcome = 'NOT_RECORD' OR {_OPEN})
    ORDER BY staged.sheet, staged.row_no
"""  # noqa: S608 (own condition)
_WIDTHS: Final = f"""
    SELECT staged.sheet, count(*), max(json_array_length(staged.raw::json))
    FROM enrollment_rosterrow staged
    WHERE staged.batch_id = %s AND staged.file_id = %s AND {_OPEN}
    GROUP BY staged.sheet
"""  # noqa: S608 (own condition)


class Line(NamedTuple):
    """One row with a problem: its cells, the place and words beside them, the cells at fault."""

    cells: list[str]
    row_no: int
    codes: str
    wrong: str
    help: str
    mark: str
    faulty: frozenset[int]
    #: Whether what is written in the first own column can do anything for the row.
    takes_note: bool


class Heading(NamedTuple):
    """A heading further down, from which the columns stand in another order."""

    cells: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a county's file that has rows with problems.

    `heads` are its lines above the first record, titles included; `head_at` is the one beside
    which the own headings stand. The county's cells fill `width` columns; the own ones follow.
    """

    layout: SheetLayout
    name: str
    width: int
    rows: int
    heads: list[list[str]]
    head_at: int
    own_heads: list[str]
    fields: dict[int, tuple[str, ...]]


def sheets_of(file: RosterFile) -> Iterator[tuple[Sheet, Iterator[Line | Heading]]]:
    """The sheets with problems in the file's order, each with its lines; read them in this order.

    A row that was corrected and still waits is shown as it was corrected.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WIDTHS, [file.batch_id, file.pk])
        found = {sheet: (rows, width) for sheet, rows, width in cursor.fetchall()}
    if not found:
        return
    layouts = {sheet.sheet: sheet for sheet in FileLayout.from_json(file.layout).sheets}
    reader = _Reader(file)
    try:
        for number, (rows, width) in sorted(found.items()):
            layout = layouts[number]
            heads = reader.heads_of(layout)
            sheet = _sheet(file, layout, heads, min(max(width, len(layout.columns)), MOST_COLUMNS))
            yield dataclasses.replace(sheet, rows=rows), reader.lines_of(sheet)
    finally:
        reader.close()


def _sheet(file: RosterFile, layout: SheetLayout, heads: list[list[str]], width: int) -> Sheet:
    head_at = layout.header_row + layout.header_rows - 2 if layout.header_row else -1
    if not 0 <= head_at < len(heads):
        # Nothing heads the county's columns: a line of its own carries the further headings.
        heads = [*heads, []]
        head_at = len(heads) - 1
    mark = SheetMark(file.batch_id, file.pk, layout.sheet)
    own = problem_columns.heads()
    own[ProblemColumn.ROW] = f"{own[ProblemColumn.ROW]} {mark}"
    own[ProblemColumn.MARK] = f"{own[ProblemColumn.MARK]} {mark}"
    return Sheet(
        layout=layout,
        name=layout.sheet_name,
        width=width,
        rows=0,
        heads=heads,
        head_at=head_at,
        own_heads=[own[column] for column in ProblemColumn],
        fields={column.index: column.fed for column in layout.columns if column.fed},
    )


class _Reader:
    """Goes once through the file's rows, by a cursor of the database, so that memory is bounded."""

    def __init__(self, file: RosterFile) -> None:
        self._file = file
        self._told: dict[tuple[int, tuple[str, ...]], tuple[str, str, str, frozenset[int]]] = {}
        self._cursor = connection.chunked_cursor()
        self._cursor.execute(_ROWS, [file.batch_id, file.pk])
        self._rows = self._fetched()
        self._next: tuple[Any, ...] | None = next(self._rows, None)

    def close(self) -> None:
        self._cursor.close()

    def _fetched(self) -> Iterator[tuple[Any, ...]]:
        while rows := self._cursor.fetchmany(CHUNK):
            yield from rows

    def _rows_of(self, number: int) -> Iterator[tuple[Any, ...]]:
        """The rows of one sheet; what stands before them is passed over."""
        while self._next is not None and self._next[0] <= number:
            row, self._next = self._next, next(self._rows, None)
            if row[0] == number:
                yield row

    def heads_of(self, layout: SheetLayout) -> list[list[str]]:
        """The sheet's lines above its first record, as they were read."""
        heads: list[list[str]] = []
        while self._next is not None and self._next[0] < layout.sheet:
            self._next = next(self._rows, None)
        while (
            self._next is not None
            and self._next[0] == layout.sheet
            and self._next[1] < layout.first_row
        ):
            _sheet, row_no, raw, outcome, *_rest = self._next
            if outcome != "NOT_RECORD":
                break
            # Lines that the reader left out, such as empty ones of a workbook, keep their place.
            heads += [[]] * (row_no - 1 - len(heads))
            heads.append(json.loads(raw))
            self._next = next(self._rows, None)
        return heads

    def lines_of(self, sheet: Sheet) -> Iterator[Line | Heading]:
        """The sheet's rows with problems, a heading before them where the order changes."""
        order: Order | None = None
        told: Order | None = None
        heading: list[str] = []
        for _sheet, row_no, raw, outcome, reasons, suggestion, version in self._rows_of(
            sheet.layout.sheet
        ):
            cells: list[str] = [cell or "" for cell in json.loads(raw)]
            if outcome == "NOT_RECORD":
                is_heading, found = heading_order(cells, sheet.layout)
                if is_heading:
                    order, heading = found, cells
                continue
            if order != told:
                told = order
                yield Heading(heading)
            codes, wrong, remedy, faulty = self._told_by(tuple(reasons), sheet)
            if suggestion:
                proposal = _("Proposed number: %(number)s") % {"number": suggestion}
                remedy = f"{remedy} {proposal}"
            mark = Mark(self._file.batch_id, self._file.pk, sheet.layout.sheet, row_no, version)
            columns = faulty if order is None else _places(faulty, order)
            takes_note = may_all_be_right(reasons) or bool(MAY_BE_LEFT_OUT.intersection(reasons))
            yield Line(cells, row_no, codes, wrong, remedy, str(mark), columns, takes_note)

    def _told_by(
        self, reasons: tuple[str, ...], sheet: Sheet
    ) -> tuple[str, str, str, frozenset[int]]:
        """Codes, what is wrong, what helps and the columns at fault, once for each combination."""
        key = (sheet.layout.sheet, reasons)
        if key not in self._told:
            known = [Reason(code) for code in reasons if code in Reason.values]
            texts = [REASON_TEXTS[reason] for reason in known]
            fields = {FIELD_OF_REASON.get(reason) for reason in known}
            if may_all_be_right([*reasons]):
                right = [str(EVIDENCE_FOR[reason]) for reason in known]
            else:
                right = [cannot_be_right(reasons)]
            self._told[key] = (
                " ".join(reasons),
                " ".join(str(text.explanation) for text in texts),
                " ".join(dict.fromkeys([*(str(text.remedy) for text in texts), *right])),
                frozenset(index for index, fed in sheet.fields.items() if fields.intersection(fed)),
            )
        return self._told[key]


def cannot_be_right(reasons: Sequence[str]) -> str:
    """That the row is not right as it is written, whoever vouches for it, and because of what."""
    blocking = [
        str(Reason(code).label)
        for code in reasons
        if code in Reason.values and code not in MAY_BE_RIGHT
    ]
    return _("Cannot be declared right as it is: %(problems)s.") % {
        "problems": _(", ").join(blocking)
    }


def _places(columns: frozenset[int], order: Order) -> frozenset[int]:
    """Where the columns of the layout stand in another order."""
    found = (order[index] for index in columns if index < len(order))
    return frozenset(place for place in found if place is not None)
