"""How reference data, accounts and roles look in files: columns, their names, and what is checked.

A file may name its columns in Chinese, in English or by the field; the template has the language of
whoever fetches it.
"""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import fields, resources, widgets

from bureau.core import clock
from bureau.core.models import Area, CodeTable, CodeValue, RoleGrant, Staff


class WordsWidget(widgets.Widget):  # type: ignore[misc]
    """A list of words in one cell, parted by blanks, commas or 、."""

    def clean(self, value: Any, row: Any = None, **_options: Any) -> list[str]:
        text = str(value or "")
        for sign in "、,，;；":
            text = text.replace(sign, " ")
        return text.split()

    def render(self, value: Any, obj: Any = None, **_options: Any) -> str:
        return " ".join(value or [])


class KnownWidget(widgets.ForeignKeyWidget):  # type: ignore[misc]
    """A reference by code or name; what is unknown is named in the message."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        try:
            return super().clean(str(value).strip() if value is not None else None, row, **options)
        except self.model.DoesNotExist as error:
            raise ValueError(
                _("“%(value)s” is not known; enter it under “%(list)s” first.")
                % {"value": value, "list": self.model._meta.verbose_name_plural}
            ) from error


class NamedColumns(resources.ModelResource):  # type: ignore[misc]
    """Columns have the names people know; rows that change nothing are skipped."""

    #: Name of each column, by field.
    headings: dict[str, Any] = {}

    class Meta:
        abstract = True
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True
        store_instance = True

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        plain = super().get_export_headers(selected_fields)
        return [str(self.headings.get(name, name)) for name in plain]

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Columns are known by their field from here on; raises when one is not known."""
        known = {name: name for name in self.fields}
        for field, label in self.headings.items():
            for language in ("en", "zh-hans"):
                with translation.override(language):
                    known[str(label)] = field
        found = [str(name or "").strip() for name in dataset.headers or []]
        unknown = [name for name in found if name not in known]
        missing = [str(self.headings[f]) for f in self._meta.import_id_fields if f not in
                   {known.get(name) for name in found}]  # fmt: skip
        if unknown or missing:
            raise ValidationError(
                _("Columns not known: %(unknown)s. Columns missing: %(missing)s. Use the template.")
                % {"unknown": ", ".join(unknown) or "–", "missing": ", ".join(missing) or "–"}
            )
        dataset.headers = [known[name] for name in found]


class AreaResource(NamedColumns):
    """Areas, by their code."""

    parent = fields.Field("parent", "parent", KnownWidget(Area, "code"))
    aliases = fields.Field("aliases", "aliases", WordsWidget())
    former_codes = fields.Field("former_codes", "former_codes", WordsWidget())
    headings = {
        "code": gettext_lazy("code"),
        "name": gettext_lazy("name"),
        "name_en": gettext_lazy("English name"),
        "level": gettext_lazy("level"),
        "parent": gettext_lazy("part of"),
        "aliases": gettext_lazy("other names"),
        "former_codes": gettext_lazy("former codes"),
        "is_pooling_area": gettext_lazy("NCMS pooling area"),
    }

    class Meta(NamedColumns.Meta):
        model = Area
        import_id_fields = ["code"]
        fields = (
            "code",
            "name",
            "name_en",
            "level",
            "parent",
            "aliases",
            "former_codes",
            "is_pooling_area",
        )
        export_order = fields


class CodeTableResource(NamedColumns):
    """Code tables, by their code."""

    headings = {
        "code": gettext_lazy("code"),
        "name": gettext_lazy("name"),
        "name_en": gettext_lazy("English name"),
        "source": gettext_lazy("source"),
    }

    class Meta(NamedColumns.Meta):
        model = CodeTable
        import_id_fields = ["code"]
        fields = ("code", "name", "name_en", "source")
        export_order = fields


class CodeValueResource(NamedColumns):
    """Values of code tables, by table and value."""

    table = fields.Field("table", "table", KnownWidget(CodeTable, "code"))
    headings = {
        "table": gettext_lazy("code table"),
        "value": gettext_lazy("value"),
        "name": gettext_lazy("name"),
        "name_en": gettext_lazy("English name"),
        "is_active": gettext_lazy("in use"),
    }

    class Meta(NamedColumns.Meta):
        model = CodeValue
        import_id_fields = ["table", "value"]
        fields = ("table", "value", "name", "name_en", "is_active")
        export_order = fields


def own_account() -> str:
    """Why a security administrator changes no account of the own person, and makes none."""
    return _("You cannot change your own account here, nor make another one for yourself.")


class StaffResource(NamedColumns):
    """Accounts, by user name. No password: a new account has none until one is issued."""

    headings = {
        "username": gettext_lazy("user name"),
        "full_name": gettext_lazy("name"),
        "staff_no": gettext_lazy("staff number"),
        "email": gettext_lazy("e-mail"),
        "language": gettext_lazy("language"),
        "is_active": gettext_lazy("may sign in"),
        "is_staff": gettext_lazy("may use the maintenance pages"),
    }

    class Meta(NamedColumns.Meta):
        model = Staff
        import_id_fields = ["username"]
        fields = (
            "username",
            "full_name",
            "staff_no",
            "email",
            "language",
            "is_active",
            "is_staff",
        )
        export_order = fields

    def after_init_instance(self, instance: Staff, new: bool, row: Any, **kwargs: Any) -> None:
        if new:
            instance.set_unusable_password()

    def before_save_instance(self, instance: Staff, row: Any, **kwargs: Any) -> None:
        user = kwargs.get("user")
        if user is not None and instance.is_same_person_as(user):
            raise ValidationError(own_account())
        known = Staff.objects.filter(pk=instance.pk).values_list("staff_no", flat=True).first()
        if known not in (None, instance.staff_no):
            raise ValidationError(
                _("The staff number of %(account)s stays %(number)s: approvals name people by it."),
                params={"account": instance.username, "number": known},
            )


class RoleGrantResource(NamedColumns):
    """Roles in areas, by account, role, area and first day."""

    staff = fields.Field("staff", "staff", KnownWidget(Staff, "username"))
    area = fields.Field("area", "area", KnownWidget(Area, "code"))
    first_day = fields.Field("first_day", "first_day", widgets.DateWidget("%Y-%m-%d"))
    day_after_last = fields.Field(
        "day_after_last", "day_after_last", widgets.DateWidget("%Y-%m-%d")
    )
    headings = {
        "staff": gettext_lazy("user name"),
        "role": gettext_lazy("role"),
        "area": gettext_lazy("area"),
        "first_day": gettext_lazy("first day"),
        "day_after_last": gettext_lazy("day after the last"),
    }

    class Meta(NamedColumns.Meta):
        model = RoleGrant
        import_id_fields = ["staff", "role", "area", "first_day"]
        fields = ("staff", "role", "area", "first_day", "day_after_last")
        export_order = fields

    def dehydrate_first_day(self, grant: RoleGrant) -> str:
        return str(grant.period.lower or "")

    def dehydrate_day_after_last(self, grant: RoleGrant) -> str:
        return str(grant.period.upper or "")

    def get_instance(self, instance_loader: Any, row: Any) -> RoleGrant | None:
        return RoleGrant.objects.filter(
            staff__username=row["staff"],
            role=row["role"],
            area__code=str(row["area"]),
            period__startswith=self._day(row, "first_day") or clock.today(),
        ).first()

    def _day(self, row: Any, name: str) -> datetime.date | None:
        value = row.get(name)
        if isinstance(value, datetime.datetime):
            return value.date()
        return self.fields[name].widget.clean(value) if value else None

    def before_save_instance(self, instance: RoleGrant, row: Any, **kwargs: Any) -> None:
        """The period is read; nobody changes the own roles."""
        user = kwargs.get("user")
        if user is not None and instance.staff.is_same_person_as(user):
            raise ValidationError(_("You cannot change your own roles."))

    def import_instance(self, instance: RoleGrant, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        first = self._day(row, "first_day") or clock.today()
        instance.period = (first, self._day(row, "day_after_last"))
        if not instance.granted_by and kwargs.get("user") is not None:
            instance.granted_by = str(kwargs["user"])[:120]
