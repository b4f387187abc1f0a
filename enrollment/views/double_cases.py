"""The list of double enrollments, and deciding many of them by their rules at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import access, clock
from bureau.core.actors import Scope
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.ui import formatting, selections
from bureau.ui.forms import QueryForm
from bureau.ui.paging import Sort
from bureau.ui.selections import Act
from bureau.ui.tables import Column
from bureau.ui.views import ActionView, BatchPage, Empty
from enrollment.choices import Scheme
from enrollment.choices.double import CaseNeed, CaseState, DoubleRuleCode
from enrollment.models import DoubleCase, DoubleRule, DoubleSide, Person
from enrollment.selectors import double_enrollment as selectors
from enrollment.selectors import double_rules
from enrollment.selectors import people as people_selectors
from enrollment.services import double_enrollment, double_jobs
from enrollment.tables import double_words as words
from enrollment.views.people_looks import ListOfPeople, PageOfPeople

#: Every page on double enrollment hangs under the list.
PARENTS = ((gettext_lazy("Double enrollments"), "enrollment:double-list"),)
#: So many of the cases left out for one reason are named before a decision by rule.
LEFT_OUT_NAMED = 20
#: Value of the query field for cases without a rule.
NO_RULE = "NONE"


class CaseQuery(QueryForm):
    """What cases are asked for by; areas and schemes name a pair in either order."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=CaseState.choices)
    rule = forms.ChoiceField(
        label=gettext_lazy("Rule"),
        choices=[*DoubleRuleCode.choices, (NO_RULE, gettext_lazy("No rule decides"))],
    )
    need = forms.ChoiceField(
        label=gettext_lazy("Needs"),
        choices=[("NOTHING", gettext_lazy("Can be decided together")), *CaseNeed.choices],
    )
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    other_area = forms.ChoiceField(label=gettext_lazy("And area"))
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    other_scheme = forms.ChoiceField(label=gettext_lazy("And scheme"), choices=Scheme.choices)
    room = forms.ChoiceField(label=gettext_lazy("Makes room in"))
    mine = forms.ChoiceField(
        label=gettext_lazy("Who decides"),
        choices=[
            ("MINE", gettext_lazy("I may decide")),
            ("OTHERS", gettext_lazy("Decided further up")),
        ],
    )
    carried = forms.ChoiceField(
        label=gettext_lazy("Carried out"),
        choices=[
            ("REMOVED", gettext_lazy("Carried out, contested ones included")),
            ("OPEN", gettext_lazy("Not carried out")),
        ],
    )


class DoubleList(ListOfPeople):
    """Cases of the reader's areas, newest first; clerks choose and decide them by rule."""

    title = gettext_lazy("Double enrollments")
    lead = gettext_lazy(
        "People whose coverages hold on the same days: which one stays by which rule, which ends, "
        "and the money at stake."
    )
    template_name = "enrollment/double_list.html"
    list_id = "enrollment.double"
    query_class = CaseQuery
    personal_label = Person._meta.label_lower
    acts = (Act(gettext_lazy("Decide by the rule"), "enrollment:double-decide"),)
    columns = (
        Column(
            "number",
            gettext_lazy("Case"),
            value=str,
            kind="code",
            sort=Sort("pk"),
            link=lambda case: reverse("enrollment:double-detail", args=[case.pk]),
        ),
        Column("person", gettext_lazy("Person"), value="person.name", kind="masked_name"),
        Column("kept", gettext_lazy("Stays"), value=lambda case: case.kept_text),
        Column("ended", gettext_lazy("Ends"), value=lambda case: case.ended_text),
        Column("rule", gettext_lazy("Rule"), value=lambda case: words.rule_name(case.rule)),
        Column("needs", gettext_lazy("Needs"), value=lambda case: words.needs_text(case.needs)),
        Column("overlaps_from", gettext_lazy("Double from"), kind="day", shown=False),
        Column(
            "recover",
            gettext_lazy("Subsidy to recover"),
            kind="money",
            value=lambda case: case.recover,
        ),
        Column("state", gettext_lazy("State"), kind="status", choices=CaseState),
    )

    def rows(self) -> QuerySet[DoubleCase]:
        return selectors.cases_in(self.scope)

    @cached_property
    def areas(self) -> list[Area]:
        return list(Area.objects.filter(level__in=["CITY", "COUNTY"]).order_by("path"))

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        offered = [("", _("All")), *((area.code, str(area)) for area in self.areas)]
        for name in ("area", "other_area", "room"):
            field: Any = form.fields[name]
            field.choices = offered
        if self.scope_of_clerk.is_empty:
            del form.fields["mine"]
        return form

    @cached_property
    def scope_of_clerk(self) -> Scope:
        """Where the reader decides cases: those of which every coverage lies there."""
        entry = access.matrix().entry_for("enrollment:double-single")
        assert entry is not None  # noqa: S101 (the policy test keeps the route in the matrix)
        return entry.scope_for(self.actor, "POST")

    def narrow(self, rows: QuerySet[DoubleCase], values: dict[str, Any]) -> QuerySet[DoubleCase]:
        if state := values.get("state"):
            rows = rows.filter(state=state)
        else:
            rows = rows.exclude(state=CaseState.LIFTED)
        if rule := values.get("rule"):
            rows = rows.filter(rule="" if rule == NO_RULE else rule)
        if need := values.get("need"):
            rows = (
                rows.filter(needs=[]) if need == "NOTHING" else rows.filter(needs__contains=[need])
            )
        if carried := values.get("carried"):
            rows = rows.filter(decided_at__isnull=carried == "OPEN")
        if mine := values.get("mine"):
            own_cases = selectors.decidable_by(self.scope_of_clerk).values("pk")
            rows = (
                rows.filter(pk__in=own_cases) if mine == "MINE" else rows.exclude(pk__in=own_cases)
            )
        pair = pair_condition(values)
        if pair is not None:
            # A duplicate between two other areas, of a case that has a third side here, is not
            # among the figures of this scope; nor does it bring its case into their list.
            own = selectors.sides_seen(self.scope)
            asked = DoubleSide.objects.filter(own, pair, case=OuterRef("pk"))
            rows = rows.filter(Exists(asked))
        return rows

    def before_drawing(self, rows: list[Any]) -> None:
        sides = selectors.sides_of_all(rows)
        for case in rows:
            own = sides[case.pk]
            case.kept_text = words.sides_text(own, kept=True)
            case.ended_text = words.sides_text(own, kept=False)
            case.recover = words.sum_to_recover(own)

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        if double_rules.in_force(clock.today()) is None:
            return Empty(
                _("No rules of double enrollment are in force"),
                _("Cases are proposed once a version of the rules was approved by two people."),
                reverse("enrollment:double-rules"),
                _("To the rules"),
            )
        return Empty(_("Nobody is enrolled twice"), _("Cases appear when rosters are applied."))

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "counted": self.counted(),
            "duplicates": self.duplicates(),
            "without_rule": self.without_rule(),
            "no_rule_url": self.no_rule_url(),
            "may_propose": access.may(self.actor, "enrollment:double-propose", "POST"),
        }

    @cached_property
    def open_without_rule(self) -> tuple[int, int]:
        """How many open cases no rule decides: those the reader may decide, and others."""
        asked = self.rows().filter(state=CaseState.PROPOSED, rule="").order_by()
        own = Q(pk__in=selectors.decidable_by(self.scope_of_clerk).values("pk"))
        found = asked.aggregate(own=Count("pk", filter=own), others=Count("pk", filter=~own))
        return found["own"], found["others"]

    def without_rule(self) -> str:
        """How many open cases no rule decides, and who does what about them."""
        own, others = self.open_without_rule
        if self.scope_of_clerk.is_empty:
            own, others = others, 0
        told = []
        if own:
            text = ngettext(
                "No rule decides %(n)s case, so it cannot be decided together with others: a clerk "
                "decides it on its page on evidence, or %(who)s makes a rule.",
                "No rule decides %(n)s cases, so they cannot be decided together: a clerk decides "
                "each on its page on evidence, or %(who)s makes a rule.",
                own,
            )
            facts = {"n": formatting.number(own), "who": words.who_makes_rules()}
            told.append(text % facts)
        if others:
            text = ngettext(
                "%(n)s further case without a rule has a coverage outside your areas and is "
                "decided further up.",
                "%(n)s further cases without a rule have a coverage outside your areas and are "
                "decided further up.",
                others,
            )
            told.append(text % {"n": formatting.number(others)})
        return " ".join(told)

    def no_rule_url(self) -> str:
        """Where these cases are: for a clerk those that the clerk may decide."""
        url = f"?state={CaseState.PROPOSED.value}&rule={NO_RULE}"
        own, _others = self.open_without_rule
        return f"{url}&mine=MINE" if own and not self.scope_of_clerk.is_empty else url

    def duplicates(self) -> str:
        """How many duplicates the cases hold, where that is another figure than theirs."""
        pair = pair_condition(self.query.values())
        if pair is None or self.query.errors:
            return ""
        own = selectors.sides_seen(self.scope)
        asked = DoubleSide.objects.filter(own, pair, case__in=self.found().order_by().values("pk"))
        figures = asked.aggregate(duplicates=Count("pk"), cases=Count("case", distinct=True))
        if figures["duplicates"] == figures["cases"]:
            return ""
        return _(
            "These %(cases)s cases hold %(duplicates)s duplicates: who is listed three times is "
            "one case and two duplicates."
        ) % {name: formatting.number(figure) for name, figure in figures.items()}

    def counted(self) -> list[tuple[Any, str, str]]:
        """How many cases stand in each state, each leading to its list."""
        figures = selectors.states_counted(self.scope)
        return [
            (state.label, formatting.number(figures.get(state.value, 0)), f"?state={state.value}")
            for state in CaseState
        ]


def pair_condition(values: dict[str, Any]) -> Q | None:
    """The condition on a duplicate that its pair of areas or schemes is the one asked for."""
    names = ("area", "other_area", "scheme", "other_scheme", "room")
    if not any(values.get(name) for name in names):
        return None
    room = Q(county__code=values["room"]) if values.get("room") else Q()
    orders = [("", "other_"), ("other_", "")]
    asked = Q(pk__in=[])
    for own, other in orders:
        one = selectors.FURTHER & room
        for field, column in (("area", "county__code"), ("scheme", "scheme")):
            if wanted := values.get(f"{own}{field}"):
                one &= Q(**{column: wanted})
            if wanted := values.get(f"{other}{field}"):
                one &= Q(**{f"other_{column}": wanted})
        asked |= one
    return asked


class DoubleDecide(PageOfPeople, BatchPage):
    """Cases chosen in the list are submitted as their rules propose, one decision a rule."""

    title = gettext_lazy("Decide double enrollments by rule")
    template_name = "enrollment/double_decide.html"
    parents = PARENTS
    list_class = DoubleList
    list_route = "enrollment:double-list"
    submit_label = gettext_lazy("Submit for approval")
    takes_note = True
    most = double_enrollment.MOST_CASES

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those that are proposed, need nothing more, and lie wholly in the clerk's areas."""
        decidable = selectors.decidable_by(self.scope)
        return rows.filter(
            pk__in=decidable.values("pk"), state=CaseState.PROPOSED, needs=[]
        ).exclude(rule="")

    def reasons(self) -> list[tuple[Any, Any, Q]]:
        """Why a chosen case is not decided here, and whose job it is: the first that holds."""
        decidable = Q(pk__in=selectors.decidable_by(self.scope).values("pk"))
        proposed, ruled = Q(state=CaseState.PROPOSED), ~Q(rule="")
        found: list[tuple[Any, Any, Q]] = [
            (_("Already submitted, decided or contested"), _("Nothing: see the case."), ~proposed),
            (
                _("A coverage lies outside your areas"),
                _("A clerk whose areas hold both coverages decides it."),
                proposed & ~decidable,
            ),
            (
                _("No rule decides; to be decided singly"),
                _("Decide it on its page on evidence, or ask %(who)s for a rule.")
                % {"who": words.who_makes_rules()},
                proposed & decidable & ~ruled,
            ),
        ]
        before = Q()
        for need in CaseNeed:
            has = Q(needs__contains=[need.value])
            label = _("Needs first: %(need)s") % {"need": need.label}
            remedy = words.remedy_of(need)
            found.append((label, remedy, proposed & decidable & ruled & has & before))
            before &= ~has
        return found

    @cached_property
    def left_out(self) -> list[dict[str, Any]]:
        """The chosen cases that are not decided here, by reason: how many, the first named."""
        chosen = selections.chosen_rows(self.request, self.list_page).order_by()
        reasons = self.reasons()
        figures = chosen.aggregate(
            **{f"reason_{place}": Count("pk", filter=asked) for place, (_l, _r, asked) in
               enumerate(reasons)}
        )  # fmt: skip
        return [
            {
                "reason": str(label),
                "remedy": str(remedy),
                "count": figures[f"reason_{place}"],
                "cases": self._named(chosen.filter(asked)),
            }
            for place, (label, remedy, asked) in enumerate(reasons)
            if figures[f"reason_{place}"]
        ]

    def _named(self, rows: QuerySet[Any]) -> list[dict[str, str]]:
        """The first of these cases: number, person masked, way to its page; on record as seen."""
        cases = list(rows.select_related("person").order_by("pk")[:LEFT_OUT_NAMED])
        self.list_page.note_rows(cases)
        return [
            {
                "number": str(case),
                "person": case.person.name,
                "url": reverse("enrollment:double-detail", args=[case.pk]),
            }
            for case in cases
        ]

    def nothing_left(self) -> HttpResponseBase:
        """Why none of the chosen cases can be decided here, and who does what about it."""
        if not self.left_out:
            return super().nothing_left()
        return self.show(chosen_count=0, back_url=self.back(), numbers=[], selection="")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "_confirmed" in request.POST and not request.POST.get("note", "").strip():
            messages.error(request, _("Say why you decide so."))
            sent: Any = request.POST.copy()
            del sent["_confirmed"]
            request.POST = sent
        return super().post(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        rules = self.by_rule()
        on = clock.today()
        version = double_rules.in_force(on)
        clauses: dict[Any, DoubleRule] = version.rules if version else {}
        return {
            "left_out": self.left_out,
            "lines": [
                {
                    "rule": words.rule_name(code),
                    "clause": words.clause_text(clauses[code]) if code in clauses else "",
                    "sums": selectors.sums_of(self.chosen().filter(rule=code), decided_on=on),
                }
                for code in rules
            ],
        }

    def by_rule(self) -> list[DoubleRuleCode]:
        found = self.chosen().order_by().values_list("rule", flat=True).distinct()
        return sorted((DoubleRuleCode(code) for code in found), key=list(DoubleRuleCode).index)

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        return super().show(status=status, **more)

    def carry_out(self, rows: list[Any], note: str) -> None:
        staff: Any = self.request.user
        by_rule: dict[str, list[int]] = {}
        for case in rows:
            by_rule.setdefault(case.rule, []).append(case.pk)
        for code, cases in by_rule.items():
            try:
                request = double_enrollment.decide_by_rule(
                    cases,
                    rule=DoubleRuleCode(code),
                    reason=note,
                    scope=self.scope,
                    on=clock.today(),
                    at=clock.now(),
                    by=staff,
                )
            except DomainError as refusal:
                messages.error(self.request, f"{words.rule_name(code)}: {refusal}")
            else:
                text = _("%(rule)s: %(n)s cases were submitted; a second person approves them.")
                counts = {"rule": words.rule_name(code), "n": formatting.number(len(cases))}
                messages.success(self.request, f"{text % counts} ({request.title})")


class DoublePropose(ActionView):
    """The rules are asked anew for everybody, by a job."""

    def act(self) -> str:
        double_jobs.ask_to_propose(f"asked:{self.actor.staff_id}", by=self.actor, at=clock.now())
        return _("The cases are being proposed anew.")

    def next_url(self) -> str:
        return reverse("enrollment:double-list")


def areas_offered(scope: Any) -> list[Area]:
    """County-level areas by which facts are recorded: a person may live anywhere in the city."""
    del scope
    return list(Area.objects.filter(level__in=["CITY", "COUNTY"]).order_by("path"))


def seen_person(scope: Any, pk: int) -> bool:
    """Whether the scope holds the person's file."""
    return bool(people_selectors.seen_among(scope, [pk]))
