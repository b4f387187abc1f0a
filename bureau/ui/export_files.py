"""How rows become a file: a line that says who took it and what for on every sheet and page.

Text is written as text, so that nothing in it is calculated when the file is opened.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from bureau.core.formulas import formula_safe
from bureau.core.money import LowerBound
from bureau.ui.formatting import AT_LEAST
from bureau.ui.tables import written

#: Rows per sheet; the format ends at 1,048,576 with the head.
SHEET_ROWS = 1_000_000
#: Longest line that a workbook prints at the head of its pages.
PRINTED_LINE = 240
#: How a workbook shows a figure of which only a lower bound is known; it stays a figure.
BOUND_FORMAT = f'"{AT_LEAST}"#,##0.00'


class ControlRow(list[Any]):
    """The row by which a file is known again; a workbook hides it, and it is not counted."""


def write_csv(target: Path, line: str, heads: Sequence[str], rows: Iterable[list[Any]]) -> int:
    """UTF-8 with the mark by which Excel knows it; returns how many rows there are."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([formula_safe(line)])
        writer.writerow([formula_safe(head) for head in heads])
        for row in rows:
            writer.writerow([written(value) for value in row])
            count += not isinstance(row, ControlRow)
    return count


def write_xlsx(target: Path, line: str, heads: Sequence[str], rows: Iterable[list[Any]]) -> int:
    """One sheet per million rows, each with the line above its heads and on each printed page."""
    count = place = 0
    options = {"constant_memory": True, "tmpdir": str(target.parent)}
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet: Any = None
        bound = book.add_format({"num_format": BOUND_FORMAT})
        for row in _or_one_empty(rows):
            if sheet is None or place == SHEET_ROWS:
                sheet, place = _new_sheet(book, line, heads), 0
            if row is None:
                break
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(place + 2, column, value)
                elif isinstance(value, LowerBound):
                    sheet.write_number(place + 2, column, value, bound)
                elif value is not None:
                    sheet.write_number(place + 2, column, value)
            if isinstance(row, ControlRow):
                sheet.set_row(place + 2, None, None, {"hidden": True})
            else:
                count += 1
            place += 1
    return count


def _new_sheet(book: Any, line: str, heads: Sequence[str]) -> Any:
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, line, book.add_format({"font_color": "#8a1f1f"}))
    bold = book.add_format({"bold": True})
    for column, head in enumerate(heads):
        sheet.write_string(1, column, head, bold)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    # A single ampersand would begin a command of the page head.
    sheet.set_header("&L&8" + line[:PRINTED_LINE].replace("&", "&&"))
    sheet.set_footer("&R&8&P / &N")
    return sheet


def _or_one_empty(rows: Iterable[list[Any]]) -> Iterator[list[Any] | None]:
    """The rows, or one absent row, so that a file without rows still has its heads."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        yield None


Writer = Callable[[Path, str, Sequence[str], Iterable[list[Any]]], int]
WRITERS: dict[str, Writer] = {"csv": write_csv, "xlsx": write_xlsx}
