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
#: Headings of columns that name a person or hold a person's number, though nothing is read of them.
_PERSONAL_HEAD: Final = re.compile(
    r"姓\s*名|名字|人$|人[（(]|证|电\s*话|手\s*机|联系|[账帐]|卡号|name|phone|mobile|account", re.I
)
#: Signs of a cell that is hidden whole: they do not tell its length.
_WHOLE: Final = 6
#: Columns of free text, in which anything may stand.
_FREE: Final = frozenset({"", "remarks"})
#: Stands for the field of a column that holds several of them in one cell.
SEVERAL: Final = "several"
_PIECES: Final = re.compile(r"[^\s/／、|｜\\,，;；+＋:：()（）【】\[\]-]+")


def masked_cell(
    cell: str, field: str, names: Collection[str | None] = (), heading: str = ""
) -> str:
    """The cell without private values: by its column, and wherever a name or a number stands.

    Of a column that feeds no field the heading tells whether it is about a person.
    """
    if not field and _PERSONAL_HEAD.search(heading.strip()):
        return masking.SIGN * min(len(cell.strip()), _WHOLE)
    if mask := PRIVATE.get(field):
        return mask(cell)
    if field == SEVERAL:
        # Which piece is what only the layout tells: each is hidden like a name.
        return _PIECES.sub(lambda piece: masking.name(piece.group()), cell)
    for name in names:
        if name and len(name) > 1:
            cell = cell.replace(name, masking.name(name))
    return masking.numbers_in(cell, free=field in _FREE)


def field_of(column: ColumnMap | None) -> str:
    """The field by which a cell of the column is masked and named; empty where it feeds none."""
    if column is None:
        return ""
    return SEVERAL if column.pieces else column.field or ""


def masked_cells(
    cells: Iterable[tuple[str, str, str]], names: Collection[str | None]
) -> list[tuple[str, str, str]]:
    """Heading, cell and field of a row, the cells masked."""
    return [
        (heading, masked_cell(cell, field, names, heading), field) for heading, cell, field in cells
    ]
