"""How the lines of a text file are cut into cells, guessed from its content."""

import collections
import csv
import dataclasses
import io
import re
from collections.abc import Iterable

from bureau.intake.fixed_width import Bounds, find_columns
from bureau.intake.shapes import Problem

# Full-width signs come from text typed by hand under a Chinese input method.
DELIMITERS = (",", "\t", "|", ";", "，", "；", "、", "^", "~")
# Column text lined up by runs of spaces, as old terminal programs print it.
SPACES = "spaces"
SPACE_RUN = re.compile(r"[ \u3000]{2,}")

ENOUGH_ROWS = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a file are cut: delimiter, usual number of cells, line end, doubts.

    Where the columns have a fixed width, `bounds` are the places at which they begin, counted by
    `measure`.
    """

    delimiter: str
    width: int
    newline: str
    warnings: tuple[Problem, ...] = ()
    measure: str = ""
    bounds: Bounds = ()


def guess_dialect(head: str, middle: Iterable[str]) -> Dialect:
    """The dialect that cuts most of the sample lines into the same number of cells."""
    lines = [line for text in (head, *middle) for line in split_lines(text) if line.strip()]
    newline = "CRLF" if "\r\n" in head else "LF" if "\n" in head else "CR" if "\r" in head else "LF"
    best = ("", 1, 0.0)
    for delimiter in DELIMITERS:
        width, share = _usual_width(_cut(line, delimiter) for line in lines)
        if '"' in head:
            # Lines inside quoted cells say nothing about the width of rows.
            records = _usual_width(_record_widths(head, delimiter))
            width, share = max((width, share), records, key=lambda guess: guess[1])
        # More columns win over slightly steadier ones: a comma inside a note is steady too.
        if width > 1 and share * min(width, 6) > best[2] * min(best[1], 6):
            best = (delimiter, width, share)
    if (best[2] < 0.5 or best[1] <= 2) and (found := find_columns(lines)):
        measure, bounds = found
        doubt = Problem(code="DELIMITER_UNCERTAIN", value=SPACES)
        return Dialect(SPACES, len(bounds), newline, (doubt,), measure, bounds)
    if best[2] < 0.5:
        width, share = _usual_width(len(SPACE_RUN.split(line.strip())) for line in lines)
        if width > 2 and share > max(0.5, best[2]):
            best = (SPACES, width, share)
    if best[1] <= 2:
        width, share = _usual_width(len(line.split()) for line in lines)
        if width > 2 and share > 0.8:
            best = (" ", width, share)
    delimiter, width, share = best
    doubt = Problem(code="DELIMITER_UNCERTAIN", value=delimiter or ",")
    uncertain = delimiter in (SPACES, " ") or (share < 0.6 and len(lines) > 3)
    return Dialect(delimiter or ",", width, newline, (doubt,) if uncertain else ())


def _cut(line: str, delimiter: str) -> int:
    """The number of cells of a line; quotes count only where the line has any."""
    if '"' not in line:
        return line.count(delimiter) + 1
    return len(next(csv.reader([line], delimiter=delimiter), []))


def _record_widths(text: str, delimiter: str) -> list[int]:
    """The number of cells of every non-blank row while quotation marks are well placed."""
    widths = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if any(map(str.strip, row)):
                widths.append(len(row))
    except csv.Error:
        # A misplaced mark, or the end of the sample within quotes: what came before still counts.
        return widths if len(widths) >= ENOUGH_ROWS else []
    return widths


def _usual_width(widths: Iterable[int]) -> tuple[int, float]:
    """The commonest number of cells above one and the share of lines that have it."""
    counts = collections.Counter(widths)
    total = counts.total() or 1
    several = [(count, width) for width, count in counts.items() if width > 1]
    if not several:
        return 1, 0.0
    count, width = max(several)
    return width, count / total


def split_lines(text: str) -> list[str]:
    """Lines by CR, LF and CRLF only: other breaks, such as U+2028, belong to the text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
