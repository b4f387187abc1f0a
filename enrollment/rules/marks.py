"""Marks that travel with a roster's rows into the problem file and back: which row a line is of.

A mark names roster, file, sheet and row, and how often the row had been corrected when the file was
made. Its last characters are a check: a mark that a spreadsheet continued as a series, or that
somebody retyped, is known to be wrong instead of naming another row.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

#: What a mark looks like; the groups are the four numbers, the version and the check.
ROW_MARK: Final = re.compile(r"BX(\d+)-(\d+)-(\d+)-(\d+)-(\d+)-([0-9A-V]{4})")
#: What stands in the headings of a problem file: roster, file and sheet, and the check.
HEAD_MARK: Final = re.compile(r"#(\d+)-(\d+)-(\d+)-([0-9A-V]{4})")
_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of a roster by the numbers of its roster, file, sheet and row; `version` counts its
    corrections."""

    batch: int
    file: int
    sheet: int
    row: int
    version: int = 0

    def __str__(self) -> str:
        numbers = f"{self.batch}-{self.file}-{self.sheet}-{self.row}-{self.version}"
        return f"BX{numbers}-{_check(numbers)}"


@dataclass(frozen=True, slots=True)
class SheetMark:
    """One sheet of a roster's file, as a heading of the problem file names it."""

    batch: int
    file: int
    sheet: int

    def __str__(self) -> str:
        numbers = f"{self.batch}-{self.file}-{self.sheet}"
        return f"#{numbers}-{_check(numbers)}"


def read_mark(text: str) -> Mark | None:
    """The mark in the text; None where there is none, or one whose check fails."""
    found = ROW_MARK.search(text)
    if found is None:
        return None
    *numbers, check = found.groups()
    if check != _check("-".join(numbers)):
        return None
    return Mark(*map(int, numbers))


def read_sheet_mark(text: str) -> SheetMark | None:
    """The mark of a sheet in the text; None where there is none, or one whose check fails."""
    found = HEAD_MARK.search(text)
    if found is None:
        return None
    *numbers, check = found.groups()
    if check != _check("-".join(numbers)):
        return None
    return SheetMark(*map(int, numbers))


def _check(text: str) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:3], "big")
    return "".join(_SIGNS[number >> shift & 31] for shift in (15, 10, 5, 0))
