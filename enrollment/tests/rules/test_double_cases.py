"""Cases of double enrollment: outcomes, days, money; and the laws that hold for all of them."""

import datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.core.periods import Period
from enrollment.choices import Scheme
from enrollment.choices.double import CaseNeed, DoubleRuleCode, PersonKind, Standing
from enrollment.rules.double_cases import (
    SideOutcome,
    needs_of,
    refund_due,
    resolve,
    subsidy_to_recover,
)
from enrollment.rules.double_rules import Facts, Side, Terms

Day = datetime.date
ON = Day(2019, 12, 31)
NOTHING = Facts()
RULES = (
    Terms(DoubleRuleCode.COLLEGE_ENTRANCE, loser=Standing.PAUSES),
    Terms(DoubleRuleCode.FLEXIBLE_WORKER, loser=Standing.PAUSES),
    Terms(DoubleRuleCode.EMPLOYEE_YEAR, months=12),
    Terms(DoubleRuleCode.WORK_PLACE),
    Terms(DoubleRuleCode.SCHOOL_PLACE),
    Terms(DoubleRuleCode.USUAL_RESIDENCE),
    Terms(DoubleRuleCode.FAMILY_RESIDENCE),
    Terms(DoubleRuleCode.SAME_ENROLLMENT),
    Terms(DoubleRuleCode.EMPLOYEE_FIRST),
    Terms(DoubleRuleCode.LONGER_STANDING),
)
YEAR = Period.of_year(2019)


def side(key: str, scheme: str, county: str = "210283", period: Period = YEAR, **more: Any) -> Side:
    return Side(key, Scheme(scheme), county, period, **more)


def employee(key: str, since: Day, **more: Any) -> Side:
    return side(key, "UEBMI", "210202", Period(since, None), standing_from=since, **more)


def standings(*sides: Side, facts: Facts = NOTHING, **more: Any) -> list[Any]:
    return [o.standing for o in resolve(sides, facts, RULES, on=ON, **more).outcomes]


KEEPS, ENDS, PAUSES, OPEN = Standing.KEEPS, Standing.ENDS, Standing.PAUSES, Standing.UNDECIDED


def test_the_other_ends_on_the_first_day_both_hold() -> None:
    found = resolve((side("n", "NCMS"), employee("e", Day(2011, 3, 1))), Facts(), RULES, on=ON)
    assert found.rule == DoubleRuleCode.EMPLOYEE_YEAR
    assert found.outcomes[0] == SideOutcome(
        ENDS, DoubleRuleCode.EMPLOYEE_YEAR, against=1, ends_on=Day(2019, 1, 1), left=None
    )
    assert found.outcomes[1].standing == KEEPS


def test_days_before_the_other_begins_stay_in_force() -> None:
    sides = side("n", "NCMS"), employee("e", Day(2019, 5, 1), kind=PersonKind.EMPLOYED)
    found = resolve(sides, Facts(), RULES, on=ON)
    assert found.rule == DoubleRuleCode.EMPLOYEE_FIRST
    assert found.outcomes[0].ends_on == Day(2019, 5, 1)
    assert found.outcomes[0].left == Period(Day(2019, 1, 1), Day(2019, 5, 1))


def test_what_is_left_of_two_is_decided_again() -> None:
    """Two resident coverages before the employment: one of them for January to April."""
    sides = (
        side("n", "NCMS", family=3),
        side("u", "URBMI", "210202"),
        employee("e", Day(2019, 5, 1)),
    )
    found = resolve(sides, Facts(), RULES, on=ON)
    rural, urban, work = found.outcomes
    assert work.standing == KEEPS
    assert (rural.standing, rural.left) == (ENDS, Period(Day(2019, 1, 1), Day(2019, 5, 1)))
    assert (urban.standing, urban.left, urban.against) == (ENDS, None, 0)
    assert urban.rule == DoubleRuleCode.FAMILY_RESIDENCE


def test_a_side_that_does_not_meet_the_chosen_one_stays() -> None:
    last_year = Period.of_year(2018)
    sides = (
        side("a", "NCMS", period=last_year),
        side("b", "NCMS", period=YEAR),
        side("c", "URBMI", "210202", Period(Day(2018, 7, 1), Day(2019, 7, 1)), family=2),
    )
    assert standings(*sides) == [ENDS, ENDS, KEEPS]
    # When the middle one goes, both others stay: they never met.
    assert standings(*sides, facts=Facts(residence="210283")) == [KEEPS, KEEPS, ENDS]
    assert standings(*sides, staying=0) == [KEEPS, KEEPS, ENDS]


def test_no_rule_decides() -> None:
    found = resolve((side("n", "NCMS"), side("u", "URBMI", "210202")), Facts(), RULES, on=ON)
    assert not found.is_decided
    assert found.rule is None
    assert len(found.trace) == len(RULES)
    assert needs_of(found, (), Facts()) == (CaseNeed.RULE,)


def test_a_clerks_choice_goes_before_the_rules() -> None:
    sides = side("n", "NCMS"), employee("e", Day(2011, 3, 1))
    assert standings(*sides, staying=0) == [KEEPS, ENDS]
    assert standings(*sides, staying=1) == [ENDS, KEEPS]


def test_a_flexible_workers_other_coverage_pauses() -> None:
    sides = side("n", "NCMS"), employee("e", Day(2011, 3, 1), kind=PersonKind.FLEXIBLE)
    assert standings(*sides, facts=Facts(usable_scheme="UEBMI")) == [PAUSES, KEEPS]
    assert standings(*sides, facts=Facts(usable_scheme="NCMS")) == [KEEPS, PAUSES]


def test_two_employments_and_a_resident_coverage() -> None:
    sides = (
        side("n", "NCMS"),
        employee("e", Day(2011, 3, 1)),
        side("f", "UEBMI", "210203", Period(Day(2015, 1, 1), None), standing_from=Day(2015, 1, 1)),
    )
    found = resolve(sides, Facts(work_place="210203"), RULES, on=ON)
    assert [o.standing for o in found.outcomes] == [ENDS, ENDS, KEEPS]
    assert [o.rule for o in found.outcomes[:2]] == [
        DoubleRuleCode.EMPLOYEE_YEAR,
        DoubleRuleCode.WORK_PLACE,
    ]
    assert found.outcomes[1].left == Period(Day(2011, 3, 1), Day(2015, 1, 1))


def test_a_funded_enrollment_is_not_given_up_without_a_waiver() -> None:
    sides = side("n", "NCMS", is_funded=True), employee("e", Day(2011, 3, 1))
    found = resolve(sides, Facts(), RULES, on=ON)
    assert needs_of(found, sides, Facts()) == (CaseNeed.WAIVER,)
    assert needs_of(found, sides, Facts(has_waiver=True)) == ()
    kept = resolve(sides, Facts(), RULES, on=ON, staying=0)
    assert needs_of(kept, sides, Facts()) == ()


def test_a_rule_may_want_each_case_looked_at() -> None:
    sides = side("n", "NCMS"), employee("e", Day(2011, 3, 1))
    found = resolve(sides, Facts(), RULES, on=ON)
    singly = frozenset({DoubleRuleCode.EMPLOYEE_YEAR})
    assert needs_of(found, sides, Facts(), singly=singly) == (CaseNeed.SINGLY,)


@pytest.mark.parametrize(
    ("decided_on", "refund"),
    [(Day(2018, 12, 31), "250"), (Day(2019, 1, 1), "0"), (Day(2019, 1, 2), "0")],
)
def test_refund_before_the_benefit_period_alone(decided_on: Day, refund: str) -> None:
    due = refund_due(contribution=Decimal(250), begins_on=Day(2019, 1, 1), decided_on=decided_on)
    assert due == Decimal(refund)


def test_an_unknown_contribution_makes_an_unknown_refund() -> None:
    begins = Day(2019, 1, 1)
    due = refund_due(contribution=None, begins_on=begins, decided_on=Day(2018, 12, 31))
    assert due is None
    assert refund_due(contribution=None, begins_on=begins, decided_on=begins) == 0


@pytest.mark.parametrize(
    ("standing", "left", "whole_year", "recovered"),
    [
        (ENDS, None, False, 520),
        (ENDS, Period(Day(2019, 1, 1), Day(2019, 5, 1)), False, 0),
        (ENDS, Period(Day(2019, 1, 1), Day(2019, 5, 1)), True, 520),
        (PAUSES, None, True, 0),
        (KEEPS, None, True, 0),
    ],
)
def test_subsidy_to_recover(standing: Any, left: Any, whole_year: bool, recovered: int) -> None:
    found = subsidy_to_recover(
        standing=standing, left=left, subsidy=Decimal(520), whole_year=whole_year
    )
    assert found == recovered


def test_an_unknown_subsidy_stays_unknown() -> None:
    assert subsidy_to_recover(standing=ENDS, left=None, subsidy=None, whole_year=True) is None


DAYS = st.dates(Day(2018, 1, 1), Day(2020, 12, 31))
COUNTIES = st.sampled_from(["210202", "210281", "210283"])


@st.composite
def any_side(draw: Any) -> Side:
    scheme = draw(st.sampled_from([Scheme.NCMS, Scheme.URBMI, Scheme.UEBMI]))
    start = draw(DAYS)
    end = None if scheme == Scheme.UEBMI else Day(start.year + 1, 1, 1)
    kinds = [PersonKind.UNKNOWN, PersonKind.PUPIL, PersonKind.COLLEGE_STUDENT]
    if scheme == Scheme.UEBMI:
        kinds = [PersonKind.EMPLOYED, PersonKind.FLEXIBLE]
    return Side(
        "",
        scheme,
        draw(COUNTIES),
        Period(start, end),
        standing_from=draw(st.none() | DAYS),
        kind=draw(st.sampled_from(kinds)),
        family=draw(st.integers(0, 2)),
        is_funded=draw(st.booleans()),
        is_paid=draw(st.booleans()),
    )


@st.composite
def any_case(draw: Any) -> tuple[list[Side], Facts]:
    sides = draw(st.lists(any_side(), min_size=2, max_size=5))
    keyed = [
        Side(f"k{at}", s.scheme, s.county, s.period, s.standing_from, s.kind, s.family,
             s.is_funded, s.is_paid)
        for at, s in enumerate(sides)
    ]  # fmt: skip
    facts = Facts(
        residence=draw(st.just("") | COUNTIES),
        school=draw(st.just("") | COUNTIES),
        work_place=draw(st.just("") | COUNTIES),
        usable_scheme=draw(st.sampled_from(["", "NCMS", "UEBMI"])),
        entrance_years=draw(st.sampled_from([(), (2019,)])),
    )
    return keyed, facts


def in_force(sides: list[Side], outcomes: Any) -> list[Period]:
    """The days on which each side is in force afterwards."""
    return [
        period
        for one, outcome in zip(sides, outcomes, strict=True)
        if (period := one.period if outcome.standing == KEEPS else outcome.left)
    ]


@given(any_case(), st.randoms(use_true_random=False))
def test_the_order_of_sides_does_not_matter(case: Any, random: Any) -> None:
    sides, facts = case
    turned = list(range(len(sides)))
    random.shuffle(turned)
    one = resolve(sides, facts, RULES, on=ON)
    other = resolve([sides[at] for at in turned], facts, RULES, on=ON)
    assert one.rule == other.rule
    for place, at in enumerate(turned):
        found, wanted = other.outcomes[place], one.outcomes[at]
        assert (found.standing, found.rule, found.ends_on, found.left) == (
            wanted.standing, wanted.rule, wanted.ends_on, wanted.left,
        )  # fmt: skip
        against = None if found.against is None else turned[found.against]
        assert against == wanted.against


@given(any_case())
def test_nobody_is_insured_twice_and_nobody_loses_a_first_day(case: Any) -> None:
    """Afterwards no two are in force on a day, and every day up to the end of the coverage that
    ended is still covered, or the one that stays begins later and ends earlier."""
    sides, facts = case
    found = resolve(sides, facts, RULES, on=ON)
    if not found.is_decided:
        assert all(outcome.standing == OPEN for outcome in found.outcomes)
        return
    kept = in_force(sides, found.outcomes)
    assert not any(a.overlaps(b) for a, b in combinations(kept, 2))
    assert KEEPS in [outcome.standing for outcome in found.outcomes]
    for one, outcome in zip(sides, found.outcomes, strict=True):
        if outcome.standing in (ENDS, PAUSES):
            # It ends where another holds, and not before.
            assert outcome.ends_on is not None
            assert any(period.contains(outcome.ends_on) for period in kept)
            assert one.period.contains(outcome.ends_on)


@given(any_case(), st.integers(0, 4))
def test_a_clerk_can_always_decide(case: Any, which: int) -> None:
    sides, facts = case
    chosen = which % len(sides)
    found = resolve(sides, facts, RULES, on=ON, staying=chosen)
    assert found.is_decided
    assert found.outcomes[chosen].standing == KEEPS
    kept = in_force(sides, found.outcomes)
    assert not any(a.overlaps(b) for a, b in combinations(kept, 2))
