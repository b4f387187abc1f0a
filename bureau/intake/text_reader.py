"""Delimited text of unknown writing, read in bounded memory: encoding, delimiter, quotes, rows."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bureau.intake import encodings
from bureau.intake.dialects import SPACE_RUN, SPACES, Dialect, guess_dialect
from bureau.intake.fixed_width import cut, spread
from bureau.intake.lines import LineBlock, free_separator
from bureau.intake.problems import refuse
from bureau.intake.quotes import QuotedRows
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape

#: Codes of what is wrong, by row number.
RowProblems = dict[int, tuple[str, ...]]

#: Read at a time. Every copy of the text on its way to columns is a multiple of this: with three
#: times as much, reading is 5 % faster and takes 110 MiB more.
CHUNK_BYTES = 2 * 1024**2
PROBE_BYTES = 256 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """What one pass over a file's bytes tells before it is read."""

    sha256: str
    size: int
    encoding: encodings.Encoding
    head: str
    middle: tuple[str, ...]


def probe(path: Path) -> Probe:
    """Fingerprint the file, find its encoding and decode its beginning and pieces of its middle."""
    digest, seen, size = hashlib.sha256(), encodings.Utf8Check(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(PROBE_BYTES):
            digest.update(chunk)
            seen.feed(chunk)
            size += len(chunk)
        seen.finish()
        samples = []
        for at in _places(size):
            stream.seek(at)
            samples.append(stream.read(PROBE_BYTES))
    # After a line end every encoding starts afresh; before, a character may be cut in two.
    whole = [sample[sample.find(b"\n") + 1 :] for sample in samples[1:]]
    encoding = encodings.detect([samples[0], *whole], seen)
    head = samples[0][encoding.mark_bytes :]
    return Probe(
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding,
        head=_decoded(head, encoding),
        middle=tuple(_middle_lines(piece, encoding) for piece in samples[1:]),
    )


def _places(size: int) -> list[int]:
    """Even byte positions to look at: the beginning and, of a long file, three further places."""
    if size <= 2 * PROBE_BYTES:
        return [0]
    return [0, *(size * part // 4 // 4 * 4 for part in (1, 2)), (size - PROBE_BYTES) // 4 * 4]


def _decoded(data: bytes, encoding: encodings.Encoding) -> str:
    # A character cut off at the end is dropped by the caller together with its line.
    decoder = encodings.incremental_decoder(encoding.name)
    return _visible(decoder.decode(data, True))


def _middle_lines(piece: bytes, encoding: encodings.Encoding) -> str:
    """The whole lines of a piece that starts anywhere, but not within a UTF-16 unit."""
    text = _decoded(piece, encoding)
    return text[text.find("\n") + 1 : text.rfind("\n") + 1]


def _visible(text: str) -> str:
    """Broken bytes as the visible text that is stored, without the internal marks."""
    text = text.replace(encodings.OTHER_ENCODING, "")
    return encodings.BROKEN_BYTES.sub(r"\\x\1", text) if encodings.BROKEN in text else text


class TextSource:
    """A text file ready to be read; see `readers.Source`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._probe = probe(path)
        if encodings.is_no_text(self._probe.head):
            raise refuse("NOT_TEXT")
        self._dialect = guess_dialect(self._probe.head, self._probe.middle)
        if self._dialect.width > limits.columns:
            raise refuse("COLUMNS_TOO_MANY", value=self._dialect.width, limit=limits.columns)
        encoding = self._probe.encoding
        self.shape = SourceShape(
            kind="text",
            encoding=encoding.name,
            bom=encoding.bom,
            delimiter=self._dialect.delimiter,
            newline=self._dialect.newline,
            sheets=(SheetShape(number=1),),
            sha256=self._probe.sha256,
            size=self._probe.size,
            warnings=encoding.warnings + self._dialect.warnings,
        )

    def close(self) -> None:
        """Nothing is held between readings."""

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows, and as many from the middle as the file has beyond them."""
        head, _ = self._cutter().cut(self._probe.head, final=True)
        block = head.row_block()
        whole = self._probe.size <= PROBE_BYTES
        numbers, cells = block.row_numbers, block.cells
        if not whole:
            # The last line of the head may be cut off.
            numbers, cells = numbers[:-1], cells[:-1]
        if len(cells) > 2 * rows:
            middle = len(cells) // 2
            chosen = [*range(rows), *range(middle, middle + rows // 2)]
            numbers, cells = [numbers[at] for at in chosen], [cells[at] for at in chosen]
        for text in self._probe.middle:
            piece, _ = self._cutter().cut(text, final=True)
            further = piece.row_block().cells[: rows // 3]
            cells, numbers = cells + further, numbers + [0] * len(further)
        return {1: RowBlock(sheet=1, row_numbers=numbers, cells=cells)}

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows in order, in blocks of at most `block_rows`."""
        decoder = encodings.incremental_decoder(self._probe.encoding.name)
        cutter = self._cutter()
        rest = ""
        with self._path.open("rb") as stream:
            stream.seek(self._probe.encoding.mark_bytes)
            while True:
                chunk = stream.read(CHUNK_BYTES)
                text = rest + decoder.decode(chunk, not chunk)
                block, rest = cutter.cut(text, final=not chunk)
                longest = max(len(rest), _longest(block))
                if longest > self._limits.line_characters:
                    limit = self._limits.line_characters
                    raise refuse("LINE_TOO_LONG", place=str(cutter.next_row), limit=limit)
                if len(block.lines):
                    yield from block.pieces(block_rows)
                if not chunk:
                    return

    def _cutter(self) -> "Cutter":
        return Cutter(self._dialect)


def _longest(block: LineBlock) -> int:
    return block.lines.str.len_chars().max() or 0  # type: ignore[return-value]


class Cutter:
    """Cuts text into rows, piece after piece, and counts them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.next_row = 1

    def cut(self, text: str, *, final: bool) -> tuple[LineBlock, str]:
        """The complete rows of `text` as a block, and the text that has to wait for more.

        With `final` nothing waits.
        """
        if final:
            rest = ""
        else:
            # A carriage return at the very end may be half of a line end.
            end = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
            text, rest = text[:end], text[end:]
        if not text:
            return LineBlock(1, self.next_row, pl.Series(dtype=pl.String), ","), rest
        if '"' in text and self._dialect.delimiter != SPACES:
            return self._cut_quoted(text, rest, final=final)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text.endswith("\n"):
            text = text[:-1]
        separator = self._dialect.delimiter
        problems: RowProblems = {}
        if separator == SPACES:
            separator = free_separator(text)
            text, problems = self._cut_spaced(text, separator)
        lines = pl.Series([text]).str.split("\n").explode(empty_as_null=False)
        return self._block(lines, separator, problems, marked=_has_marks(text)), rest

    def _cut_spaced(self, text: str, separator: str) -> tuple[str, RowProblems]:
        """The text with its cells divided by the separator, and what is wrong by row."""
        bounds = self._dialect.bounds
        if bounds:
            lines = spread(text, self._dialect.measure).split("\n")
            found = [cut(line, bounds) for line in lines]
            problems: RowProblems = {
                self.next_row + at: ("CELLS_SHIFTED",)
                for at, (_, keeps) in enumerate(found)
                if not keeps
            }
            return "\n".join(separator.join(cells) for cells, _ in found), problems
        rows = [SPACE_RUN.sub(separator, line.strip()) for line in text.split("\n")]
        # An empty cell leaves no trace; what stands behind it is in another column.
        short: RowProblems = {
            self.next_row + at: ("CELLS_SHIFTED",)
            for at, row in enumerate(rows)
            if 1 < row.count(separator) < self._dialect.width - 1
        }
        return "\n".join(rows), short

    def _cut_quoted(self, text: str, rest: str, *, final: bool) -> tuple[LineBlock, str]:
        separator = free_separator(text)
        assembler = QuotedRows(self._dialect, separator)
        used = assembler.take(text, final=final)
        problems = {self.next_row + at: codes for at, codes in assembler.problems.items()}
        lines = pl.Series(assembler.rows, dtype=pl.String)
        block = self._block(lines, separator, problems, marked=_has_marks(text))
        return block, text[used:] + rest

    def _block(
        self,
        lines: pl.Series,
        separator: str,
        problems: dict[int, tuple[str, ...]],
        *,
        marked: bool,
    ) -> LineBlock:
        first = self.next_row
        self.next_row += len(lines)
        if marked:
            for mark, code in (
                (encodings.BROKEN, "ENCODING_BROKEN"),
                (encodings.OTHER_ENCODING, "ENCODING_BROKEN"),
            ):
                for at in lines.str.contains(mark, literal=True).arg_true():
                    known = problems.get(first + at, ())
                    problems[first + at] = (*known, code) if code not in known else known
            lines = lines.str.replace_all(encodings.BROKEN_BYTES.pattern, "\\x$1").str.replace_all(
                encodings.OTHER_ENCODING, "", literal=True
            )
        return LineBlock(1, first, lines, separator, problems)


def _has_marks(text: str) -> bool:
    return encodings.BROKEN in text or encodings.OTHER_ENCODING in text
