"""Half-open periods of days: from the first day up to, not including, the end; None is open."""

import calendar
import datetime
from collections.abc import Iterable
from dataclasses import dataclass

Day = datetime.date
_MIN, _MAX = datetime.date.min, datetime.date.max


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` up to, not including, `end`; never empty."""

    start: Day | None
    end: Day | None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"the period from {self.start} to {self.end} has no day")

    @classmethod
    def of_days(cls, first: Day | None, last: Day | None) -> "Period":
        """From the first to the last day, both included."""
        return cls(first, None if last is None else last + datetime.timedelta(days=1))

    @classmethod
    def of_year(cls, year: int) -> "Period":
        """The calendar year, which is the insurance year and the fund year."""
        return cls(datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1))

    @classmethod
    def of_month(cls, year: int, month: int) -> "Period":
        """The calendar month."""
        first = datetime.date(year, month, 1)
        return cls(first, add_months(first, 1))

    @property
    def last_day(self) -> Day | None:
        """The last day of the period; None when it is open."""
        return None if self.end is None else self.end - datetime.timedelta(days=1)

    @property
    def day_count(self) -> int | None:
        """How many days it has; None when it is open on a side."""
        if self.start is None or self.end is None:
            return None
        return (self.end - self.start).days

    def contains(self, day: Day) -> bool:
        return (self.start or _MIN) <= day < (self.end or _MAX)

    def covers(self, other: "Period") -> bool:
        """Whether every day of the other is one of this."""
        return (self.start or _MIN) <= (other.start or _MIN) and (other.end or _MAX) <= (
            self.end or _MAX
        )

    def overlaps(self, other: "Period") -> bool:
        """Whether there is a day in both; periods that only touch have none."""
        return (self.start or _MIN) < (other.end or _MAX) and (other.start or _MIN) < (
            self.end or _MAX
        )

    def touches(self, other: "Period") -> bool:
        """Whether one begins on the day the other ends."""
        return (self.end is not None and self.end == other.start) or (
            other.end is not None and other.end == self.start
        )

    def intersection(self, other: "Period") -> "Period | None":
        """The days in both; None when there are none."""
        if not self.overlaps(other):
            return None
        starts = [day for day in (self.start, other.start) if day is not None]
        ends = [day for day in (self.end, other.end) if day is not None]
        return Period(max(starts, default=None), min(ends, default=None))

    def without(self, other: "Period") -> "list[Period]":
        """The days of this that are not in the other: none, one or two periods."""
        if not self.overlaps(other):
            return [self]
        left = []
        if other.start is not None and (self.start or _MIN) < other.start:
            left.append(Period(self.start, other.start))
        if other.end is not None and other.end < (self.end or _MAX):
            left.append(Period(other.end, self.end))
        return left


def add_months(day: Day, months: int) -> Day:
    """The same day of the month so many months later, or the last day of a shorter month."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same days in as few periods as possible, in order."""
    result: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.start or _MIN, p.end or _MAX)):
        if result and (result[-1].overlaps(period) or result[-1].touches(period)):
            last = result[-1]
            ends = None if last.end is None or period.end is None else max(last.end, period.end)
            result[-1] = Period(last.start, ends)
        else:
            result.append(period)
    return result
