"""What the readers of HTML and of Excel's XML share: text of tags, read in bounded steps.

Neither a tag, a row nor a block may grow with the file, whatever its sender wrote into it.
"""

import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from bureau.intake import encodings
from bureau.intake.lines import LineBlock
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits
from bureau.intake.text_reader import Probe, probe

SEPARATOR = "\x1f"
CHUNK_BYTES = 256 * 1024
#: Text handed to the parser at once; what it makes of it waits until the piece is read.
PIECE_CHARACTERS = 64 * 1024
#: A tag that is still open after so many characters was never meant to be one.
TAG_CHARACTERS = 64 * 1024
#: Comments and styles may be longer: spreadsheet programs describe whole workbooks in them.
ASIDE_CHARACTERS = 1024**2
#: Text of the rows in one block; rows of usual length fill a block before.
BLOCK_CHARACTERS = 8 * 1024**2
#: No spreadsheet has more columns; up to here a row is counted, so that its width can be told.
MOST_COLUMNS = 16_384
#: Processor seconds that reading may take: at least, and for each MiB. Usual files need a tenth.
SECONDS_AT_LEAST = 10
SECONDS_PER_MIB = 5
TAG = re.compile("<[a-zA-Z/]")
#: Digits of a number that can be a place or a span.
DIGITS = 7

#: A row as the parser found it: number of the sheet, line, how many times one after the other.
FoundRow = tuple[int, str, int]


class MarkupParser(HTMLParser):
    """A parser of tags that collects the rows of tables and refuses what would outgrow it."""

    def __init__(self, limits: Limits, size: int) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.rows: list[FoundRow] = []
        self.row_number = 0
        self._row_characters = 0
        self._seconds = 0.0
        self._seconds_allowed = SECONDS_AT_LEAST + SECONDS_PER_MIB * size / 1024**2

    def take(self, text: str) -> list[FoundRow]:
        """Read on, and hand over the rows that are complete."""
        began = time.thread_time()
        try:
            self.feed(text)
        except AssertionError as error:
            # So the library answers to declarations that it does not know.
            raise refuse("FILE_UNREADABLE", value=str(error)[:80]) from error
        self._seconds += time.thread_time() - began
        if self._seconds > self._seconds_allowed:
            raise refuse("WORKBOOK_TOO_HEAVY", value=f"{self._seconds:.0f} s")
        in_tag = self.cdata_elem is None and TAG.match(self.rawdata)
        limit = TAG_CHARACTERS if in_tag else ASIDE_CHARACTERS
        if len(self.rawdata) > limit:
            raise refuse("TAG_NOT_CLOSED", place=str(self.row_number + 1), limit=limit)
        rows, self.rows = self.rows, []
        return rows

    def finish(self) -> list[FoundRow]:
        """The row that was open when the text ended."""
        self.end_row()
        rows, self.rows = self.rows, []
        return rows

    def end_row(self) -> None:
        """Make the open row a line."""
        raise NotImplementedError

    def count_text(self, data: str) -> None:
        """Take text of the open row into account."""
        self._row_characters += len(data)
        if self._row_characters > self.limits.line_characters:
            limit = self.limits.line_characters
            raise refuse("LINE_TOO_LONG", place=str(self.row_number + 1), limit=limit)

    def add_row(self, sheet: int, cells: list[str]) -> None:
        """A complete row."""
        self.check_width(cells, self.limits.columns)
        self.rows.append((sheet, SEPARATOR.join(cells), 1))
        self.row_number += 1
        self._row_characters = 0

    def check_width(self, cells: list[str], most: int = MOST_COLUMNS) -> None:
        """Refuse rows that are no rows of a list."""
        if len(cells) > most:
            raise refuse("COLUMNS_TOO_MANY", value=len(cells), limit=self.limits.columns)


class MarkupSource:
    """The rows of a file of tags; `parser` is told by the kind of file."""

    parser: type[MarkupParser]

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._probe: Probe = probe(path)

    def close(self) -> None:
        """Nothing is held between readings."""

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows of all sheets in order, in blocks of at most `block_rows`."""
        pending: list[str] = []
        sheet, first_row, characters = 0, 1, 0
        for number, line, times in self._rows(self._new_parser()):
            for _time in range(times):
                full = len(pending) >= block_rows or characters >= BLOCK_CHARACTERS
                if number != sheet or full:
                    if pending:
                        yield _block(sheet, first_row, pending)
                    first_row = 1 if number != sheet else first_row + len(pending)
                    sheet, pending, characters = number, [], 0
                pending.append(line)
                characters += len(line)
        if pending:
            yield _block(sheet, first_row, pending)

    def _new_parser(self) -> MarkupParser:
        return self.parser(self._limits, self._probe.size)

    def _rows(self, parser: MarkupParser) -> Iterator[FoundRow]:
        for text in self._texts():
            yield from parser.take(text)
        yield from parser.finish()

    def _texts(self) -> Iterator[str]:
        """The file's text in small pieces, however much a decoder hands out at once."""
        encoding = self._probe.encoding
        decoder = encodings.incremental_decoder(encoding.name)
        with self._path.open("rb") as stream:
            stream.seek(encoding.mark_bytes)
            while True:
                chunk = stream.read(CHUNK_BYTES)
                text = _visible(decoder.decode(chunk, not chunk))
                for start in range(0, len(text), PIECE_CHARACTERS):
                    yield text[start : start + PIECE_CHARACTERS]
                if not chunk:
                    return


def number_of(written: str | None) -> int:
    """The number that an attribute holds; 0 for what is none, or too long for one."""
    return int(written) if written and len(written) <= DIGITS and written.isdecimal() else 0


def _visible(text: str) -> str:
    text = text.replace(encodings.OTHER_ENCODING, "").replace(SEPARATOR, " ")
    return encodings.BROKEN_BYTES.sub(r"\\x\1", text)


def _block(sheet: int, first_row: int, rows: list[str]) -> LineBlock:
    problems: dict[int, tuple[str, ...]] = {
        first_row + at: ("ENCODING_BROKEN",) for at, row in enumerate(rows) if "\\x" in row
    }
    return LineBlock(sheet, first_row, pl.Series(rows, dtype=pl.String), SEPARATOR, problems)
