"""How reference data, accounts and roles look in files: columns, their names, and what is checked.

A file may name its columns in Chinese, in English or by the field; the template has the language of
whoever fetches it.
"""

import datetime
from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import fields, resources, widgets

from bureau.core import clock, powers, sessions
from bureau.core.errors import DomainError
from bureau.core.models import Area, CodeTable, CodeValue, RoleGrant, Staff

#: The column of a file that says why, for the second administrator.
REASON: Final = "reason"


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
    #: Columns beside the fields.
    further: tuple[str, ...] = ()

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
        known = {name: name for name in (*self.fields, *self.further)}
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


def _asker_of(asking: tuple[Staff | None, str]) -> tuple[Staff, str]:
    """Who asks, and why."""
    by, reason = asking
    if by is None:
        raise ValueError("roles and accounts are asked for by a member of staff")
    return by, reason


def _reason_of(row: Any) -> str:
    """What the second administrator reads of a row that came by a file."""
    return str(row.get(REASON) or _("By file"))[:300]


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


def opens(staff: Staff, wanted: dict[str, Any]) -> bool:
    """Whether the account would sign in, or see the maintenance pages, and does not so far."""
    stands = Staff.objects.filter(pk=staff.pk).first()
    may_sign_in, may_maintain = bool(wanted.get("is_active")), bool(wanted.get("is_staff"))
    if stands is None:
        return may_sign_in or may_maintain
    return (may_sign_in and not stands.is_active) or (may_maintain and not stands.is_staff)


def held_back(staff: Staff) -> dict[str, bool] | None:
    """What the account is to have beyond what it has, which is taken out of it; None for nothing.

    Call it before the account is saved. A new account has no password until one was approved.
    """
    if staff._state.adding:
        staff.set_unusable_password()
    if not opens(staff, {"is_active": staff.is_active, "is_staff": staff.is_staff}):
        return None
    wanted = {"may_sign_in": staff.is_active, "may_maintain": staff.is_staff}
    stands = Staff.objects.filter(pk=staff.pk).first()
    staff.is_active = staff.is_active and stands is not None and stands.is_active
    staff.is_staff = staff.is_staff and stands is not None and stands.is_staff
    return wanted


def expect_asking(staff: Staff, wanted: dict[str, Any], by: Staff) -> None:
    """Somebody could approve it, and a reason is given. Raises ValidationError."""
    about = Staff(pk=staff.pk, staff_no=wanted.get("staff_no", staff.staff_no))
    _expect(lambda: powers.expect_second(about, by, at=clock.now()))
    _expect_reason(wanted)


def expect_grantable(grant: RoleGrant, wanted: dict[str, Any], by: Staff) -> None:
    """The role can be asked for. Raises ValidationError, in words, when it cannot."""
    staff = wanted.get("staff") or grant.staff
    role, period = wanted.get("role") or grant.role, wanted["period"]
    _expect(lambda: powers.expect_apart(staff, role, period, but=grant.pk))
    _expect(lambda: powers.expect_second(staff, by, at=clock.now()))
    _expect_reason(wanted)


def ask_about(grant: RoleGrant, *, reason: str, by: Staff, new: bool) -> None:
    """Another security administrator is asked for the role, or for another period of it."""
    at = clock.now()
    if new:
        period = grant.period
        powers.ask_role(grant.staff, grant.role, grant.area, period, reason=reason, by=by, at=at)
    else:
        powers.ask_period(grant, grant.period, reason=reason, by=by, at=at)


def _expect(condition: Callable[[], object]) -> None:
    try:
        condition()
    except DomainError as refused:
        raise ValidationError(str(refused)) from refused


def _expect_reason(wanted: dict[str, Any]) -> None:
    if not str(wanted.get("reason") or "").strip():
        raise ValidationError(_("Say why; the second person reads it."))


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
        REASON: gettext_lazy("reason"),
    }
    further = (REASON,)

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

    def do_instance_save(self, instance: Staff, is_create: bool) -> None:
        """What gives power waits for a second administrator; the rest is saved."""
        wanted = held_back(instance)
        super().do_instance_save(instance, is_create)
        if wanted is not None:
            by, reason = _asker_of(self.asking)
            _expect(
                lambda: powers.ask_account(instance, **wanted, reason=reason, by=by, at=clock.now())
            )
        if not instance.is_active:
            sessions.end_all_of(instance)

    def before_save_instance(self, instance: Staff, row: Any, **kwargs: Any) -> None:
        user = kwargs.get("user")
        self.asking = (user, _reason_of(row))
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
        REASON: gettext_lazy("reason"),
    }
    further = (REASON,)

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
        self.asking = (user, _reason_of(row))
        if user is not None and instance.staff.is_same_person_as(user):
            raise ValidationError(_("You cannot change your own roles."))

    def import_instance(self, instance: RoleGrant, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        first = self._day(row, "first_day") or clock.today()
        instance.period = (first, self._day(row, "day_after_last"))

    def do_instance_save(self, instance: RoleGrant, is_create: bool) -> None:
        """Nothing is given or taken yet: another security administrator decides."""
        by, reason = _asker_of(self.asking)
        _expect(lambda: ask_about(instance, reason=reason, by=by, new=is_create))
