"""What falls due once a day: who asks, how often, and what becomes of runs that were missed.

A run that falls due is a row, and its job is asked for in the transaction that makes the row. So it
does not matter how many timetables run (`celery beat`), whether one was started twice, or how long
none ran: each run becomes one job or none, as its policy says.
"""

import datetime
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from bureau.core import jobs
from bureau.core.integrity import constraint_of
from bureau.core.models import DueRun, Job

#: The longest absence that is made up for run by run.
MOST_DAYS: Final = 40
#: A run that is passed over when missed is still made within this time.
GRACE: Final = datetime.timedelta(minutes=10)


class Missed(Enum):
    """What becomes of runs that fell due while no timetable ran."""

    #: One run makes up for all: right for whatever looks at the present state.
    ONCE = "once"
    #: Every run is made, the oldest first: right for whatever belongs to its day.
    ALL = "all"
    #: None is made up for.
    SKIP = "skip"


@dataclass(frozen=True)
class Entry:
    """A kind of job that falls due every day at this time in the bureau's time zone."""

    kind: str
    time: datetime.time
    missed: Missed

    def last_due(self, at: datetime.datetime) -> datetime.datetime:
        """The latest instant not after `at` at which it fell due."""
        today = timezone.localdate(at)
        due = self._due_on(today)
        return due if due <= at else self._due_on(today - datetime.timedelta(days=1))

    def _due_on(self, day: datetime.date) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(day, self.time))

    def dues(self, since: datetime.datetime, at: datetime.datetime) -> list[datetime.datetime]:
        """Every instant after `since` and not after `at`, the oldest first."""
        day = timezone.localdate(self.last_due(at))
        found = (self._due_on(day - datetime.timedelta(days=n)) for n in range(MOST_DAYS))
        return sorted(due for due in found if due > since)


_entries: dict[str, Entry] = {}


def daily(kind: str, *, hour: int, minute: int, missed: Missed = Missed.ONCE) -> None:
    """Jobs of this kind fall due every day at this time."""
    _entries[kind] = Entry(kind, datetime.time(hour, minute), missed)


def entries() -> list[Entry]:
    """The whole timetable, in the order of the day."""
    return sorted(_entries.values(), key=lambda entry: entry.time)


def ask_for_what_is_due(*, at: datetime.datetime) -> list[Job]:
    """Each run that fell due until `at` and was not seen to yet is seen to; returns the new jobs.

    Safe to call at any time, from any number of processes. What is new in the timetable counts from
    the first call on.
    """
    latest = {
        entry.kind: DueRun.objects.filter(name=entry.kind).order_by("-due_at").first()
        for entry in entries()
    }
    asked = []
    for entry in entries():
        seen = latest[entry.kind]
        if seen is None:
            _see_to(entry, entry.last_due(at), at=at, with_job=False)
            continue
        dues = entry.dues(seen.due_at, at)
        for due in dues:
            if job := _see_to(entry, due, at=at, with_job=_is_made(entry, due, dues[-1], at)):
                asked.append(job)
    return asked


def _is_made(
    entry: Entry, due: datetime.datetime, last: datetime.datetime, at: datetime.datetime
) -> bool:
    if entry.missed is Missed.ALL:
        return True
    return due == last and (entry.missed is Missed.ONCE or at - due <= GRACE)


def _see_to(
    entry: Entry, due: datetime.datetime, *, at: datetime.datetime, with_job: bool
) -> Job | None:
    """The run's row stands, with its job if it is to be made; None if another was faster."""
    try:
        with transaction.atomic():
            run = DueRun.objects.create(name=entry.kind, due_at=due, seen_at=at)
            if not with_job:
                return None
            day = f"{timezone.localtime(due):%Y-%m-%d}"
            run.job = jobs.enqueue(entry.kind, day, by="timetable", at=at)
            run.save(update_fields=["job"])
            return run.job
    except IntegrityError as error:
        if constraint_of(error) != "due_run_asked_for_once":
            raise
        return None
