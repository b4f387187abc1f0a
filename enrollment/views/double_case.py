"""One case of double enrollment: both sides with the money, the rules one by one, and the acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.forms import DateField, EntryForm, WholeNumberField
from bureau.ui.masking import masked_name
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import ActionView, DetailPage, FormPage, Section
from bureau.ui.views.pages import Crumb
from enrollment.choices import Scheme
from enrollment.choices.double import CaseState, DoubleRuleCode, FactKind
from enrollment.models import DoubleCase, DoubleFact, DoubleSide
from enrollment.selectors import double_enrollment as selectors
from enrollment.selectors.double_case import CaseForRules, for_rules
from enrollment.services import double_enrollment, double_jobs
from enrollment.tables import double_words as words
from enrollment.views.double_cases import PARENTS, areas_offered, seen_person
from enrollment.views.people_looks import PageOfPeople


class DoubleDetail(PageOfPeople, DetailPage):
    """Both coverages side by side, what each rule says, and what a clerk may do now."""

    template_name = "enrollment/double_detail.html"
    parents = PARENTS
    sections = (
        Section("case", gettext_lazy("Both sides"), "enrollment/_double_sides.html", "both"),
        Section("rules", gettext_lazy("Rule by rule"), "enrollment/_double_rules.html", "said"),
        Section("facts", gettext_lazy("Facts on record"), "enrollment/_double_facts.html", "known"),
    )

    def load(self) -> DoubleCase:
        return selectors.case_in(self.scope, self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        case: DoubleCase = self.record
        self.note_look(case.person, "view", fields=["doubles"], area=case.area)
        return super().get(request, *args, **kwargs)

    def page_title(self) -> str:
        return _("Double enrollment %(number)s") % {"number": self.record}

    def status(self) -> Status:
        return status_of(CaseState, self.record.state)

    @cached_property
    def found(self) -> CaseForRules:
        return for_rules(self.record)

    def summary(self) -> list[tuple[Any, Any]]:
        return [*case_summary(self.record, self.found.sides), (_("Decided in"), self.record.area)]

    def both(self) -> dict[str, Any]:
        found = self.found
        rule = found.rules.rules.get(self.record.rule)
        return {
            "columns": [
                words.side_column(side, found, place) for place, side in enumerate(found.sides)
            ],
            "rule": rule,
            "clause": words.clause_text(rule) if rule else "",
            "rule_name": words.rule_name(self.record.rule),
        }

    def said(self) -> dict[str, Any]:
        found = self.found
        return {
            "lines": [
                words.rule_line(verdict, found.rules.rules[verdict.code])
                for verdict in found.resolve().trace
            ],
            "version": found.rules.version,
        }

    def known(self) -> dict[str, Any]:
        facts = selectors.facts_of(self.record.person)
        may_withdraw = access.may(self.actor, "enrollment:double-fact-withdraw", "POST")
        return {"facts": facts, "may_withdraw": may_withdraw}

    def context(self) -> dict[str, Any]:
        case = self.record
        acts = acts_on(case, is_clerk=self.may_act)
        return super().context() | {
            "acts": acts,
            "needs": words.needs_text(case.needs) if case.state == CaseState.PROPOSED else "",
            "person_url": self.person_url,
            "decision_url": decision_url(self.actor, case.pending or case.decision),
            "is_beyond": self.is_clerk and not self.scope_of_clerk.covers(case.area.path),
        }

    @property
    def is_clerk(self) -> bool:
        return access.may(self.actor, "enrollment:double-single", "POST")

    @cached_property
    def scope_of_clerk(self) -> Any:
        entry = access.matrix().entry_for("enrollment:double-single")
        assert entry is not None  # noqa: S101 (the policy test keeps the route in the matrix)
        return entry.scope_for(self.actor, "POST")

    @property
    def may_act(self) -> bool:
        return self.is_clerk and self.scope_of_clerk.covers(self.record.area.path)

    @property
    def person_url(self) -> str:
        if not seen_person(self.scope, self.record.person_id):
            return ""
        return reverse("enrollment:person-detail", args=[self.record.person_id])


def case_summary(case: DoubleCase, sides: Sequence[DoubleSide]) -> list[tuple[Any, Any]]:
    """Whose case it is, masked, since when, by which rule, and what it comes to."""
    ending = [side for side in sides if side.ends_on]
    return [
        (_("Person"), masked_name(case.person.name)),
        (_("Double from"), formatting.day(case.overlaps_from)),
        (_("Rule"), words.rule_name(case.rule)),
        (_("Subsidy to recover"), words.known_sum(words.to_recover(sides))),
        (_("Refund due"), words.known_sum([side.refund_amount for side in ending])),
    ]


def acts_on(case: DoubleCase, *, is_clerk: bool) -> list[tuple[Any, str]]:
    """What a clerk may do with the case now: pairs of words and address."""
    if not is_clerk or case.pending_id or case.state in (CaseState.SUBMITTED, CaseState.LIFTED):
        return []
    names: list[tuple[Any, str]] = []
    if case.decided_at is None:
        names += [
            (_("Decide this case"), "enrollment:double-single"),
            (_("Record a fact"), "enrollment:double-fact"),
        ]
    if case.state in (CaseState.PROPOSED, CaseState.DECIDED):
        names.append((_("Record an objection"), "enrollment:double-contest"))
    if case.decided_at is not None:
        if case.state == CaseState.CONTESTED:
            names.append((_("Answer: the decision stands"), "enrollment:double-uphold"))
        names.append((_("Take the decision back"), "enrollment:double-reopen"))
    return [(label, reverse(route, args=[case.pk])) for label, route in names]


def decision_url(actor: Any, decision: Any) -> str:
    if decision is None or not access.may(actor, "enrollment:double-decision"):
        return ""
    return reverse("enrollment:double-decision", args=[decision.pk])


class CaseForm(PageOfPeople, FormPage):
    """A form about one case all of whose sides lie in the clerk's areas; it shows whose case it is,
    both coverages, the rule and the money."""

    template_name = "enrollment/double_form.html"
    check_template_name = "enrollment/double_check.html"
    parents = PARENTS

    @cached_property
    def case(self) -> DoubleCase:
        found: DoubleCase = get_object_or_404(
            selectors.decidable_by(self.scope).select_related(
                "person", "area", "rule_set", "decision", "pending"
            ),
            pk=self.kwargs["pk"],
        )
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a case of another area is always 404.
        _fetched = self.case
        return super().dispatch(request, *args, **kwargs)

    def answer(self, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
        """The look is on record before the page is drawn, the one with the answers too."""
        self.note_look(self.case.person, "view", fields=["doubles"], area=self.case.area)
        return super().answer(template, status=status, **more)

    @cached_property
    def found(self) -> CaseForRules:
        return for_rules(self.case)

    def context(self) -> dict[str, Any]:
        found = self.found
        rules: dict[Any, Any] = found.rules.rules
        rule = rules.get(self.case.rule)
        return super().context() | {
            "case_summary": case_summary(self.case, found.sides),
            "columns": [
                words.side_column(side, found, place) for place, side in enumerate(found.sides)
            ],
            "case_url": self.case_url,
            "rule_name": words.rule_name(self.case.rule),
            "rule": rule,
            "clause": words.clause_text(rule) if rule else "",
        }

    @property
    def case_url(self) -> str:
        return reverse("enrollment:double-detail", args=[self.case.pk])

    def breadcrumbs(self) -> list[Crumb]:
        return [*super().breadcrumbs(), (str(self.case), self.case_url)]

    def success_message(self, form: Any) -> str:
        return _("Submitted. A second person approves it.")


class ReasonForm(EntryForm):
    """Why, and on what evidence."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
    evidence = forms.CharField(
        label=gettext_lazy("Document as evidence"),
        help_text=gettext_lazy("Name the document, who issued it, its number and date."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )


class SingleForm(ReasonForm):
    """Which coverage stays, on which ground."""

    staying = forms.ChoiceField(label=gettext_lazy("Coverage that stays"), widget=forms.RadioSelect)
    ground = forms.ChoiceField(
        label=gettext_lazy("Rule it rests on"),
        required=False,
        choices=[("", gettext_lazy("None of them")), *DoubleRuleCode.choices],
    )
    field_order = ("staying", "ground", "reason", "evidence")

    def __init__(self, *args: Any, sides: Sequence[DoubleSide] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["staying"]
        field.choices = [(str(side.pk), words.coverage_text(side)) for side in sides]


class DoubleSingle(CaseForm):
    """One case is decided by a clerk on evidence, as the rule says or otherwise."""

    title = gettext_lazy("Decide this case")
    form_class = SingleForm
    check_answers = True
    submit_label = gettext_lazy("Submit for approval")

    def initial(self) -> dict[str, Any]:
        kept = [side for side in self.found.sides if side.standing == "KEEPS"]
        return {"staying": str(kept[0].pk) if kept else "", "ground": self.case.rule}

    def form_options(self) -> dict[str, Any]:
        return {"sides": self.found.sides}

    def staying(self, form: Any) -> DoubleSide:
        chosen = int(form.cleaned_data["staying"])
        return next(side for side in self.found.sides if side.pk == chosen)

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        resolution = self.found.resolve(self.staying(form))
        lines: list[tuple[Any, Any]] = []
        for side, outcome in zip(self.found.sides, resolution.outcomes, strict=True):
            text = str(outcome.standing.label)
            if outcome.ends_on:
                text = _("%(outcome)s from %(day)s") % {
                    "outcome": text,
                    "day": formatting.day_prose(outcome.ends_on),
                }
            lines.append((words.coverage_text(side), text))
        return lines

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        staying = self.staying(form)
        double_enrollment.decide_single(
            self.case,
            staying=staying,
            found=self.found.resolve(staying),
            ground=form.cleaned_data["ground"],
            reason=form.cleaned_data["reason"],
            evidence=form.cleaned_data["evidence"],
            on=clock.today(),
            at=clock.now(),
            by=staff,
        )
        return self.case_url


class ObjectionForm(EntryForm):
    """What the person objects to, and when it came."""

    received_on = DateField(label=gettext_lazy("Received on"))
    objection = forms.CharField(
        label=gettext_lazy("What the person objects to"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
    )


class DoubleContest(CaseForm):
    """The person objects; coverage stays as it is until somebody has looked at it."""

    title = gettext_lazy("Record an objection")
    form_class = ObjectionForm
    submit_label = gettext_lazy("Record the objection")

    def initial(self) -> dict[str, Any]:
        return {"received_on": clock.today()}

    def carry_out(self, form: Any) -> str:
        double_enrollment.contest(
            self.case,
            objection=form.cleaned_data["objection"],
            received_on=form.cleaned_data["received_on"],
            at=clock.now(),
            by=self.actor,
        )
        return self.case_url

    def success_message(self, form: Any) -> str:
        return _("The objection is on record. The case is left out of work by rule.")


class DoubleUphold(CaseForm):
    """The objection is answered and the decision stands, once a second person agrees."""

    title = gettext_lazy("Answer: the decision stands")
    form_class = ReasonForm
    check_answers = True
    submit_label = gettext_lazy("Submit for approval")

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        double_enrollment.uphold(
            self.case,
            reason=form.cleaned_data["reason"],
            evidence=form.cleaned_data["evidence"],
            scope=self.scope,
            on=clock.today(),
            at=clock.now(),
            by=staff,
        )
        return self.case_url


class TakeBackForm(EntryForm):
    """Why a decision is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )


class DoubleReopen(CaseForm):
    """The decision on the case is taken back: every coverage stands as before it."""

    title = gettext_lazy("Take the decision back")
    lead = gettext_lazy(
        "Every coverage has its days again and waits to be decided; the notice is withdrawn."
    )
    form_class = TakeBackForm
    check_answers = True
    submit_label = gettext_lazy("Submit for approval")

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        double_enrollment.take_back(
            [self.case.pk],
            reason=form.cleaned_data["reason"],
            scope=self.scope,
            on=clock.today(),
            at=clock.now(),
            by=staff,
        )
        return self.case_url


class FactForm(EntryForm):
    """Something known of the person that rules ask for."""

    kind = forms.ChoiceField(label=gettext_lazy("Fact"), choices=FactKind.choices)
    area = forms.ModelChoiceField(
        Area.objects.none(),
        label=gettext_lazy("Area"),
        required=False,
        help_text=gettext_lazy("For usual residence, school and place of work."),
    )
    scheme = forms.ChoiceField(
        label=gettext_lazy("Scheme"),
        required=False,
        choices=[("", "–"), *Scheme.choices],
        help_text=gettext_lazy("For the insurance a flexible worker can use."),
    )
    year = WholeNumberField(
        label=gettext_lazy("Year"),
        required=False,
        minimum=1990,
        help_text=gettext_lazy("For the entrance into a college."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Document as evidence"),
        help_text=gettext_lazy("Name the document, who issued it, its number and date."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )

    def __init__(self, *args: Any, areas: list[Area], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["area"]
        field.queryset = Area.objects.filter(pk__in=[area.pk for area in areas])


class DoubleFactAdd(CaseForm):
    """A fact goes on record with its evidence, and the rules are asked again."""

    title = gettext_lazy("Record a fact")
    form_class = FactForm
    submit_label = gettext_lazy("Record the fact")

    def form_options(self) -> dict[str, Any]:
        return {"areas": areas_offered(self.scope)}

    def carry_out(self, form: Any) -> str:
        values = form.cleaned_data
        at = clock.now()
        fact = double_enrollment.record_fact(
            self.case,
            kind=FactKind(values["kind"]),
            area=values["area"],
            scheme=values["scheme"],
            year=values["year"],
            evidence=values["evidence"],
            at=at,
            by=self.actor,
        )
        double_jobs.ask_to_propose(f"fact:{fact.pk}", by=self.actor, at=at)
        return f"{self.case_url}?section=facts"

    def success_message(self, form: Any) -> str:
        return _("The fact is on record; the rules are being asked again.")


class DoubleFactWithdraw(ActionView):
    """A fact that turned out wrong no longer counts; it stays on record."""

    def act(self) -> str:
        found = selectors.decidable_by(self.scope).select_related("person", "area")
        self.case: DoubleCase = get_object_or_404(found, pk=self.kwargs["pk"])
        number = self.request.POST.get("fact", "")
        is_number = number.isascii() and number.isdigit() and len(number) < 19
        fact = DoubleFact.objects.filter(
            pk=int(number) if is_number else 0, person=self.case.person
        ).first()
        if fact is None:
            raise DomainError("FACT_UNKNOWN", gettext_lazy("Choose a fact of this person."))
        at = clock.now()
        double_enrollment.withdraw_fact(self.case, fact, at=at, by=self.actor)
        double_jobs.ask_to_propose(f"fact-withdrawn:{fact.pk}", by=self.actor, at=at)
        return _("The fact is withdrawn; the rules are being asked again.")

    def next_url(self) -> str:
        case = reverse("enrollment:double-detail", args=[self.kwargs["pk"]])
        return f"{case}?section=facts"
