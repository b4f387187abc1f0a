"""Delimited text of unknown writing, read in bounded memory: encoding, delimiter, quotes, rows."""

import collections
import csv
import dataclasses
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from bureau.intake import encodings
from bureau.intake.lines import LineBlock, free_separator
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, Problem, RowBlock, SheetShape, SourceShape

CHUNK_BYTES = 6 * 1024**2
PROBE_BYTES = 256 * 1024
DELIMITERS = (",", "\t", "|", ";")
# Column text lined up by runs of spaces, as old terminal programs print it.
SPACES = "spaces"
SPACE_RUN = re.compile(r"[ \u3000]{2,}|\t+")
# A quoted cell may run over this many lines; beyond, its quotation mark was never closed.
QUOTED_LINES = 100
# From this width on, lines that are all complete rows by themselves are not one quoted cell.
SELF_SUFFICIENT_COLUMNS = 4


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


@dataclasses.dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a file are cut: delimiter, usual number of cells, line end, doubts."""

    delimiter: str
    width: int
    newline: str
    warnings: tuple[Problem, ...] = ()


def guess_dialect(head: str, middle: Iterable[str]) -> Dialect:
    """The dialect that cuts most of the sample lines into the same number of cells."""
    lines = [line for text in (head, *middle) for line in _split_lines(text) if line.strip()]
    newline = "CRLF" if "\r\n" in head else "LF" if "\n" in head else "CR" if "\r" in head else "LF"
    best = ("", 1, 0.0)
    for delimiter in DELIMITERS:
        width, share = _usual_width(_cut(line, delimiter) for line in lines)
        # More columns win over slightly steadier ones: a comma inside a note is steady too.
        if width > 1 and share * min(width, 6) > best[2] * min(best[1], 6):
            best = (delimiter, width, share)
    if best[2] < 0.5:
        width, share = _usual_width(len(SPACE_RUN.split(line.strip())) for line in lines)
        if width > 2 and share > max(0.5, best[2]):
            best = (SPACES, width, share)
    delimiter, width, share = best
    doubt = Problem(code="DELIMITER_UNCERTAIN", value=delimiter or ",")
    uncertain = delimiter == SPACES or (share < 0.6 and len(lines) > 3)
    return Dialect(delimiter or ",", width, newline, (doubt,) if uncertain else ())


def _cut(line: str, delimiter: str) -> int:
    """The number of cells of a line; quotes count only where the line has any."""
    if '"' not in line:
        return line.count(delimiter) + 1
    return len(next(csv.reader([line], delimiter=delimiter), []))


def _usual_width(widths: Iterable[int]) -> tuple[int, float]:
    """The commonest number of cells above one and the share of lines that have it."""
    counts = collections.Counter(widths)
    total = counts.total()
    several = [(count, width) for width, count in counts.items() if width > 1]
    if not several:
        return 1, 0.0
    count, width = max(several)
    return width, count / total


def _split_lines(text: str) -> list[str]:
    """Lines by CR, LF and CRLF only: other breaks, such as U+2028, belong to the text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class TextSource:
    """A text file ready to be read; see `readers.Source`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._probe = probe(path)
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
        if separator == SPACES:
            separator = free_separator(text)
            text = "\n".join(SPACE_RUN.sub(separator, line.strip()) for line in text.split("\n"))
        lines = pl.Series([text]).str.split("\n").explode(empty_as_null=False)
        return self._block(lines, separator, {}, marked=_has_marks(text)), rest

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


class QuotedRows:
    """Puts rows together whose cells may be quoted and run over several lines.

    Strict reading comes first; where a quotation mark breaks it, only that line is read leniently
    and marked, so that one stray mark never swallows the rows below it.
    """

    def __init__(self, dialect: Dialect, separator: str) -> None:
        self._delimiter = dialect.delimiter
        self._width = dialect.width
        self._separator = separator
        self._lines = _PhysicalLines()
        self._strict = csv.reader(self._lines, delimiter=dialect.delimiter, strict=True)
        self._lenient = csv.reader(self._lines, delimiter=dialect.delimiter)
        self.rows: list[str] = []
        self.problems: dict[int, tuple[str, ...]] = {}

    def take(self, text: str, *, final: bool) -> int:
        """Turn whole lines into rows; return how many characters were used up.

        Without `final` a quoted cell that is still open waits for the lines to come.
        """
        if text.count('"') > text.count("\n") and self._take_all(text):
            return len(text)
        at = 0
        while at < len(text):
            quote = text.find('"', at)
            start = len(text) if quote < 0 else _line_start(text, at, quote)
            if start > at:
                self._take_plain(text[at:start])
                at = start
                continue
            end = self._take_quoted(text, at, final=final)
            if end == at:
                return at
            at = end
        return at

    def _take_all(self, text: str) -> bool:
        """The quick way for a piece in which every line is one well-formed row."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True)
        try:
            rows = list(map(self._separator.join, reader))
        except csv.Error:
            return False
        if len(rows) != reader.line_num:
            return False
        self.rows = rows
        return True

    def _take_plain(self, text: str) -> None:
        """Whole lines without any quotation mark."""
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        rows = text.replace(self._delimiter, self._separator).split("\n")
        if not rows[-1] and text.endswith("\n"):
            rows.pop()
        self.rows.extend(rows)

    def _take_quoted(self, text: str, at: int, *, final: bool) -> int:
        """The row that starts at `at`; where it ends. `at` itself if it waits for more text."""
        self._lines.restart(text, at, QUOTED_LINES)
        try:
            cells = next(self._strict)
        except csv.Error as error:
            waits = self._lines.at == len(text) and self._lines.left and "end of data" in str(error)
            if waits and not final:
                return at
        else:
            if not self._are_rows(text[at : self._lines.at]):
                self.rows.append(self._separator.join(cells))
                return self._lines.at
        self._lines.restart(text, at, 1)
        line = next(self._lines)
        self.rows.append(self._separator.join(self._lenient_row(line)))
        return at + len(line)

    def _are_rows(self, text: str) -> bool:
        """Whether each of several lines is a whole row, so that no cell spans them."""
        lines = _split_lines(text.rstrip("\r\n"))
        return (
            len(lines) > 1
            and self._width >= SELF_SUFFICIENT_COLUMNS
            and all(line.count(self._delimiter) + 1 == self._width for line in lines)
        )

    def _lenient_row(self, line: str) -> list[str]:
        """One line whose quotation marks are out of place, read so that its columns fit."""
        literal = line.rstrip("\r\n").split(self._delimiter)
        if line.count('"') % 2:
            self.problems[len(self.rows)] = ("QUOTE_OPEN",)
            return literal
        self.problems[len(self.rows)] = ("QUOTE_STRAY",)
        self._lines.restart(line, 0, 1)
        cells = next(self._lenient)
        fits = len(cells) == self._width or len(literal) != self._width
        return cells if fits else literal


LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class _PhysicalLines:
    """Yields a text's lines with their ends from a place on, at most `left` more."""

    def __init__(self) -> None:
        self.restart("", 0, 0)

    def restart(self, text: str, at: int, left: int) -> None:
        self._text, self.at, self.left = text, at, left

    def __iter__(self) -> "_PhysicalLines":
        return self

    def __next__(self) -> str:
        match = LINE.match(self._text, self.at)
        if not self.left or match is None or not match[0]:
            raise StopIteration
        self.at = match.end()
        self.left -= 1
        return match[0]


def _line_start(text: str, lowest: int, at: int) -> int:
    """Where the line begins in which `at` lies, not before `lowest`."""
    return max(text.rfind("\n", lowest, at), text.rfind("\r", lowest, at), lowest - 1) + 1


csv.field_size_limit(64 * 1024**2)
