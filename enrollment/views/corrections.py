"""The pages of corrections: loading them, looking through what they come to, handing them on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, approvals, clock, files, jobs, masking
from bureau.core.actors import Actor
from bureau.core.choices import UNFINISHED_JOB_STATES
from bureau.core.errors import DomainError, fill
from bureau.core.models import Area, StoredFile
from bureau.intake import archives
from bureau.intake.problems import message_of, remedy_of
from bureau.intake.readers import SourceRefused
from bureau.ui import formatting
from bureau.ui.forms import QueryForm
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import ActionView, DetailPage, FormPage, Section
from bureau.ui.views.pages import Crumb
from enrollment.choices import (
    CorrectionSource,
    CorrectionState,
    LineVerdict,
    Outcome,
)
from enrollment.choices.lines import ShownVerdict
from enrollment.forms import CorrectionFilesForm, SubmitCorrectionsForm
from enrollment.imports.roster_fields import FIELD_BY_NAME
from enrollment.models import CorrectedRow, RosterBatch, RosterCorrection, RosterRow
from enrollment.selectors import corrections as selectors
from enrollment.selectors import rosters
from enrollment.selectors.masked_row import masked_cell
from enrollment.selectors.staying_lines import lines_staying
from enrollment.services import correction_jobs
from enrollment.services import corrections as services
from enrollment.tables import rosters as words
from enrollment.tables.correction_words import (
    MEANINGS,
    doubt_text,
    doubts_of,
    shown_verdict,
    void_grounds_text,
)
from enrollment.tables.roster_tones import correction_status
from enrollment.views.people_looks import ListOfPeople
from enrollment.views.roster_rows import findings_of
from enrollment.views.roster_steps import RosterAct, RosterForms
from enrollment.views.rosters import PARENTS
from enrollment.views.row_sight import RowsInSight


class CorrectionCreate(RosterForms):
    """Corrected problem files of one roster are loaded."""

    title = gettext_lazy("Load corrected rows")
    lead = gettext_lazy(
        "Choose the problem file as it was fetched and corrected: workbook, text or the archive of "
        "several. Only its rows are read; nothing changes before you have seen the differences."
    )
    form_class = CorrectionFilesForm
    template_name = "enrollment/roster_step.html"
    submit_label = gettext_lazy("Load and compare")

    def carry_out(self, form: Any) -> str:
        at = clock.now()
        with transaction.atomic():
            correction = services.begin(
                batch=self.batch, source=CorrectionSource.FILE, at=at, by=self.actor
            )
            refused = take_files(correction, form.cleaned_data["uploads"], by=self.actor)
            if not correction.files.exists():
                raise DomainError("NO_FILE_TAKEN", " ".join(refused))
            correction_jobs.enqueue(correction_jobs.READ, correction, by=self.actor, at=at)
        for text in refused:
            messages.warning(self.request, text)
        return reverse("enrollment:correction-detail", args=[correction.pk])


def take_files(correction: RosterCorrection, sent: list[Any], *, by: Actor) -> list[str]:
    """The files, and those inside archives, belong to the corrections; returns the refusals."""
    refused: list[str] = []
    allowance = archives.Allowance()
    for upload in sent:
        name = upload.name or ""
        try:
            if archives.is_archive(upload.file):
                for member, content in archives.members(upload.file, allowance):
                    _take(correction, member, content, by, refused)
            else:
                _take(correction, name, upload, by, refused)
        except SourceRefused as refusal:
            told = message_of(refusal.problem), remedy_of(refusal.problem)
            refused.append(f"{name}: {' '.join(told)}")
    return refused


def _take(
    correction: RosterCorrection, name: str, content: Any, by: Actor, refused: list[str]
) -> None:
    at = clock.now()
    stored: StoredFile | None = None
    try:
        stored = files.store(
            content,
            purpose="roster",
            original_name=name,
            by=by,
            at=at,
            area=correction.batch.area,
        )
        services.add_file(correction=correction, stored=stored, at=at, by=by)
    except DomainError as refusal:
        if stored is not None:
            files.purge(stored, by=by, at=at)
            refused.append(str(refusal))
        else:
            refused.append(f"{name}: {refusal}")


class CorrectionFromDraft(RosterAct):
    """A problem file that was sent as a roster is loaded where it belongs."""

    def act(self) -> str:
        file = rosters.file_in(self.scope, self.kwargs["pk"], self.kwargs["file"])
        batch = rosters.roster_in(self.scope, int(file.told.get("corrects") or 0))
        self.made = services.from_draft(file=file, batch=batch, at=clock.now(), by=self.actor)
        return _("“%(name)s” is loaded as corrections of its roster.") % {"name": file.name}

    def next_url(self) -> str:
        made = getattr(self, "made", None)
        if made is None:
            return super().next_url()
        return reverse("enrollment:correction-detail", args=[made.pk])


class CorrectionPage:
    """Mixin of pages about corrections in the scope: the way back leads over their roster."""

    scope: Any
    kwargs: dict[str, Any]

    @cached_property
    def correction(self) -> RosterCorrection:
        return selectors.correction_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that corrections of another area are always 404.
        _fetched = self.correction
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def way_back(self) -> list[Crumb]:
        batch = self.correction.batch
        return [
            (_("Home"), reverse("portal:home")),
            *((label, reverse(route)) for label, route in PARENTS),
            (str(batch), reverse("enrollment:roster-detail", args=[batch.pk])),
        ]

    @property
    def own_url(self) -> str:
        return reverse("enrollment:correction-detail", args=[self.correction.pk])


class CorrectionDetail(CorrectionPage, DetailPage):
    """Corrections: what they come to, and what happens with them next."""

    template_name = "enrollment/correction_detail.html"
    sections = (
        Section(
            "result", gettext_lazy("Differences"), "enrollment/_correction_result.html", "result"
        ),
    )

    def load(self) -> RosterCorrection:
        return self.correction

    def breadcrumbs(self) -> list[Crumb]:
        return self.way_back()

    def page_title(self) -> str:
        return str(self.record)

    def status(self) -> Status:
        return correction_status(self.record)

    def summary(self) -> list[tuple[Any, Any]]:
        made: RosterCorrection = self.record
        facts: list[tuple[Any, Any]] = [
            (_("By which way"), formatting.choice_label(CorrectionSource, made.source)),
            (_("Loaded"), formatting.instant(made.made_at)),
            (_("By"), made.made_by),
        ]
        if made.confirmed_by:
            facts.append((_("Confirmed by"), made.confirmed_by))
        if made.approved_by:
            facts.append((_("Approved by"), made.approved_by))
        if made.applied_at:
            label = _("Applied at") if made.into_roll else _("Taken at")
            facts.append((label, formatting.instant(made.applied_at)))
        return facts

    def result(self) -> dict[str, Any]:
        made: RosterCorrection = self.record
        lines = reverse("enrollment:correction-lines", args=[made.pk])
        found = selectors.verdict_counts(made)
        counts = [
            (verdict, count)
            for verdict, count in found.items()
            if count or verdict not in (ShownVerdict.DECIDED, ShownVerdict.LEFT_OUT)
        ]
        _held, kept = selectors.decided_lines(made)
        judged = selectors.judged_lines(made)
        return {
            "kept_as_decided": kept,
            "found_right": judged,
            "void_grounds": selectors.void_grounds(made),
            "verdicts": [
                (
                    status_of(ShownVerdict, verdict),
                    count,
                    f"{lines}?verdict={verdict.value}",
                    MEANINGS[verdict],
                )
                for verdict, count in counts
            ],
            # What changes is looked through first.
            "lines_url": f"{lines}?verdict={ShownVerdict.CHANGED.value}"
            if found[ShownVerdict.CHANGED]
            else lines,
            "files": [
                (
                    file,
                    [
                        fill(_(problem["message"]), problem.get("facts", {}))
                        for problem in file.problems
                    ],
                )
                for file in made.files.order_by("pk")
            ],
        }

    def may(self, route: str, method: str = "POST") -> bool:
        roles = access.roles_for(route, method)
        return bool(roles) and self.actor.scope(*roles).covers(self.record.batch.area.path)

    def context(self) -> dict[str, Any]:
        made: RosterCorrection = self.record
        job = correction_jobs.latest(made)
        is_running = job is not None and job.state in UNFINISHED_JOB_STATES
        is_clerk = self.may("enrollment:correction-submit")
        works = made.state in (CorrectionState.READING, CorrectionState.APPLYING)
        changes = made.lines_new + made.lines_changed + made.rows_released
        is_open = made.state == CorrectionState.OPEN
        return super().context() | {
            "correction": made,
            "batch": made.batch,
            "job": job if works else None,
            "progress": jobs.progress_of(job) if job else None,
            "is_running": is_running,
            "may_resume": is_clerk and works and not is_running,
            "changes": changes,
            "is_open": is_open,
            "may_submit": is_clerk and is_open and changes > 0,
            "may_drop": is_clerk and made.state in (CorrectionState.OPEN, CorrectionState.READING),
            "approval": approvals.pending_of(made, services.KIND),
            "returned": _returned(made),
        }


def _returned(made: RosterCorrection) -> Any:
    if made.state != CorrectionState.OPEN:
        return None
    latest = approvals.latest_of(made, services.KIND)
    return latest if latest is not None and latest.checked_at is not None else None


class LineQuery(QueryForm):
    """What lines of corrections are asked for by."""

    verdict = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=ShownVerdict.choices)


class CorrectionLines(CorrectionPage, ListOfPeople):
    """The lines of corrections, masked, with what each comes to; each look is on record."""

    template_name = "enrollment/correction_lines.html"
    list_id = "enrollment.correction_lines"
    query_class = LineQuery
    default_sort = "place"
    personal_label = CorrectedRow._meta.label_lower
    columns = (
        Column("place", gettext_lazy("Row"), value=lambda line: line.place_text, sort="pk",
               link=lambda line: line.page_url),
        Column("verdict", gettext_lazy("Comparison"), kind="status", choices=ShownVerdict,
               value=shown_verdict),
        Column("name", gettext_lazy("Name"), kind="masked_name"),
        Column("note", gettext_lazy("Evidence, or why left out"),
               value=lambda line: line.note_text),
        Column("why", gettext_lazy("Still wrong because"), value=lambda line: line.why_text),
        Column("changed", gettext_lazy("Cells changed"), value=lambda line: line.changed_text),
        Column("id_number", gettext_lazy("Identity number"), kind="masked_number",
               value=lambda line: line.id_number or line.id_text),
        Column("coverage", gettext_lazy("Coverage"), value=lambda line: line.coverage_text,
               shown=False),
    )  # fmt: skip

    def page_title(self) -> str:
        return _("Lines: %(corrections)s") % {"corrections": str(self.correction)}

    def breadcrumbs(self) -> list[Crumb]:
        return [*self.way_back(), (str(self.correction), self.own_url)]

    def rows(self) -> QuerySet[CorrectedRow]:
        return selectors.lines_of(self.kwargs["pk"], self.scope)

    def narrow(
        self, rows: QuerySet[CorrectedRow], values: dict[str, Any]
    ) -> QuerySet[CorrectedRow]:
        verdict = values.get("verdict")
        return selectors.lines_with(rows, verdict) if verdict else rows

    def area_of_looks(self) -> Area:
        return self.correction.batch.area

    def before_drawing(self, rows: list[Any]) -> None:
        may_open = access.may(self.actor, "enrollment:correction-line")
        befores = selectors.befores(rows)
        staying = self._staying(rows)
        for line in rows:
            before = befores.get(line.row_id) if line.row_id else None
            line.place_text = place_of(line, before)
            if line.verdict == LineVerdict.SAME and before:
                # What was not changed was not read again; it is still the row's.
                line.name, line.id_text = before.name, before.number
            changed = [
                change.heading
                for change in selectors.cell_changes(line, before)
                if change.is_changed and before
            ]
            line.changed_text = _(", ").join(changed)
            held = line.outcome in (Outcome.REVIEW, Outcome.REJECTED) and not line.is_settled
            line.why_text = _(", ").join(map(words.word_of, line.reasons)) if held else ""
            line.why_text = doubt_text(line) or void_grounds_text(line) or line.why_text
            note = masking.numbers_in(line.note, free=True)
            line.note_text = _("; ").join(filter(None, [note, staying.get(line.row_id, "")]))
            line.coverage_text = _("Stays as decided") if line.coverage_decided else ""
            line.page_url = (
                reverse("enrollment:correction-line", args=[line.correction_id, line.pk])
                if may_open
                else ""
            )

    @staticmethod
    def _staying(lines: list[Any]) -> dict[int | None, str]:
        """By row that is left out, which lines of the person stay, for who has to judge that."""
        left_out = [line.row_id for line in lines if line.is_settled and line.row_id]
        rows = list(RosterRow.objects.filter(pk__in=left_out))
        return {row: staying_words(found) for row, found in lines_staying(rows).items()}

    def context(self) -> dict[str, Any]:
        chosen, path = self.request.GET.get("verdict", ""), self.request.path
        made = self.correction
        counts = selectors.verdict_counts(made)
        tabs: list[tuple[Any, int, str, bool]] = [
            (_("All"), sum(counts.values()), path, not chosen)
        ]
        tabs += [
            (verdict.label, count, f"{path}?verdict={verdict.value}", chosen == verdict.value)
            for verdict, count in counts.items()
            if count
        ]
        return super().context() | {"tabs": tabs}


def staying_words(found: list[RosterRow]) -> str:
    """Which lines of a person stay where another one is left out."""
    if not found:
        return _("no other line of the person stays")
    places = _(", ").join(map(words.staying_text, found))
    return _("stays: %(places)s") % {"places": places}


def place_of(line: CorrectedRow, before: selectors.Before | None) -> str:
    """Where the row of the line stands in the roster; a new line, in the file of corrections."""
    name = line.roster_file.name if line.roster_file else ""
    if before is not None and before.row_no is not None:
        return _("%(file)s, row %(row)s") % {
            "file": name,
            "row": formatting.number(before.row_no),
        }
    return _("Corrections, row %(row)s") % {"row": formatting.number(line.row_no)}


class CorrectionLine(CorrectionPage, RowsInSight, DetailPage):
    """One line of corrections beside its row, in full after a purpose; the look is on record."""

    template_name = "enrollment/correction_line.html"

    sections = (
        Section("line", gettext_lazy("Line"), "enrollment/_correction_line.html", "line_parts"),
    )

    def load(self) -> CorrectedRow:
        return selectors.line_in(self.scope, self.kwargs["pk"], self.kwargs["line"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.note_row(self.record)
        return super().get(request, *args, **kwargs)

    @property
    def roster_in_sight(self) -> RosterBatch:
        batch: RosterBatch = self.correction.batch
        return batch

    def context(self) -> dict[str, Any]:
        return super().context() | self.sight()

    def breadcrumbs(self) -> list[Crumb]:
        return [
            *self.way_back(),
            (str(self.correction), self.own_url),
            (
                _("Lines"),
                reverse("enrollment:correction-lines", args=[self.correction.pk]),
            ),
        ]

    @cached_property
    def before(self) -> selectors.Before | None:
        return selectors.befores([self.record]).get(self.record.row_id or 0)

    def page_title(self) -> str:
        return place_of(self.record, self.before)

    def status(self) -> Status:
        return status_of(ShownVerdict, shown_verdict(self.record))

    def line_parts(self) -> dict[str, Any]:
        line: CorrectedRow = self.record
        changes = selectors.cell_changes(line, self.before)
        labelled = [
            {
                "label": f"{change.heading} ({FIELD_BY_NAME[change.field].label})"
                if change.field in FIELD_BY_NAME
                else change.heading,
                "before": self._shown(change.before, change),
                "after": self._shown(change.after, change),
            }
            for change in changes
            if change.is_changed and self.before
        ]
        return {
            "line": line,
            "differences": labelled,
            "cells": [(change.heading, self._shown(change.after, change)) for change in changes],
            "findings": findings_of(line)
            if line.verdict != LineVerdict.UNPLACED
            else doubts_of(line),
            "meaning": MEANINGS[shown_verdict(line)],
            "void_grounds": void_grounds_text(line),
            "note": line.note if self.purpose else masking.numbers_in(line.note, free=True),
            "staying": self._staying(),
            "row_url": reverse(
                "enrollment:roster-row", args=[self.correction.batch_id, line.row_id]
            )
            if line.row_id and self.before and access.may(self.actor, "enrollment:roster-row")
            else "",
        }

    def _staying(self) -> list[tuple[str, str]]:
        """What stays of the person whose line is left out: in words, and where it is."""
        line: CorrectedRow = self.record
        if not line.is_settled or not line.row_id:
            return []
        rows = list(RosterRow.objects.filter(pk=line.row_id))
        may_open = access.may(self.actor, "enrollment:roster-row")
        return [
            (
                words.staying_text(other),
                reverse("enrollment:roster-row", args=[other.batch_id, other.pk])
                if may_open
                else "",
            )
            for others in lines_staying(rows).values()
            for other in others
        ]

    def _shown(self, cell: str, change: selectors.CellChange) -> str:
        """The cell for the page, masked unless a purpose was stated."""
        if not self.purpose:
            names = (self.record.name, self.record.head_name)
            cell = masked_cell(cell, change.field, names, change.heading)
        return words.shortened(cell)


class CorrectionSubmit(CorrectionPage, FormPage):
    """The corrections are handed on: to a second person, or into the checked roster."""

    title = gettext_lazy("Take over the corrections")
    form_class = SubmitCorrectionsForm
    template_name = "enrollment/roster_step.html"

    @property
    def submit_label(self) -> Any:
        return _("Submit for approval") if self.correction.into_roll else _("Take into the roster")

    @property
    def lead(self) -> Any:
        if self.correction.into_roll:
            return _(
                "Nothing reaches the roll yet: a second person looks at the differences and "
                "approves or returns them. You cannot approve your own work."
            )
        return _(
            "The corrected rows take the place of those that were held; the old rows stay on "
            "record. The roster is checked anew and then goes to a second person as a whole."
        )

    def breadcrumbs(self) -> list[Crumb]:
        return [*self.way_back(), (str(self.correction), self.own_url)]

    def context(self) -> dict[str, Any]:
        made = self.correction
        return {
            "effects": [
                (label, formatting.number(value))
                for label, value in services.summary_of(made).items()
            ]
        }

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        services.submit(
            correction=self.correction,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
            by=staff,
            actor=self.actor,
        )
        return self.own_url

    def success_message(self, form: Any) -> str:
        if self.correction.into_roll:
            return _("Submitted. The corrections wait for a second person.")
        return _("The corrected rows are being taken into the roster.")


class CorrectionAct(ActionView):
    """An act on corrections in the scope; back to their page."""

    @cached_property
    def correction(self) -> RosterCorrection:
        return selectors.correction_in(self.scope, self.kwargs["pk"])

    def next_url(self) -> str:
        return reverse("enrollment:correction-detail", args=[self.kwargs["pk"]])


class CorrectionDrop(CorrectionAct):
    """The corrections are given up."""

    def act(self) -> str:
        services.drop(correction=self.correction, at=clock.now(), by=self.actor)
        return _("The corrections are dropped; the roster is as it was.")


class CorrectionResume(CorrectionAct):
    """Work that stopped goes on."""

    def act(self) -> str:
        job = correction_jobs.resume(self.correction, by=self.actor, at=clock.now())
        if job is None:
            return _("These corrections wait for no work; look at them again.")
        return _("The work goes on from where it stopped.")
