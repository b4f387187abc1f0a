"""What a file from outside looks like, in plain frozen values: its shape, its rows, its layout."""

import dataclasses
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

YEAR = re.compile(r"(?:19|20)\d\d|二[〇零○][〇零○一二三四五六七八九]{2}|(?<!\d)[0-4]\d(?=年)")
# Invisible characters that travel with copied text; they never tell two headers apart.
INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3000\ufeff]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: a stable code, where, the value met, and figures for the words.

    The words and the remedy belong to `problems.py`, so that a stored problem can be shown in
    either language.
    """

    code: str
    place: str = ""
    value: str = ""
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Sizes beyond which a file is refused or a cell is flagged; bytes, characters, seconds."""

    file_bytes: int = 2 * 1024**3
    columns: int = 200
    cell_characters: int = 4_096
    line_characters: int = 4 * 1024**2
    sheets: int = 300
    # As many as a worksheet has: one stray cell at its very end is read, a file full of them not.
    rows_skipped: int = 1_048_576
    archive_bytes: int = 1024**3
    archive_ratio: int = 120
    archive_members: int = 2_000
    reader_address_space: int = 2 * 1024**3
    reader_seconds: int = 300


@dataclasses.dataclass(frozen=True, slots=True)
class SheetShape:
    """One sheet; a text file has exactly one, number 1, without a name.

    `rows` is None while nobody has counted them: a text file is not read to its end for its shape.
    `merged` lists merged ranges as (first row, first column, last row, last column), from 1.
    """

    number: int
    name: str = ""
    hidden: bool = False
    rows: int | None = None
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class SourceShape:
    """A file's container ("text", "xlsx", "xls", "xml", "dbf"), writing, sheets, fingerprint."""

    kind: str
    encoding: str | None
    bom: bool
    delimiter: str | None
    newline: str | None
    sheets: tuple[SheetShape, ...]
    sha256: str
    size: int
    warnings: tuple[Problem, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class RowBlock:
    """Consecutive rows of one sheet, cells as read.

    Row numbers are those a person sees on opening the file: the first is 1; blank, title and header
    rows count; a line break inside a quoted cell makes no new row. In a sample, 0 stands for a row
    from the middle of a text file, whose number nobody has counted.
    """

    sheet: int
    row_numbers: list[int]
    cells: list[list[str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Companion:
    """A field whose values bear another's out in the same records, as a birth date does a number.

    `measure` gets both columns row by row and says how well they agree, 0 to 1, or None where too
    few rows tell. From `certain` on they belong together; below `refuted` they do not.
    """

    beside: str
    measure: Callable[[Sequence[str], Sequence[str]], float | None]
    certain: float = 0.8
    refuted: float = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field the caller wants, and how to know its column.

    `header_words` are the usual headings, best first; a heading may have one of `owners` before it
    that says whose it is without changing the field. One of `strangers` in it says that it is
    somebody else's, and `other_words` are headings that sound alike and are not the field.
    `profile` says how much values look like the field, 0 to 1, beside a heading that says so;
    `alone` is stricter, for a column whose heading says nothing. `companions` are fields whose
    values bear this one's out. A title row may name a field with a `level` for the rows below it,
    until one of a wider level (1 is the widest) begins; with `bare_title` its value alone does.
    `same_as` brings cells that say the same into one form, so that a column that repeats another is
    no rival of it. `fill_down` marks a field that is often written only in the first row of a
    group, `evidence` one whose presence shows that a row is a record and not a title or a total.
    """

    name: str
    label: str
    header_words: tuple[str, ...]
    profile: Callable[[Sequence[str]], float] | None = None
    required: bool = False
    fill_down: bool = False
    evidence: bool = False
    alone: Callable[[Sequence[str]], float] | None = None
    owners: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    companions: tuple[Companion, ...] = ()
    level: int = 0
    bare_title: bool = False
    same_as: Callable[[str], str] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnMap:
    """One column of a sheet and the field it feeds; `index` counts from 0.

    `fill_down` is true where the column really is written group by group in this file, so that an
    odd missing value in a complete column is not filled with the neighbour's.

    Cells that hold several fields are divided by `pattern`, a group for each of `pieces`, which are
    the fields in their order ("" for what no field wants); `field` is the first of them. The cells
    of the columns `joined` complete the cell, as month and day do a year; `glue` stands between.
    """

    index: int
    header: str
    field: str | None = None
    confidence: float = 0.0
    why: str = ""
    fill_down: bool = False
    pieces: tuple[str, ...] = ()
    pattern: str = ""
    joined: tuple[int, ...] = ()
    glue: str = "-"

    @property
    def fed(self) -> tuple[str, ...]:
        """All fields that the column feeds."""
        if self.pieces:
            return tuple(piece for piece in self.pieces if piece)
        return (self.field,) if self.field else ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The column that was stored, from whichever release."""
        lists = {name: tuple(stored.get(name, ())) for name in ("pieces", "joined")}
        return cls(**{**stored, **lists})


@dataclasses.dataclass(frozen=True, slots=True)
class SheetLayout:
    """How to read one sheet. Rows count from 1; `header_row` is 0 where there is no header.

    `header_row` is the first of `header_rows` rows; `header_cells` holds their cells as read, so
    that their repetitions further down are known. `first_row` is the first that may be a record.
    """

    sheet: int
    sheet_name: str
    kept: bool
    why: str
    title: str
    header_row: int
    header_rows: int
    first_row: int
    columns: tuple[ColumnMap, ...]
    header_cells: tuple[tuple[str, ...], ...] = ()

    def heading_keys(self) -> tuple[str, ...]:
        """What the headings have in common from year to year, by column."""
        return tuple(YEAR.sub("#", normal_heading(column.header)) for column in self.columns)

    def column_of(self, field: str) -> ColumnMap | None:
        """The column that feeds `field`, if any; one of its own before one shared with others."""
        feeding = [column for column in self.columns if field in column.fed]
        return min(feeding, key=lambda column: bool(column.pieces), default=None)


@dataclasses.dataclass(frozen=True, slots=True)
class FileLayout:
    """How to read a file: its shape and the layout of every sheet. Survives storage as JSON.

    `doubts` are questions that the proposal leaves to a person; each names in its facts the
    `sheets` and `fields` it is about.
    """

    shape: SourceShape
    sheets: tuple[SheetLayout, ...]
    doubts: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The layout as plain values that a JSON column takes; a sign stands for each NUL."""
        # PostgreSQL takes no NUL in JSON, and headings come from files of others.
        written = json.dumps(dataclasses.asdict(self)).replace("\\u0000", "\\ufffd")
        return json.loads(written)  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | str) -> Self:
        """The layout that `to_json` stored."""
        values = json.loads(stored) if isinstance(stored, str) else stored
        shape = dict(values["shape"])
        shape["sheets"] = tuple(
            SheetShape(**{**sheet, "merged": tuple(tuple(area) for area in sheet["merged"])})
            for sheet in shape["sheets"]
        )
        shape["warnings"] = tuple(Problem(**warning) for warning in shape["warnings"])
        sheets = tuple(
            SheetLayout(
                **{
                    **sheet,
                    "columns": tuple(map(ColumnMap.from_json, sheet["columns"])),
                    "header_cells": tuple(tuple(row) for row in sheet["header_cells"]),
                }
            )
            for sheet in values["sheets"]
        )
        doubts = tuple(Problem(**doubt) for doubt in values.get("doubts", ()))
        return cls(shape=SourceShape(**shape), sheets=sheets, doubts=doubts)

    def doubtful_sheets(self) -> frozenset[int]:
        """The kept sheets of whose columns something is in doubt."""
        kept = frozenset(sheet.sheet for sheet in self.sheets if sheet.kept)
        told = (doubt.facts.get("sheets", kept) for doubt in self.doubts)
        return kept & frozenset().union(*told)

    def signature(self) -> str:
        """A key of the kept sheets' headings: the same next year, whatever the rows and sheets.

        Years inside headings, spaces and the number of equal sheets do not matter.
        """
        headings = sorted(
            {"\x1f".join(sheet.heading_keys()) for sheet in self.sheets if sheet.kept}
        )
        return hashlib.sha256("\x1e".join(headings).encode()).hexdigest()


def normal_heading(text: str) -> str:
    """A heading as it is compared: full width folded, nothing invisible, lower case.

    A space and an underscore both count as nothing: `psn_no` and `PSN NO` are one heading.
    """
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower().replace("_", "")
