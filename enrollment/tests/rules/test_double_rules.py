"""The rules of double enrollment, each at its boundary."""

import datetime
from typing import Any

import pytest

from bureau.core.periods import Period
from enrollment.choices import Scheme
from enrollment.choices.double import (
    DoubleRuleCode,
    FactKind,
    PersonKind,
    RuleFinding,
)
from enrollment.rules.double_rules import Facts, Side, Terms, ask, clause_of, person_kind

Day = datetime.date
ON = Day(2019, 12, 31)
NOTHING = Facts()
YEAR = Period.of_year(2019)
LONG_AGO = Day(2011, 3, 1)
DECIDES, NARROWS = RuleFinding.DECIDES, RuleFinding.NARROWS
NOT_MET, TIED = RuleFinding.NOT_MET, RuleFinding.TIED
UNKNOWN, ELSE = RuleFinding.FACT_UNKNOWN, RuleFinding.NOT_CONCERNED


def rural(county: str = "210283", **more: Any) -> Side:
    return Side(f"n{county}", Scheme.NCMS, county, YEAR, **more)


def urban(county: str = "210202", **more: Any) -> Side:
    return Side(f"u{county}", Scheme.URBMI, county, YEAR, **more)


def employee(since: Day | None = LONG_AGO, county: str = "210202", **more: Any) -> Side:
    period = Period(since or Day(2019, 1, 1), None)
    return Side(f"e{county}", Scheme.UEBMI, county, period, standing_from=since, **more)


def said(code: DoubleRuleCode, *sides: Side, facts: Facts = NOTHING, **terms: Any) -> Any:
    verdict = ask(Terms(code, **terms), sides, facts, on=ON)
    return verdict.finding, verdict.preferred


def test_every_rule_has_its_function_and_its_clause() -> None:
    for code in DoubleRuleCode:
        assert len(clause_of(code)) > 40


@pytest.mark.parametrize(
    ("since", "months", "finding"),
    [
        (Day(2019, 1, 1), 12, DECIDES),  # Complete on the evening of 31 December.
        (Day(2019, 1, 2), 12, NOT_MET),
        (Day(2018, 12, 31), 12, DECIDES),
        (Day(2019, 12, 1), 1, DECIDES),
        (Day(2019, 12, 2), 1, NOT_MET),
        (Day(2020, 1, 1), 0, DECIDES),
        (None, 12, UNKNOWN),
    ],
)
def test_a_year_of_employee_insurance(since: Day | None, months: int, finding: str) -> None:
    found, preferred = said(DoubleRuleCode.EMPLOYEE_YEAR, rural(), employee(since), months=months)
    assert found == finding
    assert preferred == ((1,) if finding == DECIDES else ())


def test_a_year_of_employee_insurance_concerns_the_meeting_of_schemes_alone() -> None:
    assert said(DoubleRuleCode.EMPLOYEE_YEAR, rural(), urban(), months=12)[0] == ELSE
    both = employee(), employee(county="210203")
    assert said(DoubleRuleCode.EMPLOYEE_YEAR, *both, months=12)[0] == ELSE
    assert said(DoubleRuleCode.EMPLOYEE_YEAR, *both, rural(), months=12) == (NARROWS, (0, 1))


@pytest.mark.parametrize(
    ("place", "answer"),
    [("", (UNKNOWN, ())), ("210203", (DECIDES, (1,))), ("210283", (NOT_MET, ()))],
)
def test_place_of_work(place: str, answer: Any) -> None:
    both = employee(), employee(county="210203")
    assert said(DoubleRuleCode.WORK_PLACE, *both, facts=Facts(work_place=place)) == answer


def test_place_of_work_concerns_employees_alone() -> None:
    found = said(DoubleRuleCode.WORK_PLACE, employee(), rural(), facts=Facts(work_place="210202"))
    assert found[0] == ELSE
    there = Facts(work_place="210202")
    same = employee(), employee(Day(2015, 1, 1))
    assert said(DoubleRuleCode.WORK_PLACE, *same, facts=there)[0] == TIED


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("", (UNKNOWN, ())),
        ("210283", (DECIDES, (0,))),
        ("210202", (DECIDES, (1,))),
        ("210299", (NOT_MET, ())),
    ],
)
def test_usual_residence(place: str, answer: Any) -> None:
    facts = Facts(residence=place)
    assert said(DoubleRuleCode.USUAL_RESIDENCE, rural(), urban(), facts=facts) == answer
    assert said(DoubleRuleCode.USUAL_RESIDENCE, rural(), employee(), facts=facts)[0] == ELSE


def test_a_coverage_as_a_pupil_names_the_school() -> None:
    code, pupil = DoubleRuleCode.SCHOOL_PLACE, PersonKind.PUPIL
    assert said(code, rural(), urban(kind=pupil)) == (DECIDES, (1,))
    assert said(code, rural(), urban())[0] == ELSE
    assert said(code, rural(kind=pupil), urban(kind=pupil))[0] == UNKNOWN
    # A school on record goes before what the coverage says.
    there = Facts(school="210283")
    assert said(code, rural(), urban(kind=pupil), facts=there) == (DECIDES, (0,))
    assert said(code, rural(), employee(), facts=there)[0] == ELSE


def test_of_two_coverages_in_the_county_of_the_school_the_pupils_stays() -> None:
    sides = rural("210202"), urban(kind=PersonKind.PUPIL)
    assert said(DoubleRuleCode.SCHOOL_PLACE, *sides) == (DECIDES, (1,))


@pytest.mark.parametrize(("year", "finding"), [(2018, ELSE), (2019, DECIDES), (2020, ELSE)])
def test_the_entrance_year_of_a_college_student(year: int, finding: str) -> None:
    sides = rural(), urban(kind=PersonKind.COLLEGE_STUDENT)
    facts = Facts(entrance_years=(year,))
    assert said(DoubleRuleCode.COLLEGE_ENTRANCE, *sides, facts=facts)[0] == finding
    assert said(DoubleRuleCode.COLLEGE_ENTRANCE, *sides)[0] == ELSE


@pytest.mark.parametrize(
    ("usable", "answer"),
    [("", (UNKNOWN, ())), ("UEBMI", (DECIDES, (1,))), ("NCMS", (DECIDES, (0,)))],
)
def test_a_flexible_worker_keeps_what_can_be_used(usable: str, answer: Any) -> None:
    sides = rural(), employee(kind=PersonKind.FLEXIBLE)
    facts = Facts(usable_scheme=usable)
    assert said(DoubleRuleCode.FLEXIBLE_WORKER, *sides, facts=facts) == answer
    assert said(DoubleRuleCode.FLEXIBLE_WORKER, rural(), employee(), facts=facts)[0] == ELSE
    other = Facts(usable_scheme="URBMI")
    assert said(DoubleRuleCode.FLEXIBLE_WORKER, *sides, facts=other)[0] == NOT_MET


def test_where_the_household_is_insured() -> None:
    code = DoubleRuleCode.FAMILY_RESIDENCE
    assert said(code, rural(family=2), urban()) == (DECIDES, (0,))
    assert said(code, rural(), urban())[0] == NOT_MET
    assert said(code, rural(family=1), urban(family=4))[0] == TIED
    assert said(code, rural("210202", family=2), urban())[0] == NOT_MET
    known = Facts(residence="210202")
    assert said(code, rural(family=2), urban(), facts=known)[0] == ELSE


def test_employees_before_residents_but_not_flexible_ones() -> None:
    code = DoubleRuleCode.EMPLOYEE_FIRST
    assert said(code, rural(), employee(Day(2019, 12, 1))) == (DECIDES, (1,))
    assert said(code, rural(), employee(kind=PersonKind.FLEXIBLE))[0] == ELSE
    assert said(code, rural(), urban())[0] == ELSE


def test_the_same_enrollment_counts_once() -> None:
    code = DoubleRuleCode.SAME_ENROLLMENT
    unpaid = Side("a", Scheme.NCMS, "210283", YEAR)
    paid = Side("b", Scheme.NCMS, "210283", YEAR, is_paid=True)
    later = Side("c", Scheme.NCMS, "210283", YEAR, Day(2019, 5, 1), is_paid=True)
    earlier = Side("d", Scheme.NCMS, "210283", YEAR, Day(2018, 5, 1), is_paid=True)
    assert said(code, unpaid, paid) == (DECIDES, (1,))
    assert said(code, later, earlier) == (DECIDES, (1,))
    assert said(code, Side("z", Scheme.NCMS, "210283", YEAR), unpaid) == (DECIDES, (1,))
    assert said(code, rural(), rural("210281"))[0] == ELSE
    assert said(code, rural("210202"), urban())[0] == ELSE


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (Day(2010, 1, 1), Day(2010, 1, 2), (DECIDES, (0,))),
        (Day(2010, 1, 2), Day(2010, 1, 1), (DECIDES, (1,))),
        (Day(2010, 1, 1), Day(2010, 1, 1), (TIED, ())),
        (Day(2010, 1, 1), None, (UNKNOWN, ())),
    ],
)
def test_longer_standing(one: Day | None, other: Day | None, answer: Any) -> None:
    sides = rural(standing_from=one), urban(standing_from=other)
    assert said(DoubleRuleCode.LONGER_STANDING, *sides) == answer


def test_a_missing_fact_is_named() -> None:
    verdict = ask(Terms(DoubleRuleCode.USUAL_RESIDENCE), (rural(), urban()), Facts(), on=ON)
    assert verdict.missing == FactKind.RESIDENCE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1101", PersonKind.EMPLOYED),
        ("1103", PersonKind.FLEXIBLE),
        ("1201", PersonKind.RETIRED),
        ("1300", PersonKind.RETIRED),
        ("1403", PersonKind.PUPIL),
        ("1404", PersonKind.COLLEGE_STUDENT),
        ("15", PersonKind.OTHER),
        ("", PersonKind.UNKNOWN),
        (None, PersonKind.UNKNOWN),
    ],
)
def test_national_codes_of_persons(code: str | None, kind: PersonKind) -> None:
    assert person_kind(code) == kind
