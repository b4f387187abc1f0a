"""Workbooks in the XML of Excel 2003, which many systems export under the ending .xls or .xml."""

import dataclasses
from pathlib import Path

from bureau.intake.markup import MarkupParser, MarkupSource, number_of
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape

NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
DELIMITER = "xml"
#: Worksheets that are counted, so that their number can be told, before nobody counts any more.
MOST_SHEETS_COUNTED = 10_000
NAME_CHARACTERS = 255


@dataclasses.dataclass(slots=True)
class _Sheet:
    name: str
    hidden: bool = False
    rows: int = 0


class _Worksheets(MarkupParser):
    """Collects the rows of worksheets as lines with the number of their sheet."""

    def __init__(self, limits: Limits, size: int) -> None:
        super().__init__(limits, size)
        self.sheets: list[_Sheet] = []
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 0
        self._skipped = 0
        self._tells_visibility = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a worksheet, a row, a cell or its text; skipped places are empty."""
        named = {name.rpartition(":")[2]: value or "" for name, value in attrs}
        match tag.rpartition(":")[2]:
            case "worksheet":
                self.end_row()
                self.row_number = 0
                self.sheets.append(_Sheet(named.get("name", "")[:NAME_CHARACTERS]))
                if len(self.sheets) > max(MOST_SHEETS_COUNTED, self.limits.sheets):
                    self.check_sheets()
            case "row" if self.sheets:
                self.end_row()
                self._skip_rows(number_of(named.get("index")))
                self._cells = []
            case "cell" if self._cells is not None:
                at = number_of(named.get("index")) or len(self._cells) + 1
                self._cells.extend([""] * (min(at, self.limits.columns) - 1 - len(self._cells)))
                self._cells.append("")
                self._span = min(number_of(named.get("mergeacross")), self.limits.columns)
                self.check_width(self._cells)
            case "data" if self._cells:
                self._text = []
            case "visible":
                self._tells_visibility = True

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        match tag.rpartition(":")[2]:
            case "data" if self._text is not None and self._cells:
                self._cells[-1], self._text = "".join(self._text).strip(), None
            case "cell" if self._cells is not None:
                self._cells.extend([""] * self._span)
                self._span = 0
            case "row" | "table" | "worksheet":
                self.end_row()
            case "visible":
                self._tells_visibility = False

    def handle_data(self, data: str) -> None:
        """Take the text of cells, and whether the worksheet is hidden."""
        if self._text is not None:
            self._text.append(data)
            self.count_text(data)
        elif self._tells_visibility and self.sheets and "Hidden" in data:
            self.sheets[-1].hidden = True

    def end_row(self) -> None:
        """Make the open row a line."""
        if self._cells is None:
            return
        self.add_row(len(self.sheets), self._cells)
        self.sheets[-1].rows += 1
        self._cells, self._text = None, None

    def check_sheets(self) -> None:
        """Refuse a workbook of more worksheets than are read."""
        count = len(self.sheets)
        if count > self.limits.sheets:
            raise refuse("SHEETS_TOO_MANY", value=count, limit=self.limits.sheets)

    def _skip_rows(self, number: int) -> None:
        """The places before the row are empty rows, of which a whole file has so many at most."""
        sheet = self.sheets[-1]
        skipped = number - 1 - sheet.rows
        if skipped <= 0:
            return
        self._skipped += skipped
        if self._skipped > self.limits.rows_skipped:
            limit = self.limits.rows_skipped
            raise refuse("ROWS_SKIPPED", place=sheet.name, value=number, limit=limit)
        self.rows.append((len(self.sheets), "", skipped))
        self.row_number += skipped
        sheet.rows += skipped


class SpreadsheetXmlSource(MarkupSource):
    """The worksheets of such a file; see `readers.Source`.

    A parser of tags reads it: document types and entities of its own mean nothing to it.
    """

    parser = _Worksheets

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path, limits)
        probed = self._probe
        parser = _Worksheets(limits, probed.size)
        for _row in self._rows(parser):
            pass
        if not parser.sheets:
            raise refuse("KIND_UNKNOWN", value="XML")
        parser.check_sheets()
        self.shape = SourceShape(
            kind="xml",
            encoding=probed.encoding.name,
            bom=probed.encoding.bom,
            delimiter=DELIMITER,
            newline=None,
            sheets=tuple(
                SheetShape(number=number, name=sheet.name, hidden=sheet.hidden, rows=sheet.rows)
                for number, sheet in enumerate(parser.sheets, start=1)
            ),
            sha256=probed.sha256,
            size=probed.size,
            warnings=probed.encoding.warnings,
        )

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows of every worksheet."""
        samples: dict[int, RowBlock] = {}
        for block in self.line_blocks(2 * rows):
            if block.sheet not in samples:
                samples[block.sheet] = block.row_block()
        return samples
