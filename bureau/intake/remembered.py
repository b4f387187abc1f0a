"""Layouts that people confirmed before, taken over for files whose headings are alike."""

import dataclasses
from collections.abc import Sequence

from bureau.intake.shapes import ColumnMap, FileLayout, SheetLayout

# A remembered layout holds for headings of which so many are the same.
ALIKE = 0.75


def recall(proposed: FileLayout, remembered: Sequence[FileLayout]) -> FileLayout:
    """The proposal with the mapping that people confirmed for these or very similar headings.

    The layout that is most alike wins; of equal ones the first. A column that was moved, added or
    left out since changes nothing for the others.
    """
    best, closeness = None, 0.0
    for layout in remembered:
        kept = [sheet for sheet in proposed.sheets if sheet.kept]
        alike = [_closest(sheet, layout)[1] for sheet in kept]
        mean = sum(alike) / len(alike) if alike else 0.0
        if mean > closeness:
            best, closeness = layout, mean
    return adopt(proposed, best) if best else proposed


def adopt(proposed: FileLayout, remembered: FileLayout) -> FileLayout:
    """The proposal with the mapping that people confirmed for the same headings before.

    Headings are the same where only a year in them differs. Doubts that people settled are gone.
    """
    sheets, settled = [], True
    for sheet in proposed.sheets:
        before, closeness = _closest(sheet, remembered)
        if before is None or closeness < ALIKE:
            sheets.append(sheet)
            settled = settled and not sheet.kept
            continue
        sheets.append(dataclasses.replace(sheet, columns=_adopted(sheet, before)))
    doubts = () if settled else proposed.doubts
    return dataclasses.replace(proposed, sheets=tuple(sheets), doubts=doubts)


def _closest(sheet: SheetLayout, layout: FileLayout) -> tuple[SheetLayout | None, float]:
    """The kept sheet of the layout whose headings are most like the sheet's, and how much."""
    keys = sheet.heading_keys()
    best, closeness = None, 0.0
    for other in layout.sheets:
        theirs = other.heading_keys()
        if not other.kept:
            continue
        shared = len(set(keys) & set(theirs))
        alike = 1.0 if keys == theirs else shared / max(len({*keys, *theirs}), 1)
        if sheet.header_row == 0:
            alike = _same_without_heading(sheet, other)
        if alike > closeness:
            best, closeness = other, alike
    return best, closeness


def _same_without_heading(sheet: SheetLayout, other: SheetLayout) -> float:
    """How much a table without a heading goes on with the columns of another, by their places.

    Part two of a list often has none; its values tell the same fields at the same places.
    """
    if len(sheet.columns) != len(other.columns):
        return 0.0
    pairs = [
        (one.field, two.field)
        for one, two in zip(sheet.columns, other.columns, strict=True)
        if one.field
    ]
    same = sum(one == two for one, two in pairs)
    return same / len(pairs) if pairs else 0.0


def _adopted(sheet: SheetLayout, before: SheetLayout) -> tuple[ColumnMap, ...]:
    if sheet.header_row == 0:
        return tuple(
            dataclasses.replace(column, confidence=1.0, why="REMEMBERED")
            for column in before.columns
        )
    known = dict(zip(before.heading_keys(), before.columns, strict=True))
    told = [known.get(key) for key in sheet.heading_keys()]
    taken = {column.field for column in told if column and column.field}
    adopted = []
    for column, earlier in zip(sheet.columns, told, strict=True):
        if earlier is not None:
            if earlier.field != column.field:
                column = dataclasses.replace(column, pieces=(), pattern="", joined=())
            column = dataclasses.replace(
                column,
                field=earlier.field,
                confidence=1.0,
                why="REMEMBERED",
                fill_down=earlier.fill_down or column.fill_down,
            )
        elif column.field in taken:
            column = dataclasses.replace(column, field=None, confidence=0.0, why="UNKNOWN")
        adopted.append(column)
    return tuple(adopted)
