"""Decisions of double enrollment stand, and nobody approves what he found out himself."""

# ruff: noqa: S608 (the statements are made of own texts alone)

from typing import Any

import pytest

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.errors import OwnWork
from bureau.core.tests import factories
from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.testing.roles import ROLES, As, act_as, make_roles, why_refused
from enrollment.choices.double import FactKind
from enrollment.models import DoubleDecision, DoubleFact
from enrollment.services import double_enrollment
from enrollment.tests import doubles

WAFANGDIAN = "210281"


@pytest.fixture
def roles(db: None) -> None:
    make_roles()


def person(name: str) -> Any:
    return factories.staff(f"st-{name}")


def test_a_decisions_sums_and_approval_stand(cases, roles):
    decision = doubles.decide()
    for role in ROLES:
        for fact in ("cases = 1", "ends = 0", "recover_amount = 0", "refund_amount = 9",
                     "contribution_amount = 0", "case_numbers = '{1}'", "subsidies_unknown = 1",
                     "contributions_unknown = 3", "reason = 'x'", "evidence = 'x'",
                     "kind = 'UPHOLD'", "rule = ''", "made_by = 'x'",
                     "decided_on = '2020-01-01'"):  # fmt: skip
            why = why_refused(role, f"UPDATE enrollment_doubledecision SET {fact}")
            assert why == "double_decision_stands", fact
        alone = (
            "UPDATE enrollment_doubledecision SET state = 'APPLYING', approved_by = 'x',"
            " approved_by_no = %s, approved_at = now()"
        )
        assert why_refused(role, alone, "N-ghost") == "double_decision_carried_out_after_approval"
        decided = "UPDATE enrollment_doublecase SET state = 'DECIDED', decided_at = now()"
        why = why_refused(role, f"{decided} WHERE decision_id = {decision.pk}")
        assert why == "double_case_decided_after_approval"
        shorter = "UPDATE enrollment_doubledecision SET drafters = '{}'"
        assert why_refused(role, shorter) == "workers_only_grow"


def record(case: Any, by: Any, kind: FactKind = FactKind.WAIVER) -> DoubleFact:
    return double_enrollment.record_fact(
        case, kind=kind, area=None, scheme="", year=None, evidence="paper", at=clock.now(),
        by=Actor.of(by),
    )  # fmt: skip


def test_who_recorded_or_withdrew_a_fact_approves_no_decision_built_on_it(cases, roles):
    recorder, withdrawer = person("recorder"), person("withdrawer")
    case = doubles.case_of(0)
    fact = record(case, recorder)
    double_enrollment.withdraw_fact(case, fact, at=clock.now(), by=Actor.of(withdrawer))
    decision = doubles.decide()
    assert {recorder.staff_no, withdrawer.staff_no} < set(decision.drafters)
    request = doubles.request_of(decision)
    for one in (recorder, withdrawer, factories.staff("second-account", staff_no="N-st-recorder")):
        with pytest.raises(OwnWork):
            double_enrollment.on_approved(request, one, clock.now())
    for role in ROLES:
        forged = "UPDATE enrollment_doubledecision SET approved_by_no = 'N-st-recorder'"
        assert why_refused(role, forged) == "double_decision_approved_by_another"


def test_who_records_a_fact_while_the_decision_waits_does_not_approve_it_either(cases):
    decision = doubles.decide()
    late = person("late")
    record(doubles.case_of(0), late)
    with pytest.raises(OwnWork):
        double_enrollment.on_approved(doubles.request_of(decision), late, clock.now())
    decision.refresh_from_db()
    assert decision.state == "SUBMITTED"


def test_a_fact_stands_as_recorded(cases, roles):
    recorder = person("recorder")
    fact = act_as(WEB_ROLE, lambda: record(doubles.case_of(0), recorder))
    for role in ROLES:
        for change in ("evidence = 'x'", "kind = 'SCHOOL'", "person_id = 0", "recorded_by = 'x'",
                       "recorded_by_no = 'N-other'", "recorded_at = now()"):  # fmt: skip
            why = why_refused(role, f"UPDATE enrollment_doublefact SET {change}")
            assert why == "double_fact_stands", change
        nameless = "UPDATE enrollment_doublefact SET is_withdrawn = true"
        assert why_refused(role, nameless) == "double_fact_says_who"
        born = (
            "INSERT INTO enrollment_doublefact (person_id, kind, scheme, evidence, recorded_by,"
            " recorded_at, is_withdrawn) SELECT person_id, 'WAIVER', '', 'x', 'x', now(), false"
            " FROM enrollment_doublefact"
        )
        assert why_refused(role, born) == "double_fact_says_who"
    DoubleFact.objects.filter(pk=fact.pk).update(is_withdrawn=True, withdrawn_by_no="N")
    for role in ROLES:
        back = "UPDATE enrollment_doublefact SET is_withdrawn = false, withdrawn_by_no = ''"
        assert why_refused(role, back) == "double_fact_stands"


def test_a_decision_goes_its_whole_way_with_the_portals_rights(cases, roles):
    doubles.clerk()
    second = doubles.reviewer()
    with As(WEB_ROLE):
        decision = doubles.decide()
        request = doubles.request_of(decision)
        approvals.decide(request.pk, approve=True, by=second, at=clock.now())
    with As(WORKER_ROLE):
        from enrollment.imports import double_apply

        decision.refresh_from_db()
        assert double_apply.apply_range(decision, 0, 2**62) == decision.cases
        double_apply._close(decision)
    assert DoubleDecision.objects.get(pk=decision.pk).state == "APPLIED"
