"""Decisions: submitted, approved by another, carried out, refused, taken back."""

import datetime
from typing import Any

import pytest

from bureau.core import approvals, clock
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import AuditEvent
from enrollment.choices.double import CaseState, DecisionState, DoubleRuleCode, FactKind
from enrollment.imports import double_apply
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleFact,
    DoubleNotice,
    DoubleSide,
    Roll,
    RosterBatch,
)
from enrollment.rules.double_cases import refund_due
from enrollment.selectors import double_enrollment as selectors
from enrollment.selectors.double_case import for_rules
from enrollment.services import double_enrollment
from enrollment.tests import doubles
from enrollment.tests.doubles import approve, case_of, decide, spells

Day = datetime.date
YEAR = Day(2019, 1, 1), Day(2020, 1, 1)


def test_the_other_coverage_ends_after_a_second_person_approved(cases: None) -> None:
    decision = decide()
    assert spells(0)["UEBMI:210202"][0] == "IN_FORCE"
    assert case_of(0).state == CaseState.SUBMITTED
    approve(decision)
    assert decision.state == DecisionState.APPLIED
    assert spells(0) == {
        "NCMS:210281": ("ENDED", "DOUBLE_ENROLLMENT", YEAR),
        "UEBMI:210202": ("IN_FORCE", "", (Day(2011, 3, 1), None)),
    }
    assert case_of(0).state == CaseState.DECIDED
    assert AuditEvent.objects.filter(kind="double.applied", target_id=decision.pk).count() == 1
    assert Roll.objects.get().coverage_revision == 1


def test_the_sums_the_second_person_sees_are_those_of_the_cases(cases: None) -> None:
    decision = decide()
    assert (decision.cases, decision.ends) == (5, 5)
    assert str(decision.contribution_amount) == "1250.00"
    assert (str(decision.recover_amount), str(decision.refund_amount)) == ("2600.00", "0.00")
    request = doubles.request_of(decision)
    assert str(request.amount) == "2600.00"
    assert request.summary["cases"] == 5


def test_days_before_the_employment_stay_in_force(cases: None) -> None:
    case = case_of(7)
    assert (case.rule, case.needs) == (DoubleRuleCode.EMPLOYEE_FIRST, ["SINGLY"])
    with pytest.raises(MovedOn):
        decide(DoubleRuleCode.EMPLOYEE_FIRST, cases=[case.pk])
    single(case, "UEBMI")
    assert spells(7) == {
        "NCMS:210281": ("IN_FORCE", "DOUBLE_ENROLLMENT", (Day(2019, 1, 1), Day(2019, 5, 1))),
        "UEBMI:210203": ("IN_FORCE", "", (Day(2019, 5, 1), None)),
    }
    side = DoubleSide.objects.get(case=case, standing="ENDS")
    assert (side.ends_on, side.recover_amount) == (Day(2019, 5, 1), 0)


def single(case: DoubleCase, scheme: str, run: bool = True, **more: Any) -> DoubleDecision:
    """A clerk lets the coverage of the scheme stay, on evidence, and another approves."""
    staying = DoubleSide.objects.get(case=case, scheme=scheme)
    by = doubles.clerk()
    request = double_enrollment.decide_single(
        case,
        staying=staying,
        found=for_rules(case).resolve(staying),
        ground="",
        reason="与本人核实",
        evidence="劳动合同",
        on=Day(2019, 12, 31),
        at=clock.now(),
        by=by,
        **more,
    )
    decision = DoubleDecision.objects.get(pk=request.target_id)
    if run:
        approve(decision)
    return decision


def test_a_single_case_differs_from_its_rule(cases: None) -> None:
    single(case_of(1), "NCMS")
    assert spells(1) == {
        "NCMS:210281": ("IN_FORCE", "", YEAR),
        # What was before the overlap stays.
        "UEBMI:210202": ("IN_FORCE", "DOUBLE_ENROLLMENT", (Day(2011, 3, 1), Day(2019, 1, 1))),
    }
    assert case_of(1).rule == ""
    side = DoubleSide.objects.get(case=case_of(1), standing="ENDS")
    assert (side.scheme, side.recover_amount) == ("UEBMI", 0)


def test_a_funded_enrollment_ends_singly_only_with_the_waiver_on_record(cases: None) -> None:
    case = case_of(1)
    funded = CoverageSpell.objects.filter(person=case.person, scheme="NCMS")
    funded.update(special_group="MINIMUM_LIVING")
    with pytest.raises(DomainError) as refused:
        single(case, "UEBMI", run=False)
    assert refused.value.code == "waiver_needed"
    assert case_of(1).state == CaseState.PROPOSED
    DoubleFact.objects.create(
        person=case.person,
        kind=FactKind.WAIVER,
        evidence="放弃资助声明",
        recorded_by="test",
        recorded_at=clock.now(),
    )
    single(case, "UEBMI")
    assert spells(1)["NCMS:210281"][0] == "ENDED"


def test_nobody_approves_own_decisions(cases: None) -> None:
    both = doubles.clerk()
    decision = decide(by=both)
    with pytest.raises(OwnWork):
        approve(decision, by=both)


def test_a_returned_decision_gives_its_cases_back(cases: None) -> None:
    decision = decide()
    request = doubles.request_of(decision)
    approvals.decide(
        request.pk, approve=False, by=doubles.reviewer(), at=clock.now(), note="请补充说明"
    )
    decision.refresh_from_db()
    assert decision.state == DecisionState.RETURNED
    assert set(DoubleCase.objects.values_list("state", flat=True)) == {"PROPOSED"}
    approve(decide())
    assert case_of(0).state == CaseState.DECIDED


def test_a_returned_single_case_is_the_rules_again(cases: None) -> None:
    decision = single(case_of(1), "NCMS", run=False)
    request = doubles.request_of(decision)
    approvals.decide(
        request.pk, approve=False, by=doubles.reviewer(), at=clock.now(), note="不同意"
    )
    doubles.do_jobs()
    case = case_of(1)
    assert (case.state, case.rule) == ("PROPOSED", "EMPLOYEE_YEAR")
    assert DoubleSide.objects.get(case=case, scheme="NCMS").standing == "ENDS"


def test_the_same_cases_are_not_submitted_twice(cases: None) -> None:
    numbers = list(DoubleCase.objects.filter(rule="EMPLOYEE_YEAR").values_list("pk", flat=True))
    decide(cases=numbers)
    with pytest.raises(MovedOn):
        decide(cases=numbers)
    assert DoubleDecision.objects.count() == 1


def test_a_county_does_not_decide_what_reaches_beyond_it(cases: None) -> None:
    county = doubles.clerk(doubles.WAFANGDIAN, "county")
    with pytest.raises(MovedOn):
        decide(by=county)


def test_a_decision_needs_a_reason_and_cases(cases: None) -> None:
    with pytest.raises(DomainError) as refused:
        decide(cases=[])
    assert refused.value.code == "NO_CASE"


def test_a_coverage_that_came_meanwhile_sends_the_case_back(cases: None) -> None:
    decision = decide()
    doubles.bring_in_export([0], "URBMI")
    doubles.do_jobs()
    approve(decision)
    assert (decision.state, decision.cases_refused) == (DecisionState.APPLIED, 1)
    assert case_of(1).state == CaseState.DECIDED
    case = case_of(0)
    assert case.state == CaseState.PROPOSED
    assert DoubleSide.objects.filter(case=case).count() == 3


def test_a_decided_coverage_stays_in_force_when_another_roster_comes(cases: None) -> None:
    single(case_of(1), "NCMS")
    doubles.bring_in_rural([1], county=doubles.ZHUANGHE)
    doubles.do_jobs()
    # By the meanwhile order a smaller row of the same scheme could have taken over.
    assert spells(1)["NCMS:210281"][0] == "IN_FORCE"
    assert spells(1)["NCMS:210283"][0] == "DOUBLE"
    assert DoubleCase.objects.filter(person=case_of(1).person).count() == 2


def test_a_decision_is_taken_back_whole(cases: None) -> None:
    before = {index: spells(index) for index in range(9)}
    decision = decide()
    approve(decision)
    numbers = list(DoubleCase.objects.filter(decision=decision).values_list("pk", flat=True))
    by = doubles.clerk()
    request = double_enrollment.take_back(
        numbers, reason="规则适用有误", scope=doubles.scope_of(by), on=Day(2020, 1, 5),
        at=clock.now(), by=by,
    )  # fmt: skip
    assert spells(0)["NCMS:210281"][0] == "ENDED"
    back = DoubleDecision.objects.get(pk=request.target_id)
    approve(back)
    assert {index: spells(index) for index in range(9)} == before
    assert set(DoubleNotice.objects.values_list("is_withdrawn", flat=True)) == {True}
    case = case_of(0)
    assert (case.state, case.decision, case.objection) == ("CONTESTED", None, "规则适用有误")
    # It is decided anew, singly.
    single(case, "NCMS")
    assert spells(0)["UEBMI:210202"][2] == (Day(2011, 3, 1), Day(2019, 1, 1))
    assert case_of(0).state == CaseState.DECIDED


def test_days_cut_off_come_back(cases: None) -> None:
    before = spells(7)
    single(case_of(7), "UEBMI")
    by = doubles.clerk()
    request = double_enrollment.take_back(
        [case_of(7).pk], reason="本人未就业", scope=doubles.scope_of(by), on=Day(2020, 1, 5),
        at=clock.now(), by=by,
    )  # fmt: skip
    approve(DoubleDecision.objects.get(pk=request.target_id))
    assert spells(7) == before


def test_an_objection_is_answered_or_leads_to_reopening(cases: None) -> None:
    approve(decide())
    case = case_of(2)
    double_enrollment.contest(
        case, objection="本人已离职", received_on=Day(2020, 1, 8), at=clock.now(), by=doubles.BY
    )
    case.refresh_from_db()
    assert case.state == CaseState.CONTESTED
    assert spells(2)["NCMS:210281"][0] == "ENDED"
    by = doubles.clerk()
    request = double_enrollment.uphold(
        case, reason="核实仍在职", evidence="缴费记录", scope=doubles.scope_of(by),
        on=Day(2020, 1, 9), at=clock.now(), by=by,
    )  # fmt: skip
    with pytest.raises(MovedOn):
        double_enrollment.contest(
            case, objection="再次", received_on=Day(2020, 1, 9), at=clock.now(), by=doubles.BY
        )
    approve(DoubleDecision.objects.get(pk=request.target_id))
    case.refresh_from_db()
    assert (case.state, case.objection, case.pending) == ("DECIDED", "本人已离职", None)


def test_a_contested_case_is_left_out_of_work_by_rule(cases: None) -> None:
    case = case_of(3)
    double_enrollment.contest(
        case, objection="有异议", received_on=Day(2020, 1, 8), at=clock.now(), by=doubles.BY
    )
    decision = decide()
    assert decision.cases == 4
    doubles.propose("later")
    case.refresh_from_db()
    assert case.state == CaseState.CONTESTED


def test_it_waits_while_a_roster_is_applied(cases: None) -> None:
    decision = decide()
    batch = RosterBatch.objects.first()
    Roll.objects.update(applying_batch=batch)
    approve(decision, run=False)
    from bureau.core import jobs
    from bureau.core.models import Job

    job = Job.objects.get(kind="enrollment.apply_double")
    jobs.run(job.pk, worker="test")
    job.refresh_from_db()
    assert job.finished_at is None
    assert spells(0)["NCMS:210281"][0] == "DOUBLE"
    Roll.objects.update(applying_batch=None)
    jobs.run_until_done(job.pk, patience=30)
    assert spells(0)["NCMS:210281"][0] == "ENDED"


def test_ranges_make_no_difference(cases: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(double_apply, "RANGE_CASES", 2)
    decision = decide()
    approve(decision)
    assert DoubleCase.objects.filter(state=CaseState.DECIDED).count() == 5
    assert DoubleNotice.objects.count() == 5


@pytest.mark.parametrize("on", [Day(2018, 12, 31), Day(2019, 1, 1), Day(2019, 6, 1)])
def test_refunds_in_the_database_are_those_of_the_rule(cases: None, on: Day) -> None:
    decision = decide(on=on)
    for side in DoubleSide.objects.filter(case__decision=decision, standing="ENDS"):
        due = refund_due(
            contribution=side.contribution_amount, begins_on=side.period.lower, decided_on=on
        )
        assert side.refund_amount == due
    sides = DoubleSide.objects.filter(case__decision=decision, standing="ENDS")
    assert decision.refund_amount == sum(side.refund_amount for side in sides)


def test_parts_add_to_the_whole(cases: None) -> None:
    """The sums of any division of the cases come to the sums of all of them."""
    numbers = list(DoubleCase.objects.order_by("pk").values_list("pk", flat=True))
    on = Day(2018, 6, 1)

    def sums(some: list[int]) -> Any:
        return selectors.sums_of(DoubleCase.objects.filter(pk__in=some), decided_on=on)

    whole, parts = sums(numbers), [sums(numbers[:2]), sums(numbers[2:5]), sums(numbers[5:])]
    for field in ("cases", "ends", "contribution", "refund", "recover", "subsidies_unknown"):
        assert getattr(whole, field) == sum(getattr(part, field) for part in parts)


def test_the_roll_stays_whole(cases: None) -> None:
    """No coverage is gone: each row of a roster still has its spell."""
    spells_before = CoverageSpell.objects.count()
    approve(decide())
    assert CoverageSpell.objects.count() == spells_before
