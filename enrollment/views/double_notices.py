"""Notices of ended coverage: the list by town, printing the letters, noting the delivery."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from bureau.core import clock
from bureau.core.errors import DomainError
from bureau.ui import formatting
from bureau.ui.forms import QueryForm
from bureau.ui.selections import Act
from bureau.ui.tables import Column
from bureau.ui.views import BatchPage, Empty
from enrollment.choices import Scheme
from enrollment.choices.double import Delivery
from enrollment.models import DoubleNotice, Person
from enrollment.reports.double_letters import BY_TOWN, LETTERS
from enrollment.selectors import double_enrollment as selectors
from enrollment.services import double_notices
from enrollment.views.double_cases import PARENTS
from enrollment.views.people_looks import ListOfPeople, PageOfPeople

STAGES = (
    ("TO_PRINT", gettext_lazy("To be printed")),
    ("PRINTED", gettext_lazy("Printed, not delivered")),
    ("DELIVERED", gettext_lazy("Delivered")),
    ("WITHDRAWN", gettext_lazy("Withdrawn")),
)


class NoticeQuery(QueryForm):
    """What notices are asked for by."""

    stage = forms.ChoiceField(label=gettext_lazy("State"), choices=STAGES)
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    town = forms.CharField(label=gettext_lazy("Town"), max_length=60)
    decision = forms.IntegerField(label=gettext_lazy("Decision on doubles"), min_value=1)


class DoubleNotices(ListOfPeople):
    """Notices of the reader's areas, town by town; clerks print them and note the delivery."""

    title = gettext_lazy("Notices of ended coverage")
    lead = gettext_lazy(
        "Whoever's coverage ended as a double enrollment gets a letter. Print the letters and the "
        "list by town, hand them out, and note how they were delivered."
    )
    list_id = "enrollment.double_notices"
    parents = PARENTS
    query_class = NoticeQuery
    personal_label = Person._meta.label_lower
    acts = (
        Act(gettext_lazy("Print letters"), "enrollment:double-notices-print", icon="print"),
        Act(
            gettext_lazy("Print the list by town"),
            "enrollment:double-notices-list",
            icon="print",
        ),
        Act(gettext_lazy("Note as delivered"), "enrollment:double-notices-delivered"),
    )
    default_sort = "place"
    columns = (
        Column("number", gettext_lazy("Notice no."), value=str, kind="code", sort="pk",
               link=lambda row: reverse("enrollment:double-detail", args=[row.side.case_id])),
        Column("place", gettext_lazy("Area"), value=lambda row: str(row.area), sort="area__path"),
        Column("town", gettext_lazy("Town")),
        Column("village", gettext_lazy("Village")),
        Column("person", gettext_lazy("Person"), value="person.name", kind="masked_name"),
        Column("ended", gettext_lazy("Coverage that ended"),
               value=lambda row: formatting.choice_label(Scheme, row.says["ended_scheme"])),
        Column("issued_on", gettext_lazy("Issued on"), kind="day"),
        Column("printed_at", gettext_lazy("Printed at"), kind="instant"),
        Column("delivered_on", gettext_lazy("Delivered on"), kind="day"),
        Column("delivery", gettext_lazy("Way of delivery"),
               value=lambda row: row.get_delivery_display() if row.delivery else ""),
        Column("withdrawn", gettext_lazy("Withdrawn"), shown=False,
               value=lambda row: _("Withdrawn") if row.is_withdrawn else ""),
    )  # fmt: skip

    def rows(self) -> QuerySet[DoubleNotice]:
        return selectors.notices_in(self.scope)

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        areas = selectors.areas_of_notices(self.scope)
        field: Any = form.fields["area"]
        field.choices = [("", _("All")), *((area.code, str(area)) for area in areas)]
        return form

    def narrow(
        self, rows: QuerySet[DoubleNotice], values: dict[str, Any]
    ) -> QuerySet[DoubleNotice]:
        stage = values.get("stage")
        if stage == "WITHDRAWN":
            rows = rows.filter(is_withdrawn=True)
        else:
            rows = rows.filter(is_withdrawn=False)
        if stage == "TO_PRINT":
            rows = rows.filter(printed_at=None)
        elif stage == "PRINTED":
            rows = rows.filter(printed_at__isnull=False, delivered_on=None)
        elif stage == "DELIVERED":
            rows = rows.filter(delivered_on__isnull=False)
        if area := values.get("area"):
            rows = rows.filter(area__code=area)
        if town := values.get("town"):
            rows = rows.filter(town__startswith=town)
        if decision := values.get("decision"):
            rows = rows.filter(decision=decision)
        return rows

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("No notice yet"),
            _("Notices are made when a decision on double enrollments was carried out."),
        )


class NoticesPrint(PageOfPeople, BatchPage):
    """The letters of the chosen notices are printed by a job."""

    title = gettext_lazy("Print letters")
    parents = (*PARENTS, (gettext_lazy("Notices of ended coverage"), "enrollment:double-notices"))
    list_class = DoubleNotices
    list_route = "enrollment:double-notices"
    submit_label = gettext_lazy("Print letters")
    submit_icon = "print"
    most = double_notices.MOST
    kind = LETTERS

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(is_withdrawn=False)

    def carry_out(self, rows: list[Any], note: str) -> None:
        job = double_notices.ask_to_print(
            self.kind,
            [row.pk for row in rows],
            language=get_language() or "zh-hans",
            by=self.actor,
            at=clock.now(),
        )
        self.job_url = reverse("portal:job-detail", args=[job.pk])
        messages.success(self.request, _("The print is being made; it can be fetched here."))

    def back(self) -> str:
        return getattr(self, "job_url", "") or super().back()


class NoticesByTown(NoticesPrint):
    """The list by town of the chosen notices is printed by a job, to hand the letters out by."""

    title = gettext_lazy("Print the list by town")
    submit_label = gettext_lazy("Print the list by town")
    kind = BY_TOWN


class NoticesDelivered(NoticesPrint):
    """The chosen notices were delivered on a day, in one way."""

    title = gettext_lazy("Note as delivered")
    template_name = "enrollment/double_notices_delivered.html"
    submit_label = gettext_lazy("Note as delivered")
    submit_icon = "check"

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(is_withdrawn=False, printed_at__isnull=False, delivered_on=None)

    def context(self) -> dict[str, Any]:
        sent = self.request.POST
        return {
            "ways": Delivery.choices,
            "way": sent.get("delivery", Delivery.HANDED),
            "day": sent.get("delivered_on", clock.today().isoformat()),
            "today": clock.today().isoformat(),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "_confirmed" in request.POST and self.answers() is None:
            messages.error(request, _("Say on which day and how they were delivered."))
            sent: Any = request.POST.copy()
            del sent["_confirmed"]
            request.POST = sent
        try:
            return super().post(request, *args, **kwargs)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect(self.back())

    def answers(self) -> tuple[Delivery, datetime.date] | None:
        """The way and the day that were chosen; none when one of them is missing."""
        try:
            return (
                Delivery(self.request.POST.get("delivery", "")),
                datetime.date.fromisoformat(self.request.POST.get("delivered_on", "")),
            )
        except ValueError:
            return None

    def carry_out(self, rows: list[Any], note: str) -> None:
        answers = self.answers()
        assert answers is not None  # noqa: S101 (looked at in `post`)
        staff: Any = self.request.user
        done = double_notices.note_delivered(
            [row.pk for row in rows],
            delivery=answers[0],
            on=answers[1],
            scope=self.scope,
            by=staff,
            at=clock.now(),
        )
        messages.success(
            self.request,
            ngettext(
                "%(n)s notice is noted as delivered.", "%(n)s notices are noted as delivered.", done
            )
            % {"n": formatting.number(done)},
        )
