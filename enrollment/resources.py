"""Resources of django-import-export: a roster's fields, for the preview and the template."""

import io
from types import SimpleNamespace
from typing import Any, Final

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from import_export.instance_loaders import BaseInstanceLoader

from bureau.core import masking
from enrollment.imports.roster_fields import FIELD_BY_NAME, ROSTER_FIELDS, heading_of

#: Fields of the template, in its order: what a roster of residents needs or usually has.
TEMPLATE_FIELDS: Final = (
    "serial_no", "household_no", "head_name", "relation", "name", "id_number", "sex", "birth_on",
    "ethnicity", "town", "village", "group_name", "address", "phone", "special_group", "amount",
    "year", "member_no", "remarks",
)  # fmt: skip
#: Widths of the template's columns in characters, where the usual one is too narrow.
WIDTHS: Final = {"id_number": 22, "address": 34, "member_no": 20, "household_no": 18, "phone": 16}
#: How a field is masked in a preview; others are shown as they are.
MASKS: Final = {
    "name": "name", "head_name": "name", "id_number": "id_number", "head_id_number": "id_number",
    "phone": "phone", "address": "address", "bank_account": "bank_account",
    "member_no": "bank_account", "psn_no": "bank_account", "household_no": "bank_account",
    "birth_on": "bank_account", "remarks": "bank_account",
}  # fmt: skip


class RosterResource(resources.Resource):  # type: ignore[misc]
    """The fields of a roster, for a preview of its first rows; nothing is written through it.

    Rows reach the roll by the roster's pipeline alone.
    """

    class Meta:
        import_id_fields = ()
        instance_loader_class = BaseInstanceLoader
        use_transactions = False
        skip_diff = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields = {
            field.name: fields.Field(attribute=field.name, column_name=heading_of(field.name))
            for field in ROSTER_FIELDS
        }

    @classmethod
    def get_display_name(cls) -> str:
        return str(_("Roster"))

    def before_import(self, dataset: Any, **options: Any) -> None:
        """Only the fields that the file has are shown."""
        self.fields = {
            name: field
            for name, field in self.fields.items()
            if field.column_name in dataset.headers
        }

    def get_diff_headers(self) -> list[str]:
        return [str(FIELD_BY_NAME[name].label) for name in self.fields]

    def get_instance(self, instance_loader: Any, row: Any) -> None:
        return None

    def init_instance(self, row: Any = None) -> SimpleNamespace:
        return SimpleNamespace()

    def save_instance(self, instance: Any, is_create: bool, row: Any, **options: Any) -> None:
        """A preview writes nothing."""


def masked(name: str, value: str | None) -> str:
    """The value as administrators see it, who do not work with persons."""
    mask = masking.KINDS.get(MASKS.get(name, ""))
    return mask(value) if mask else value or ""


def template_workbook() -> bytes:
    """An empty roster with the usual headings; identity numbers cannot be damaged in its cells."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("参合名册")
        # Columns are text, so that an identity number keeps all its digits.
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        for at, name in enumerate(TEMPLATE_FIELDS):
            sheet.set_column(at, at, WIDTHS.get(name, 12), text)
            sheet.write_string(0, at, heading_of(name), head)
        sheet.freeze_panes(1, 0)
    return target.getvalue()


def template_response() -> HttpResponse:
    """The template as a download."""
    response = HttpResponse(
        template_workbook(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = 'attachment; filename="roster-template.xlsx"'
    return response
