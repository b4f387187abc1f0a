"""Maintenance pages of accounts and roles: what is asked here, another administrator approves."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, lockout, powers, resources, sessions
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.maintenance import ExchangeAdmin, say_done
from bureau.core.models import RoleGrant, Staff

REASON_LENGTH = 300


def _reason(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason, for the second administrator"),
        max_length=REASON_LENGTH,
        widget=AdminTextInputWidget(),
        **more,
    )


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose change needs a reason, because a second person decides on it."""

    reason = _reason(required=False)


class ReasonForMany(ActionForm):
    """What is asked for many accounts at once has one reason."""

    reason = _reason(required=False)


class AskingAdmin(ExchangeAdmin):
    """A page whose changes are wishes: another security administrator approves them."""

    form = ReasonForm
    skip_admin_log = True
    #: Whether the form just sent was turned into a wish.
    writers = (Role.SECURITY_ADMINISTRATOR,)

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """Who only reads is asked for no reason."""
        shown = [str(name) for name in super().get_fields(request, obj)]
        asks = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [name for name in shown if name != "reason"] + ["reason"] * asks

    def changeform_view(
        self,
        request: Any,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """What cannot be asked, such as what waits already, is said on the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except MovedOn:
            raise
        except DomainError as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)

    def say_asked(self, request: Any) -> None:
        messages.warning(
            request,
            _("Asked for: it takes effect once another security administrator approved it."),
        )

    def to_list(self) -> HttpResponseRedirect:
        """The list of these objects."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name))


@admin.register(Staff)
class StaffAdmin(AskingAdmin):
    """Accounts. Passwords are never seen or chosen here, only issued once."""

    resource_classes = [resources.StaffResource]
    list_display = ["username", "full_name", "staff_no", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_demonstration"]
    search_fields = ["username", "full_name", "staff_no"]
    fields = [
        "username", "full_name", "staff_no", "email", "language", "is_active", "is_staff", "reason",
    ]  # fmt: skip
    actions = ["issue_password", "remove_second_factor", "unlock", "end_sessions"]
    action_form = ReasonForMany

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

            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean() or self.cleaned_data
                if not self.errors and resources.opens(self.instance, cleaned):
                    resources.expect_asking(self.instance, cleaned, request.user)
                return cleaned

        return OthersOnly

    def save_model(self, request: Any, obj: Staff, form: Any, change: bool) -> None:
        """What takes power away holds at once; what gives it waits for a second administrator."""
        wanted = resources.held_back(obj)
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if wanted is not None:
                powers.ask_account(
                    obj,
                    **wanted,
                    reason=form.cleaned_data.get("reason", ""),
                    by=request.user,
                    at=clock.now(),
                )
                self.say_asked(request)
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
    def issue_password(self, request: Any, chosen: QuerySet[Staff]) -> HttpResponse | None:
        """What was approved is issued and shown once; for the others it is asked."""
        issued = []
        for staff in self._others(request, chosen):
            password = powers.issue_password(staff, by=request.user, at=clock.now())
            if password is None:
                self._ask(request, staff, powers.ask_password)
            else:
                issued.append((staff, password))
        if not issued:
            return None
        context = {**self.admin_site.each_context(request), "issued": issued}
        context["title"] = _("One-time passwords")
        return TemplateResponse(request, "admin/one_time_passwords.html", context)

    @admin.action(description=gettext_lazy("Remove the second factor"), permissions=["change"])
    def remove_second_factor(self, request: Any, chosen: QuerySet[Staff]) -> None:
        """For a lost telephone or key: the person sets up another one at the next sign-in."""
        for staff in self._others(request, chosen):
            self._ask(request, staff, powers.ask_second_factor)

    def _ask(self, request: Any, staff: Staff, ask: Any) -> None:
        """The wish waits, or the page says why it cannot."""
        try:
            ask(staff, reason=request.POST.get("reason", "")[:REASON_LENGTH], by=request.user,
                at=clock.now())  # fmt: skip
        except DomainError as refused:
            messages.error(request, f"{staff}: {refused}")
        else:
            self.say_asked(request)

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
class RoleGrantAdmin(AskingAdmin):
    """Roles in areas for a period; a role is ended by its last day, never removed."""

    readers = (Role.AUDITOR,)
    resource_classes = [resources.RoleGrantResource]
    list_display = ["staff", "role", "area", "period", "granted_by"]
    list_filter = ["role"]
    list_select_related = ["staff", "area"]
    search_fields = ["staff__username", "staff__full_name", "area__name", "area__code"]
    autocomplete_fields = ["staff", "area"]
    fields = ["staff", "role", "area", "period", "granted_by", "reason"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """Whose role it is, which and where stay; another one is given instead."""
        return ["granted_by", *(["staff", "role", "area"] if obj else [])]

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

            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean() or self.cleaned_data
                if not self.errors:
                    resources.expect_grantable(self.instance, cleaned, request.user)
                return cleaned

        return OthersOnly

    def save_model(self, request: Any, obj: RoleGrant, form: Any, change: bool) -> None:
        """Nothing is given or taken yet: another security administrator decides."""
        resources.ask_about(
            obj, reason=form.cleaned_data.get("reason", ""), by=request.user, new=not change
        )
        self.say_asked(request)

    def log_addition(self, request: Any, obj: models.Model, message: Any) -> Any:
        """The request stands in the trail by itself; no role was added."""

    def log_change(self, request: Any, obj: models.Model, message: Any) -> Any:
        """The request stands in the trail by itself; no role was changed."""

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self.to_list()

    def response_change(self, request: Any, obj: Any) -> HttpResponse:
        return self.to_list()
