"""Acts of people on cases of double enrollment: decide, contest, answer, take back, record facts.

What a decision does to coverage is carried out by a job after a second person approved it
(`imports.double_apply`); here are the acts and the rows around them.
"""

import datetime
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from bureau.core import approvals, audit
from bureau.core.actors import Actor, Scope, actor_from
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Area, Staff
from enrollment.choices.double import (
    CaseNeed,
    CaseState,
    DecisionKind,
    DecisionState,
    DoubleRuleCode,
    FactKind,
    Standing,
)
from enrollment.models import DoubleCase, DoubleDecision, DoubleFact, DoubleSide
from enrollment.rules.double_cases import Resolution, needs_of
from enrollment.selectors import double_enrollment as selectors
from enrollment.selectors.double_case import for_rules
from enrollment.selectors.double_enrollment import Sums
from enrollment.services import double_jobs, rosters

KIND: Final = "enrollment.double_decision"
#: Cases of one decision: so many that its sums can still be surveyed, and one statement marks them.
MOST_CASES: Final = 20_000
SUMMARY: Final = {
    "kind": _("What is decided"),
    "rule": _("Rule"),
    "cases": _("Cases"),
    "ends": _("Coverages that end or pause"),
    "contribution": _("Contributions paid for them (yuan)"),
    "refund": _("Refund due (yuan)"),
    "recover": _("Subsidy to recover (yuan)"),
    "contributions_unknown": _("Coverages whose contribution is not known"),
    "subsidies_unknown": _("Coverages whose subsidy is not known"),
    approvals.LOWER_BOUNDS: _("Coverages of whose subsidy only the national minimum is known"),
    "evidence": _("Document as evidence"),
}


@transaction.atomic
def decide_by_rule(
    cases: Sequence[int],
    *,
    rule: DoubleRuleCode,
    reason: str,
    scope: Scope,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
) -> ApprovalRequest:
    """These cases are to be decided as the rule proposes, once a second person approved it.

    Raises DomainError when one of them lies outside the scope, is no longer proposed, is proposed
    by another rule, or needs to be looked at singly.
    """
    if not cases:
        raise DomainError("NO_CASE", _("Choose at least one case."))
    if len(cases) > MOST_CASES:
        raise DomainError(
            "TOO_MANY_CASES",
            _("At most %(most)s cases are decided at once; narrow the query."),
            most=f"{MOST_CASES:,}",
        )
    decision = _decision(DecisionKind.BY_RULE, cases, rule, reason, on=on, at=at, by=by)
    marked = (
        selectors.decidable_by(scope)
        .filter(pk__in=cases, state=CaseState.PROPOSED, rule=rule, needs=[])
        .update(state=CaseState.SUBMITTED, decision=decision)
    )
    if marked != len(set(cases)):
        raise MovedOn(
            "CASES_MOVED_ON",
            _("Some of these cases have changed meanwhile; look at the list again."),
        )
    return _submit(decision, by=by, at=at)


@transaction.atomic
def decide_single(
    case: DoubleCase,
    *,
    staying: DoubleSide,
    found: Resolution,
    ground: str,
    reason: str,
    evidence: str,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
) -> ApprovalRequest:
    """The case is to be decided with this side staying, on evidence, whatever the rules propose.

    `found` are the outcomes with that side chosen; `ground` is the rule the clerk rests on, empty
    for none. Raises MovedOn when the case is not open any more, DomainError when a funded
    enrollment would end without the person's written waiver on record.
    """
    asked = for_rules(case)
    if CaseNeed.WAIVER in needs_of(found, asked.rule_sides, asked.facts):
        raise DomainError(
            "waiver_needed",
            _(
                "A funded enrollment would end. Record the person's written waiver among the facts "
                "of the case first, or let that enrollment stay."
            ),
        )
    decision = _decision(
        DecisionKind.SINGLE, [case.pk], ground, reason, on=on, at=at, by=by, evidence=evidence
    )
    open_case = DoubleCase.objects.filter(
        pk=case.pk, state__in=[CaseState.PROPOSED, CaseState.CONTESTED], decided_at=None
    )
    if open_case.update(state=CaseState.SUBMITTED, decision=decision, rule=ground) != 1:
        raise _moved_on()
    _write_outcomes(case, found, staying, ground)
    return _submit(decision, by=by, at=at)


def _write_outcomes(case: DoubleCase, found: Resolution, staying: DoubleSide, ground: str) -> None:
    """The sides of the one case carry the outcome the clerk chose."""
    sides = selectors.sides_of(case)
    for side, outcome in zip(sides, found.outcomes, strict=True):
        other = None if outcome.against is None else sides[outcome.against]
        side.standing = outcome.standing
        side.rule = outcome.rule or (ground if outcome.standing != Standing.KEEPS else "")
        side.other_scheme = other.scheme if other else ""
        side.other_county = other.county if other else None
        side.ends_on = outcome.ends_on
        side.left = (outcome.left.start, outcome.left.end) if outcome.left else None
    fields = ["standing", "rule", "other_scheme", "other_county", "ends_on", "left"]
    DoubleSide.objects.bulk_update(sides, fields)
    with connection.cursor() as cursor:
        cursor.execute(MONEY, {"case": case.pk})


# `rules.double_cases.subsidy_to_recover` for the sides of one case whose outcome a clerk chose.
MONEY: Final = """
    UPDATE enrollment_doubleside side
    SET recover_amount = CASE
            WHEN standing <> 'ENDS' OR scheme = 'UEBMI' THEN 0
            WHEN "left" IS NOT NULL AND NOT version.recovers_part_year THEN 0
            ELSE subsidy_amount END,
        refund_amount = CASE WHEN standing IN ('ENDS', 'PAUSES') THEN refund_amount ELSE 0 END
    FROM enrollment_doublecase found
    JOIN enrollment_doubleruleset version ON version.id = found.rule_set_id
    WHERE side.case_id = %(case)s AND found.id = side.case_id
"""


@transaction.atomic
def take_back(
    cases: Sequence[int],
    *,
    reason: str,
    scope: Scope,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
) -> ApprovalRequest:
    """These decided cases are to be reopened: every coverage as before. Raises MovedOn when one of
    them is not decided or waits for another decision already."""
    return _second_decision(DecisionKind.REOPEN, cases, reason, "", scope, on=on, at=at, by=by)


@transaction.atomic
def uphold(
    case: DoubleCase,
    *,
    reason: str,
    evidence: str,
    scope: Scope,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
) -> ApprovalRequest:
    """The contested decision is to stand, with the answer to the objection."""
    if case.state != CaseState.CONTESTED:
        raise _moved_on()
    return _second_decision(
        DecisionKind.UPHOLD, [case.pk], reason, evidence, scope, on=on, at=at, by=by
    )


def _second_decision(
    kind: DecisionKind,
    cases: Sequence[int],
    reason: str,
    evidence: str,
    scope: Scope,
    *,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
) -> ApprovalRequest:
    if not cases:
        raise DomainError("NO_CASE", _("Choose at least one case."))
    decision = _decision(kind, cases, "", reason, on=on, at=at, by=by, evidence=evidence)
    marked = (
        selectors.decidable_by(scope)
        .filter(pk__in=cases, state__in=[CaseState.DECIDED, CaseState.CONTESTED], pending=None)
        .exclude(decided_at=None)
        .update(pending=decision)
    )
    if marked != len(set(cases)):
        raise _moved_on()
    return _submit(decision, by=by, at=at)


def _moved_on() -> MovedOn:
    return MovedOn(
        "CASE_MOVED_ON", _("The case has changed meanwhile, or waits for a decision already.")
    )


def _decision(
    kind: DecisionKind,
    cases: Sequence[int],
    rule: str,
    reason: str,
    *,
    on: datetime.date,
    at: datetime.datetime,
    by: Staff,
    evidence: str = "",
) -> DoubleDecision:
    with refusals():
        return DoubleDecision.objects.create(
            kind=kind,
            area=_area_of(cases),
            rule=rule,
            reason=reason.strip(),
            evidence=evidence.strip(),
            decided_on=on,
            made_by=str(by)[:120],
            made_at=at,
            drafters=[by.staff_no],
        )


def _area_of(cases: Sequence[int]) -> Area:
    """The smallest area that holds all these cases; a second person of that area approves."""
    paths = DoubleCase.objects.filter(pk__in=cases).values_list("area__path", flat=True).distinct()
    codes = [path.split("/") for path in paths]
    common = ""
    for level in zip(*codes, strict=False):
        if len(set(level)) > 1 or not level[0]:
            break
        common += f"{level[0]}/"
    return Area.objects.get(path=common)


def _submit(decision: DoubleDecision, *, by: Staff, at: datetime.datetime) -> ApprovalRequest:
    """The decision keeps its sums and waits for a second person, who sees them."""
    pending = decision.kind in (DecisionKind.REOPEN, DecisionKind.UPHOLD)
    cases = DoubleCase.objects.filter(**{"pending" if pending else "decision": decision})
    if not pending:
        _refund_as_of(decision)
    decision.case_numbers = list(cases.order_by("pk").values_list("pk", flat=True))
    decision.drafters = sorted({*decision.drafters, *_recorders_of(cases)})
    sums = selectors.sums_of(cases, decided_on=decision.decided_on)
    _keep_sums(decision, sums)
    audit.record(
        "double.submitted", by=by, at=at, target=decision, area=decision.area, cases=sums.cases
    )
    # What is stored for others to read is in the bureau's language, not the maker's.
    with override(settings.LANGUAGE_CODE):
        summary = _summary(decision, sums)
    return approvals.request(
        KIND,
        decision,
        title_facts={"number": decision.pk, "cases": sums.cases, "kind": decision.kind},
        area=decision.area,
        summary=summary,
        amount=sums.recover,
        reason=decision.reason,
        by=by,
        at=at,
    )


def _refund_as_of(decision: DoubleDecision) -> None:
    """Refunds are those of the day of the decision, not of the day of the proposal."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE enrollment_doubleside side
            SET refund_amount = CASE WHEN lower(side.period) > %(on)s
                                     THEN side.contribution_amount ELSE 0 END
            FROM enrollment_doublecase decided
            WHERE decided.id = side.case_id AND decided.decision_id = %(decision)s
              AND side.standing IN ('ENDS', 'PAUSES')
              AND side.refund_amount IS DISTINCT FROM
                  CASE WHEN lower(side.period) > %(on)s THEN side.contribution_amount ELSE 0 END
            """,
            {"decision": decision.pk, "on": decision.decided_on},
        )


def _keep_sums(decision: DoubleDecision, sums: Sums) -> None:
    decision.cases, decision.ends = sums.cases, sums.ends
    decision.contribution_amount, decision.refund_amount = sums.contribution, sums.refund
    decision.recover_amount = sums.recover
    decision.contributions_unknown = sums.contributions_unknown
    decision.subsidies_unknown = sums.subsidies_unknown
    decision.subsidies_at_least = sums.subsidies_at_least
    decision.save()


def _recorders_of(cases: QuerySet[DoubleCase]) -> set[str]:
    """Staff numbers of all who recorded or withdrew facts of these people: the rules asked them."""
    facts = DoubleFact.objects.filter(person__in=cases.values("person"))
    numbers = facts.values_list("recorded_by_no", "withdrawn_by_no").distinct()
    return {number for pair in numbers for number in pair if number}


def say_title(request: ApprovalRequest) -> str:
    facts = request.title_facts
    text = ngettext(
        "Double enrollment no. %(number)s: %(cases)s case, %(kind)s",
        "Double enrollment no. %(number)s: %(cases)s cases, %(kind)s",
        facts["cases"],
    )
    return text % {
        "number": facts["number"],
        "cases": f"{facts['cases']:,}",
        "kind": DecisionKind(facts["kind"]).label,
    }


def _summary(decision: DoubleDecision, sums: Sums) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": str(decision.get_kind_display()),
        "rule": str(decision.get_rule_display()) if decision.rule else "",
        "cases": sums.cases,
        "ends": sums.ends,
        "contribution": f"{sums.contribution:,.2f}",
        "refund": f"{sums.refund:,.2f}",
        "recover": f"{sums.recover:,.2f}",
        "contributions_unknown": sums.contributions_unknown,
        "subsidies_unknown": sums.subsidies_unknown,
        approvals.LOWER_BOUNDS: sums.subsidies_at_least,
        "evidence": decision.evidence,
    }
    return {key: value for key, value in found.items() if value != ""}


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved the decision: it is being carried out."""
    decision = _waiting(request)
    cases = DoubleCase.objects.filter(pk__in=decision.case_numbers)
    decision.drafters = sorted({*decision.drafters, *_recorders_of(cases)})
    rosters.expect_another(decision.drafters, request.maker_id, by)
    decision.state = DecisionState.APPLYING
    decision.approved_by, decision.approved_at = str(by)[:120], at
    decision.approved_by_no = by.staff_no
    decision.save(
        update_fields=["state", "drafters", "approved_by", "approved_by_no", "approved_at"]
    )
    audit.record("double.approved", by=by, at=at, target=decision, area=decision.area)
    double_jobs.ask_to_apply(decision, by=actor_from(by), at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The decision was returned: its cases wait for a clerk again, as they were."""
    _give_back(_waiting(request), DecisionState.RETURNED, by, at, request.note)


def on_withdrawn(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The clerk took the decision back before anybody approved it."""
    _give_back(_waiting(request), DecisionState.WITHDRAWN, by, at, "")


def _waiting(request: ApprovalRequest) -> DoubleDecision:
    return DoubleDecision.objects.select_related("area").get(
        pk=request.target_id, state=DecisionState.SUBMITTED
    )


def _give_back(
    decision: DoubleDecision, state: DecisionState, by: Staff, at: datetime.datetime, note: str
) -> None:
    decided = DoubleCase.objects.filter(decision=decision, state=CaseState.SUBMITTED)
    # A case that was contested before goes back to its objection, the others to the rules.
    decided.exclude(objection="").update(state=CaseState.CONTESTED, decision=None)
    decided.filter(objection="").update(state=CaseState.PROPOSED, decision=None)
    DoubleCase.objects.filter(pending=decision).update(pending=None)
    decision.state = state
    decision.save(update_fields=["state"])
    audit.record("double.returned", by=by, at=at, target=decision, area=decision.area, note=note)
    if decision.kind == DecisionKind.SINGLE:
        # Its sides carry what the clerk chose; the rules have the word again.
        double_jobs.ask_to_propose(f"returned:{decision.pk}", by=actor_from(by), at=at)


@transaction.atomic
def contest(
    case: DoubleCase,
    *,
    objection: str,
    received_on: datetime.date,
    at: datetime.datetime,
    by: Actor,
) -> None:
    """The person objects: the case leaves all work by rule until somebody looks at it singly.

    Coverage stays as it is meanwhile. Raises MovedOn while a decision awaits its second person.
    """
    seen = DoubleCase.objects.filter(
        pk=case.pk, state__in=[CaseState.PROPOSED, CaseState.DECIDED], pending=None
    )
    changed = seen.update(
        state=CaseState.CONTESTED, objection=objection.strip(), objected_on=received_on
    )
    if changed != 1:
        raise _moved_on()
    audit.record("double.contested", by=by, at=at, target=case, area=case.area)


@transaction.atomic
def record_fact(
    case: DoubleCase,
    *,
    kind: FactKind,
    area: Area | None,
    scheme: str,
    year: int | None,
    evidence: str,
    at: datetime.datetime,
    by: Actor,
) -> DoubleFact:
    """The fact is on record and the rules are asked again.

    Raises DomainError when such a fact is on record already or says nothing.
    """
    with refusals(), transaction.atomic():
        fact = DoubleFact.objects.create(
            person=case.person,
            kind=kind,
            area=area,
            scheme=scheme,
            year=year,
            evidence=evidence.strip(),
            recorded_by=by.text,
            recorded_by_no=by.staff_no,
            recorded_at=at,
        )
    audit.record("double.fact", by=by, at=at, target=case, area=case.area, fact=kind.value)
    return fact


@transaction.atomic
def withdraw_fact(case: DoubleCase, fact: DoubleFact, *, at: datetime.datetime, by: Actor) -> None:
    """The fact no longer counts; it stays on record. Raises MovedOn when it was withdrawn."""
    standing = DoubleFact.objects.filter(pk=fact.pk, person=case.person, is_withdrawn=False)
    if standing.update(is_withdrawn=True, withdrawn_by_no=by.staff_no) != 1:
        raise MovedOn("FACT_WITHDRAWN", _("This fact was withdrawn already."))
    audit.record("double.fact_withdrawn", by=by, at=at, target=case, area=case.area, fact=fact.kind)
