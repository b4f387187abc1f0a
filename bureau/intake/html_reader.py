"""Tables in HTML that call themselves .xls, as many web systems export them."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from bureau.intake import encodings
from bureau.intake.lines import LineBlock
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape
from bureau.intake.text_reader import probe

SEPARATOR = "\x1f"
CHUNK_BYTES = 1024**2
DELIMITER = "html"


class HtmlSource:
    """The rows of all tables of a page, one below the other; see `readers.Source`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        probed = probe(path)
        self._encoding = probed.encoding
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

    def close(self) -> None:
        """Nothing is held between readings."""

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows; a page is not looked at from its middle."""
        return {1: next(self.line_blocks(2 * rows)).row_block()}

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows in order, in blocks of at most `block_rows`."""
        decoder = encodings.incremental_decoder(self._encoding.name)
        parser = _TableRows(self._limits)
        first_row = 1
        with self._path.open("rb") as stream:
            stream.seek(self._encoding.mark_bytes)
            while chunk := stream.read(CHUNK_BYTES):
                parser.feed(_visible(decoder.decode(chunk)))
                while len(parser.rows) >= block_rows:
                    yield _block(first_row, parser.rows[:block_rows])
                    del parser.rows[:block_rows]
                    first_row += block_rows
        parser.feed(_visible(decoder.decode(b"", True)))
        parser.end_row()
        for at in range(0, len(parser.rows), block_rows):
            yield _block(first_row + at, parser.rows[at : at + block_rows])


def _visible(text: str) -> str:
    text = text.replace(encodings.OTHER_ENCODING, "").replace(SEPARATOR, " ")
    return encodings.BROKEN_BYTES.sub(r"\\x\1", text)


def _block(first_row: int, rows: list[str]) -> LineBlock:
    problems: dict[int, tuple[str, ...]] = {
        first_row + at: ("ENCODING_BROKEN",) for at, row in enumerate(rows) if "\\x" in row
    }
    return LineBlock(1, first_row, pl.Series(rows, dtype=pl.String), SEPARATOR, problems)


class _TableRows(HTMLParser):
    """Collects table rows as lines; a cell that spans others leaves them empty, as when merged."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self._limits = limits
        self.rows: list[str] = []
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 1
        # By column, in how many rows, this one included, a cell that spans rows stands there.
        self._from_above: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a row or a cell; a line break inside a cell is part of its text."""
        if tag == "tr":
            self.end_row()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._cells = [] if self._cells is None else self._cells
            self._skip_from_above()
            spans = dict(attrs)
            self._span = self._count(spans.get("colspan"), self._limits.columns)
            rows = self._count(spans.get("rowspan"), 100_000)
            if rows > 1:
                at = len(self._cells)
                self._from_above.update(dict.fromkeys(range(at, at + self._span), rows))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

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

    def end_row(self) -> None:
        """Make the open row a line."""
        self._end_cell()
        if self._cells is None:
            return
        self._skip_from_above()
        if len(self._cells) > self._limits.columns:
            limit = self._limits.columns
            raise refuse("COLUMNS_TOO_MANY", value=len(self._cells), limit=limit)
        self.rows.append(SEPARATOR.join(self._cells))
        self._cells = None
        self._from_above = {at: left - 1 for at, left in self._from_above.items() if left > 1}

    def _end_cell(self) -> None:
        if self._text is None or self._cells is None:
            return
        lines = "".join(self._text).replace("\xa0", " ").split("\n")
        self._cells.append("\n".join(line.strip() for line in lines).strip())
        self._cells.extend([""] * (self._span - 1))
        self._text = None

    def _skip_from_above(self) -> None:
        while self._cells is not None and self._from_above.get(len(self._cells), 0) > 0:
            self._cells.append("")

    @staticmethod
    def _count(written: str | None, most: int) -> int:
        return min(int(written), most) or 1 if written and written.isdecimal() else 1
