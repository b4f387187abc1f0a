"""Double enrollments of the demonstration city, by the acts of its staff: rules and subsidies come
into force by two people, cases are proposed by the job, one rule's cases are decided."""

from collections.abc import Callable

from django.db.models import Count

from bureau.core import approvals, clock
from bureau.core.actors import Actor, actor_of
from bureau.core.choices import ApprovalState, Role
from bureau.core.models import ApprovalRequest, Job, Staff
from enrollment.choices.double import CaseState, DoubleRuleCode, VersionState
from enrollment.models import (
    DoubleCase,
    DoubleDecision,
    DoubleRuleSet,
    RosterBatch,
    SubsidyStandard,
)
from enrollment.selectors import double_enrollment as cases
from enrollment.services import double_enrollment, double_jobs, double_rules

REASON = "demonstration"


class Doubles:
    """Taken up where an interrupted run left it; `staff_of` gives who holds a role in the city,
    `work` has a job done and raises when it ends badly."""

    def __init__(self, staff_of: Callable[[Role], Staff], work: Callable[[Job], None]) -> None:
        self.staff_of, self.work = staff_of, work

    def settle(self) -> str:
        """Cases stand for everybody whose coverages meet, some of them decided; what it came to."""
        self.submit()
        self._approve(double_rules.SUBSIDY_KIND, Role.DIRECTOR)
        self._approve(double_rules.RULES_KIND, Role.DIRECTOR)
        director = Actor.of(self.staff_of(Role.DIRECTOR))
        self.work(double_jobs.ask_to_propose("demonstration", by=director, at=clock.now()))
        self._decide_one_rule()
        found = DoubleCase.objects.exclude(state=CaseState.LIFTED)
        decided = found.filter(state=CaseState.DECIDED).count()
        return f"{found.count()} cases of double enrollment, {decided} decided"

    def submit(self) -> None:
        """The shipped rules, and the subsidies of the rosters' years, wait for a second person."""
        officer = self.staff_of(Role.POLICY_OFFICER)
        for standard in SubsidyStandard.objects.filter(
            year__in=RosterBatch.objects.values("year"), state=VersionState.DRAFT
        ):
            double_rules.submit_subsidy(standard, reason=REASON, at=clock.now(), by=officer)
        for draft in DoubleRuleSet.objects.filter(number=1, state=VersionState.DRAFT):
            double_rules.submit_rules(draft, reason=REASON, at=clock.now(), by=officer)

    def _approve(self, kind: str, role: Role) -> None:
        """What waits of this kind is approved by the second person."""
        waiting = ApprovalRequest.objects.filter(kind=kind, state=ApprovalState.PENDING)
        for number in waiting.order_by("pk").values_list("pk", flat=True):
            approvals.decide(number, approve=True, note="", by=self.staff_of(role), at=clock.now())

    def _decide_one_rule(self) -> None:
        """The rule that chooses most often is followed; the other cases wait for a visitor."""
        clerk = self.staff_of(Role.CLERK)
        if not DoubleDecision.objects.exists():
            scope = actor_of(clerk, on=clock.today()).scope(Role.CLERK)
            open_cases = cases.decidable_by(scope).filter(state=CaseState.PROPOSED, needs=[])
            most = (
                open_cases.exclude(rule="")
                .values("rule")
                .order_by()
                .annotate(found=Count("pk"))
                .order_by("-found", "rule")
                .first()
            )
            if most is None:
                return
            chosen = open_cases.filter(rule=most["rule"]).order_by("pk")
            double_enrollment.decide_by_rule(
                list(chosen.values_list("pk", flat=True)[: double_enrollment.MOST_CASES]),
                rule=DoubleRuleCode(most["rule"]),
                reason=REASON,
                scope=scope,
                on=clock.today(),
                at=clock.now(),
                by=clerk,
            )
        self._approve(double_enrollment.KIND, Role.REVIEWER)
        for decision in DoubleDecision.objects.filter(state="APPLYING"):
            self.work(double_jobs.ask_to_apply(decision, by=Actor.of(clerk), at=clock.now()))
