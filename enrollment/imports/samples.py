"""What a clerk sees of a file before its columns are confirmed: lines, values, and whose it says
it is."""

from typing import Any, Final

from bureau.core.models import Area
from bureau.intake.readers import Source
from bureau.intake.shapes import FileLayout, RowBlock, SheetLayout, normal_heading
from enrollment.imports.sources import Places, origin_of

#: Lines of a sheet, values of a column, and characters of a cell that are kept for showing.
LINES: Final = 8
VALUES: Final = 3
CHARACTERS: Final = 60


def samples_of(source: Source, layout: FileLayout) -> dict[str, Any]:
    """By number of sheet, its first lines and some values of each column.

    Of sheets with the same headings only the first is sampled: the others look the same.
    """
    blocks = source.sample()
    seen: set[tuple[str, ...]] = set()
    samples: dict[str, Any] = {}
    for sheet in sorted(layout.sheets, key=lambda sheet: not sheet.kept):
        headings = headings_of(sheet)
        block = blocks.get(sheet.sheet)
        if headings in seen or block is None:
            continue
        seen.add(headings)
        samples[str(sheet.sheet)] = {
            "lines": _lines(block),
            "values": [_values(block, sheet, column.index) for column in sheet.columns],
        }
    return samples


def headings_of(sheet: SheetLayout) -> tuple[str, ...]:
    """The headings by which two sheets are known to have the same columns."""
    return tuple(normal_heading(column.header) for column in sheet.columns)


def _lines(block: RowBlock) -> list[list[Any]]:
    numbered = zip(block.row_numbers, block.cells, strict=True)
    head = [(number, cells) for number, cells in numbered if number][:LINES]
    return [[number, [_cut(cell) for cell in cells]] for number, cells in head]


def _values(block: RowBlock, sheet: SheetLayout, index: int) -> list[str]:
    found: list[str] = []
    for number, cells in zip(block.row_numbers, block.cells, strict=True):
        if (number and number < sheet.first_row) or index >= len(cells):
            continue
        value = cells[index]
        if value.strip() and _cut(value) not in found:
            found.append(_cut(value))
        if len(found) == VALUES:
            break
    return found


def _cut(text: str) -> str:
    # PostgreSQL takes no NUL; the raw row keeps it as an escape.
    shown = text.replace("\x00", "�")
    return shown if len(shown) <= CHARACTERS else shown[: CHARACTERS - 1] + "…"


def told_by(name: str, source: Source, layout: FileLayout) -> dict[str, Any]:
    """Scheme, area code and year that the file tells, and by what; absent where it does not."""
    told = origin_of(name, source, layout, Places(Area.objects.all()))
    found = {
        "scheme": told.scheme.value if told.scheme else None,
        "area": told.area.code if told.area else None,
        "year": told.year,
        "told_by": told.told_by,
    }
    return {key: value for key, value in found.items() if value}
