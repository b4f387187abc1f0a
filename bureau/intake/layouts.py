"""The proposal how to read a file: which sheets, where the heading is, which column is what.

A proposal is for a person to confirm; every column carries its confidence and the reason for it.
"""

import collections
import dataclasses
import itertools
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.intake.columns import read_columns
from bureau.intake.composed import values_of
from bureau.intake.doubts import doubts_about
from bureau.intake.headings import Heading, find_heading
from bureau.intake.readers import Source
from bureau.intake.shapes import (
    ColumnMap,
    FieldSpec,
    FileLayout,
    RowBlock,
    SheetLayout,
    SheetShape,
    normal_heading,
)

# A column is written group by group when this share of its records leaves it empty.
FILL_DOWN_SHARE = 0.1
# A sheet without a heading goes on with the columns before when its values fit them so well.
GOES_ON = 0.7

REASONS: dict[str, str | Promise] = {
    "HEADING": _("The heading is the usual one."),
    "HEADING_SIMILAR": _("The heading is similar to the usual one."),
    "HEADING_ONLY": _("The heading fits; the column has no values to compare."),
    "VALUES": _("The values look like it; the heading does not say so."),
    "VALUES_AGREE": _("The values look like it and agree with another column."),
    "VALUES_DISAGREE": _("The heading fits, but the values do not look like it."),
    "DIVIDED": _("The cells hold several fields, as the heading says; they are divided."),
    "JOINED": _("It stands in several columns; they are read together."),
    "REMEMBERED": _("This is how the column was read before."),
    "UNKNOWN": _("No field fits this column; its values are kept with the row."),
    "SHEET_FITS": _("The sheet has the columns of the list."),
    "SHEET_ONLY": _("No sheet has the usual columns; this one has the most rows."),
    "SHEET_HIDDEN": _("The sheet is hidden; such sheets often hold last year's list."),
    "SHEET_EMPTY": _("The sheet is empty."),
    "SHEET_OTHER": _("The sheet does not have the columns of the list."),
}


def reason_of(why: str) -> str:
    """The words for a `why` of a layout, in the reader's language."""
    return str(REASONS[why])


def propose_layout(source: Source, fields: Sequence[FieldSpec]) -> FileLayout:
    """Propose a layout from samples; columns and sheets without a fit are there, but not mapped."""
    samples = source.sample()
    tables = [
        _find_table(shape, samples.get(shape.number, RowBlock(shape.number, [], [])), fields)
        for shape in source.shape.sheets
    ]
    tables = _with_headings_before(tables, fields)
    alike: dict[tuple[object, ...], list[_Table]] = collections.defaultdict(list)
    for table in tables:
        alike[table.alike].append(table)
    # Sheets with the same headings have the same columns: all their values are looked at together.
    readings = {
        key: read_columns(group[0].heading, _body_of(group), fields) for key, group in alike.items()
    }
    columns = {key: reading.mapped() for key, reading in readings.items()}
    sheets = [_propose_sheet(table, columns[table.alike], fields) for table in tables]
    sheets = _with_one_kept(sheets, source.shape.sheets)
    kept = {sheet.sheet for sheet in sheets if sheet.kept}
    doubts = []
    for key, group in alike.items():
        shown = [table.shape for table in group if table.shape.number in kept]
        if shown:
            doubts += doubts_about(readings[key], shown, fields)
    return FileLayout(source.shape, tuple(_with_fill_down(sheets, samples, fields)), tuple(doubts))


def missing_required(layout: FileLayout, fields: Sequence[FieldSpec]) -> dict[int, list[str]]:
    """By number of each kept sheet, the names of required fields that no column feeds."""
    missing = {}
    for sheet in layout.sheets:
        names = [f.name for f in fields if f.required and sheet.column_of(f.name) is None]
        if sheet.kept and names:
            missing[sheet.sheet] = names
    return missing


def _headings(sheet: SheetLayout) -> tuple[str, ...]:
    return tuple(normal_heading(column.header) for column in sheet.columns)


@dataclasses.dataclass(frozen=True, slots=True)
class _Table:
    """A sheet's sample with its heading; the table's rows begin at `body_at` within the sample.

    `headed` is false where the heading stands on a sheet before, of which this one goes on.
    """

    shape: SheetShape
    block: RowBlock
    heading: Heading | None
    body_at: int
    headed: bool = True

    @property
    def alike(self) -> tuple[object, ...]:
        """The same for tables that have the same columns; its own where nothing heads them."""
        if self.heading is None:
            return (self.shape.number,)
        return (
            *map(normal_heading, self.heading.labels),
            *map(normal_heading, self.heading.groups),
        )


def _find_table(shape: SheetShape, block: RowBlock, fields: Sequence[FieldSpec]) -> _Table:
    # Rows of unknown number come from the middle of the file and hold no heading.
    head = block.cells[: len(block.cells) - block.row_numbers.count(0)]
    heading = find_heading(head, fields)
    body_at = heading.at + heading.rows if heading else _first_wide_row(block.cells)
    return _Table(shape, block, heading, body_at)


def _with_headings_before(tables: Sequence[_Table], fields: Sequence[FieldSpec]) -> list[_Table]:
    """The tables; one without a heading that goes on with the columns of one before has its."""
    found: list[_Table] = []
    before: _Table | None = None
    columns: tuple[ColumnMap, ...] = ()
    for table in tables:
        if table.heading is not None and table.heading.is_told:
            before = table
            columns = read_columns(table.heading, _body_of([table]), fields).mapped()
        elif before is not None and _goes_on(table, columns, fields):
            table = dataclasses.replace(table, heading=before.heading, headed=False)
            body_at = _first_wide_row(table.block.cells)
            table = dataclasses.replace(table, body_at=body_at)
        found.append(table)
    return found


def _goes_on(table: _Table, columns: Sequence[ColumnMap], fields: Sequence[FieldSpec]) -> bool:
    """Whether the values of a table without a heading look like the fields of these columns."""
    body = table.block.cells[_first_wide_row(table.block.cells) :]
    profiles = {field.name: field.profile for field in fields if field.evidence and field.profile}
    fits = []
    for column in columns:
        told = [values_of(column, row) for row in body]
        for field in column.fed:
            profile = profiles.get(field)
            values = [row[field] for row in told if row[field].strip()]
            if profile and values:
                fits.append(profile(values))
    return len(fits) >= 2 and sum(fits) / len(fits) >= GOES_ON


def _body_of(tables: Sequence[_Table]) -> list[list[str]]:
    """Rows below the headings, taken from each of the tables in turn."""
    bodies = [table.block.cells[table.body_at :] for table in tables]
    return [row for rows in itertools.zip_longest(*bodies) for row in rows if row is not None]


def _propose_sheet(
    table: _Table, columns: tuple[ColumnMap, ...], fields: Sequence[FieldSpec]
) -> SheetLayout:
    shape, block, heading, body_at = table.shape, table.block, table.heading, table.body_at
    mapped = {field for column in columns for field in column.fed}
    kept, why = _judge_sheet(shape, mapped, block, fields)
    headed = heading if table.headed else None
    return SheetLayout(
        sheet=shape.number,
        sheet_name=shape.name,
        kept=kept,
        why=why,
        title=_title(block.cells[: headed.at if headed else body_at]),
        header_row=headed.at + 1 if headed else 0,
        header_rows=headed.rows if headed else 0,
        first_row=body_at + 1,
        columns=columns,
        header_cells=heading.cells if heading else (),
    )


def _judge_sheet(
    shape: SheetShape, mapped: set[str], block: RowBlock, fields: Sequence[FieldSpec]
) -> tuple[bool, str]:
    if not any(cell.strip() for row in block.cells for cell in row):
        return False, "SHEET_EMPTY"
    if shape.hidden:
        return False, "SHEET_HIDDEN"
    evidence = {field.name for field in fields if field.evidence}
    required = {field.name for field in fields if field.required}
    fits = (
        len(mapped) >= min(2, len(fields))
        and (not evidence or mapped & evidence)
        and 2 * len(mapped & required) >= len(required)
    )
    return (True, "SHEET_FITS") if fits else (False, "SHEET_OTHER")


def _with_one_kept(sheets: list[SheetLayout], shapes: Sequence[SheetShape]) -> list[SheetLayout]:
    """Where no sheet fits, keep the longest visible one, so that a person can map its columns."""
    candidates = [sheet for sheet in sheets if sheet.why == "SHEET_OTHER"]
    if any(sheet.kept for sheet in sheets) or not candidates:
        return sheets
    rows = {shape.number: shape.rows or 0 for shape in shapes}
    longest = max(candidates, key=lambda sheet: rows[sheet.sheet])
    return [
        dataclasses.replace(sheet, kept=True, why="SHEET_ONLY") if sheet is longest else sheet
        for sheet in sheets
    ]


def _first_wide_row(rows: Sequence[Sequence[str]]) -> int:
    """Without a heading the table begins at the first row about as full as the others are."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = sorted(filled)[len(filled) // 2] if filled else 0
    return next((at for at, count in enumerate(filled) if count and 2 * count >= usual), 0)


def _title(rows: Sequence[Sequence[str]]) -> str:
    return next((cell.strip() for row in rows for cell in row if cell.strip()), "")


def _with_fill_down(
    sheets: list[SheetLayout], samples: dict[int, RowBlock], fields: Sequence[FieldSpec]
) -> list[SheetLayout]:
    """Mark columns written group by group, judged over all kept sheets with the same headings."""
    records: collections.Counter[tuple[tuple[str, ...], int]] = collections.Counter()
    empty: collections.Counter[tuple[tuple[str, ...], int]] = collections.Counter()
    filled_down = {field.name for field in fields if field.fill_down}
    evidence = {field.name for field in fields if field.evidence}
    for sheet in sheets:
        if not sheet.kept:
            continue
        wanted = [column.index for column in sheet.columns if filled_down.intersection(column.fed)]
        proof = [column.index for column in sheet.columns if evidence.intersection(column.fed)]
        for row in samples[sheet.sheet].cells[sheet.first_row - 1 :]:
            if sum(index < len(row) and bool(row[index].strip()) for index in proof) < min(
                2, len(proof)
            ):
                continue
            for index in wanted:
                records[_headings(sheet), index] += 1
                empty[_headings(sheet), index] += index >= len(row) or not row[index].strip()
    marked = []
    for sheet in sheets:
        key = _headings(sheet)
        columns = tuple(
            dataclasses.replace(column, fill_down=True)
            if empty[key, column.index] > FILL_DOWN_SHARE * records[key, column.index] > 0
            else column
            for column in sheet.columns
        )
        marked.append(dataclasses.replace(sheet, columns=columns))
    return marked
