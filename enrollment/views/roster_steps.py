"""The wizard's acts on one roster: files, columns, check, confirm, withdraw, problem file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import audit, clock, lockout
from bureau.core.errors import Conflict, DomainError, MovedOn
from bureau.intake.choices import BatchState
from bureau.intake.problems import message_of, remedy_of
from bureau.intake.remembered import adopt
from bureau.intake.shapes import FileLayout
from bureau.ui import formatting
from bureau.ui.views import ActionView, FormPage, conflict_page
from bureau.ui.views.pages import Crumb
from enrollment.forms import (
    ColumnsAgainForm,
    ConfirmForm,
    FilesForm,
    LayoutForm,
    WithdrawForm,
)
from enrollment.imports.roster_fields import FIELD_BY_NAME
from enrollment.models import RosterBatch, RosterFile
from enrollment.selectors import roster_hints
from enrollment.selectors import rosters as selectors
from enrollment.selectors.roster_impact import impact_of
from enrollment.services import editions, reopening, roster_jobs, rosters
from enrollment.views.edition_parts import edition_effects, likes_of, start_options
from enrollment.views.roster_detail import TOTALS, effects_of, kind_of_file, origin_words
from enrollment.views.rosters import PARENTS, STEPS, take_files
from enrollment.views.start_form import StartForm


class RosterForms(FormPage):
    """A form about one roster in the scope."""

    parents = PARENTS
    #: The wizard's step, from 1; 0 where the page is none of them.
    step = 0

    @cached_property
    def batch(self) -> RosterBatch:
        return selectors.roster_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a roster of another area is always 404.
        _fetched = self.batch
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self) -> list[Crumb]:
        return [*super().breadcrumbs(), (str(self.batch), self.roster_url)]

    @property
    def roster_url(self) -> str:
        return reverse("enrollment:roster-detail", args=[self.batch.pk])

    def context(self) -> dict[str, Any]:
        return {"batch": self.batch, "steps": STEPS, "step": self.step}


class RosterAct(ActionView):
    """An act on one roster in the scope; back to its page."""

    @cached_property
    def batch(self) -> RosterBatch:
        return selectors.roster_in(self.scope, self.kwargs["pk"])

    def next_url(self) -> str:
        return reverse("enrollment:roster-detail", args=[self.kwargs["pk"]])


class RosterFileAdd(RosterForms):
    """Further files for a roster that is still open."""

    title = gettext_lazy("Add files")
    form_class = FilesForm
    step = 1
    template_name = "enrollment/roster_step.html"
    submit_label = gettext_lazy("Send the files")

    def carry_out(self, form: Any) -> str:
        sent = form.cleaned_data["uploads"]
        with transaction.atomic():
            refused = take_files(self.batch, sent, by=self.actor)
            if len(refused) == len(sent):
                raise DomainError("NO_FILE_TAKEN", " ".join(refused))
            roster_jobs.enqueue(roster_jobs.LOOK, self.batch, by=self.actor, at=clock.now())
        for text in refused:
            messages.warning(self.request, text)
        return self.roster_url


class RosterFileRemove(RosterAct):
    """The file is no longer part of the roster."""

    def act(self) -> str:
        file = selectors.file_in(self.scope, self.kwargs["pk"], self.kwargs["file"])
        rosters.remove_file(file=file, at=clock.now(), by=self.actor)
        return _("“%(name)s” is no longer part of the roster.") % {"name": file.name}


class RosterLayout(RosterForms):
    """Step 2: the columns of one file, and of all others with the same headings."""

    template_name = "enrollment/roster_layout.html"
    step = 2
    form_class = LayoutForm
    submit_label = gettext_lazy("Confirm the columns")

    @cached_property
    def file(self) -> RosterFile:
        return selectors.file_in(self.scope, self.kwargs["pk"], self.kwargs["file"])

    @cached_property
    def layout(self) -> FileLayout:
        return FileLayout.from_json(self.file.layout)

    def page_title(self) -> str:
        return _("Columns of “%(name)s”") % {"name": self.file.name}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if refusal := self.refused():
            messages.error(request, refusal)
            return redirect(self.roster_url)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if refusal := self.refused():
            moved_on = MovedOn("ROSTER_MOVED_ON", refusal, target=self.batch)
            return conflict_page(request, moved_on, self.roster_url)
        return super().post(request, *args, **kwargs)

    def version(self) -> str:
        return rosters.layout_version(self.file)

    def refused(self) -> str:
        """Why the columns cannot be confirmed (any more); empty when they can."""
        if self.batch.state != BatchState.DRAFT:
            return _("The columns of this roster can no longer be changed.")
        if not self.file.layout:
            return _("This file has not been looked at yet.")
        return ""

    def form_options(self) -> dict[str, Any]:
        return {"layout": self.layout, "samples": self.file.samples}

    @cached_property
    def alike(self) -> list[RosterFile]:
        """Other files of the roster, still open, with the same headings."""
        signature = self.layout.signature()
        return [
            file
            for file in selectors.files_of(self.batch)
            if file.pk != self.file.pk
            and file.layout
            and not file.layout_confirmed
            and FileLayout.from_json(file.layout).signature() == signature
        ]

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        """The samples hold personal data, so the look stands in the access log first."""
        audit.log_access(
            self.file,
            "view samples",
            by=self.actor,
            at=clock.now(),
            fields=["samples"],
            area=self.batch.area,
            address=lockout.address_of(self.request),
        )
        return super().show(status=status, **more)

    def context(self) -> dict[str, Any]:
        differences = selectors.origin_differences(self.batch, [self.file])
        return super().context() | {
            "file": self.file,
            "kind": kind_of_file(self.file),
            "warnings": [
                (message_of(problem), remedy_of(problem))
                for problem in (*self.layout.doubts, *self.layout.shape.warnings)
            ],
            "differences": [origin_words(difference) for difference in differences],
            "alike": self.alike,
            "is_remembered": any(
                column.why == "REMEMBERED"
                for sheet in self.layout.sheets
                for column in sheet.columns
            ),
            "apply_to_alike": self.request.method != "POST"
            or "apply_to_alike" in self.request.POST,
        }

    def cancel_url(self) -> str:
        return self.roster_url

    def carry_out(self, form: Any) -> str:
        at = clock.now()
        try:
            with transaction.atomic():
                rosters.confirm_layout(
                    file=self.file,
                    fields=form.mapping(),
                    kept=form.kept(),
                    at=at,
                    by=self.actor,
                    seen=self.seen_version,
                )
                if "apply_to_alike" in self.request.POST:
                    confirmed = FileLayout.from_json(RosterFile.objects.get(pk=self.file.pk).layout)
                    for other in self.alike:
                        confirm_like(other, confirmed, at=at, by=self.actor)
        except MovedOn as moved_on:
            moved_on.conflicts = [in_words(conflict) for conflict in moved_on.conflicts]
            raise
        for file in roster_hints.files_without_numbers([RosterFile.objects.get(pk=self.file.pk)]):
            text = _("“%(name)s” has no column with the identity number. Is it the right file?")
            messages.warning(self.request, text % {"name": file.name})
        return self.roster_url

    def success_message(self, form: Any) -> str:
        count = 1 + (len(self.alike) if "apply_to_alike" in self.request.POST else 0)
        text = ngettext(
            "The columns of %(n)d file are confirmed.",
            "The columns of %(n)d files are confirmed.",
            count,
        )
        return text % {"n": count}


def in_words(conflict: Conflict) -> Conflict:
    """The conflict with the words for the fields that columns feed."""
    sent, stands = (
        str(FIELD_BY_NAME[value].label) if value in FIELD_BY_NAME else value
        for value in (conflict.sent, conflict.stands)
    )
    return Conflict(conflict.label, sent, stands)


def confirm_like(other: RosterFile, confirmed: FileLayout, *, at: Any, by: Any) -> None:
    """The other file is read by the columns that were confirmed for the same headings."""
    layout = adopt(FileLayout.from_json(other.layout), confirmed)
    rosters.confirm_layout(
        file=other,
        fields={
            sheet.sheet: {column.index: column.field or "" for column in sheet.columns}
            for sheet in layout.sheets
        },
        kept=[sheet.sheet for sheet in layout.sheets if sheet.kept],
        at=at,
        by=by,
    )


class RosterStart(RosterAct):
    """Step 3: the roster is read and checked by a job."""

    def act(self) -> str:
        files = selectors.files_of(self.batch)
        differences = selectors.origin_differences(self.batch, files)
        form = StartForm(self.request.POST, **start_options(self.batch, differences))
        if "what" in form.errors:
            raise DomainError("EDITION_UNSAID", " ".join(map(str, form.errors["what"])))
        if not form.is_valid():
            raise DomainError(
                "ORIGIN_DIFFERS",
                gettext_lazy(
                    "Files name another area, scheme or year. Remove them, or say why they belong "
                    "to this roster."
                ),
            )
        at = clock.now()
        with transaction.atomic():
            if form.replaced:
                first, *others = form.replaced
                editions.begin(
                    batch=self.batch,
                    replaces=first,
                    together=others,
                    only_places=form.cleaned_data.get("only_places", False),
                    at=at,
                    by=self.actor,
                )
            rosters.begin_reading(
                batch=self.batch,
                at=at,
                by=self.actor,
                origin_reason=form.cleaned_data.get("origin_reason", ""),
            )
            roster_jobs.enqueue(roster_jobs.CHECK, self.batch, by=self.actor, at=at)
        return _("The roster is being read and checked. You may leave this page and come back.")


class RosterResume(RosterAct):
    """Work that stopped goes on from where it stopped."""

    def act(self) -> str:
        roster_jobs.resume(self.batch, by=self.actor, at=clock.now())
        return _("The work goes on from where it stopped.")


class RosterStop(RosterAct):
    """Reading and checking stops before its next step."""

    def act(self) -> str:
        roster_jobs.stop(self.batch, by=self.actor, at=clock.now())
        return _("The work is being stopped. What was read stays; it can go on later.")


class RosterConfirm(RosterForms):
    """Step 5: the checked roster is handed to a second person."""

    title = gettext_lazy("Confirm the roster")
    form_class = ConfirmForm
    step = 5
    template_name = "enrollment/roster_step.html"
    submit_label = gettext_lazy("Submit for approval")
    check_lead = gettext_lazy(
        "Nothing reaches the roll yet: a second person looks at the roster and approves or returns "
        "it. You cannot approve your own work."
    )

    @cached_property
    def totals(self) -> list[selectors.Total]:
        return selectors.totals_of(self.batch)

    def form_options(self) -> dict[str, Any]:
        return {"has_differences": any(total.difference for total in self.totals)}

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        batch = self.batch
        number = formatting.number
        # What did not change since the former edition stands by its former row already.
        clean = impact_of(batch).covers.rows
        return [
            (_("Rows read"), number(batch.rows_read)),
            (_("Rows that go onto the roll now"), number(clean)),
            (_("Rows that wait for review"), number(batch.rows_review)),
            (_("Rows rejected"), number(batch.rows_rejected)),
            (_("Lines that are not records"), number(batch.rows_not_record)),
            *effects_of(batch),
            *edition_effects(batch),
            *((TOTALS[total.key], total_words(total)) for total in self.totals),
        ]

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        rosters.confirm_roster(
            batch=self.batch,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
            by=staff,
            actor=self.actor,
        )
        return self.roster_url

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "effects": self.effects(None),
            "lead": self.check_lead,
            "rosters_like": likes_of(self.batch),
        }

    def success_message(self, form: Any) -> str:
        return _("Submitted. The roster waits for a second person.")


def total_words(total: selectors.Total) -> str:
    """Declared, read and the difference in one line."""

    def written(value: Decimal | int) -> str:
        is_money = total.key == "amount"
        return formatting.money(Decimal(value)) if is_money else formatting.number(value)

    if not total.difference:
        return _("%(read)s, as declared") % {"read": written(total.read)}
    return _("%(read)s, declared %(declared)s, difference %(difference)s") % {
        "read": written(total.read),
        "declared": written(total.declared),
        "difference": written(total.difference),
    }


class RosterWithdraw(RosterForms):
    """The roster is taken back before it is applied."""

    title = gettext_lazy("Withdraw the roster")
    form_class = WithdrawForm
    template_name = "enrollment/roster_step.html"
    submit_label = gettext_lazy("Withdraw")
    lead = gettext_lazy(
        "Its rows stay on record but never reach the roll; its files may be sent again."
    )

    def carry_out(self, form: Any) -> str:
        rosters.withdraw_roster(batch=self.batch, at=clock.now(), by=self.actor)
        return self.roster_url

    def success_message(self, form: Any) -> str:
        return _("The roster is withdrawn. Its files may be sent again.")


class RosterColumnsAgain(RosterForms):
    """Back from the preview to the columns: the files are read anew by other ones."""

    title = gettext_lazy("Back to the columns")
    form_class = ColumnsAgainForm
    step = 2
    template_name = "enrollment/roster_step.html"
    submit_label = gettext_lazy("Back to the columns")
    lead = gettext_lazy(
        "A new draft takes over the files and what was declared, with the columns open. This "
        "roster is withdrawn; its rows, and corrections made of them, stay on record under its "
        "number and are not taken over."
    )

    def carry_out(self, form: Any) -> str:
        again = reopening.back_to_columns(batch=self.batch, at=clock.now(), by=self.actor)
        return reverse("enrollment:roster-detail", args=[again.pk])

    def success_message(self, form: Any) -> str:
        return _("The columns are open. Change them and confirm them again.")
