"""Long work: what waits and runs, how far it is, its log; stop it, try it again, fetch its file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from bureau.core import access, audit, clock, files, jobs
from bureau.core import exports as core_exports
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.models import Job, StoredFile
from bureau.portal import selectors
from bureau.ui import exports, formatting
from bureau.ui.forms import QueryForm
from bureau.ui.selections import Act
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.templatetags.ui import job_name
from bureau.ui.views import (
    ActionView,
    BatchPage,
    DetailPage,
    Empty,
    ListPage,
    PortalPage,
    Quick,
    Section,
)

#: Lines of the log shown at once; the newest.
LOG_LINES = 200


class JobQuery(QueryForm):
    """What jobs are asked for by."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=JobState.choices)
    whose = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        choices=[("mine", gettext_lazy("My own"))],
    )


class Jobs(ListPage):
    """Jobs, the newest first."""

    title = gettext_lazy("Jobs")
    lead = gettext_lazy("Imports, files and closings run here, also while you are signed out.")
    list_id = "portal.jobs"
    query_class = JobQuery
    is_exported = False
    quick = Quick(gettext_lazy("Subject or number"))
    acts = (
        Act(gettext_lazy("Stop the chosen jobs"), "portal:jobs-cancel", "stop", is_bad=True),
        Act(gettext_lazy("Go on with the chosen jobs"), "portal:jobs-retry", "retry"),
    )
    columns = (
        Column(
            "name",
            gettext_lazy("Job"),
            value=job_name,
            link=lambda job: reverse("portal:job-detail", args=[job.pk]),
        ),
        Column("state", gettext_lazy("State"), kind="status", choices=JobState, sort="state"),
        Column("area", gettext_lazy("Area")),
        Column("progress", gettext_lazy("Progress"), value=lambda job: progress_text(job)),
        Column("requested_at", gettext_lazy("Asked for"), kind="instant", sort="requested_at"),
        Column("requested_by", gettext_lazy("Asked by"), value="requested_by_text"),
        Column("finished_at", gettext_lazy("Finished at"), kind="instant"),
    )

    def rows(self) -> QuerySet[Job]:
        return selectors.jobs_visible_to(self.actor)

    def search(self, rows: QuerySet[Job], word: str) -> QuerySet[Job]:
        return selectors.jobs_about(rows, word)

    def narrow(self, rows: QuerySet[Job], values: dict[str, Any]) -> QuerySet[Job]:
        if state := values.get("state"):
            rows = rows.filter(state=state)
        if values.get("whose") == "mine":
            rows = rows.filter(requested_by_id=self.actor.staff_id)
        return rows

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("No job yet"),
            _("A job appears here when you import a file or ask for one."),
        )


def progress_text(job: Job) -> str:
    """How far the job is, for one cell."""
    progress = jobs.progress_of(job)
    if progress.total:
        return f"{formatting.number(progress.done)} / {formatting.number(progress.total)}"
    return formatting.number(progress.done) if progress.done else ""


def fetch_job(page: PortalPage, number: int) -> Job:
    found: Job = get_object_or_404(selectors.jobs_visible_to(page.actor), pk=number)
    return found


class JobDetail(DetailPage):
    """One job: progress, what came of it, its log."""

    template_name = "portal/job_detail.html"
    parents = ((gettext_lazy("Jobs"), "portal:jobs"),)
    sections = (Section("log", gettext_lazy("Log"), "portal/_job_log.html", "log"),)

    def load(self) -> Job:
        return fetch_job(self, self.kwargs["pk"])

    def page_title(self) -> str:
        return job_name(self.record)

    def status(self) -> Status:
        return status_of(JobState, self.record.state)

    def summary(self) -> list[tuple[Any, Any]]:
        job: Job = self.record
        return [
            (_("Asked for"), formatting.instant(job.requested_at)),
            (_("Asked by"), job.requested_by_text),
            (_("Area"), job.area or formatting.ABSENT),
            (_("Started at"), formatting.instant(job.started_at)),
            (_("Finished at"), formatting.instant(job.finished_at)),
            (_("Attempts"), formatting.number(job.attempts)),
            *([(_("Taken note of by"), job.noted_by)] if job.noted_at else []),
        ]

    def log(self) -> dict[str, Any]:
        lines = list(self.record.log_lines.order_by("-pk")[:LOG_LINES])
        return {
            "lines": [(line, jobs.log_text(line)) for line in lines],
            "is_cut": len(lines) == LOG_LINES,
        }

    def about(self) -> str:
        """The address of what the job is about, if it has a page that the reader may open."""
        try:
            found = jobs.kind_of(self.record.kind).about(self.record.arguments)
        except LookupError:
            return ""
        if found is None or not access.may(self.actor, found[0]):
            return ""
        return reverse(found[0], args=[found[1]])

    def context(self) -> dict[str, Any]:
        job: Job = self.record
        is_steered = selectors.jobs_steered_by(self.actor).filter(pk=job.pk).exists()
        number = job.result.get("file")
        return super().context() | {
            "progress": jobs.progress_of(job),
            "may_cancel": is_steered
            and job.state in (JobState.QUEUED, JobState.RUNNING)
            and not job.cancel_requested,
            "may_retry": is_steered and job.state in (JobState.FAILED, JobState.CANCELLED),
            "may_note": is_steered and job.state == JobState.FAILED and job.noted_at is None,
            **fetched_from(exports.file_for(self.actor, number) if number else None),
            "about": self.about(),
        }


def fetched_from(stored: StoredFile | None) -> dict[str, Any]:
    """What a page says of a file that its reader may fetch."""
    export = exports.export_of(stored) if stored is not None else None
    until = export.expires_at if export else stored.purge_after if stored else None
    return {
        "file": stored,
        "is_once": bool(export and export.fetches_allowed),
        "open_until": formatting.instant(until),
    }


class JobProgress(PortalPage):
    """The fragment that a page with a job asks for; when the job has ended, the page reloads."""

    template_name = "components/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        job = fetch_job(self, kwargs["pk"])
        progress = jobs.progress_of(job)
        response = self.answer(self.template_name, job=job, progress=progress)
        if progress.is_over:
            response.headers["HX-Refresh"] = "true"
        return response


class JobCancel(ActionView):
    """The job stops before its next step."""

    def act(self) -> str:
        job = get_object_or_404(selectors.jobs_steered_by(self.actor), pk=self.kwargs["pk"])
        jobs.cancel(job, by=self.actor, at=clock.now())
        return _("The job is being stopped. What it has committed stays.")

    def next_url(self) -> str:
        return reverse("portal:job-detail", args=[self.kwargs["pk"]])


class JobsCancel(BatchPage):
    """Several jobs stop before their next step, after a page that names them."""

    title = gettext_lazy("Stop several jobs")
    lead = gettext_lazy("What they have committed stays.")
    parents = ((gettext_lazy("Jobs"), "portal:jobs"),)
    list_class = Jobs
    list_route = "portal:jobs"
    submit_label = gettext_lazy("Stop the jobs")
    submit_icon = "stop"

    def eligible(self, rows: QuerySet[Job]) -> QuerySet[Job]:
        steered = selectors.jobs_steered_by(self.actor).order_by().values("pk")
        return rows.filter(pk__in=steered, state__in=UNFINISHED_JOB_STATES, cancel_requested=False)

    def carry_out(self, rows: list[Job], note: str) -> None:
        done = self.each(rows, lambda job: jobs.cancel(job, by=self.actor, at=clock.now()))
        if done:
            text = ngettext("%(n)d job is being stopped.", "%(n)d jobs are being stopped.", done)
            messages.success(self.request, text % {"n": done})


class JobsRetry(BatchPage):
    """Several failed or stopped jobs wait again and go on from their checkpoints."""

    title = gettext_lazy("Go on with several jobs")
    parents = ((gettext_lazy("Jobs"), "portal:jobs"),)
    list_class = Jobs
    list_route = "portal:jobs"
    submit_label = gettext_lazy("Go on with the jobs")
    submit_icon = "retry"

    def eligible(self, rows: QuerySet[Job]) -> QuerySet[Job]:
        steered = selectors.jobs_steered_by(self.actor).order_by().values("pk")
        return rows.filter(pk__in=steered, state__in=[JobState.FAILED, JobState.CANCELLED])

    def carry_out(self, rows: list[Job], note: str) -> None:
        done = self.each(rows, lambda job: jobs.retry(job, by=self.actor, at=clock.now()))
        if done:
            text = ngettext("%(n)d job goes on.", "%(n)d jobs go on.", done)
            messages.success(self.request, text % {"n": done})


class JobRetry(ActionView):
    """The job waits again and goes on from its checkpoint."""

    def act(self) -> str:
        job = get_object_or_404(selectors.jobs_steered_by(self.actor), pk=self.kwargs["pk"])
        jobs.retry(job, by=self.actor, at=clock.now())
        return _("The job goes on from where it stopped.")

    def next_url(self) -> str:
        return reverse("portal:job-detail", args=[self.kwargs["pk"]])


class JobNote(ActionView):
    """Somebody knows that the job failed; it is no open work any more."""

    def act(self) -> str:
        job = get_object_or_404(selectors.jobs_steered_by(self.actor), pk=self.kwargs["pk"])
        jobs.take_note(job, by=self.actor, at=clock.now())
        return _("You have taken note of the failed job.")

    def next_url(self) -> str:
        return reverse("portal:job-detail", args=[self.kwargs["pk"]])


class ExportDownload(View):
    """The file of a list, for the one it was made for; anybody else finds nothing.

    A file that is fetched once is fetched by POST: looking at an address changes nothing.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        stored = self.file(request, pk)
        export = exports.export_of(stored)
        if export is not None and export.fetches_allowed:
            return redirect("portal:export-detail", export.pk)
        return self.hand_over(request, stored)

    def post(self, request: HttpRequest, pk: int) -> FileResponse:
        return self.hand_over(request, self.file(request, pk))

    def file(self, request: HttpRequest, pk: int) -> StoredFile:
        stored = exports.file_for(request.actor, pk)  # type: ignore[attr-defined]
        if stored is None:
            raise Http404
        return stored

    def hand_over(self, request: HttpRequest, stored: StoredFile) -> FileResponse:
        actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
        content = files.open_stored(stored)
        export = exports.export_of(stored)
        if export is None:
            audit.record("export.download", by=actor, at=now, target=stored, size=stored.size)
        elif not core_exports.note_fetch(export, by=actor, at=now):
            content.close()
            raise Http404
        return FileResponse(content, as_attachment=True, filename=stored.original_name)
