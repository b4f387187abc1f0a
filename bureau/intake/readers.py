"""The one door through which a file is opened, whatever it calls itself."""

import codecs
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bureau.intake.dbf_reader import DbfSource, table_in
from bureau.intake.html_reader import HtmlSource
from bureau.intake.lines import LineBlock
from bureau.intake.problems import SourceRefused, refuse
from bureau.intake.shapes import Limits, RowBlock, SourceShape
from bureau.intake.spreadsheet_xml_reader import NAMESPACE, SpreadsheetXmlSource
from bureau.intake.text_reader import TextSource
from bureau.intake.workbook_reader import WorkbookSource

__all__ = ["Limits", "Source", "SourceRefused", "open_source"]

USUAL_LIMITS = Limits()
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What people send by mistake; the names help them to see it.
FOREIGN = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"SQLite format 3": "SQLite",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
    # Its mark begins like that of UTF-16, which would find a NUL beside every character.
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """An opened file. Close it, or use it as a context manager; blocks may be read repeatedly."""

    reader: TextSource | HtmlSource | SpreadsheetXmlSource | WorkbookSource | DbfSource

    @property
    def shape(self) -> SourceShape:
        """Container, writing and sheets."""
        return self.reader.shape

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """By sheet number, the first `rows` rows and some from the middle and the end."""
        return self.reader.sample(rows)

    def line_blocks(self, block_rows: int = 50_000) -> Iterator[LineBlock]:
        """All rows as uncut lines, the form that `frames` takes."""
        return self.reader.line_blocks(block_rows)

    def blocks(self, block_rows: int = 50_000) -> Iterator[RowBlock]:
        """All rows of all sheets as Python values, in order."""
        return (block.row_block() for block in self.line_blocks(block_rows))

    def close(self) -> None:
        """Release what the reader holds."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_source(path: str | Path, *, limits: Limits = USUAL_LIMITS) -> Source:
    """Open a file by its content, never by its name.

    Raises SourceRefused for everything that cannot be read as a table or must not be read.
    """
    path = Path(path)
    size = path.stat().st_size
    if size == 0:
        raise refuse("FILE_EMPTY")
    if size > limits.file_bytes:
        raise refuse("FILE_TOO_LARGE", value=size, limit=limits.file_bytes)
    with path.open("rb") as stream:
        head = stream.read(8192)
    if head.startswith((ZIP, EMPTY_ZIP)):
        return Source(WorkbookSource(path, "xlsx", limits))
    if head.startswith(COMPOUND):
        return Source(WorkbookSource(path, "xls", limits))
    for mark, name in FOREIGN.items():
        if head.startswith(mark):
            raise refuse("KIND_UNKNOWN", value=name)
    if table := table_in(head):
        return Source(DbfSource(path, table, limits))
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:14].lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style")):
        return Source(HtmlSource(path, limits))
    if start.startswith(b"<?xml"):
        if NAMESPACE in head:
            return Source(SpreadsheetXmlSource(path, limits))
        if b"<html" not in head.lower():
            raise refuse("KIND_UNKNOWN", value="XML")
        return Source(HtmlSource(path, limits))
    return Source(TextSource(path, limits))
