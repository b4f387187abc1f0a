"""Rows of one sheet on their way from a file to a frame: one text per row and what separates cells.

Both readers, for text and for workbooks, hand over this form, because cutting and escaping whole
lines is the work that polars does without touching single cells in Python.
"""

import dataclasses
from collections.abc import Iterator

import polars as pl

from bureau.intake.shapes import RowBlock

# Separates cells where a file's own delimiter cannot, because a cell contains it.
UNIT_SEPARATORS = "\x1f\x1e\x1d\x1c\ufdd2\ufdd3"


@dataclasses.dataclass(frozen=True, slots=True)
class LineBlock:
    """Consecutive rows of a sheet; `first_row` is the number of the first, 0 if nobody counted.

    `problems` are codes by row number, only for rows that have any.
    """

    sheet: int
    first_row: int
    lines: pl.Series
    separator: str
    problems: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def cells(self) -> pl.Series:
        """The cells of every row as a list of texts."""
        return self.lines.str.split(self.separator)

    def row_block(self) -> RowBlock:
        """The rows as plain Python values."""
        numbers = list(range(self.first_row, self.first_row + len(self.lines)))
        return RowBlock(
            sheet=self.sheet,
            row_numbers=numbers if self.first_row else [0] * len(numbers),
            cells=self.cells().to_list(),
        )

    def pieces(self, rows: int) -> Iterator["LineBlock"]:
        """The block cut into blocks of at most `rows` rows, as equal as can be.

        A small rest would cost as much per block as a whole one.
        """
        if len(self.lines) <= rows:
            yield self
            return
        count = -(-len(self.lines) // rows)
        rows = -(-len(self.lines) // count)
        for start in range(0, len(self.lines), rows):
            first, last = self.first_row + start, self.first_row + start + rows
            yield LineBlock(
                sheet=self.sheet,
                first_row=first,
                lines=self.lines.slice(start, rows),
                separator=self.separator,
                problems={
                    row: codes for row, codes in self.problems.items() if first <= row < last
                },
            )


def free_separator(text: str) -> str:
    """A character that does not occur in `text` and can therefore separate its cells."""
    for separator in UNIT_SEPARATORS:
        if separator not in text:
            return separator
    return next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text)
