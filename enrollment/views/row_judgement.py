"""Rows that need no correction: right as they are written, or left out with a reason.

One on its page, or many chosen in the list.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.ui import formatting, selections
from bureau.ui.forms import errors_of
from bureau.ui.views import BatchPage
from bureau.ui.views.batches import NAMED
from bureau.ui.views.pages import Crumb
from enrollment.choices import Outcome, Reason
from enrollment.choices.judged import EVIDENCE_FOR, MAY_BE_LEFT_OUT, MAY_BE_RIGHT
from enrollment.forms import LeaveOutForm, RightAsItIsForm
from enrollment.imports.correction_linkage import OF_OTHERS
from enrollment.models import RosterBatch, RosterRow
from enrollment.selectors import rosters as selectors
from enrollment.selectors.masked_row import masked_cell
from enrollment.selectors.staying_lines import lines_staying
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

    def why_not(self, reasons: list[str]) -> tuple[str, str]:
        """Why a row that waits with these reasons is not among them, and what helps."""
        blocking = [code for code in reasons if code not in MAY_BE_RIGHT]
        return (
            _(", ").join(map(words.word_of, blocking)),
            _("Nobody can find this right as it is written: correct the row."),
        )

    @cached_property
    def aside(self) -> list[dict[str, Any]]:
        """The chosen rows on which the act is not possible: how many, why, what helps."""
        chosen = selections.chosen_rows(self.request, self.list_page).order_by()
        rest = chosen.exclude(pk__in=self.eligible(chosen).values("pk"))
        found: dict[tuple[str, str], int] = {}
        for outcome, is_settled, reasons, count in rest.values_list(
            "outcome", "is_settled", "reasons"
        ).annotate(count=Count("pk")):
            if outcome == Outcome.REVIEW and not is_settled:
                why = self.why_not(reasons)
            else:
                state = formatting.choice_label(Outcome, outcome)
                why = (
                    _("Does not wait: %(state)s") % {"state": state},
                    _("Nothing: there is nothing to be judged."),
                )
            found[why] = found.get(why, 0) + count
        return [
            {"why": why, "helps": helps, "count": count}
            for (why, helps), count in sorted(found.items(), key=lambda one: (-one[1], one[0]))
        ]

    def nothing_left(self) -> HttpResponseBase:
        """Why the act is possible on none of the chosen rows."""
        if not self.aside:
            return super().nothing_left()
        self.list_page.note_count()
        back = self.back_to_choice()
        return self.show(chosen_count=0, back_url=back, back_path=back, numbers=[], selection="")

    def build_form(self) -> forms.Form:
        return RightAsItIsForm(self.request.POST)

    #: What is said when the form is not filled in.
    unfilled: ClassVar[Any] = gettext_lazy(
        "Nothing was done: give the reason and the evidence, in words."
    )

    @cached_property
    def form(self) -> forms.Form:
        return self.build_form()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What is not filled in comes back as it was entered."""
        if "_confirmed" in request.POST and not self.form.is_valid():
            told = [str(self.unfilled), *(error.text for error in errors_of(self.form))]
            messages.error(request, " ".join(told))
            sent: Any = request.POST.copy()
            del sent["_confirmed"]
            request.POST = sent
        return super().post(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        return {
            "aside": self.aside,
            "aside_count": sum(line["count"] for line in self.aside),
            "entered": self.request.POST,
        }

    def carry_out(self, rows: list[Any], note: str) -> None:
        form: Any = self.form
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
        staying = lines_staying([self.row]).get(self.row.pk, [])
        shown += [(_("Line that stays"), words.staying_text(other)) for other in staying]
        if not staying:
            shown.append((_("Line that stays"), _("None: the person has no other line here.")))
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

    unfilled = gettext_lazy("Nothing was done: give the reason, in words.")

    def show_check(self, chosen: QuerySet[Any], total: Any, seen: str) -> HttpResponse:
        """Beside what goes, what stays of each person."""
        rows = list(chosen.select_related("file")[:NAMED])
        staying = lines_staying(rows, without=chosen)
        self.staying = [
            {
                "goes": words.place_of(row),
                "stays": [words.staying_text(other) for other in staying.get(row.pk, [])],
            }
            for row in rows
        ]
        return super().show_check(chosen, total, seen)

    def context(self) -> dict[str, Any]:
        return super().context() | {"staying": getattr(self, "staying", [])}

    def build_form(self) -> forms.Form:
        return LeaveOutForm(self.request.POST)

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(
            outcome=Outcome.REVIEW, is_settled=False, reasons__overlap=list(MAY_BE_LEFT_OUT)
        )

    def why_not(self, reasons: list[str]) -> tuple[str, str]:
        return (
            _("Neither a second line nor deceased or no longer insured: %(reasons)s")
            % {"reasons": _(", ").join(map(words.word_of, reasons))},
            _("Correct the row."),
        )

    def carry_out(self, rows: list[Any], note: str) -> None:
        form: Any = self.form
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
