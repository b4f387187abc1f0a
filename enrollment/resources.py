"""Resources of django-import-export: a roster's fields, for the preview and the template."""

import io
from collections.abc import Iterator
from typing import Any, Final

import xlsxwriter
from import_export import fields, resources

from enrollment.imports.roster_fields import ROSTER_FIELDS

#: Fields of the template, in its order: what a roster of residents needs or usually has.
TEMPLATE_FIELDS: Final = (
    "serial_no", "household_no", "head_name", "relation", "name", "id_number", "sex", "birth_on",
    "ethnicity", "town", "village", "group_name", "address", "phone", "special_group", "amount",
    "year", "member_no", "remarks",
)  # fmt: skip
#: Rows of the template whose cells are text, so that an identity number stays whole.
TEMPLATE_ROWS: Final = 20_000
WIDTHS: Final = {"id_number": 22, "address": 34, "member_no": 20, "household_no": 18, "phone": 16}


class RosterResource(resources.Resource):
    """The rows of a roster by the fields that are understood; nothing is written through it.

    Rows reach the roll by the roster's pipeline alone.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields = dict(_declared())

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    def get_export_order(self, selected_fields: Any = None) -> list[str]:
        return list(self.fields)


def _declared() -> Iterator[tuple[str, fields.Field]]:
    for field in ROSTER_FIELDS:
        yield field.name, fields.Field(attribute=field.name, column_name=heading_of(field.name))


def heading_of(name: str) -> str:
    """The usual heading of a field, by which a file is understood again."""
    return next(field.header_words[0] for field in ROSTER_FIELDS if field.name == name)


def template_workbook() -> bytes:
    """An empty roster with the usual headings; identity numbers cannot be damaged in its cells."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("参合名册")
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        for at, name in enumerate(TEMPLATE_FIELDS):
            sheet.set_column(at, at, WIDTHS.get(name, 12), text)
            sheet.write_string(0, at, heading_of(name), head)
        sheet.freeze_panes(1, 0)
    return target.getvalue()
