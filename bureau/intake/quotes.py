"""Rows whose cells may be quoted, read so that one stray quotation mark costs only its own line."""

import csv
import io
import re

from bureau.intake.dialects import Dialect, split_lines

# A quoted cell may run over this many lines; beyond, its quotation mark was never closed.
QUOTED_LINES = 100
# From this width on, lines that are all complete rows by themselves are not one quoted cell.
SELF_SUFFICIENT_COLUMNS = 4
csv.field_size_limit(64 * 1024**2)


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
        lines = split_lines(text.rstrip("\r\n"))
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
