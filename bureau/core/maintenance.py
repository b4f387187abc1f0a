"""The maintenance site: Django's admin for administrators alone, each page by the access matrix."""

import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth import logout
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from import_export.results import RowResult

from bureau.core import audit, clock, history, versions
from bureau.core.choices import Role
from bureau.core.errors import Conflict, MovedOn

#: Roles that see the site at all; which pages, the matrix and each page's own roles say.
ADMINISTRATORS = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)

#: Only models of these packages are maintained here, not those of libraries.
PACKAGES = ("bureau", "benefits", "fund", "enrollment", "catalogue", "institutions")


class MaintenanceSite(admin.AdminSite):
    """Open to accounts that hold an administrator's role and are marked for these pages."""

    site_header = site_title = _("Maintenance")
    index_title = _("Reference data, accounts and logs")
    enable_nav_sidebar = False
    final_catch_all_view = False

    def has_permission(self, request: Any) -> bool:
        return bool(
            request.user.is_active and request.user.is_staff and request.actor.has(*ADMINISTRATORS)
        )

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Models of libraries are left out: their secrets have no page."""
        given = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        ours = [model for model in given if model.__module__.split(".")[0] in PACKAGES]
        super().register(ours, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """What no column can hold is refused before a page asks the database for it."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            for sent in (request.GET, request.POST):
                if any("\0" in text for name in sent for text in (name, *sent.getlist(name))):
                    raise BadRequest("a NUL is in no text")
            return inner(request, *args, **kwargs)

        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one way to sign in, with the second factor; who is signed in is refused here."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect("account_login")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        logout(request)
        return redirect("account_login")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")


#: The session's key for the files whose preview was shown.
LOOKED_AT = "maintenance.looked_at"

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin


class RoleAdmin(AnyModelAdmin):
    """A page whose rights are roles, whatever Django's own permissions say; nothing is deleted."""

    readers: tuple[Role, ...] = ()
    writers: tuple[Role, ...] = ()
    show_full_result_count = False
    list_per_page = 50

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.actor.has(*self.readers, *self.writers))

    def has_module_permission(self, request: Any) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.actor.has(*self.writers))

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.actor.has(*self.writers))

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A list is narrowed by its filters alone.

        Django lets the address name every column of the model. The number of rows found would then
        spell out session keys and digests of passwords, sign by sign.
        """
        offered = [name for name in self.list_filter if isinstance(name, str)]
        return lookup.partition("__")[0] in offered and super().lookup_allowed(
            lookup, value, request
        )

    def get_urls(self) -> list[URLPattern]:
        """Only named routes: each has to stand in the matrix."""
        return [pattern for pattern in super().get_urls() if pattern.name]

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Rows chosen for an act are numbers."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in chosen):
            raise BadRequest("the chosen rows are no numbers")
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: Any,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """What was changed since the form was opened is not overwritten unseen (MovedOn)."""
        if object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            rows = self.get_queryset(request)
            if request.method == "POST":
                rows = rows.select_for_update(of=("self",))
            context = dict(extra_context or {})
            found = rows.filter(pk=number_of(rows.model, object_id)).first()
            if found is not None and self.has_change_permission(request, found):
                context["version"] = versions.of(found, self.edited_fields(request, found))
                if request.method == "POST" and request.POST.get("version") != context["version"]:
                    raise self.moved_on(request, found)
            return super().changeform_view(request, object_id, form_url, context)

    def edited_fields(self, request: Any, found: models.Model) -> list[str]:
        """The columns that the form shows."""
        columns = {field.name for field in found._meta.concrete_fields}
        return [str(name) for name in self.get_fields(request, found) if name in columns]

    @staticmethod
    def moved_on(request: Any, found: models.Model) -> MovedOn:
        """Who changed it last and what, beside what was sent."""
        changes = history.changes_of(found, limit=1)
        return MovedOn(
            "record_changed",
            _("“%(what)s” was changed by somebody else since you opened it."),
            target=found,
            conflicts=[
                Conflict(field.label, request.POST.get(field.field, ""), str(field.after))
                for change in changes
                for field in change.fields
                if field.field in request.POST
            ],
            what=str(found),
        )

    def log_addition(self, request: Any, obj: models.Model, message: Any) -> Any:
        self.record(request, "maintenance.add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: models.Model, message: Any) -> Any:
        changed = message if isinstance(message, list) else []
        fields = [name for part in changed for name in part.get("changed", {}).get("fields", [])]
        self.record(request, "maintenance.change", obj, fields=[str(name) for name in fields])
        return super().log_change(request, obj, message)

    @staticmethod
    def record(request: Any, kind: str, target: models.Model | None, **facts: Any) -> None:
        """The administrator's act stands in the audit trail."""
        audit.record(kind, by=request.actor, at=clock.now(), target=target, **facts)


class ReadOnlyAdmin(RoleAdmin):
    """Logs and work under way: looked at here, changed nowhere."""

    actions = None

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class ExchangeAdmin(ImportExportModelAdmin, RoleAdmin):  # type: ignore[misc]
    """Reference data in and out of XLSX and CSV: template, preview with differences, confirm."""

    formats = [XLSX, CSV]
    import_formats = export_formats = formats
    import_export_change_list_template = "admin/exchange_change_list.html"
    show_change_form_export = False
    skip_admin_log = False

    def has_import_permission(self, request: Any) -> bool:
        return bool(request.actor.has(*self.writers))

    def has_export_permission(self, request: Any) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        from django.urls import path

        name = f"{self.opts.app_label}_{self.opts.model_name}_template"
        view = self.admin_site.admin_view(self.template_view)
        return [path("template/", view, name=name), *super().get_urls()]

    def template_view(self, request: Any) -> HttpResponse:
        """An empty workbook with the columns that an import reads."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        resource = self.get_import_resource_classes(request)[0]()
        empty = resource.export(queryset=self.model._default_manager.none())
        response = HttpResponse(
            XLSX().export_data(empty),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        response["Content-Disposition"] = f'attachment; filename="{self.opts.model_name}.xlsx"'
        return response

    def import_action(self, request: Any, **kwargs: Any) -> Any:
        """The file of the preview is this session's to confirm."""
        response = super().import_action(request, **kwargs)
        form = (getattr(response, "context_data", None) or {}).get("confirm_form")
        if form is not None:
            looked_at = request.session.get(LOOKED_AT, [])
            request.session[LOOKED_AT] = [*looked_at, form.initial["import_file_name"]][-5:]
        return response

    def process_import(self, request: Any, **kwargs: Any) -> Any:
        """Only a file whose preview was shown is taken, and only once."""
        if request.method != "POST":
            return super().process_import(request, **kwargs)
        name = request.POST.get("import_file_name", "")
        is_there = (Path(tempfile.gettempdir()) / Path(name).name).is_file()
        formats = [str(number) for number in range(len(self.formats))]
        if (
            name in request.session.get(LOOKED_AT, [])
            and is_there
            and request.POST.get("format") in formats
            and request.POST.get("resource", "") in ("", "0")
        ):
            return super().process_import(request, **kwargs)
        messages.error(request, _("This file is not here any more; load it again."))
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        return redirect(f"admin:{info}_import")

    def process_result(self, result: Any, request: Any) -> HttpResponse:
        totals = result.totals
        self.record(
            request,
            "maintenance.import",
            None,
            model=self.opts.label_lower,
            added=totals[RowResult.IMPORT_TYPE_NEW],
            changed=totals[RowResult.IMPORT_TYPE_UPDATE],
            unchanged=totals[RowResult.IMPORT_TYPE_SKIP],
        )
        response: HttpResponse = super().process_result(result, request)
        return response

    def get_export_data(self, file_format: Any, request: Any, queryset: Any, **kwargs: Any) -> Any:
        self.record(
            request,
            "maintenance.export",
            None,
            model=self.opts.label_lower,
            rows=queryset.count(),
        )
        return super().get_export_data(file_format, request, queryset, **kwargs)


def say_done(request: HttpRequest, text: Any) -> None:
    """The page after the act says what was done."""
    messages.success(request, text)


def number_of(model: type[models.Model], object_id: str) -> Any:
    """The key that the address names; None for what cannot be one, so that no row is found."""
    try:
        return model._meta.pk.to_python(unquote(object_id))
    except (ValidationError, ValueError):
        return None
