"""Files of lists: asking for one with its purpose, what became of it, fetching and revoking it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, parameters
from bureau.core import exports as core
from bureau.core.choices import ExportState
from bureau.core.errors import DomainError
from bureau.core.models import DataExport
from bureau.portal.views.jobs import fetched_from
from bureau.ui import exports, formatting, selections, statuses
from bureau.ui.forms import EntryForm, QueryForm, WholeNumberField
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import (
    ActionView,
    BatchPage,
    DetailPage,
    Empty,
    FormPage,
    ListPage,
    Quick,
    Section,
)

PARENTS = ((gettext_lazy("Exports"), "portal:exports"),)

statuses.register(
    ExportState,
    {
        ExportState.WAITING: "active",
        ExportState.ALLOWED: "active",
        ExportState.READY: "good",
        ExportState.RETURNED: "bad",
        ExportState.REVOKED: "bad",
    },
)


def title_of(export: DataExport) -> str:
    """The list that the file was taken from, in the reader's language."""
    return exports.name_of_list(export.list_id)


def fields_of(export: DataExport, keys: list[str]) -> str:
    """The fields in the words of their list."""
    page_class = exports.list_of(export.list_id)
    labels = {c.key: str(c.label) for c in page_class.columns} if page_class else {}
    return _(", ").join(labels.get(key, key) for key in keys)


def state_of(export: DataExport) -> Status:
    """The state in words; a file whose end has come, or that was fetched, says so."""
    if export.state == ExportState.READY and not core.is_open(export, clock.now()):
        is_over = export.expires_at is not None and export.expires_at <= clock.now()
        return Status(_("Expired") if is_over else _("Fetched"), "calm")
    return status_of(ExportState, export.state)


class ExportQuery(QueryForm):
    """What exports are asked for by."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=ExportState.choices)
    whose = forms.ChoiceField(
        label=gettext_lazy("Whose"), choices=[("mine", gettext_lazy("My own"))]
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("large", gettext_lazy("With approval")),
            ("bare", gettext_lazy("With fields in full")),
        ],
    )


class Exports(ListPage):
    """Files taken from lists: own ones, and those of the areas in which the reader decides."""

    title = gettext_lazy("Exports")
    lead = gettext_lazy("Who took which rows, what for, who approved it, and until when.")
    list_id = "portal.exports"
    query_class = ExportQuery
    quick = Quick(gettext_lazy("Number, purpose or number in the control row"))
    is_exported = False
    acts = (
        selections.Act(
            gettext_lazy("Revoke the chosen ones"), "portal:exports-revoke", "stop", is_bad=True
        ),
    )
    columns = (
        Column(
            "number",
            gettext_lazy("Number"),
            kind="code",
            sort="pk",
            link=lambda row: reverse("portal:export-detail", args=[row.pk]),
        ),
        Column("list", gettext_lazy("List"), value=title_of),
        Column(
            "purpose",
            gettext_lazy("Purpose"),
            value=lambda export: export.purpose or _("own work"),
        ),
        Column("rows", gettext_lazy("Rows"), value="rows_expected", kind="number"),
        Column("bare", gettext_lazy("Fields in full"), value=lambda row: fields_of(row, row.bare)),
        Column("state", gettext_lazy("State"), value=lambda row: str(state_of(row).label)),
        Column("asked_by", gettext_lazy("Asked by"), value="asked_by.full_name"),
        Column("asked_at", gettext_lazy("Asked for"), kind="instant"),
        Column("approved_by", gettext_lazy("Approved by"), value="approved_by.full_name"),
        Column("expires_at", gettext_lazy("Open until"), kind="instant"),
        Column("fetches", gettext_lazy("Fetched"), kind="number", shown=False),
        Column("area", gettext_lazy("Area"), shown=False),
    )

    def rows(self) -> QuerySet[DataExport]:
        return core.visible_to(self.actor)

    def search(self, rows: QuerySet[DataExport], word: str) -> QuerySet[DataExport]:
        return core.about(rows, word)

    def narrow(self, rows: QuerySet[DataExport], values: dict[str, Any]) -> QuerySet[DataExport]:
        if state := values.get("state"):
            rows = rows.filter(state=state)
        if values.get("whose") == "mine":
            rows = rows.filter(asked_by=self.actor.staff_id)
        if values.get("kind") == "large":
            rows = rows.filter(needs_approval=True)
        if values.get("kind") == "bare":
            rows = rows.exclude(bare=[])
        return rows

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(_("No export yet"), _("A file that you take from a list appears here."))


class ExportForm(EntryForm):
    """A file of rows: its format, which fields in full, what for, and how long it stays open."""

    file_format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("xlsx", "XLSX"), ("csv", "CSV")],
        widget=forms.RadioSelect,
    )
    bare = forms.MultipleChoiceField(
        label=gettext_lazy("Fields in full"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Others stay masked. A file with a field in full is fetched once."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=300,
        help_text=gettext_lazy("The second person reads it, and it stands in the file."),
    )
    hours = WholeNumberField(
        label=gettext_lazy("Hours for which a file is open"), minimum=1, required=False
    )

    def __init__(self, *args: Any, bare_choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["bare"]
        field.choices = bare_choices
        if not bare_choices:
            del self.fields["bare"]

    def clean_hours(self) -> int | None:
        hours: int | None = self.cleaned_data["hours"]
        if hours is not None and hours > core.HOURS.maximum:
            raise forms.ValidationError(_("At most %(most)s hours.") % {"most": core.HOURS.maximum})
        return hours


class ExportCreate(FormPage):
    """A file is asked for; a large one, or one with fields in full, waits for a second person."""

    title = gettext_lazy("Take a file")
    parents = PARENTS
    template_name = "portal/export_form.html"
    form_class = ExportForm
    submit_label = gettext_lazy("Ask for the file")

    @cached_property
    def wish(self) -> dict[str, Any]:
        found = selections.wish(self.request, self.kwargs["token"])
        if found is None:
            raise Http404
        return found

    @cached_property
    def list_page(self) -> ListPage:
        wish = self.wish
        list_class = exports.list_of(wish["list"])
        if list_class is None or not access.may(self.actor, wish["route"]):
            raise Http404
        return selections.page_for(
            self.request, list_class, wish["route"], wish["kwargs"], wish["query"]
        )

    @cached_property
    def planned(self) -> core.Wish:
        try:
            return exports.wish_of(self.list_page, "xlsx", only=self.wish["only"])
        except DomainError as refusal:
            raise Http404 from refusal

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _known = self.planned
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _known = self.planned
        return super().post(request, *args, **kwargs)

    def initial(self) -> dict[str, Any]:
        hours = parameters.value(core.HOURS.key, clock.today())
        return {"file_format": self.wish["format"], "hours": hours}

    def form_options(self) -> dict[str, Any]:
        shown = set(self.planned.columns)
        offered = [column for column in self.list_page.bare_columns() if column.key in shown]
        return {"bare_choices": [(column.key, str(column.label)) for column in offered]}

    def carry_out(self, form: ExportForm) -> str:
        given = form.cleaned_data
        export = exports.ask(
            self.list_page,
            given["file_format"],
            only=self.wish["only"],
            bare=given.get("bare", ()),
            purpose=given["purpose"],
            hours=given["hours"],
            at=clock.now(),
        )
        self.made = export
        return reverse("portal:export-detail", args=[export.pk])

    def success_message(self, form: Any) -> str:
        if self.made.needs_approval:
            return _("The file waits for a second person's approval.")
        return _("The file is being made.")

    def context(self) -> dict[str, Any]:
        wish = self.planned
        waits = core.needs_approval(wish, by=self.actor, at=clock.now(), today=clock.today())
        return {
            "facts": [
                (_("List"), wish.title),
                (_("Query"), wish.asked or formatting.ABSENT),
                (_("Rows"), formatting.number(wish.rows)),
                (_("Fields"), _(", ").join(wish.labels.values())),
            ],
            "waits": waits,
            "limit": parameters.value(core.ROWS.key, clock.today()),
        }


class ExportDetail(DetailPage):
    """One export: what it holds, who decided, and its file for its asker."""

    template_name = "portal/export_detail.html"
    parents = PARENTS
    sections = (Section("export", gettext_lazy("Export"), "portal/_export.html", "facts_of"),)

    def load(self) -> DataExport:
        found: DataExport = get_object_or_404(core.visible_to(self.actor), pk=self.kwargs["pk"])
        return found

    def page_title(self) -> str:
        return _("Export %(number)s") % {"number": self.record.number}

    def status(self) -> Status:
        return state_of(self.record)

    def summary(self) -> list[tuple[Any, Any]]:
        export: DataExport = self.record
        facts: list[tuple[Any, Any]] = [
            (_("List"), title_of(export)),
            (_("Rows"), formatting.number(export.rows_expected)),
            (_("Area"), export.area),
            (_("Asked by"), export.asked_by.full_name),
            (_("Asked for"), formatting.instant(export.asked_at)),
        ]
        if export.approved_by is not None:
            facts.append((_("Approved by"), export.approved_by.full_name))
        if export.expires_at is not None:
            facts.append((_("Open until"), formatting.instant(export.expires_at)))
        return facts

    def facts_of(self) -> dict[str, Any]:
        export: DataExport = self.record
        return {
            "facts": [
                (_("Purpose"), export.purpose or _("own work")),
                (_("Fields"), fields_of(export, export.columns)),
                (_("Fields in full"), fields_of(export, export.bare) or formatting.ABSENT),
                (_("Format"), export.file_format.upper()),
                (_("Hours for which a file is open"), formatting.number(export.hours_open)),
                (_("Fetched"), formatting.number(export.fetches)),
                *(
                    [
                        (_("Revoked by"), export.revoked_by),
                        (_("Revoked at"), formatting.instant(export.revoked_at)),
                    ]
                    if export.revoked_at
                    else []
                ),
            ]
        }

    def context(self) -> dict[str, Any]:
        export: DataExport = self.record
        is_own = export.asked_by_id == self.actor.staff_id
        stored = exports.file_for(self.actor, export.file_id) if export.file_id and is_own else None
        is_over = export.state in (ExportState.REVOKED, ExportState.RETURNED)
        job = core.job_of(export) if is_own else None
        return super().context() | {
            **fetched_from(stored),
            "job": job,
            "may_revoke": not is_over
            and core.revocable_by(self.actor).filter(pk=export.pk).exists(),
        }


class ExportRevoke(ActionView):
    """Nobody fetches the file from now on."""

    def act(self) -> str:
        export = get_object_or_404(core.revocable_by(self.actor), pk=self.kwargs["pk"])
        core.revoke(export, by=self.actor, at=clock.now())
        return _("The export is revoked; its file is fetched by nobody any more.")

    def next_url(self) -> str:
        return reverse("portal:export-detail", args=[self.kwargs["pk"]])


class ExportsRevoke(BatchPage):
    """Several exports are revoked at once, after a page that names them."""

    title = gettext_lazy("Revoke several exports")
    parents = PARENTS
    list_class = Exports
    list_route = "portal:exports"
    submit_label = gettext_lazy("Revoke the exports")
    submit_icon = "stop"

    def eligible(self, rows: QuerySet[DataExport]) -> QuerySet[DataExport]:
        mine = core.revocable_by(self.actor).order_by().values("pk")
        return rows.filter(pk__in=mine).exclude(
            state__in=[ExportState.REVOKED, ExportState.RETURNED]
        )

    def carry_out(self, rows: list[DataExport], note: str) -> None:
        self.each(rows, lambda export: core.revoke(export, by=self.actor, at=clock.now()))
