"""Maintenance pages of the shared mechanisms: areas, codes, accounts, roles, and logs to read."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import lockout, passwords, resources, sessions
from bureau.core.choices import Role
from bureau.core.maintenance import ExchangeAdmin, ReadOnlyAdmin, say_done
from bureau.core.models import (
    AccessLog,
    ApprovalRequest,
    Area,
    AuditEvent,
    CodeTable,
    CodeValue,
    Job,
    RoleGrant,
    SignInFailure,
    Staff,
    StaffSession,
)


@admin.register(Area)
class AreaAdmin(ExchangeAdmin):
    """The areas of the city; their path is kept by the database."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.AreaResource]
    list_display = ["code", "name", "name_en", "level", "parent", "is_pooling_area"]
    list_filter = ["level", "is_pooling_area"]
    list_select_related = ["parent"]
    search_fields = ["code", "name", "name_en"]
    autocomplete_fields = ["parent"]
    ordering = ["path"]


@admin.register(CodeTable)
class CodeTableAdmin(ExchangeAdmin):
    """Code systems of the national platform and of the place."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.CodeTableResource]
    list_display = ["code", "name", "name_en", "source"]
    search_fields = ["code", "name", "name_en"]


@admin.register(CodeValue)
class CodeValueAdmin(ExchangeAdmin):
    """Values of the code tables; a value is taken out of use, never removed."""

    writers = (Role.SYSTEM_ADMINISTRATOR,)
    resource_classes = [resources.CodeValueResource]
    list_display = ["table", "value", "name", "name_en", "is_active"]
    list_filter = ["table", "is_active"]
    list_select_related = ["table"]
    search_fields = ["value", "name", "name_en"]
    autocomplete_fields = ["table"]


@admin.register(Staff)
class StaffAdmin(ExchangeAdmin):
    """Accounts. Passwords are never seen or chosen here, only issued once."""

    writers = (Role.SECURITY_ADMINISTRATOR,)
    resource_classes = [resources.StaffResource]
    list_display = ["username", "full_name", "staff_no", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_demonstration"]
    search_fields = ["username", "full_name", "staff_no"]
    fields = ["username", "full_name", "staff_no", "email", "language", "is_active", "is_staff"]
    actions = ["issue_password", "remove_second_factor", "unlock", "end_sessions"]

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody changes the own account here."""
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.is_same_person_as(request.user)
        )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """The staff number says who a person is, in every approval: it stays as first given."""
        return [*super().get_readonly_fields(request, obj), *(["staff_no"] if obj else [])]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)

        class OthersOnly(form):  # type: ignore[misc, valid-type]
            def clean_staff_no(self) -> str:
                number: str = self.cleaned_data["staff_no"]
                if number == request.user.staff_no:
                    raise ValidationError(resources.own_account())
                return number

        return OthersOnly

    def save_model(self, request: Any, obj: Staff, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            sessions.end_all_of(obj)

    def _others(self, request: Any, chosen: QuerySet[Staff]) -> QuerySet[Staff]:
        """The chosen accounts; raises when one of them is an account of the same person."""
        if not self.has_change_permission(request) or any(
            staff.is_same_person_as(request.user) for staff in chosen
        ):
            raise PermissionDenied
        return chosen

    @admin.action(description=gettext_lazy("Issue a one-time password"), permissions=["change"])
    def issue_password(self, request: Any, chosen: QuerySet[Staff]) -> HttpResponse:
        """Each account has a new password that is shown once and must be changed at sign-in."""
        issued = []
        for staff in self._others(request, chosen):
            password = passwords.issue_to(staff)
            self.record(request, "staff.password-issued", staff)
            issued.append((staff, password))
        context = {**self.admin_site.each_context(request), "issued": issued}
        context["title"] = _("One-time passwords")
        return TemplateResponse(request, "admin/one_time_passwords.html", context)

    @admin.action(description=gettext_lazy("Remove the second factor"), permissions=["change"])
    def remove_second_factor(self, request: Any, chosen: QuerySet[Staff]) -> None:
        """For a lost telephone or key: the person sets up another one at the next sign-in."""
        for staff in self._others(request, chosen):
            Authenticator.objects.filter(user=staff).delete()
            sessions.end_all_of(staff)
            self.record(request, "staff.second-factor-removed", staff)
        say_done(request, _("The second factor was removed."))

    @admin.action(description=gettext_lazy("Lift the lock"), permissions=["change"])
    def unlock(self, request: Any, chosen: QuerySet[Staff]) -> None:
        for staff in self._others(request, chosen):
            lockout.unlock(staff.username)
            self.record(request, "staff.unlocked", staff)
        say_done(request, _("The lock was lifted."))

    @admin.action(description=gettext_lazy("End all sessions"), permissions=["change"])
    def end_sessions(self, request: Any, chosen: QuerySet[Staff]) -> None:
        for staff in self._others(request, chosen):
            sessions.end_all_of(staff)
            self.record(request, "staff.sessions-ended", staff)
        say_done(request, _("The sessions have ended."))


@admin.register(RoleGrant)
class RoleGrantAdmin(ExchangeAdmin):
    """Roles in areas for a period; a role is ended by its last day, never removed."""

    writers = (Role.SECURITY_ADMINISTRATOR,)
    readers = (Role.AUDITOR,)
    resource_classes = [resources.RoleGrantResource]
    list_display = ["staff", "role", "area", "period", "granted_by"]
    list_filter = ["role"]
    list_select_related = ["staff", "area"]
    search_fields = ["staff__username", "staff__full_name", "area__name", "area__code"]
    autocomplete_fields = ["staff", "area"]
    readonly_fields = ["granted_by"]

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody changes the own roles."""
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.staff.is_same_person_as(request.user)
        )

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)

        class OthersOnly(form):  # type: ignore[misc, valid-type]
            def clean_staff(self) -> Staff:
                staff: Staff = self.cleaned_data["staff"]
                if staff.is_same_person_as(request.user):
                    raise ValidationError(_("You cannot change your own roles."))
                return staff

        return OthersOnly

    def save_model(self, request: Any, obj: RoleGrant, form: Any, change: bool) -> None:
        if not change:
            obj.granted_by = request.actor.text
        super().save_model(request, obj, form, change)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What was done."""

    readers = (Role.AUDITOR, Role.SECURITY_ADMINISTRATOR)
    list_display = ["at", "kind", "actor_text", "target_label", "target_id"]
    list_filter = ["kind"]
    search_fields = ["actor_text", "target_id", "request_id"]


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Who looked at whose data."""

    readers = (Role.AUDITOR,)
    list_display = ["at", "actor_text", "action", "subject_label", "subject_id", "reason"]
    list_filter = ["action"]
    search_fields = ["actor_text", "subject_id", "reason"]


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    """What waited for a second person, and what was decided."""

    readers = (Role.AUDITOR,)
    list_display = ["made_at", "kind", "title", "state", "maker", "checker"]
    list_filter = ["state", "kind"]
    list_select_related = ["maker", "checker"]
    search_fields = ["title", "maker__username", "checker__username"]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work and its state."""

    readers = (Role.SYSTEM_ADMINISTRATOR,)
    list_display = ["id", "kind", "label", "state", "phase", "attempts", "due_at"]
    list_filter = ["state", "kind", "queue"]
    search_fields = ["kind", "key", "label"]


@admin.register(StaffSession)
class StaffSessionAdmin(ReadOnlyAdmin):
    """Who is signed in from where; sessions are ended on the accounts' page."""

    readers = (Role.SECURITY_ADMINISTRATOR,)
    list_display = ["staff", "began_at", "seen_at", "address", "user_agent"]
    fields = ["staff", "began_at", "seen_at", "address", "user_agent"]
    list_select_related = ["staff"]
    search_fields = ["staff__username", "address"]


@admin.register(SignInFailure)
class SignInFailureAdmin(ReadOnlyAdmin):
    """Wrong attempts at signing in."""

    readers = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
    list_display = ["failed_at", "username", "address", "cleared"]
    list_filter = ["cleared"]
    search_fields = ["username", "address"]
