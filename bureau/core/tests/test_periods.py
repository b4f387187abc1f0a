"""Periods of days."""

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.core.periods import Period, add_months, merged

BASE = datetime.date(2019, 1, 1)


def day(n):
    return None if n is None else BASE + datetime.timedelta(days=n)


bounds = st.tuples(st.none() | st.integers(0, 30), st.none() | st.integers(0, 30))
periods = bounds.filter(lambda b: None in b or b[0] < b[1]).map(lambda b: Period(*map(day, b)))
WINDOW = [day(n) for n in range(-3, 35)]


def days(*of):
    return [d for d in WINDOW if any(p.contains(d) for p in of)]


@given(periods, periods)
def test_overlap_cover_and_parts_agree_with_the_days(one, other):
    both = [d for d in days(one) if d in days(other)]
    assert one.overlaps(other) == bool(both)
    common = one.intersection(other)
    assert days(*([common] if common else [])) == both
    assert days(*one.without(other)) == [d for d in days(one) if d not in both]
    assert one.covers(other) == (both == days(other))


@given(st.lists(periods, max_size=6))
def test_merged_periods_have_the_same_days_and_gaps_between(some):
    result = merged(some)
    assert days(*result) == days(*some)
    for before, after in itertools.pairwise(result):
        assert before.end < after.start


def test_a_period_has_a_day():
    with pytest.raises(ValueError, match="no day"):
        Period(BASE, BASE)


def test_year_month_and_last_day():
    assert Period.of_year(2019) == Period.of_days(BASE, datetime.date(2019, 12, 31))
    assert Period.of_month(2024, 2).day_count == 29
    assert Period.of_month(2024, 12).last_day == datetime.date(2024, 12, 31)
    assert Period(BASE, None).day_count is None


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2023, 1, 31), 1, (2023, 2, 28)),
        ((2024, 11, 15), 3, (2025, 2, 15)),
        ((2024, 1, 15), -1, (2023, 12, 15)),
    ],
)
def test_months_are_added_by_the_calendar(start, months, expected):
    assert add_months(datetime.date(*start), months) == datetime.date(*expected)


def test_periods_that_touch_do_not_overlap():
    first, second = Period(day(0), day(5)), Period(day(5), day(9))
    assert first.touches(second)
    assert not first.overlaps(second)
