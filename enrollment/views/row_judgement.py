"""Rows that need no correction: right as they are written, or left out with a reason.

One on its page, or many chosen in the list.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.ui.views import BatchPage
from bureau.ui.views.pages import Crumb
from enrollment.choices import Outcome, Reason
from enrollment.choices.judged import EVIDENCE_FOR, MAY_BE_LEFT_OUT, MAY_BE_RIGHT
from enrollment.forms import LeaveOutForm, RightAsItIsForm
from enrollment.imports.correction_linkage import OF_OTHERS
from enrollment.models import RosterBatch, RosterRow
from enrollment.selectors import rosters as selectors
from enrollment.selectors.masked_row import masked_cell
from enrollment.services import row_repair
from enrollment.tables import rosters as words
from enrollment.views.people_looks import PageOfPeople
from enrollment.views.roster_rows import RosterRows
from enrollment.views.roster_steps import RosterAct
from enrollment.views.rosters import PARENTS
from enrollment.views.row_forms import FormOfRow


def _version_of(sent: str) -> int:
    """The version that the page showed; -1, which no row has, for what is no number."""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else -1


class RowRight(FormOfRow):
    """A row that waits is declared right as it is written, with reason and evidence."""

    title = gettext_lazy("Right as it is")
    lead = gettext_lazy(
        "Nothing in the row is changed. Say why it is right and by which evidence; a second person "
        "looks at that. The judgement stays on record, and the same values are not asked about "
        "again next year."
    )
    form_class = RightAsItIsForm
    template_name = "enrollment/row_right.html"
    submit_label = gettext_lazy("Declare right as it is")

    def context(self) -> dict[str, Any]:
        """What is declared right: the cells that the problems are about."""
        names = (self.row.name, self.row.head_name)
        fields = {
            field: (heading, cell if self.purpose else masked_cell(cell, field, names))
            for heading, cell, field in selectors.raw_cells(self.row)
            if field
        }
        shown: list[tuple[Any, Any]] = [
            (words.word_of(code), EVIDENCE_FOR[Reason(code)])
            for code in self.row.reasons
            if code in MAY_BE_RIGHT
        ]
        shown += [
            fields[name]
            for name in ("name", "id_number", "birth_on", "amount", "remarks")
            if name in fields
        ]
        told = {"found": shown, "found_title": _("What is found right")}
        return super().context() | told | self.sight()

    def carry_out(self, form: Any) -> str:
        version = self.seen_version
        seen = _version_of(version)
        made = row_repair.find_right(
            batch=self.batch,
            rows={self.row.pk: seen},
            evidence=form.evidence_text(),
            at=clock.now(),
            by=self.actor,
        )
        return reverse("enrollment:correction-detail", args=[made.pk])


class RowsRight(PageOfPeople, BatchPage):
    """Rows chosen in the list are declared right as they are written, with one evidence for all."""

    title = gettext_lazy("Right as it is")
    lead = gettext_lazy(
        "Nothing in these rows is changed. Say why they are right and by which evidence; a second "
        "person looks at that, row by row. Rows with a problem that nobody can find right, such as "
        "a check character that does not fit, are left out."
    )
    template_name = "enrollment/rows_right.html"
    list_class = RosterRows
    list_route = "enrollment:roster-rows"
    submit_label = gettext_lazy("Declare right as it is")
    personal_label = RosterRow._meta.label_lower

    @cached_property
    def batch(self) -> RosterBatch:
        return selectors.roster_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a roster of another area is always 404.
        _fetched = self.batch
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self) -> list[Crumb]:
        batch = self.batch
        return [
            *super().breadcrumbs(),
            *((label, reverse(route)) for label, route in PARENTS),
            (str(batch), reverse("enrollment:roster-detail", args=[batch.pk])),
            (_("Rows of the roster"), reverse("enrollment:roster-rows", args=[batch.pk])),
        ]

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those whose problems a person may judge, every one of them."""
        return rows.filter(
            outcome=Outcome.REVIEW,
            is_settled=False,
            reasons__contained_by=sorted(MAY_BE_RIGHT),
        ).exclude(reasons=[])

    def carry_out(self, rows: list[Any], note: str) -> None:
        form = RightAsItIsForm(self.request.POST)
        if not form.is_valid():
            messages.error(
                self.request, _("Nothing was done: give the reason and the evidence, in words.")
            )
            return
        made = row_repair.find_right(
            batch=self.batch,
            rows={row.pk: row.version for row in rows},
            evidence=form.evidence_text(),
            at=clock.now(),
            by=self.actor,
        )
        self._made = made.pk

    def back(self) -> str:
        made = getattr(self, "_made", None)
        return reverse("enrollment:correction-detail", args=[made]) if made else super().back()


class RowLeaveOut(FormOfRow):
    """A line that is to bring no coverage is left out, with the reason."""

    title = gettext_lazy("Leave out this line")
    lead = gettext_lazy(
        "The line is a person's second one, or the person has died or is no longer insured here. "
        "It will count as rejected for that reason and bring no coverage. Until the roster is on "
        "the roll, the line can be taken in again."
    )
    form_class = LeaveOutForm
    template_name = "enrollment/row_right.html"
    submit_label = gettext_lazy("Leave out this line")

    def context(self) -> dict[str, Any]:
        """The lines of the person in this roster, by their places, this one first."""
        names = (self.row.name, self.row.head_name)
        cells = {
            field: (heading, cell if self.purpose else masked_cell(cell, field, names))
            for heading, cell, field in selectors.raw_cells(self.row)
            if field
        }
        shown: list[tuple[Any, Any]] = [(_("This line"), words.place_of(self.row))]
        shown += [
            (_("Other line"), words.place_of(other)) for other in selectors.lines_like(self.row)
        ]
        shown += [cells[name] for name in ("name", "id_number", "amount") if name in cells]
        told = {"found": shown, "found_title": _("What is left out, and what stands")}
        return super().context() | told | self.sight()

    def carry_out(self, form: Any) -> str:
        version = self.seen_version
        made = row_repair.leave_out(
            batch=self.batch,
            rows={self.row.pk: _version_of(version)},
            reason=form.cleaned_data["reason"],
            at=clock.now(),
            by=self.actor,
        )
        return reverse("enrollment:correction-detail", args=[made.pk])


class RowsLeaveOut(RowsRight):
    """Lines chosen in the list are left out, with one reason for all."""

    title = gettext_lazy("Leave out these lines")
    lead = gettext_lazy(
        "Each of these is a person's second line, marked as deceased or no longer insured here, "
        "or one whose former row is not certain. They will count as rejected for that reason and "
        "bring no coverage. Other rows are not touched."
    )
    template_name = "enrollment/rows_leave_out.html"
    submit_label = gettext_lazy("Leave out these lines")

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(
            outcome=Outcome.REVIEW, is_settled=False, reasons__overlap=list(MAY_BE_LEFT_OUT)
        )

    def carry_out(self, rows: list[Any], note: str) -> None:
        form = LeaveOutForm(self.request.POST)
        if not form.is_valid():
            messages.error(self.request, _("Nothing was done: give the reason, in words."))
            return
        made = row_repair.leave_out(
            batch=self.batch,
            rows={row.pk: row.version for row in rows},
            reason=form.cleaned_data["reason"],
            at=clock.now(),
            by=self.actor,
        )
        self._made = made.pk


class RowTakeInAgain(RosterAct):
    """A line that was left out counts again; the roster is checked anew with it."""

    def act(self) -> str:
        row_repair.take_in_again(
            batch=self.batch,
            row_id=self.kwargs["row"],
            at=clock.now(),
            by=self.actor,
            of_others=OF_OTHERS,
        )
        return _("The line is taken in again; the roster is being checked.")
