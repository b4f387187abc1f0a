"""Decisions on double enrollments: what was submitted, where it stands, and taking one back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, approvals, clock, jobs
from bureau.core.choices import UNFINISHED_JOB_STATES
from bureau.core.models import Job
from bureau.core.money import bounded
from bureau.ui import formatting
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import DetailPage, FormPage, ListPage, Section
from bureau.ui.views.pages import Crumb
from enrollment.choices.double import CaseState, DecisionKind, DecisionState
from enrollment.models import DoubleCase, DoubleDecision, Person
from enrollment.selectors import double_enrollment as selectors
from enrollment.services import double_enrollment, double_jobs
from enrollment.tables import double_words as words
from enrollment.views.double_case import TakeBackForm
from enrollment.views.double_cases import PARENTS
from enrollment.views.people_looks import PageOfPeople

#: Cases of a decision on one page.
NAMED = 50


class DoubleDecisions(ListPage):
    """Decisions on cases of the reader's areas, newest first."""

    title = gettext_lazy("Decisions on double enrollments")
    list_id = "enrollment.double_decisions"
    parents = PARENTS
    columns = (
        Column(
            "number",
            gettext_lazy("Decision on doubles"),
            value=str,
            kind="code",
            link=lambda row: reverse("enrollment:double-decision", args=[row.pk]),
        ),
        Column("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display()),
        Column("rule", gettext_lazy("Rule"), value=lambda row: words.rule_name(row.rule)),
        Column("area", gettext_lazy("Area")),
        Column("cases", gettext_lazy("Cases"), kind="number"),
        Column(
            "recover",
            gettext_lazy("Subsidy to recover"),
            kind="money",
            value=lambda row: recover_of(row),
        ),
        Column("made_by", gettext_lazy("Made by")),
        Column("decided_on", gettext_lazy("Day of the decision"), kind="day"),
        Column("state", gettext_lazy("State"), kind="status", choices=DecisionState),
    )

    def rows(self) -> QuerySet[DoubleDecision]:
        return selectors.decisions_in(self.scope)


class DoubleDecisionDetail(PageOfPeople, DetailPage):
    """One decision: its sums, where its carrying out stands, its cases."""

    template_name = "enrollment/double_decision.html"
    parents = (*PARENTS, (gettext_lazy("Decisions"), "enrollment:double-decisions"))
    sections = (
        Section(
            "decision",
            gettext_lazy("Decision on doubles"),
            "enrollment/_double_decision.html",
            "decided",
        ),
    )

    def load(self) -> DoubleDecision:
        return decision_in(self.scope, self.kwargs["pk"])

    def page_title(self) -> str:
        return _("Decision %(number)s on double enrollments") % {"number": self.record.pk}

    def status(self) -> Status:
        return status_of(DecisionState, self.record.state)

    def summary(self) -> list[tuple[Any, Any]]:
        found = self.record
        return [
            (_("Kind"), found.get_kind_display()),
            (_("Rule"), words.rule_name(found.rule)),
            (_("Cases"), formatting.number(found.cases)),
            (_("Coverages that end or pause"), formatting.number(found.ends)),
            (_("Refund due"), formatting.money_prose(found.refund_amount)),
            (_("Subsidy to recover"), formatting.money_prose(recover_of(found))),
        ]

    @cached_property
    def first(self) -> int:
        """Where the page of cases begins; what is no such place means the beginning."""
        asked = self.request.GET.get("from", "")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
        last = max(len(self.record.case_numbers) - 1, 0)
        return min(max(number - 1, 0), last) // NAMED * NAMED

    def pages(self) -> dict[str, Any]:
        """Which of the cases are named, and the addresses of those before and after."""
        count = len(self.record.case_numbers)
        after = self.first + NAMED
        return {
            "shown_from": self.first + 1,
            "shown_to": min(after, count),
            "count": count,
            "before_url": f"?from={self.first - NAMED + 1}" if self.first else "",
            "after_url": f"?from={after + 1}" if after < count else "",
        }

    def cases(self) -> list[DoubleCase]:
        """One page of its cases as they stand now, listed also when they have left it."""
        numbers = sorted(self.record.case_numbers)[self.first : self.first + NAMED]
        return list(
            DoubleCase.objects.filter(pk__in=numbers).select_related("person").order_by("pk")
        )

    def decided(self) -> dict[str, Any]:
        found = self.record
        facts = [
            (_("Area"), found.area),
            (_("Made by"), found.made_by),
            (_("Day of the decision"), formatting.day(found.decided_on)),
            (_("Approved by"), found.approved_by or formatting.ABSENT),
            (_("Carried out at"), formatting.instant(found.applied_at)),
            (_("Contributions paid for them"), formatting.money_prose(found.contribution_amount)),
            (_("Contributions not known"), formatting.number(found.contributions_unknown)),
            (_("Subsidies not known"), formatting.number(found.subsidies_unknown)),
            (
                _("Subsidies of which only the national minimum is known"),
                formatting.number(found.subsidies_at_least),
            ),
            (_("Cases that had changed and wait again"), formatting.number(found.cases_refused)),
        ]
        cases = self.cases()
        self.note_look(
            Person._meta.label_lower,
            "list",
            fields=["doubles"],
            area=found.area,
            row_count=len(cases),
        )
        sides = selectors.sides_of_all(cases)
        return {
            "facts": facts,
            "cases": [
                (
                    reverse("enrollment:double-detail", args=[case.pk]),
                    str(case),
                    case.person.name,
                    words.sides_text(sides[case.pk], kept=True),
                    words.sides_text(sides[case.pk], kept=False),
                    status_of(CaseState, case.state),
                )
                for case in cases
            ],
            "is_cut": len(found.case_numbers) > NAMED,
            **self.pages(),
        }

    def context(self) -> dict[str, Any]:
        found = self.record
        request = approvals.pending_of(found, double_enrollment.KIND)
        job = Job.objects.filter(kind=double_jobs.APPLY, key=str(found.pk)).order_by("-pk").first()
        running = job if job and job.state in UNFINISHED_JOB_STATES else None
        may = access.may(self.actor, "enrollment:double-take-back", "POST")
        return super().context() | {
            "request_url": reverse("portal:approval-detail", args=[request.pk]) if request else "",
            "job": running,
            "progress": jobs.progress_of(running) if running else None,
            "job_url": reverse("portal:job-detail", args=[job.pk]) if job else "",
            "may_take_back": may
            and found.state == DecisionState.APPLIED
            and found.kind in (DecisionKind.BY_RULE, DecisionKind.SINGLE)
            and found.decided_cases.filter(decided_at__isnull=False, pending=None).exists(),
        }


def recover_of(decision: DoubleDecision) -> Decimal:
    """The subsidy to recover; with national minimums among its parts it is a lower bound."""
    return bounded(decision.recover_amount, is_bound=bool(decision.subsidies_at_least))


def decision_in(scope: Any, pk: int) -> DoubleDecision:
    """The decision if the scope holds its area; Http404 otherwise."""
    found: DoubleDecision = get_object_or_404(selectors.decisions_in(scope), pk=pk)
    return found


class DoubleTakeBack(FormPage):
    """A decision is taken back whole: its cases are reopened, once a second person agrees."""

    title = gettext_lazy("Take the whole decision back")
    lead = gettext_lazy(
        "Every coverage has its days again and waits to be decided; the notices are withdrawn."
    )
    parents = PARENTS
    form_class = TakeBackForm
    check_answers = True
    submit_label = gettext_lazy("Submit for approval")

    @cached_property
    def decision(self) -> DoubleDecision:
        return decision_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a decision of another area is always 404.
        _fetched = self.decision
        return super().dispatch(request, *args, **kwargs)

    @property
    def decision_url(self) -> str:
        return reverse("enrollment:double-decision", args=[self.decision.pk])

    def breadcrumbs(self) -> list[Crumb]:
        return [*super().breadcrumbs(), (str(self.decision), self.decision_url)]

    def cases(self) -> list[int]:
        decided = DoubleCase.objects.filter(
            decision=self.decision, decided_at__isnull=False, pending=None
        )
        return list(decided.values_list("pk", flat=True))

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        return [(_("Cases that are reopened"), formatting.number(len(self.cases())))]

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        double_enrollment.take_back(
            self.cases(),
            reason=form.cleaned_data["reason"],
            scope=self.scope,
            on=clock.today(),
            at=clock.now(),
            by=staff,
        )
        return self.decision_url

    def success_message(self, form: Any) -> str:
        return _("Submitted. A second person approves it.")
