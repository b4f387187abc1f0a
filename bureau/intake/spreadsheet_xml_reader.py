"""Workbooks in the XML of Excel 2003, which many systems export under the ending .xls or .xml."""

import dataclasses
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from bureau.intake import encodings
from bureau.intake.lines import LineBlock
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape
from bureau.intake.text_reader import probe

NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
SEPARATOR = "\x1f"
CHUNK_BYTES = 1024**2
DELIMITER = "xml"
# Empty rows that one row may skip: beyond, its number was never meant.
ROWS_SKIPPED = 100_000


@dataclasses.dataclass(slots=True)
class _Sheet:
    name: str
    hidden: bool = False
    rows: int = 0


class SpreadsheetXmlSource:
    """The worksheets of such a file; see `readers.Source`.

    A parser of tags reads it: document types and entities of its own mean nothing to it.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        probed = probe(path)
        self._encoding = probed.encoding
        parser = _Worksheets(limits)
        for _rows in self._parsed(parser):
            parser.rows.clear()
        if not parser.sheets:
            raise refuse("KIND_UNKNOWN", value="XML")
        if len(parser.sheets) > limits.sheets:
            raise refuse("SHEETS_TOO_MANY", value=len(parser.sheets), limit=limits.sheets)
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

    def close(self) -> None:
        """Nothing is held between readings."""

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows of every worksheet."""
        samples: dict[int, RowBlock] = {}
        for block in self.line_blocks(2 * rows):
            if block.sheet not in samples:
                samples[block.sheet] = block.row_block()
        return samples

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows of all worksheets in order, in blocks of at most `block_rows`."""
        parser = _Worksheets(self._limits)
        pending: list[str] = []
        sheet, first_row = 0, 1
        for rows in self._parsed(parser):
            for number, line in rows:
                if number != sheet or len(pending) == block_rows:
                    if pending:
                        yield _block(sheet, first_row, pending)
                    first_row = 1 if number != sheet else first_row + len(pending)
                    sheet, pending = number, []
                pending.append(line)
            parser.rows.clear()
        if pending:
            yield _block(sheet, first_row, pending)

    def _parsed(self, parser: "_Worksheets") -> Iterator[list[tuple[int, str]]]:
        """The parser's rows after each piece of the file; the caller clears them."""
        decoder = encodings.incremental_decoder(self._encoding.name)
        with self._path.open("rb") as stream:
            stream.seek(self._encoding.mark_bytes)
            while chunk := stream.read(CHUNK_BYTES):
                parser.feed(_visible(decoder.decode(chunk)))
                yield parser.rows
        parser.feed(_visible(decoder.decode(b"", True)))
        parser.end_row()
        yield parser.rows


def _visible(text: str) -> str:
    text = text.replace(encodings.OTHER_ENCODING, "").replace(SEPARATOR, " ")
    return encodings.BROKEN_BYTES.sub(r"\\x\1", text)


def _block(sheet: int, first_row: int, rows: list[str]) -> LineBlock:
    problems: dict[int, tuple[str, ...]] = {
        first_row + at: ("ENCODING_BROKEN",) for at, row in enumerate(rows) if "\\x" in row
    }
    return LineBlock(sheet, first_row, pl.Series(rows, dtype=pl.String), SEPARATOR, problems)


class _Worksheets(HTMLParser):
    """Collects the rows of worksheets as lines with the number of their sheet."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self._limits = limits
        self.sheets: list[_Sheet] = []
        self.rows: list[tuple[int, str]] = []
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 0
        self._tells_visibility = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a worksheet, a row, a cell or its text; skipped places are empty."""
        named = {name.rpartition(":")[2]: value or "" for name, value in attrs}
        match tag.rpartition(":")[2]:
            case "worksheet":
                self.end_row()
                self.sheets.append(_Sheet(named.get("name", "")))
            case "row" if self.sheets:
                self.end_row()
                self._skip_rows(_count(named.get("index")))
                self._cells = []
            case "cell" if self._cells is not None:
                at = min(_count(named.get("index")) or len(self._cells) + 1, self._limits.columns)
                self._cells.extend([""] * (at - 1 - len(self._cells)))
                self._cells.append("")
                self._span = min(_count(named.get("mergeacross")), self._limits.columns)
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
        elif self._tells_visibility and self.sheets and "Hidden" in data:
            self.sheets[-1].hidden = True

    def end_row(self) -> None:
        """Make the open row a line."""
        if self._cells is None:
            return
        if len(self._cells) > self._limits.columns:
            limit = self._limits.columns
            raise refuse("COLUMNS_TOO_MANY", value=len(self._cells), limit=limit)
        self._add(SEPARATOR.join(self._cells))
        self._cells, self._text = None, None

    def _skip_rows(self, number: int) -> None:
        for _row in range(min(number - 1 - self.sheets[-1].rows, ROWS_SKIPPED)):
            self._add("")

    def _add(self, line: str) -> None:
        self.rows.append((len(self.sheets), line))
        self.sheets[-1].rows += 1


def _count(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 8 else 0
