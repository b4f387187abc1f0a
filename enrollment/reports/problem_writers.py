"""Writing a problem file: as a workbook, or as the text that the county sent."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from django.utils.translation import gettext as _

from bureau.intake.dialects import SPACES
from bureau.intake.shapes import SourceShape
from enrollment.models import RosterFile
from enrollment.reports.problem_rows import Heading, Line, Sheet, sheets_of
from enrollment.rules.shown_cells import LONGEST, shown_in_text, shown_in_workbook

#: Lines of one sheet; the format ends at 1,048,576.
SHEET_LINES: Final = 1_000_000
#: Widths of columns in characters: the county's, those of identity numbers, the own ones.
WIDTH, NUMBER_WIDTH = 14, 22
OWN_WIDTHS: Final = (26, 14, 22, 46, 46, 24)
NUMBER_FIELDS: Final = frozenset({"id_number", "head_id_number", "member_no", "household_no"})
_NOT_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
#: Encodings that have every character of the own columns; others are written as UTF-8.
_UNICODE: Final = {
    "gb18030": "gb18030",
    "utf-8": "utf-8-sig",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
_NEWLINES: Final = {"CRLF": "\r\n", "LF": "\n"}

#: Told how many more rows were written.
Told = Callable[[int], None]


def write_workbook(target: Path, file: RosterFile, told: Told) -> int:
    """Every cell is text: nothing is calculated, and an identity number keeps all its digits.

    The county's cells are open for corrections; headings and the own columns are locked, without
    a password. Returns how many rows were written.
    """
    options = {"constant_memory": True, "tmpdir": str(target.parent)}
    count = 0
    with xlsxwriter.Workbook(str(target), options) as book:
        writer = _Book(book)
        for sheet, lines in sheets_of(file):
            count += writer.write(sheet, lines, told)
    return count


class _Book:
    """The sheets of one workbook, in the same formats."""

    def __init__(self, book: Any) -> None:
        self.book = book
        text = {"num_format": "@"}
        self.open = book.add_format({**text, "locked": False})
        self.faulty = book.add_format({**text, "locked": False, "bg_color": "#FFE8B3"})
        self.head = book.add_format({**text, "bold": True, "bottom": 1})
        self.title = book.add_format({**text, "bold": True})
        self.own_head = book.add_format({**text, "bold": True, "bottom": 1, "bg_color": "#E6ECF5"})
        self.own = book.add_format({**text, "font_color": "#5A2A00"})
        self.place = book.add_format({"num_format": "0", "font_color": "#5A2A00"})
        self._names: set[str] = set()

    def write(self, sheet: Sheet, lines: Iterator[Line | Heading], told: Told) -> int:
        """All lines of the sheet, on a further sheet where the format has no room for more."""
        count, at, page = 0, 0, None
        for line in lines:
            if page is None or at >= SHEET_LINES:
                self._end(page, sheet, at)
                page, at = self._begin(sheet), len(sheet.heads)
            if isinstance(line, Heading):
                self._heads(page, at, line.cells, sheet, self.head)
            else:
                self._line(page, at, line, sheet.width)
                count += 1
                told(1)
            at += 1
        self._end(page, sheet, at)
        return count

    def _begin(self, sheet: Sheet) -> Any:
        page = self.book.add_worksheet(self._name(sheet.name))
        for index in range(sheet.width):
            is_number = not NUMBER_FIELDS.isdisjoint(sheet.fields.get(index, ()))
            page.set_column(index, index, NUMBER_WIDTH if is_number else WIDTH, self.open)
        for at, width in enumerate(OWN_WIDTHS):
            column = sheet.width + at
            is_mark = at == len(OWN_WIDTHS) - 1
            page.set_column(column, column, width, self.own, {"hidden": is_mark})
        for at, cells in enumerate(sheet.heads):
            if at == sheet.head_at:
                self._heads(page, at, cells, sheet, self.head)
            else:
                for column, cell in enumerate(cells):
                    if cell:
                        page.write_string(at, column, shown_in_workbook(cell), self.title)
        page.freeze_panes(len(sheet.heads), 0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0, len(sheet.heads) - 1)
        page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        return page

    def _end(self, page: Any, sheet: Sheet, lines: int) -> None:
        if page is None:
            return
        last = sheet.width + len(OWN_WIDTHS) - 1
        page.autofilter(sheet.head_at, 0, max(lines - 1, sheet.head_at), last)
        page.protect(
            "",
            {
                "format_columns": True,
                "format_rows": True,
                "format_cells": True,
                "sort": True,
                "autofilter": True,
                "delete_rows": True,
            },
        )

    def _heads(self, page: Any, at: int, cells: list[str], sheet: Sheet, form: Any) -> None:
        for column, cell in enumerate(cells):
            if cell:
                page.write_string(at, column, shown_in_workbook(cell), form)
        for column, head in enumerate(sheet.own_heads, start=sheet.width):
            page.write_string(at, column, head, self.own_head)

    def _line(self, page: Any, at: int, line: Line, width: int) -> None:
        faulty = line.faulty
        for column, cell in enumerate(line.cells[:width]):
            if column in faulty:
                page.write_string(at, column, shown_in_workbook(cell), self.faulty)
            elif cell:
                page.write_string(at, column, shown_in_workbook(cell), self.open)
        for column in faulty:
            if column >= len(line.cells):
                page.write_blank(at, column, None, self.faulty)
        if line.takes_note:
            page.write_blank(at, width, None, self.open)
        page.write_number(at, width + 1, line.row_no, self.place)
        for column, text in enumerate(
            (line.codes, line.wrong, line.help, line.mark), start=width + 2
        ):
            page.write_string(at, column, text[:LONGEST], self.own)

    def _name(self, wanted: str) -> str:
        """A name that a workbook takes and that no other of its sheets has."""
        name = _NOT_IN_SHEET_NAME.sub("_", wanted)[:31] or _("Rows to correct")
        tried, count = name, 1
        while tried.lower() in self._names:
            count += 1
            ending = f" ({count})"
            tried = name[: 31 - len(ending)] + ending
        self._names.add(tried.lower())
        return tried


def write_text(target: Path, file: RosterFile, told: Told) -> int:
    """The county's writing: its encoding, delimiter and line ends; what would calculate is guarded.

    An encoding that lacks characters of the own columns becomes UTF-8. Returns how many rows were
    written.
    """
    shape = file.shape
    encoding = _UNICODE.get(shape.get("encoding") or "", "utf-8-sig")
    count = 0
    with target.open("w", encoding=encoding, newline="") as stream:
        if encoding.startswith("utf-16"):
            stream.write("\ufeff")
        writer = csv.writer(
            stream,
            delimiter=_delimiter(shape.get("delimiter")),
            lineterminator=_NEWLINES.get(shape.get("newline") or "", "\r\n"),
        )
        for sheet, lines in sheets_of(file):
            for at, cells in enumerate(sheet.heads):
                beside = sheet.own_heads if at == sheet.head_at else ()
                writer.writerow(_padded(cells, sheet.width, beside))
            for line in lines:
                if isinstance(line, Heading):
                    writer.writerow(_padded(line.cells, sheet.width, sheet.own_heads))
                    continue
                own = ("", str(line.row_no), line.codes, line.wrong, line.help, line.mark)
                writer.writerow(_padded(line.cells, sheet.width, own))
                count += 1
                told(1)
    return count


def _padded(cells: list[str], width: int, own: Sequence[str]) -> list[str]:
    shown = [shown_in_text(cell) for cell in cells[:width]]
    return [*shown, *[""] * (width - len(shown)), *own] if own else shown


def _delimiter(told: str | None) -> str:
    # Columns lined up by spaces could not hold the sentences of the own ones.
    return "\t" if told in (None, SPACES, " ") or len(told) != 1 else told


def is_text(shape: dict[str, Any] | SourceShape) -> bool:
    """Whether the county sent a delimited text."""
    kind = shape.kind if isinstance(shape, SourceShape) else shape.get("kind")
    return kind == "text"
