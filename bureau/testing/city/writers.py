"""Writes rosters in a layout, as text or workbook, and knows in which row each record stands."""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from bureau.testing.city.habits import RELATION_HABITS, Cell, Layout, getters
from bureau.testing.city.people import ROSTER_YEAR, Row

LINES_AT_ONCE = 2000
MADE_ON = date(ROSTER_YEAR - 1, 12, 25)
#: A workbook's sheet cannot hold more rows than this, less some for titles and notes.
SHEET_LIMIT = 1_040_000


class Sink(Protocol):
    """Where rows go: a text file or a workbook."""

    def write(self, cells: Sequence[Cell]) -> None:
        """Append a row."""

    def write_clean(self, cells: list[Any]) -> None:
        """Append a row whose cells need no quoting."""

    def close(self) -> None:
        """Finish the file."""


class TextSink:
    """A delimited text file."""

    def __init__(self, path: Path, layout: Layout) -> None:
        # A character that the old code page lacks becomes a question mark, as in the offices.
        errors = "replace" if layout.encoding in {"gbk", "gb2312"} else "strict"
        self._file = path.open("w", encoding=layout.encoding, newline="", errors=errors)
        if layout.bom:
            self._file.write("\ufeff")
        self._delimiter = layout.delimiter
        self._newline = layout.newline
        self._quoted = layout.quoted
        self._lines: list[str] = []

    def write(self, cells: Sequence[Cell]) -> None:
        """Append a row, quoting the cells that need it."""
        self.write_clean([self._quote(str(cell)) for cell in cells])

    def write_clean(self, cells: list[Any]) -> None:
        """Append a row of text cells free of delimiters, quotes and line breaks."""
        lines = self._lines
        lines.append(self._delimiter.join(cells))
        if len(lines) >= LINES_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._lines:
            self._file.write(self._newline.join(self._lines) + self._newline)
            self._lines.clear()

    def _quote(self, text: str) -> str:
        if not self._quoted:
            return text
        if self._delimiter in text or '"' in text or "\n" in text or "\r" in text:
            return '"' + text.replace('"', '""') + '"'
        return text


class WorkbookSink:
    """A workbook written row by row; only the row at hand is held in memory."""

    def __init__(self, path: Path) -> None:
        options = {"constant_memory": True, "default_date_format": "yyyy/m/d"}
        self._book = xlsxwriter.Workbook(str(path), options)
        # The hour of making would differ between two runs of one seed.
        self._book.set_properties({"created": datetime.combine(MADE_ON, time())})
        self._date = self._book.add_format({"num_format": "yyyy/m/d"})
        self._sheet: Any = None
        self._row = 0

    def open_sheet(self, name: str, *, hidden: bool = False) -> None:
        """Begin a sheet; the one before it is finished."""
        self._sheet = self._book.add_worksheet(name)
        self._row = 0
        if hidden:
            self._sheet.hide()

    def show_first(self, name: str) -> None:
        """Make a visible sheet the one that opens."""
        sheet = self._book.get_worksheet_by_name(name)
        sheet.activate()
        sheet.set_first_sheet()

    def write(self, cells: Sequence[Cell]) -> None:
        """Append a row; numbers and dates stay such, empty cells are left out."""
        sheet, row = self._sheet, self._row
        for column, cell in enumerate(cells):
            if cell == "":
                continue
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(row, column, datetime.combine(cell, time()), self._date)
            else:
                sheet.write_number(row, column, cell)
        self._row += 1

    def write_clean(self, cells: list[Any]) -> None:
        """As `write`."""
        self.write(cells)

    def merge(self, row: int, first: int, last: int) -> None:
        """Join cells of a row or, with a column alone, with the row below, without writing to them.

        `merge_range` would write to a row that constant memory has let go of already.
        """
        if last > first:
            self._sheet.merge.append([row, first, row, last])
        else:
            self._sheet.merge.append([row, first, row + 1, last])

    def close(self) -> None:
        """Write the workbook."""
        self._book.close()


class RosterWriter:
    """Writes one office's roster: files, sheets, titles, headers, totals and notes as laid out.

    Rows must come town by town and village by village.
    """

    def __init__(self, directory: Path, layout: Layout) -> None:
        self.layout = layout
        self.file = ""
        self.sheet = ""
        #: (file, sheets with records, row of the header, records), per file that is finished.
        self.finished: list[tuple[str, int, int, int]] = []
        self._directory = directory
        self._getters = getters(layout)
        self._places = {name: place for place, (_, name) in enumerate(layout.columns)}
        self._first_only = [self._places[name] for name in layout.first_only]
        self._fast = layout.container == "text" and not layout.first_only
        self._sink: Sink | None = None
        self._town = ""
        self._village = -1
        self._row = self._sheets = self._records = self._header_row = 0
        self._sequence = self._on_page = self._part = self._in_sheet = 0
        self._counts = {"village": [0, 0], "town": [0, 0], "page": [0, 0], "all": [0, 0]}
        self._last_year: list[list[Cell]] = []

    def add(self, row: Row) -> int:
        """Append a record; returns its row number, as a person sees it on opening the file."""
        layout = self.layout
        household = row.household
        if household.town.code != self._town or household.village != self._village:
            self._go_to(row)
        if layout.page_rows and self._on_page >= layout.page_rows and row.first:
            self._end_page()
        self._begin_if_needed(row)
        self._sequence += 1
        row.sequence = self._sequence
        cells = [get(row) for get in self._getters]
        sink = self._sink
        assert sink is not None
        if row.cells:
            for name, cell in row.cells.items():
                cells[self._places[name]] = cell
        if not row.first:
            for place in self._first_only:
                cells[place] = ""
        if self._fast and not row.cells:
            sink.write_clean(cells)
        else:
            sink.write(cells)
        self._row += 1
        self._records += 1
        self._on_page += 1
        self._in_sheet += 1
        if layout.subtotal or layout.total:
            amount = layout.amount_of(row)
            for count in self._counts.values():
                count[0] += 1
                count[1] += amount
        return self._row

    def close(self) -> None:
        """End the last page, village, sheet and file."""
        if self._sink is not None:
            self._end_village()
            self._end_file()

    def _go_to(self, row: Row) -> None:
        layout, household = self.layout, row.household
        if self._sink is not None:
            self._end_village()
            if household.town.code != self._town and layout.subtotal == "town":
                self._write_sum(layout.subtotal_word, "town")
            if household.town.code != self._town and layout.by_town:
                if layout.container == "xlsx":
                    self._end_sheet()
                else:
                    self._end_file()
        if household.town.code != self._town and layout.by_town:
            self._part = 0
        self._town, self._village = household.town.code, household.village

    def _begin_if_needed(self, row: Row) -> None:
        layout = self.layout
        limit = layout.sheet_rows or SHEET_LIMIT
        if layout.container == "xlsx" and self.sheet and self._in_sheet >= limit and row.first:
            self._end_sheet()
        if self._sink is None:
            town = row.household.town.name
            self.file = layout.file.format(town=town)
            path = self._directory / self.file
            self._sink = (
                WorkbookSink(path) if layout.container == "xlsx" else TextSink(path, layout)
            )
            self._sheets = self._records = self._sequence = 0
            if layout.container == "text":
                self._sheets = 1
                self._begin_sheet()
        if isinstance(self._sink, WorkbookSink) and not self.sheet:
            self._part += 1
            self._sequence = 0 if layout.by_town else self._sequence
            name = row.household.town.name if layout.by_town else "Sheet1"
            if layout.sheet_rows or (self._part > 1):
                name = f"{name}({self._part})"
            if not self._sheets and layout.hidden_last_year:
                self._write_last_year(row)
            self.sheet = name
            self._sink.open_sheet(name)
            self._sheets += 1
            if self._sheets == 1:
                self._sink.show_first(name)
            self._begin_sheet()

    def _begin_sheet(self) -> None:
        layout, sink = self.layout, self._sink
        self._row = self._on_page = self._in_sheet = 0
        width = len(layout.columns)
        for title in layout.titles:
            self._write([title] + [""] * (width - 1))
            if isinstance(sink, WorkbookSink):
                sink.merge(self._row - 1, 0, width - 1)
        self._header_row = self._row + 1
        self._write_header()

    def _write_header(self) -> None:
        layout = self.layout
        headers: list[Cell] = [header for header, _ in layout.columns]
        if layout.groups:
            labels: list[Cell] = []
            for label, span in layout.groups:
                if isinstance(self._sink, WorkbookSink):
                    self._sink.merge(self._row, len(labels), len(labels) + span - 1)
                if span == 1:
                    headers[len(labels)] = ""
                labels += [label] + [""] * (span - 1)
            self._write(labels)
        self._write(headers)

    def _write(self, cells: Sequence[Cell]) -> None:
        assert self._sink is not None
        self._sink.write(cells)
        self._row += 1

    def _write_sum(self, word: str, level: str) -> None:
        count = self._counts[level]
        if not count[0]:
            return
        cells: list[Cell] = [""] * len(self.layout.columns)
        if (place := self._places.get("name", 0)) > 0:
            cells[place] = f"{count[0]}人"
        numeric = self.layout.container == "xlsx"
        if "amount" in self._places:
            cells[self._places["amount"]] = count[1] if numeric else str(count[1])
        cells[0] = word
        self._write(cells)
        count[0] = count[1] = 0

    def _end_page(self) -> None:
        if self.layout.subtotal == "page":
            self._write_sum(self.layout.subtotal_word, "page")
        if self.layout.repeat_header:
            self._write_header()
        self._on_page = 0

    def _end_village(self) -> None:
        if self.layout.subtotal == "village":
            self._write_sum(self.layout.subtotal_word, "village")

    def _end_sheet(self) -> None:
        layout = self.layout
        if layout.subtotal in {"page", "town"}:
            self._write_sum(layout.subtotal_word, layout.subtotal)
        if layout.total:
            self._write_sum("合计", "all")
        for note in layout.notes:
            self._write([note] + [""] * (len(layout.columns) - 1 if layout.quoted else 0))
        for count in self._counts.values():
            count[0] = count[1] = 0
        self.sheet = ""
        self._on_page = 0

    def _end_file(self) -> None:
        if self.layout.container == "text" or self.sheet:
            self._end_sheet()
        if isinstance(self._sink, WorkbookSink) and self.layout.dictionary_sheet:
            self._write_dictionary(self._sink)
        assert self._sink is not None
        self._sink.close()
        self._sink = None
        self.finished.append((self.file, self._sheets, self._header_row, self._records))

    def _write_last_year(self, row: Row) -> None:
        """A hidden sheet with some of last year's rows; they are no records of this year."""
        assert isinstance(self._sink, WorkbookSink)
        self._sink.open_sheet(f"{ROSTER_YEAR - 1}年", hidden=True)
        self._sink.write([f"{ROSTER_YEAR - 1}年度参合名册（旧）"])
        self._sink.write([header for header, _ in self.layout.columns])
        household = row.household
        for number, person in enumerate(household.members, 1):
            old = Row(person, household, number, number == 1, person.relation, sequence=number)
            cells = [get(old) for get in self._getters]
            if "year" in self._places:
                cells[self._places["year"]] = ROSTER_YEAR - 1
            self._sink.write(cells)

    def _write_dictionary(self, sink: WorkbookSink) -> None:
        sink.open_sheet("字典", hidden=True)
        sink.write(["代码", "名称"])
        for code, name in (("01", "汉族"), ("11", "满族"), ("02", "蒙古族")):
            sink.write([code, name])
        for (relation, male), code in RELATION_HABITS["codes"].items():
            sink.write([code, RELATION_HABITS["formal"][relation, male]])
