"""The import centre: the list of rosters, a new roster, the template for counties."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from bureau.core import access, clock, files, jobs
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.charts import Chart, StackedBars
from bureau.ui.forms import QueryForm
from bureau.ui.paging import Page
from bureau.ui.statuses import status_of
from bureau.ui.views import Empty, FormPage, ListPage, Quick
from enrollment import resources
from enrollment.choices import Outcome, Scheme
from enrollment.choices.roster_work import RosterWait
from enrollment.forms import RosterForm, RosterQuery
from enrollment.models import RosterBatch
from enrollment.selectors import editions, roster_hints
from enrollment.selectors import rosters as selectors
from enrollment.selectors.roster_work import waiting_in
from enrollment.services import roster_jobs, rosters
from enrollment.tables.rosters import ROSTER_COLUMNS
from enrollment.views.roster_work import rows_url

#: Every roster page hangs under the import centre.
PARENTS = ((gettext_lazy("Rosters"), "enrollment:roster-list"),)
#: The steps of the wizard.
STEPS = (
    gettext_lazy("Files"),
    gettext_lazy("Column mapping"),
    gettext_lazy("Check"),
    gettext_lazy("Preview"),
    gettext_lazy("Confirm"),
    gettext_lazy("Result"),
)


class RosterList(ListPage):
    """Rosters of the reader's areas, newest first, with the outcomes of their rows."""

    title = gettext_lazy("Rosters")
    lead = gettext_lazy("Every roster handed in, where it stands, and what became of its rows.")
    template_name = "enrollment/roster_list.html"
    list_id = "enrollment.rosters"
    query_class = RosterQuery
    quick = Quick(gettext_lazy("Number, remarks or sender"), is_private=False)
    columns = ROSTER_COLUMNS

    def rows(self) -> QuerySet[RosterBatch]:
        return selectors.rosters_in(self.scope)

    def search(self, rows: QuerySet[RosterBatch], word: str) -> QuerySet[RosterBatch]:
        return selectors.rosters_about(rows, word)

    def narrow(self, rows: QuerySet[RosterBatch], values: dict[str, Any]) -> QuerySet[RosterBatch]:
        if area := values.get("area"):
            rows = rows.filter(area__code=area)
        if waits := values.get("waits"):
            rows = waiting_in(rows, RosterWait(waits))
        same = {name: values[name] for name in ("scheme", "year", "state") if name in values}
        return rows.filter(**same)

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        if isinstance(form, RosterQuery):
            form.offer_areas(self.areas)
        return form

    @cached_property
    def areas(self) -> list[Area]:
        return selectors.areas_in(self.scope)

    def page(self, found: QuerySet[Any]) -> Page[Any]:
        """The page is fetched once for the table and the chart."""
        if not hasattr(self, "_page"):
            self._page: Page[Any] = super().page(found)
        return self._page

    def before_drawing(self, rows: list[Any]) -> None:
        running = selectors.unfinished_jobs(rows)
        numbered = editions.editions_of_all(rows)
        asks_for_numbers = self.query.values().get("waits") == RosterWait.NUMBER
        for batch in rows:
            edition = numbered.get(batch.pk)
            batch.edition_text = (
                _("%(number)s, replaces no. %(former)s")
                % {"number": edition[0], "former": _(", ").join(map(str, edition[1:]))}
                if edition
                else ""
            )
            held = RosterWait.NUMBER if asks_for_numbers else RosterWait.REVIEW
            batch.review_url = rows_url(batch.pk, held) if batch.open_review else ""
            batch.rejected_url = (
                rows_url(batch.pk, RosterWait.REJECTED) if batch.open_rejected else ""
            )
            job = running.get(batch.pk)
            batch.progress_text = ""
            if job:
                progress = jobs.progress_of(job)
                share = f" {progress.percent}%" if progress.percent is not None else ""
                batch.progress_text = f"{jobs.label_of(job.kind)}{share}"

    def charts(self) -> list[Chart]:
        shown = [batch for batch in self.page(self.found()).rows if batch.rows_read]
        if not shown:
            return []
        open_rows = sum(batch.open_rows for batch in shown)
        return [
            StackedBars(
                key="outcomes",
                title=_("Rows by outcome"),
                finding=_("%(n)s rows of these rosters wait for review or were rejected.")
                % {"n": formatting.number(open_rows)},
                series=[status_of(Outcome, outcome) for outcome in Outcome],
                bars=[
                    (
                        str(batch),
                        [getattr(batch, f"rows_{outcome.value.lower()}") for outcome in Outcome],
                    )
                    for batch in shown
                ],
                label_head=_("Roster"),
            )
        ]

    def empty(self) -> Empty:
        if self.query.values() or not self.may_receive:
            return super().empty()
        return Empty(
            _("No roster has been handed in yet"),
            _(
                "Begin with the file of one county and one year. Nothing reaches the roll before "
                "you have seen the preview and a second person has approved it."
            ),
            reverse("enrollment:roster-create"),
            _("New roster"),
        )

    @property
    def may_receive(self) -> bool:
        return access.may(self.actor, "enrollment:roster-create", "POST")


class RosterCreate(FormPage):
    """Step 1: whose roster it is, and its files."""

    title = gettext_lazy("New roster")
    template_name = "enrollment/roster_form.html"
    form_class = RosterForm
    parents = PARENTS
    submit_label = gettext_lazy("Send the files")
    steps = STEPS

    def form_options(self) -> dict[str, Any]:
        return {"areas": self.areas}

    @cached_property
    def areas(self) -> list[Area]:
        return selectors.areas_in(self.scope)

    def initial(self) -> dict[str, Any]:
        # A county's roster is its rural scheme's; the city hands in all three.
        areas = self.areas
        return {"area": areas[0].code, "scheme": Scheme.NCMS} if len(areas) == 1 else {}

    def context(self) -> dict[str, Any]:
        mine = selectors.rosters_in(self.scope)
        return super().context() | {
            "empty_drafts": roster_hints.empty_drafts(mine, self.actor.staff_id)
        }

    def carry_out(self, form: RosterForm) -> str:
        values = {name: value for name, value in form.cleaned_data.items() if name != "uploads"}
        values["scheme"] = Scheme(values["scheme"])
        at = clock.now()
        with transaction.atomic():
            batch = rosters.receive_roster(**values, at=at, by=self.actor)
            refused = take_files(batch, form.cleaned_data["uploads"], by=self.actor)
            if len(refused) == len(form.cleaned_data["uploads"]):
                raise DomainError("NO_FILE_TAKEN", " ".join(refused))
            roster_jobs.enqueue(roster_jobs.LOOK, batch, by=self.actor, at=at)
        for text in refused:
            messages.warning(self.request, text)
        return reverse("enrollment:roster-detail", args=[batch.pk])

    def success_message(self, form: Any) -> Any:
        return _("The files have arrived. Next, look at their columns.")


def take_files(batch: RosterBatch, sent: list[Any], *, by: Actor) -> list[str]:
    """The files are part of the roster; returns the words for those that were not taken."""
    refused = []
    for upload in sent:
        at = clock.now()
        try:
            stored = files.store(
                upload,
                purpose="roster",
                original_name=upload.name or "",
                by=by,
                at=at,
                area=batch.area,
            )
        except DomainError as refusal:
            refused.append(f"{upload.name}: {refusal}")
            continue
        try:
            rosters.add_file(batch=batch, stored=stored, at=at, by=by)
        except DomainError as refusal:
            files.purge(stored, by=by, at=at)
            refused.append(str(refusal))
    return refused


class RosterTemplate(View):
    """An empty workbook with the usual headings, cells formatted as text."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return resources.template_response()
