"""Workbooks (.xlsx, .xls): checked, then read by a limited child process, each sheet only once."""

import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polars as pl

from bureau.intake import archive_guard
from bureau.intake.lines import LineBlock
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, Problem, RowBlock, SheetShape, SourceShape

CHILD = Path(__file__).with_name("workbook_child.py")
SEPARATOR = "\x1f"
ROW_END = "\x1e"
WIDE_CHARACTERS = "utf-16-le"
#: Rows handed on at once. The child writes smaller pieces, so that it holds few rows.
BLOCK_ROWS = 20_000
BLOCK_BYTES = 16 * 1024**2
PIECE_BYTES = 1024**2
XLS_ENCRYPTED = "EncryptedPackage".encode(WIDE_CHARACTERS)
XLS_MACROS = "_VBA_PROJECT".encode(WIDE_CHARACTERS)


class WorkbookSource:
    """A workbook ready to be read; see `readers.Source`.

    The child's output is kept in an anonymous file of the size of the text, so that looking at a
    sample and then reading everything parses the workbook once.
    """

    def __init__(self, path: Path, kind: str, limits: Limits) -> None:
        self._limits = limits
        secrets = (
            archive_guard.inspect_workbook(path, limits) if kind == "xlsx" else _inspect_xls(path)
        )
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        try:
            pieces = _run_child(path, limits, self._spool)
        except BaseException:
            self._spool.close()
            raise
        self._pieces = [piece for piece in pieces if "rows" in piece.head]
        heads = [piece.head for piece in pieces]
        listed = next(head["sheets"] for head in heads if "sheets" in head)
        merged = {head["sheet_end"]: head["merged"] for head in heads if "sheet_end" in head}
        self._errors = {
            number: {
                place: text
                for place, text in secrets[sheet["name"]].errors.items()
                if place[1] <= limits.columns
            }
            for number, sheet in enumerate(listed, start=1)
            if sheet["name"] in secrets and secrets[sheet["name"]].errors
        }
        widths = {head["sheet_end"]: head["width"] for head in heads if "sheet_end" in head}
        for number, sheet in enumerate(listed, start=1):
            if not sheet["hidden"] and widths.get(number, 0) > limits.columns:
                self._spool.close()
                raise refuse("COLUMNS_TOO_MANY", value=widths[number], limit=limits.columns)
        sheets = tuple(
            SheetShape(
                number=number,
                name=sheet["name"],
                hidden=sheet["hidden"],
                rows=sum(p.head["count"] for p in self._pieces if p.head["rows"] == number),
                merged=tuple(tuple(area) for area in merged.get(number, ())),
            )
            for number, sheet in enumerate(listed, start=1)
        )
        self.shape = SourceShape(
            kind=kind,
            encoding=None,
            bom=False,
            delimiter=None,
            newline=None,
            sheets=sheets,
            sha256=_fingerprint(path),
            size=path.stat().st_size,
            warnings=_warnings(secrets),
        )

    def close(self) -> None:
        """Give the temporary copy back to the operating system."""
        self._spool.close()

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """Of every sheet the first rows, and as many from its middle where it has more."""
        samples = {}
        for sheet in self.shape.sheets:
            pieces = [piece for piece in self._pieces if piece.head["rows"] == sheet.number]
            first_rows = _first_rows(pieces)
            numbers: list[int] = []
            cells: list[list[str]] = []
            # The later entry wins, so that the beginning of a short sheet is shown in full.
            wanted = {len(pieces) - 1: rows // 3, len(pieces) // 2: rows // 2, 0: rows}
            for at in sorted(wanted) if pieces else ():
                block = self._block([pieces[at]], first_rows[at])
                part = next(block.pieces(wanted[at])).row_block()
                numbers += part.row_numbers
                cells += part.cells
            samples[sheet.number] = RowBlock(sheet.number, numbers, cells)
        return samples

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows of all sheets in order, in blocks of at most `block_rows`."""
        for sheet in self.shape.sheets:
            pieces = [piece for piece in self._pieces if piece.head["rows"] == sheet.number]
            first_row = 1
            for group in _groups(pieces, min(block_rows, BLOCK_ROWS)):
                yield from self._block(group, first_row).pieces(block_rows)
                first_row += sum(piece.head["count"] for piece in group)

    def _block(self, pieces: list["_Piece"], first_row: int) -> LineBlock:
        """Pieces of one sheet that follow one another, as one block."""
        texts = []
        for piece in pieces:
            self._spool.seek(piece.position)
            texts.append(self._spool.read(piece.head["bytes"]).decode())
        lines = pl.Series(texts).str.split(ROW_END).explode(empty_as_null=False)
        sheet = pieces[0].head["rows"]
        errors = self._errors.get(sheet)
        if not errors:
            return LineBlock(sheet, first_row, lines, SEPARATOR)
        return _with_errors(LineBlock(sheet, first_row, lines, SEPARATOR), errors)


@dataclasses.dataclass(frozen=True, slots=True)
class _Piece:
    """One message of the child and where its body lies in the spool."""

    head: dict[str, Any]
    position: int


def _first_rows(pieces: list[_Piece]) -> list[int]:
    """The row number with which each piece of one sheet begins."""
    numbers, following = [], 1
    for piece in pieces:
        numbers.append(following)
        following += piece.head["count"]
    return numbers


def _groups(pieces: list[_Piece], rows: int) -> Iterator[list[_Piece]]:
    """The pieces in order, as many together as hold at most so many rows, but at least one.

    Wide rows are fewer: what belongs together is held in memory together.
    """
    group: list[_Piece] = []
    held = size = 0
    for piece in pieces:
        size += piece.head["bytes"]
        if group and (held + piece.head["count"] > rows or size > BLOCK_BYTES):
            yield group
            group, held, size = [], 0, piece.head["bytes"]
        group.append(piece)
        held += piece.head["count"]
    if group:
        yield group


def _with_errors(block: LineBlock, errors: dict[tuple[int, int], str]) -> LineBlock:
    """Put the text of error cells (#N/A …), which the reader leaves empty, where they stand."""
    lines = block.lines.to_list()
    problems = dict(block.problems)
    for (row, column), text in errors.items():
        if not block.first_row <= row < block.first_row + len(lines):
            continue
        cells = lines[row - block.first_row].split(block.separator)
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = cells[column - 1] or text
        lines[row - block.first_row] = block.separator.join(cells)
        problems[row] = ("CELL_ERROR",)
    return LineBlock(block.sheet, block.first_row, pl.Series(lines), block.separator, problems)


def _run_child(path: Path, limits: Limits, spool: IO[bytes]) -> list[_Piece]:
    """Run the reader to its end and return its messages; their bodies go to the spool."""
    arguments = [
        str(limit)
        for limit in (
            limits.reader_address_space,
            limits.reader_seconds,
            limits.sheets,
            limits.line_characters,
            limits.rows_skipped,
            limits.archive_bytes,
        )
    ]
    with path.open("rb") as workbook:
        child = subprocess.Popen(
            [sys.executable, "-I", str(CHILD), *arguments],
            stdin=workbook,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            close_fds=True,
        )
    # Processor seconds are limited in the child; this catches one that merely waits.
    watchdog = threading.Timer(2 * limits.reader_seconds, child.kill)
    watchdog.start()
    try:
        with child, child.stdout as output:  # type: ignore[union-attr]
            pieces = list(_messages(output, spool))
    finally:
        watchdog.cancel()
        child.kill()
    if not pieces or "end" not in pieces[-1].head:
        refused = pieces[-1].head if pieces and "refused" in pieces[-1].head else None
        if refused:
            raise refuse(
                refused["refused"],
                place=refused.get("place", ""),
                value=refused["value"],
                limit=_limit_of(refused["refused"], limits),
            )
        if child.returncode < 0:
            raise refuse("WORKBOOK_TOO_HEAVY", value=f"signal {-child.returncode}")
        raise refuse("FILE_TRUNCATED", value=f"reader ended with {child.returncode}")
    return pieces


def _limit_of(code: str, limits: Limits) -> int:
    """The limit that a refusal of the child speaks of."""
    return {
        "LINE_TOO_LONG": limits.line_characters,
        "ROWS_SKIPPED": limits.rows_skipped,
    }.get(code, limits.sheets)


def _messages(stream: IO[bytes], spool: IO[bytes]) -> Iterator[_Piece]:
    while line := stream.readline():
        head = json.loads(line)
        position = spool.tell()
        spool.write(stream.read(head["bytes"]))
        yield _Piece(head, position)


def _inspect_xls(path: Path) -> dict[str, archive_guard.SheetSecrets]:
    """Refuse what the old container shows by the names in its directory."""
    tail, macros = b"", False
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            window = tail + piece
            if XLS_ENCRYPTED in window:
                raise refuse("WORKBOOK_ENCRYPTED")
            macros = macros or XLS_MACROS in window
            tail = window[-len(XLS_ENCRYPTED) :]
    if macros:
        raise refuse("WORKBOOK_MACROS")
    return {}


def _fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _warnings(secrets: dict[str, archive_guard.SheetSecrets]) -> tuple[Problem, ...]:
    found: list[Problem] = []
    for name, sheet in secrets.items():
        first_error = next(
            (
                f"{archive_guard.column_letters(column)}{row} {text}"
                for (row, column), text in sheet.errors.items()
            ),
            "",
        )
        for code, count, value in (
            ("FORMULAS", sheet.formulas, sheet.first_formula),
            ("FORMULAS_WITHOUT_RESULT", sheet.formulas_without_result, sheet.first_formula),
            ("ERROR_CELLS", len(sheet.errors), first_error),
            ("ROWS_HIDDEN", sheet.hidden_rows, ""),
        ):
            if count:
                found.append(Problem(code, place=name, value=value, facts={"count": count}))
    return tuple(found)
