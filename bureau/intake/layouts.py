"""The proposal how to read a file: which sheets, where the heading is, which column is what.

A proposal is for a person to confirm; every column carries its confidence and the reason for it.
"""

import collections
import dataclasses
import itertools
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bureau.intake.headings import FITS, Heading, find_heading, group_fit, heading_fit
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

PROFILE_VALUES = 200
# A heading that says part of the usual one is believed when the values agree.
NEARLY_FITS = 0.55
# Values alone convince less than a heading does.
VALUES_WEIGHT = 0.5
VALUES_ENOUGH = 0.7
VALUES_CONTRADICT = 0.2
# What every record must have tells records apart: words such as 小学 and 初中 are no names.
DISTINCT_ENOUGH = 0.3
# A column without a heading is one when this share of rows has it.
WIDE_SHARE = 0.05
# A column is written group by group when this share of its records leaves it empty.
FILL_DOWN_SHARE = 0.1

REASONS: dict[str, str | Promise] = {
    "HEADING": _("The heading is the usual one."),
    "HEADING_SIMILAR": _("The heading is similar to the usual one."),
    "HEADING_ONLY": _("The heading fits; the column has no values to compare."),
    "VALUES": _("The values look like it; the heading does not say so."),
    "VALUES_DISAGREE": _("The heading fits, but the values do not look like it."),
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
    alike: dict[tuple[object, ...], list[_Table]] = collections.defaultdict(list)
    for table in tables:
        alike[table.alike].append(table)
    # Sheets with the same headings have the same columns: all their values are looked at together.
    columns = {
        key: _map_columns(group[0].heading, _body_of(group), fields) for key, group in alike.items()
    }
    sheets = [_propose_sheet(table, columns[table.alike], fields) for table in tables]
    sheets = _with_one_kept(sheets, source.shape.sheets)
    return FileLayout(source.shape, tuple(_with_fill_down(sheets, samples, fields)))


def adopt(proposed: FileLayout, remembered: FileLayout) -> FileLayout:
    """The proposal with the mapping that people confirmed for the same headings before."""
    known = {
        _headings(sheet): {column.index: column for column in sheet.columns}
        for sheet in remembered.sheets
        if sheet.kept
    }
    sheets = []
    for sheet in proposed.sheets:
        columns = known.get(_headings(sheet))
        if columns is None:
            sheets.append(sheet)
            continue
        adopted = tuple(
            dataclasses.replace(
                column,
                field=columns[column.index].field,
                confidence=1.0,
                why="REMEMBERED",
                fill_down=columns[column.index].fill_down or column.fill_down,
            )
            for column in sheet.columns
        )
        sheets.append(dataclasses.replace(sheet, columns=adopted))
    return dataclasses.replace(proposed, sheets=tuple(sheets))


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
    """A sheet's sample with its heading; the table's rows begin at `body_at` within the sample."""

    shape: SheetShape
    block: RowBlock
    heading: Heading | None
    body_at: int

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


def _body_of(tables: Sequence[_Table]) -> list[list[str]]:
    """Rows below the headings, taken from each of the tables in turn."""
    bodies = [table.block.cells[table.body_at :] for table in tables]
    return [row for rows in itertools.zip_longest(*bodies) for row in rows if row is not None]


def _propose_sheet(
    table: _Table, columns: tuple[ColumnMap, ...], fields: Sequence[FieldSpec]
) -> SheetLayout:
    shape, block, heading, body_at = table.shape, table.block, table.heading, table.body_at
    mapped = {column.field for column in columns if column.field}
    kept, why = _judge_sheet(shape, mapped, block, fields)
    return SheetLayout(
        sheet=shape.number,
        sheet_name=shape.name,
        kept=kept,
        why=why,
        title=_title(block.cells[: heading.at if heading else body_at]),
        header_row=heading.at + 1 if heading else 0,
        header_rows=heading.rows if heading else 0,
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


def _map_columns(
    heading: Heading | None, body: Sequence[Sequence[str]], fields: Sequence[FieldSpec]
) -> tuple[ColumnMap, ...]:
    width = _width(body)
    labels, groups = (heading.labels, heading.groups) if heading else ((), ())
    width = max(width, len(labels))
    labels = (*labels, *[""] * (width - len(labels)))
    groups = (*groups, *[""] * (width - len(groups)))
    values = [_values(body, index) for index in range(width)]
    claims = [
        claim
        for index in range(width)
        for claim in _claims(index, labels[index], groups[index], values[index], fields)
    ]
    chosen = _choose(claims, fields, by_values=heading is None)
    headers = _distinct_headers(labels, groups)
    return tuple(
        ColumnMap(index, headers[index], *chosen.get(index, (None, 0.0, "UNKNOWN")))
        for index in range(width)
    )


def _width(body: Sequence[Sequence[str]]) -> int:
    """The cells of usual rows: notes that some rows have beyond the headings are columns too."""
    widths = collections.Counter(map(len, body))
    usual = (width for width, count in widths.items() if count >= max(2, WIDE_SHARE * len(body)))
    return max(usual, default=max(widths, default=0))


def _values(body: Sequence[Sequence[str]], index: int) -> list[str]:
    found = (row[index] for row in body if index < len(row) and row[index].strip())
    return [value for value, _at in zip(found, range(PROFILE_VALUES), strict=False)]


@dataclasses.dataclass(frozen=True, slots=True)
class _Claim:
    """That one column is one field: confidence 0 to 1 and the reason."""

    index: int
    field: str
    confidence: float
    why: str


def _claims(
    index: int, label: str, group: str, values: list[str], fields: Sequence[FieldSpec]
) -> list[_Claim]:
    fits = {field.name: heading_fit(label, field.header_words) for field in fields}
    grouped = {field.name: group_fit(group, label, field.header_words) for field in fields}
    named = max(grouped, key=lambda name: grouped[name], default="")
    if named and grouped[named] >= 0.95:
        # "姓名" under "户主" is the head's name, whatever "姓名" alone would mean.
        fits = {name: min(fit, 0.72) for name, fit in fits.items()}
        fits[named] = 1.0
    claims = []
    for field in fields:
        profile = field.profile(values) if field.profile and values else None
        claim = _claim(fits[field.name], profile, has_values=bool(values))
        if claim:
            distinct = len(set(values)) / len(values) if values else 0.0
            if claim[1] == "VALUES" and field.required and distinct < DISTINCT_ENOUGH:
                continue
            # Of two columns that look alike, a record's own differs from row to row.
            weight = 0.1 if claim[1] == "VALUES" else 0.01
            own = weight * distinct if field.evidence else 0.0
            claims.append(_Claim(index, field.name, claim[0] + own, claim[1]))
    return claims


def _claim(fit: float, profile: float | None, *, has_values: bool) -> tuple[float, str] | None:
    if fit >= FITS:
        if profile is None:
            why = "HEADING" if fit > 0.95 else "HEADING_SIMILAR"
            return (0.95 * fit, why) if has_values else (0.9 * fit, "HEADING_ONLY")
        if profile < VALUES_CONTRADICT:
            return 0.45 * fit, "VALUES_DISAGREE"
        return (0.7 + 0.29 * profile) * fit, "HEADING" if fit > 0.95 else "HEADING_SIMILAR"
    if profile is not None and profile >= VALUES_ENOUGH and fit >= NEARLY_FITS:
        return 0.8 * profile * fit, "HEADING_SIMILAR"
    if profile is not None and profile >= VALUES_ENOUGH:
        return VALUES_WEIGHT * profile * (0.9 + 0.1 * fit), "VALUES"
    return None


def _choose(
    claims: list[_Claim], fields: Sequence[FieldSpec], *, by_values: bool
) -> dict[int, tuple[str, float, str]]:
    """Give each column at most one field and each field at most one column, best claims first.

    Values without a heading count only where there is no heading at all, or for a required field.
    """
    required = {field.name for field in fields if field.required}
    spoken_for = {claim.index for claim in claims if claim.why != "VALUES"}
    chosen: dict[int, tuple[str, float, str]] = {}
    taken: set[str] = set()
    # What a heading says, even in part, comes before what values alone suggest.
    for claim in sorted(
        claims, key=lambda claim: (claim.why == "VALUES", -claim.confidence, claim.index)
    ):
        if claim.index in chosen or claim.field in taken:
            continue
        if claim.why == "VALUES" and not (
            by_values or (claim.field in required and claim.index not in spoken_for)
        ):
            continue
        chosen[claim.index] = (claim.field, round(min(claim.confidence, 1.0), 3), claim.why)
        taken.add(claim.field)
    return chosen


def _distinct_headers(labels: Sequence[str], groups: Sequence[str]) -> list[str]:
    """One name per column: the label, with its group or a count where the label is not alone."""
    counts = collections.Counter(labels)
    names = [
        f"{group}/{label}" if counts[label] > 1 and group and label else label
        for label, group in zip(labels, groups, strict=True)
    ]
    seen: collections.Counter[str] = collections.Counter()
    headers = []
    for index, name in enumerate(names):
        base = name or f"#{index + 1}"
        seen[base] += 1
        headers.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return headers


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
        wanted = [column.index for column in sheet.columns if column.field in filled_down]
        proof = [column.index for column in sheet.columns if column.field in evidence]
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
