"""From uncut lines to frames of records: one row per row of the file, with its kind and its fields.

All work on cells is done by polars over whole columns; Python sees only blocks.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import polars as pl

from bureau.intake import rowkinds
from bureau.intake.composed import field_cell
from bureau.intake.encodings import REPLACEMENT
from bureau.intake.lines import LineBlock, free_separator
from bureau.intake.readers import USUAL_LIMITS, Source
from bureau.intake.reordered import ColumnOrder, Order
from bureau.intake.sections import Sections
from bureau.intake.shapes import FieldSpec, FileLayout, Limits, SheetLayout

CONTROL = [chr(code) for code in range(32)]
ESCAPES = {
    **{character: f"\\u{ord(character):04x}" for character in CONTROL},
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
}
# What a line may hold besides separators and still be blank.
INVISIBLE = "".join(map(chr, [*range(0x21), *range(0x7F, 0xA1), 0x3000, 0xFEFF])) + "".join(
    map(chr, [*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A)])
)


def frames(
    source: Source,
    layout: FileLayout,
    fields: Sequence[FieldSpec],
    block_rows: int = 50_000,
    *,
    limits: Limits = USUAL_LIMITS,
) -> Iterator[pl.DataFrame]:
    """Every row of the kept sheets, in order, in frames of at most `block_rows` rows.

    Columns: `sheet`, `row_no` (as a person sees it), `raw` (JSON list of the cells as read),
    `kind`, `filled` (fields taken from above), `beyond` (JSON of non-empty cells in columns without
    a field), `reading_problems` (codes of `problems.py`), and one text column per field: as read,
    null where empty or not mapped.
    """
    sheets = {sheet.sheet: _SheetFrames(sheet, fields, limits) for sheet in layout.sheets}
    merged = {sheet.number: sheet.merged for sheet in source.shape.sheets if sheet.merged}
    for block in source.line_blocks(block_rows):
        reader = sheets.get(block.sheet)
        if reader and reader.layout.kept:
            yield reader.frame(block, merged.get(block.sheet, ()))


def frame_of(
    cells: Sequence[Sequence[str]],
    layout: SheetLayout,
    fields: Sequence[FieldSpec],
    *,
    limits: Limits = USUAL_LIMITS,
) -> pl.DataFrame:
    """Rows of one sheet that were taken out of it, in a frame as `frames` makes them.

    Each has its cells by the columns of the layout; a heading among them changes the order of
    those that follow. Nothing is filled down: the rows above are not there. `row_no` only counts.
    """
    separator = free_separator("".join(cell for row in cells for cell in row))
    lines = pl.Series([separator.join(row) for row in cells], dtype=pl.String)
    columns = tuple(dataclasses.replace(column, fill_down=False) for column in layout.columns)
    reader = _SheetFrames(dataclasses.replace(layout, columns=columns), fields, limits)
    return reader.frame(LineBlock(layout.sheet, layout.first_row, lines, separator), ())


class _SheetFrames:
    """Turns the blocks of one sheet into frames; remembers what is filled down across blocks."""

    def __init__(self, layout: SheetLayout, fields: Sequence[FieldSpec], limits: Limits) -> None:
        self.layout = layout
        self._fields = fields
        self._limits = limits
        self._above: dict[str, str | None] = {}
        self._order = ColumnOrder(layout, fields)
        self._sections = Sections(layout, fields)
        grouped = {field.name for field in fields if field.fill_down}
        self._group = [
            name for column in layout.columns if column.fill_down for name in column.fed
            if name in grouped or name == column.field
        ]  # fmt: skip

    def frame(self, block: LineBlock, merged: Sequence[tuple[int, int, int, int]]) -> pl.DataFrame:
        """The frame of one block."""
        cut = self._cut(block)
        columns = [name for name in cut.columns if name.startswith("cell_")]
        headers = self._headers(len(columns))
        kinds = rowkinds.kind_of_rows(cut, columns, self.layout, self._fields)
        framed = cut.select(
            pl.lit(block.sheet, dtype=pl.Int32).alias("sheet"),
            "row_no",
            _raw(block).alias("raw"),
            kinds.alias("kind"),
            self._beyond(columns, headers).alias("beyond"),
            self._problems(cut, columns, block, merged).alias("reading_problems"),
            *self._field_columns(columns),
        )
        framed = self._fill_down(framed)
        framed = self._sections.placed(framed, cut["line"], block.separator)
        names = [field.name for field in self._fields]
        return framed.select(
            "sheet", "row_no", "raw", "kind", "filled", "beyond", "reading_problems", *names
        )

    def _cut(self, block: LineBlock) -> pl.DataFrame:
        """The block's cells as columns cell_0 …, with `row_no`, and `bare` for blank rows."""
        cells = block.cells()
        counts = cells.list.len()
        widest: int = counts.max() or 0  # type: ignore[assignment]
        width = max(len(self.layout.columns), min(widest, self._limits.columns))
        numbers = pl.int_range(
            block.first_row, block.first_row + len(cells), dtype=pl.Int32, eager=True
        )
        frame = pl.DataFrame(
            {"row_no": numbers, "cells": cells, "line": block.lines, "count": counts}
        )
        return pl.concat(
            rows.select(
                "row_no",
                pl.col("line").str.strip_chars(INVISIBLE + block.separator).alias("bare"),
                "line",
                "count",
                *(_cell(index, order).alias(f"cell_{index}") for index in range(width)),
            )
            for rows, order in self._order.sections(frame)
        )

    def _headers(self, width: int) -> list[str]:
        known = [column.header for column in self.layout.columns]
        return known + [f"#{index + 1}" for index in range(len(known), width)]

    def _field_columns(self, columns: Sequence[str]) -> list[pl.Expr]:
        expressions = []
        for field in self._fields:
            column = self.layout.column_of(field.name)
            if column is None:
                expressions.append(pl.lit(None, dtype=pl.String).alias(field.name))
            else:
                cell = field_cell(column, field.name, columns)
                empty = cell.str.strip_chars(INVISIBLE) == ""
                expressions.append(pl.when(~empty).then(cell).alias(field.name))
        return expressions

    def _beyond(self, columns: Sequence[str], headers: Sequence[str]) -> pl.Expr:
        """Non-empty cells of columns without a field, as a JSON object by heading."""
        fed = {
            at
            for column in self.layout.columns
            if column.field
            for at in (column.index, *column.joined)
        }
        entries = []
        for index, name in enumerate(columns):
            if index in fed:
                continue
            cell = pl.col(name)
            key = _escaped_text(headers[index])
            entries.append(
                pl.when(cell.str.strip_chars(INVISIBLE) != "").then(
                    pl.concat_str(pl.lit(f'"{key}":"'), _escaped(cell), pl.lit('"'))
                )
            )
        if not entries:
            return pl.lit(None, dtype=pl.String)
        joined = pl.concat_str(entries, separator=",", ignore_nulls=True)
        return pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))

    def _problems(
        self,
        cut: pl.DataFrame,
        columns: Sequence[str],
        block: LineBlock,
        merged: Sequence[tuple[int, int, int, int]],
    ) -> pl.Series:
        """The codes of what is wrong with each row's reading; empty lists for nearly all."""
        found = {row: list(codes) for row, codes in block.problems.items()}
        line = cut["line"]
        limit = self._limits.cell_characters
        if (line.str.len_bytes().max() or 0) > limit:  # type: ignore[operator]
            longest = pl.max_horizontal([pl.col(name).str.len_chars() for name in columns])
            _note(found, block, cut.select(longest > limit).to_series(), "CELL_TOO_LONG")
        _note(found, block, line.str.contains("\0", literal=True), "NUL_BYTE")
        _note(found, block, line.str.contains(REPLACEMENT, literal=True), "CHARACTER_LOST")
        if (cut["count"].max() or 0) > len(self.layout.columns):  # type: ignore[operator]
            extra = columns[len(self.layout.columns) :]
            filled = [(pl.col(name).str.strip_chars(INVISIBLE) != "") for name in extra]
            beyond_all = pl.col("count") > len(columns)
            many = cut.select(pl.any_horizontal([*filled, beyond_all]).fill_null(False))
            _note(found, block, many.to_series(), "CELLS_TOO_MANY")
        last = block.first_row + len(line) - 1
        for top, _left, bottom, _right in merged:
            if top < self.layout.first_row:
                continue
            for row in range(max(top, block.first_row), min(bottom, last) + 1):
                _add(found, row, "CELL_MERGED")
        return _sparse(found, block.first_row, len(line))

    def _fill_down(self, framed: pl.DataFrame) -> pl.DataFrame:
        """Give a record the values of the record above where its group's columns are all empty."""
        nothing = pl.lit([], dtype=pl.List(pl.String)).alias("filled")
        group = self._group
        if not group:
            return framed.with_columns(nothing)
        is_record = pl.col("kind") == rowkinds.RECORD
        begins = is_record | (pl.col("kind") == rowkinds.GROUP)
        starts = begins & pl.any_horizontal([pl.col(name).is_not_null() for name in group])
        carried = []
        for name in group:
            # A record that starts a group hands on an empty value too, as the text "".
            value = pl.when(starts).then(pl.col(name).fill_null(""))
            above = value.forward_fill().fill_null(self._above.get(name) or "")
            carried.append(above.alias(f"above_{name}"))
        framed = framed.with_columns(*carried, starts.alias("starts"))
        if len(framed):
            self._above = {name: framed[f"above_{name}"][-1] for name in group}
        takes = is_record & ~pl.col("starts")
        filled = [takes & (pl.col(f"above_{name}") != "") for name in group]
        return framed.with_columns(
            *(
                pl.when(one).then(pl.col(f"above_{name}")).otherwise(pl.col(name)).alias(name)
                for name, one in zip(group, filled, strict=True)
            ),
            pl.concat_list(
                [pl.when(one).then(pl.lit(name)) for name, one in zip(group, filled, strict=True)]
            )
            .list.drop_nulls()
            .alias("filled"),
        )


def _cell(index: int, order: Order | None) -> pl.Expr:
    """The cell of one column of the layout."""
    if order is not None:
        place = order[index] if index < len(order) else index
        if place is None:
            return pl.lit(None, dtype=pl.String)
        index = place
    return pl.col("cells").list.get(index, null_on_oob=True)


def _raw(block: LineBlock) -> pl.Series:
    """Each line as a JSON list of its cells, exactly as read; control characters as \\uXXXX."""
    lines, separator = block.lines, block.separator
    table = {key: value for key, value in ESCAPES.items() if key != separator}
    special = lines.str.contains_any(list(table))
    raw = lines.str.replace_all(separator, '","', literal=True)
    if special.any():
        table[separator] = '","'
        escaped = lines.filter(special).str.replace_many(list(table), list(table.values()))
        raw = raw.scatter(special.arg_true(), escaped)
    return ('["' + raw + '"]').alias("raw")


def _escaped(cell: pl.Expr) -> pl.Expr:
    return cell.str.replace_many(list(ESCAPES), list(ESCAPES.values()))


def _escaped_text(text: str) -> str:
    return "".join(ESCAPES.get(character, character) for character in text)


def _sparse(found: dict[int, list[str]], first_row: int, rows: int) -> pl.Series:
    """A list for every row, empty for all but the few that are found."""
    codes = pl.DataFrame(
        {"row": list(found), "codes": list(found.values())},
        schema={"row": pl.Int64, "codes": pl.List(pl.String)},
    )
    numbers = pl.DataFrame({"row": pl.int_range(first_row, first_row + rows, eager=True)})
    joined = numbers.join(codes, on="row", how="left", maintain_order="left")["codes"]
    return joined.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))


def _note(found: dict[int, list[str]], block: LineBlock, rows: pl.Series, code: str) -> None:
    for at in rows.arg_true():
        _add(found, block.first_row + at, code)


def _add(found: dict[int, list[str]], row: int, code: str) -> None:
    codes = found.setdefault(row, [])
    if code not in codes:
        codes.append(code)
