"""Cases proposed: for whom, what, and the same however often and in whatever order."""

import datetime
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from bureau.core import clock
from enrollment.choices.double import CaseState, DoubleRuleCode, FactKind
from enrollment.imports import double_propose
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleFact,
    DoubleRuleSet,
    DoubleSide,
    Roll,
    SubsidyStandard,
)
from enrollment.selectors.double_case import for_rules
from enrollment.tests import doubles
from enrollment.tests.doubles import case_of, propose


def outcomes(index: int) -> dict[str, tuple[str, str]]:
    """What the person's latest case says of each coverage."""
    return {
        f"{side.scheme}:{side.county.code}": (side.standing, side.rule)
        for side in DoubleSide.objects.filter(case=case_of(index)).select_related("county")
    }


def test_without_rules_in_force_nothing_is_proposed(village: None) -> None:
    doubles.bring_in_export(range(2), "UEBMI")
    doubles.do_jobs()
    assert not DoubleCase.objects.exists()


def test_an_applied_roster_proposes_its_cases(rules: Any) -> None:
    doubles.bring_in_export(range(2), "UEBMI")
    doubles.do_jobs()
    assert DoubleCase.objects.count() == 2
    case = case_of(0)
    assert (case.state, case.rule, case.needs) == ("PROPOSED", "EMPLOYEE_YEAR", [])
    assert case.overlaps_from == datetime.date(2019, 1, 1)
    # Across the city: only the city decides.
    assert case.area.code == doubles.CITY
    assert outcomes(0) == {
        "NCMS:210281": ("ENDS", "EMPLOYEE_YEAR"),
        "UEBMI:210202": ("KEEPS", ""),
    }


def test_both_sides_show_the_money(rules: Any) -> None:
    doubles.bring_in_export(range(1), "UEBMI")
    doubles.do_jobs()
    ended = DoubleSide.objects.get(case=case_of(0), standing="ENDS")
    assert str(ended.contribution_amount) == "250.00"
    assert (str(ended.subsidy_amount), ended.subsidy_is_minimum) == ("520.00", True)
    assert (str(ended.recover_amount), str(ended.refund_amount)) == ("520.00", "0.00")
    kept = DoubleSide.objects.get(case=case_of(0), standing="KEEPS")
    assert (kept.subsidy_amount, kept.recover_amount) == (None, 0)


def test_an_unknown_subsidy_is_unknown_and_a_local_one_goes_before_the_minimum(
    village: None,
) -> None:
    doubles.rules_in_force(subsidies=False)
    doubles.bring_in_export(range(1), "UEBMI")
    doubles.do_jobs()
    ended = DoubleSide.objects.get(case=case_of(0), standing="ENDS")
    assert (ended.subsidy_amount, ended.recover_amount) == (None, None)
    for amount, is_minimum in ((520, True), (560, False)):
        SubsidyStandard.objects.create(
            year=2019,
            scheme="NCMS",
            area=case_of(0).area,
            amount=amount,
            is_minimum=is_minimum,
            source="测试",
            confidence="SEEN",
            state="APPROVED",
            made_by="a",
            made_at=clock.now(),
            approved_by="b",
            approved_by_no="b",
            approved_at=clock.now(),
        )
    propose()
    ended.refresh_from_db()
    assert (str(ended.subsidy_amount), ended.subsidy_is_minimum) == ("560.00", False)
    assert str(ended.recover_amount) == "560.00"


def test_pupils_keep_the_place_of_their_school(rules: Any) -> None:
    doubles.bring_in_export([2], "URBMI", psn_type="1403")
    doubles.bring_in_export([5], "URBMI", county="210203")
    doubles.do_jobs()
    assert outcomes(2)["URBMI:210202"] == ("KEEPS", "")
    assert case_of(2).rule == DoubleRuleCode.SCHOOL_PLACE
    # The other one's family is insured in the village.
    assert outcomes(5)["NCMS:210281"] == ("KEEPS", "")
    assert case_of(5).rule == DoubleRuleCode.FAMILY_RESIDENCE


def test_a_fact_on_record_decides(rules: Any) -> None:
    doubles.bring_in_rural([40], county=doubles.ZHUANGHE)
    doubles.bring_in_export([40], "URBMI")
    doubles.do_jobs()
    case = case_of(40)
    assert (case.rule, case.needs) == ("", ["RULE"])
    assert set(outcomes(40).values()) == {("UNDECIDED", "")}
    DoubleFact.objects.create(
        person=case.person,
        kind=FactKind.RESIDENCE,
        area=DoubleSide.objects.get(case=case, scheme="URBMI").county,
        evidence="居住证",
        recorded_by="test",
        recorded_at=clock.now(),
    )
    propose()
    assert case_of(40).pk == case.pk
    assert case_of(40).rule == DoubleRuleCode.USUAL_RESIDENCE
    assert outcomes(40)["NCMS:210283"] == ("ENDS", "USUAL_RESIDENCE")


def test_a_funded_enrollment_needs_a_waiver(rules: Any) -> None:
    CoverageSpell.objects.filter(scheme="NCMS").update(special_group="MINIMUM_LIVING")
    doubles.bring_in_export([0], "UEBMI")
    doubles.do_jobs()
    assert case_of(0).needs == ["WAIVER"]
    DoubleFact.objects.create(
        person=case_of(0).person,
        kind=FactKind.WAIVER,
        evidence="放弃资助声明",
        recorded_by="test",
        recorded_at=clock.now(),
    )
    propose()
    assert case_of(0).needs == []


def test_proposing_again_changes_nothing(rules: Any) -> None:
    doubles.bring_in_export(range(10), "UEBMI")
    doubles.bring_in_export(range(5, 20), "URBMI")
    doubles.do_jobs()
    before = list(DoubleCase.objects.order_by("pk").values())
    propose("again")
    assert list(DoubleCase.objects.order_by("pk").values()) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM enrollment_doublesideevent")
        # The third coverage of five people came with the last roster; that is all that changed.
        assert cursor.fetchone()[0] <= 3 * 15


def test_ranges_make_no_difference(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(double_propose, "RANGE_PEOPLE", 3)
    doubles.bring_in_export(range(10), "UEBMI")
    doubles.do_jobs()
    assert DoubleCase.objects.filter(state=CaseState.PROPOSED).count() == 10


def test_a_person_in_three_rosters_has_one_case(rules: Any) -> None:
    doubles.bring_in_export([0], "URBMI")
    doubles.do_jobs()
    first = case_of(0).pk
    doubles.bring_in_export([0], "UEBMI")
    doubles.do_jobs()
    assert DoubleCase.objects.count() == 1
    assert case_of(0).pk == first
    assert outcomes(0) == {
        "NCMS:210281": ("ENDS", "EMPLOYEE_YEAR"),
        "URBMI:210202": ("ENDS", "EMPLOYEE_YEAR"),
        "UEBMI:210202": ("KEEPS", ""),
    }


def test_what_is_no_longer_double_is_lifted(rules: Any) -> None:
    doubles.bring_in_export([0], "UEBMI")
    doubles.do_jobs()
    CoverageSpell.objects.filter(state="DOUBLE").update(state="ENDED")
    propose()
    assert case_of(0).state == CaseState.LIFTED
    assert not DoubleSide.objects.filter(is_open=True).exists()


def test_a_job_of_an_older_roll_leaves_the_work_to_the_newer(rules: Any) -> None:
    doubles.bring_in_export([0], "UEBMI")
    from bureau.core import jobs
    from bureau.core.models import Job

    first, last = Job.objects.filter(kind="enrollment.propose_double").order_by("pk")
    jobs.run_until_done(first.pk)
    assert not DoubleCase.objects.exists()
    jobs.run_until_done(last.pk)
    assert DoubleCase.objects.count() == 1


def test_a_case_explained_is_the_case_proposed(rules: Any) -> None:
    """The page asks the rules anew; it must come to what the job kept."""
    doubles.bring_in_export(range(5), "UEBMI")
    doubles.bring_in_export(range(3, 9), "URBMI", psn_type="1403")
    doubles.bring_in_rural(range(8, 12), county=doubles.ZHUANGHE)
    doubles.do_jobs()
    assert DoubleCase.objects.count() > 8
    for case in DoubleCase.objects.all():
        found = for_rules(case)
        resolution = found.resolve()
        assert (resolution.rule or "") == case.rule
        for side, outcome in zip(found.sides, resolution.outcomes, strict=True):
            assert (side.standing, side.rule, side.ends_on) == (
                outcome.standing,
                outcome.rule or "",
                outcome.ends_on,
            )


def test_a_later_roll_alone_does_not_silence_the_job(rules: Any) -> None:
    """Whatever moves the roll on: a job gives way only to a later one that was asked for."""
    doubles.bring_in_export([0], "UEBMI")
    Roll.objects.update(revision=F("revision") + 1)
    doubles.do_jobs()
    assert case_of(0).state == CaseState.PROPOSED


#: People who are not of the village: 63 and 66 are insured four times and twice.
SENDERS = {
    "rural": lambda: doubles.bring_in_rural(range(60, 69)),
    "other": lambda: doubles.bring_in_rural(range(63, 68), county=doubles.ZHUANGHE),
    "urban": lambda: doubles.bring_in_export(range(61, 65), "URBMI"),
    "work": lambda: doubles.bring_in_export([60, 63], "UEBMI"),
}


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations(SENDERS))[::8])
def test_the_order_of_rosters_does_not_matter(rules: Any, order: tuple[str, ...]) -> None:
    for name in order:
        SENDERS[name]()
    doubles.do_jobs()
    assert outcomes(63) == {
        "NCMS:210281": ("ENDS", "EMPLOYEE_YEAR"),
        "NCMS:210283": ("ENDS", "EMPLOYEE_YEAR"),
        "URBMI:210202": ("ENDS", "EMPLOYEE_YEAR"),
        "UEBMI:210202": ("KEEPS", ""),
    }
    assert case_of(60).rule == "EMPLOYEE_YEAR"
    assert outcomes(61)["NCMS:210281"] == ("KEEPS", "")
    assert case_of(61).rule == "FAMILY_RESIDENCE"
    # Both counties list the household, so nobody can tell where it lives.
    assert case_of(66).rule == ""


def test_only_a_version_in_force_today_counts(rules: Any) -> None:
    doubles.bring_in_export([0], "UEBMI")
    doubles.do_jobs()
    assert case_of(0).rule_set_id == rules.pk
    assert DoubleRuleSet.objects.filter(state="APPROVED").count() == 1
