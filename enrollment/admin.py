"""Maintenance pages of enrollment: rosters handed in by an administrator, into the one pipeline."""

import os
import tempfile
from pathlib import Path
from typing import Any

import tablib
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from import_export.admin import ImportMixin
from import_export.formats.base_formats import Format
from import_export.tmp_storages import TempFolderStorage

from bureau.core import clock, files
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.maintenance import ReadOnlyAdmin
from bureau.intake.choices import Channel
from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.problems import message_of, remedy_of
from bureau.intake.readers import SourceRefused, open_source
from enrollment import resources
from enrollment.choices import Scheme
from enrollment.forms import MaintenanceConfirmForm, MaintenanceForm
from enrollment.imports.roster_fields import ROSTER_FIELDS, heading_of
from enrollment.models import RosterBatch
from enrollment.services import roster_jobs, rosters

#: Rows of a file that the preview shows.
PREVIEW_ROWS = 20


class RosterFormat(Format):  # type: ignore[misc]
    """A roster in whatever form a county sends: known by its content, not by its name."""

    def get_title(self) -> Any:
        return gettext_lazy("Roster: CSV, text, XLS or XLSX, in any encoding")

    def get_read_mode(self) -> str:
        return "rb"

    def is_binary(self) -> bool:
        return True

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """The first records by the fields they feed, masked.

        Raises ValueError with the words for people when the file cannot be read as a table.
        """
        with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as spool:
            spool.write(in_stream)
            spool.flush()
            try:
                return preview_of(Path(spool.name))
            except SourceRefused as refusal:
                problem = refusal.problem
                raise ValueError(f"{message_of(problem)} {remedy_of(problem)}") from refusal


def preview_of(file: Path) -> tablib.Dataset:
    """The first records of the file by the fields that the proposed layout gives them."""
    with open_source(file) as source:
        layout = propose_layout(source, ROSTER_FIELDS)
        fed = {
            column.field
            for sheet in layout.sheets
            if sheet.kept
            for column in sheet.columns
            if column.field
        }
        fields = [field.name for field in ROSTER_FIELDS if field.name in fed]
        dataset = tablib.Dataset(headers=[heading_of(name) for name in fields])
        for frame in frames(source, layout, ROSTER_FIELDS, block_rows=PREVIEW_ROWS * 5):
            records = frame.filter(frame["kind"] == "record")
            for record in records.iter_rows(named=True):
                if len(dataset) == PREVIEW_ROWS:
                    return dataset
                dataset.append([resources.masked(name, record[name]) for name in fields])
    return dataset


class IncomingStorage(TempFolderStorage):  # type: ignore[misc]
    """Where a file waits between preview and confirmation: with the other uploads under way.

    What is never confirmed is removed there after a day.
    """

    def save(self, data: bytes) -> None:
        with tempfile.NamedTemporaryFile(
            dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="maintenance-", delete=False
        ) as file:
            file.write(data)
        self.name = os.path.basename(file.name)

    def get_full_path(self) -> str:
        name = os.path.basename(self.name)
        if not name.startswith("maintenance-"):
            raise FileNotFoundError(name)
        return os.path.join(settings.FILE_UPLOAD_TEMP_DIR, name)


@admin.register(RosterBatch)
class RosterBatchAdmin(ImportMixin, ReadOnlyAdmin):  # type: ignore[misc]
    """Rosters to look at, and the upload in the flow of the maintenance pages.

    The file goes into the same pipeline as the wizard's: a clerk of the area confirms its columns
    and submits it, a second person approves it.
    """

    readers = (Role.SYSTEM_ADMINISTRATOR,)
    list_display = ["id", "area", "scheme", "year", "state", "channel", "received_at", "rows_read"]
    list_filter = ["scheme", "state", "channel"]
    list_select_related = ["area"]
    resource_classes = [resources.RosterResource]
    import_form_class = MaintenanceForm
    confirm_form_class = MaintenanceConfirmForm
    tmp_storage_class = IncomingStorage

    def get_import_formats(self) -> list[type[Format]]:
        return [RosterFormat]

    def has_import_permission(self, request: Any) -> bool:
        return bool(request.actor.has(*self.readers))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_template"
        view = self.admin_site.admin_view(self.template_view)
        return [path("template/", view, name=name), *super().get_urls()]

    def template_view(self, request: Any) -> HttpResponse:
        """An empty roster with the usual headings."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        return resources.template_response()

    def get_confirm_form_initial(self, request: Any, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            given = import_form.cleaned_data
            initial |= {
                "area": given["area"].pk,
                "scheme": given["scheme"],
                "year": given["year"],
            }
        return initial

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        """A refused file says in words why; anything else is a fault and is raised."""
        if not isinstance(error, ValueError):
            raise error
        form.add_error("import_file", str(error))

    @method_decorator(require_POST)
    def process_import(self, request: Any, **options: Any) -> HttpResponse:
        """The confirmed file is in a roster, and a job looks at it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        listed = redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if not form.is_valid():
            messages.error(request, _("The upload could not be confirmed. Send the file again."))
            return listed
        waiting = IncomingStorage(name=form.cleaned_data["import_file_name"], read_mode="rb")
        try:
            batch = self.hand_over(Path(waiting.get_full_path()), form.cleaned_data, request)
        except FileNotFoundError:
            messages.error(request, _("The file was already taken or removed. Send it again."))
        except DomainError as refusal:
            waiting.remove()
            messages.error(request, str(refusal))
        else:
            waiting.remove()
            text = _(
                "Roster %(number)s is received. A clerk of %(area)s confirms its columns next."
            )
            messages.success(request, text % {"number": batch.pk, "area": batch.area})
        return listed

    def hand_over(self, file: Path, given: dict[str, Any], request: Any) -> RosterBatch:
        """The roster of the file, received, with the job that looks at it."""
        at, by = clock.now(), request.actor
        with transaction.atomic(), file.open("rb") as content:
            stored = files.store(
                content,
                purpose="roster",
                original_name=given["original_file_name"],
                by=by,
                at=at,
                area=given["area"],
            )
            batch = rosters.receive_roster(
                scheme=Scheme(given["scheme"]),
                area=given["area"],
                year=given["year"],
                channel=Channel.MAINTENANCE,
                at=at,
                by=by,
            )
            try:
                rosters.add_file(batch=batch, stored=stored, at=at, by=by)
            except DomainError:
                # The row goes with the transaction, the content has to be removed by hand.
                files.path_of(stored).unlink(missing_ok=True)
                raise
            roster_jobs.enqueue(roster_jobs.LOOK, batch, by=by, at=at)
        return batch
