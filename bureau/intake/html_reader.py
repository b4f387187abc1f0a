"""Tables in HTML that call themselves .xls, as many web systems export them."""

from pathlib import Path
from typing import Final

from bureau.intake.markup import MarkupParser, MarkupSource, number_of
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape

DELIMITER = "html"
MOST_ROWS_SPANNED: Final = 100_000
#: Places that merged cells may cover: so many, and so many more for each cell that is written.
PLACES_COVERED: Final = 1_000_000
PLACES_COVERED_PER_CELL: Final = 20


class _TableRows(MarkupParser):
    """Collects table rows as lines; a cell that spans others leaves them empty, as when merged."""

    def __init__(self, limits: Limits, size: int) -> None:
        super().__init__(limits, size)
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 1
        # By column, in how many rows, this one included, a cell that spans rows stands there.
        self._from_above: dict[int, int] = {}
        self._written = 0
        self._covered = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a row or a cell; a line break inside a cell is part of its text."""
        if tag == "tr":
            self.end_row()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._cells = [] if self._cells is None else self._cells
            self._skip_from_above()
            self.check_width(self._cells)
            spans = dict(attrs)
            self._span = _span(spans.get("colspan"), self.limits.columns)
            rows = _span(spans.get("rowspan"), MOST_ROWS_SPANNED)
            if rows > 1:
                at = len(self._cells)
                self._from_above.update(dict.fromkeys(range(at, at + self._span), rows))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")
            self.count_text("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close a cell, a row or a table."""
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self.end_row()

    def handle_data(self, data: str) -> None:
        """Take text inside cells; what stands between them is no part of the table."""
        if self._text is not None:
            self._text.append(data)
            self.count_text(data)

    def end_row(self) -> None:
        """Make the open row a line."""
        self._end_cell()
        if self._cells is None:
            return
        self._skip_from_above()
        self.add_row(1, self._cells)
        self._cells = None
        self._covered += len(self._from_above)
        if self._covered > PLACES_COVERED + PLACES_COVERED_PER_CELL * self._written:
            raise refuse("CELLS_COVERED", place=str(self.row_number), value=self._covered)
        self._from_above = {at: left - 1 for at, left in self._from_above.items() if left > 1}

    def _end_cell(self) -> None:
        if self._text is None or self._cells is None:
            return
        lines = "".join(self._text).replace("\xa0", " ").split("\n")
        self._cells.append("\n".join(line.strip() for line in lines).strip())
        self._cells.extend([""] * (self._span - 1))
        self._text = None
        self._written += 1

    def _skip_from_above(self) -> None:
        while self._cells is not None and self._from_above.get(len(self._cells), 0) > 0:
            self._cells.append("")


class HtmlSource(MarkupSource):
    """The rows of all tables of a page, one below the other; see `readers.Source`."""

    parser = _TableRows

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path, limits)
        probed = self._probe
        self.shape = SourceShape(
            kind="text",
            encoding=probed.encoding.name,
            bom=probed.encoding.bom,
            delimiter=DELIMITER,
            newline=None,
            sheets=(SheetShape(number=1),),
            sha256=probed.sha256,
            size=probed.size,
            warnings=probed.encoding.warnings,
        )
        if next(self.line_blocks(1), None) is None:
            raise refuse("KIND_UNKNOWN", value="HTML")

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows; a page is not looked at from its middle."""
        return {1: next(self.line_blocks(2 * rows)).row_block()}


def _span(written: str | None, most: int) -> int:
    if written and written.isdecimal() and not number_of(written):
        return 1 if not written.strip("0") else most
    return min(number_of(written), most) or 1
