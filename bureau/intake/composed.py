"""Columns that hold several fields in one cell, as "姓名/性别" does, and fields that are written in
several columns, as a date in year, month and day."""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from bureau.intake.headings import FITS, field_fit
from bureau.intake.shapes import INVISIBLE, ColumnMap, FieldSpec, normal_heading

#: What stands between the names of two fields in one heading.
HEADING_SIGNS = re.compile(r"[/、,;+|&\\()]|(?<=.)[及和与](?=.)")
#: What stands between two values in one cell, and how it is written.
CELL_SIGNS = ("/／", "、", "|｜", "\\\\", ",，", ";；", "+＋", r"\-—", ":：")
#: Cells in which a sign parts as many pieces as the heading has.
DIVIDED_SHARE = 0.7
#: How much the pieces look like their fields at the least, and whole cells of a column like one.
PIECES_FIT = 0.5
WHOLE_FITS = 0.6
MOST_PIECES = 4
#: Without a sign digits and words part from each other.
DIGITS_FIRST = r"(?s)^\s*([0-9０-９][0-9０-９XxＸｘ]*)\s*([^0-9０-９XxＸｘ].*?)\s*$"
WORDS_FIRST = r"(?s)^\s*([^0-9０-９]+?)\s*([0-9０-９].*?)\s*$"

YEARS = re.compile(r"(?:18|19|20)[0-9]{2}年?")
MONTHS = re.compile(r"(?:0?[1-9]|1[0-2])月?")
DAYS = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[日号]?")
DATE_COLUMNS = (
    (YEARS, re.compile("年$|year$|^yyyy$")),
    (MONTHS, re.compile("月$|month$|^mm$")),
    (DAYS, re.compile("[日号]$|day$|^dd$")),
)
DATE_SHARE = 0.9
FEWEST_DATES = 3
DATE_LABEL = "年月日"
DATE_UNITS = "年月日号 \u3000"
DATE_GLUE = "-"
#: Surname and given name in columns of their own, with the label of both together.
SURNAMES = re.compile(r"姓|姓氏|surname|lastname|familyname|xing")
GIVEN_NAMES = re.compile(r"名|名字|givennames?|firstname|forename|ming")
NAME_LABEL = "姓名"
LONGEST_SURNAME = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A column that the table does not have itself: a piece of one, or several together."""

    columns: tuple[int, ...]
    label: str
    cells: list[str]
    pattern: str = ""
    piece: int = 0
    glue: str = DATE_GLUE


def find_parts(
    labels: Sequence[str],
    groups: Sequence[str],
    columns: Sequence[Sequence[str]],
    fields: Sequence[FieldSpec],
) -> list[Part]:
    """The columns that are hidden in those of a table, given by their cells from top to bottom."""
    found = [*_dates(labels, groups, columns), *_names(labels, columns)]
    parts = [part for part in found if _named(part.label, fields)]
    spoken_for = {at for part in parts for at in part.columns}
    for at, (label, cells) in enumerate(zip(labels, columns, strict=True)):
        if at not in spoken_for:
            parts += _pieces(at, label, cells, fields)
    return parts


def _pieces(at: int, label: str, cells: Sequence[str], fields: Sequence[FieldSpec]) -> list[Part]:
    names = _names_in(label)
    values = [cell for cell in cells if cell]
    if not 2 <= len(names) <= MOST_PIECES or len(values) < 2:
        return []
    named = [_named(name, fields) for name in names]
    known = [field for field in named if field]
    if not known or len({field.name for field in known}) < len(known):
        return []
    whole = _named(label, fields) or known[0]
    if whole.profile and whole.profile(values) >= WHOLE_FITS:
        return []
    pattern = _pattern(values, len(names))
    if not pattern:
        return []
    rows = _divided(cells, pattern, len(names))
    fits = [
        field.profile([row[place] for row in rows if row[place]] or [""])
        for place, field in enumerate(named) if field and field.profile
    ]  # fmt: skip
    if not fits or min(fits) < PIECES_FIT:
        return []
    return [
        Part((at,), name, [row[place] for row in rows], pattern, place)
        for place, name in enumerate(names)
    ]


def _names_in(label: str) -> list[str]:
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", label))
    return [name for name in HEADING_SIGNS.split(plain) if name]


def _named(name: str, fields: Sequence[FieldSpec]) -> FieldSpec | None:
    best = max(fields, key=lambda field: field_fit(name, field), default=None)
    return best if best and field_fit(name, best) >= FITS else None


def _pattern(values: Sequence[str], count: int) -> str:
    """The pattern that divides most of the values into so many pieces; "" if none does."""
    for signs in CELL_SIGNS:
        sign = f"[{signs}]"
        here = sum(len(re.findall(sign, value)) == count - 1 for value in values)
        if here >= DIVIDED_SHARE * len(values):
            return r"(?s)^\s*" + rf"\s*{sign}\s*".join(["(.*?)"] * count) + r"\s*$"
    further = [r"(?s)^\s*" + r"\s+".join(["(.*?)", *[r"(\S*)"] * (count - 1)]) + r"$"]
    if count == 2:
        bracketed = r"(?s)^\s*(.*?)\s*[(（【\[]\s*(.*?)\s*[)）】\]]\s*$"
        further = [bracketed, *further, DIGITS_FIRST, WORDS_FIRST]
    for pattern in further:
        fits = pl.Series(values, dtype=pl.String).str.contains(pattern)
        if fits.sum() >= DIVIDED_SHARE * len(values):
            return pattern
    return ""


def _divided(cells: Sequence[str], pattern: str, count: int) -> list[tuple[str, ...]]:
    """The pieces of each cell; one that does not divide is the first of them as a whole.

    By the engine of polars, whose time grows with the cell and no faster, whatever it holds; that
    of Python tries every way of sharing out blanks.
    """
    found = pl.Series(cells, dtype=pl.String).str.extract_groups(pattern).struct.unnest().rows()
    whole = [""] * (count - 1)
    return [
        (cell, *whole) if pieces[0] is None else tuple(piece or "" for piece in pieces)
        for cell, pieces in zip(cells, found, strict=True)
    ]


def _dates(
    labels: Sequence[str], groups: Sequence[str], columns: Sequence[Sequence[str]]
) -> list[Part]:
    found = []
    for at in range(len(labels) - len(DATE_COLUMNS) + 1):
        places = range(at, at + len(DATE_COLUMNS))
        if not all(
            heads.search(labels[place].strip().lower()) and _all_are(values, columns[place])
            for place, (values, heads) in zip(places, DATE_COLUMNS, strict=True)
        ):
            continue
        label = groups[at] or f"{labels[at].strip().rstrip('年')}{DATE_LABEL}"
        rows = zip(*(columns[place] for place in places), strict=True)
        found.append(Part(tuple(places), label, [_joined(row) for row in rows]))
    return found


def _names(labels: Sequence[str], columns: Sequence[Sequence[str]]) -> list[Part]:
    """Names whose surname stands in a column of its own, right before the given name."""
    plain = [normal_heading(label) for label in labels]
    found = []
    for at, (one, other) in enumerate(pairwise(plain)):
        if not (SURNAMES.fullmatch(one) and GIVEN_NAMES.fullmatch(other)):
            continue
        surnames = [cell for cell in columns[at] if cell]
        # A column of whole names under "姓" is no column of surnames.
        short = sum(len(cell) <= LONGEST_SURNAME for cell in surnames)
        repeated = len(set(surnames)) <= len(surnames) / 2 or len(surnames) < FEWEST_DATES * 4
        if short >= DATE_SHARE * len(surnames) and repeated:
            rows = zip(columns[at], columns[at + 1], strict=True)
            cells = ["".join(row) for row in rows]
            found.append(Part((at, at + 1), NAME_LABEL, cells, glue=""))
    return found


def _all_are(form: re.Pattern[str], cells: Sequence[str]) -> bool:
    values = [cell for cell in cells if cell]
    fits = sum(bool(form.fullmatch(value)) for value in values)
    return fits >= max(FEWEST_DATES, DATE_SHARE * len(values))


def _joined(cells: Sequence[str]) -> str:
    return "-".join(filter(None, (cell.strip(DATE_UNITS) for cell in cells)))


def values_of(column: ColumnMap, row: Sequence[str]) -> dict[str, str]:
    """What one row tells of each field that the column feeds."""
    cells = [row[at] if at < len(row) else "" for at in (column.index, *column.joined)]
    if column.pieces:
        [pieces] = _divided(cells[:1], column.pattern, len(column.pieces))
        return {name: piece for name, piece in zip(column.pieces, pieces, strict=True) if name}
    if not column.field:
        return {}
    whole = _joined(cells) if column.glue else "".join(cells)
    return {column.field: whole if column.joined else cells[0]}


def field_cell(column: ColumnMap, field: str, columns: Sequence[str]) -> pl.Expr:
    """What the column tells of the field, as `values_of`; null where a piece is not there."""
    cell = pl.col(columns[column.index])
    if column.joined:
        told = [pl.col(columns[at]) for at in (column.index, *column.joined)]
        cells = [cell.str.strip_chars(DATE_UNITS) for cell in told] if column.glue else told
        filled = [pl.when(part != "").then(part) for part in cells]
        return pl.concat_str(filled, separator=column.glue, ignore_nulls=True)
    if column.pieces:
        place = column.pieces.index(field)
        divides = cell.str.contains(column.pattern)
        piece = cell.str.extract(column.pattern, place + 1)
        return pl.when(divides).then(piece).when(pl.lit(place == 0)).then(cell)
    return cell
