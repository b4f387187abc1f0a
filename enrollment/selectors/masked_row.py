"""Cells of a roster as they are shown until somebody states for what they are needed in full."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from bureau.core import masking
from bureau.intake.shapes import ColumnMap

#: Fields whose values name a person or lead to one.
PRIVATE: Final = {
    "name": masking.name,
    "head_name": masking.name,
    "agent": masking.name,
    "id_number": masking.id_number,
    "head_id_number": masking.id_number,
    "member_no": masking.id_number,
    "psn_no": masking.id_number,
    "phone": masking.phone,
    "address": masking.address,
    "bank_account": masking.bank_account,
}
#: Numbers of people, telephones and accounts, in whatever column or digits they were written.
_LONG: Final = re.compile(r"[\dXx]{11,}")
#: The same where nobody knows what a column holds: telephones without an area code as well.
_UNKNOWN: Final = re.compile(r"[\dXx]{7,}")
#: Columns of free text, in which anything may stand.
_FREE: Final = frozenset({"", "remarks"})
#: Stands for the field of a column that holds several of them in one cell.
SEVERAL: Final = "several"
_PIECES: Final = re.compile(r"[^\s/／、|｜\\,，;；+＋:：()（）【】\[\]-]+")


def masked_cell(cell: str, field: str, names: Collection[str | None] = ()) -> str:
    """The cell without private values: by its column, and wherever a name or a number stands."""
    if mask := PRIVATE.get(field):
        return mask(cell)
    if field == SEVERAL:
        # Which piece is what only the layout tells: each is hidden like a name.
        return _PIECES.sub(lambda piece: masking.name(piece.group()), cell)
    for name in names:
        if name and len(name) > 1:
            cell = cell.replace(name, masking.name(name))
    found = _UNKNOWN if field in _FREE else _LONG
    return found.sub(lambda number: masking.id_number(number.group()), cell)


def field_of(column: ColumnMap | None) -> str:
    """The field by which a cell of the column is masked and named; empty where it feeds none."""
    if column is None:
        return ""
    return SEVERAL if column.pieces else column.field or ""


def masked_cells(
    cells: Iterable[tuple[str, str, str]], names: Collection[str | None]
) -> list[tuple[str, str, str]]:
    """Heading, cell and field of a row, the cells masked."""
    return [(heading, masked_cell(cell, field, names), field) for heading, cell, field in cells]
