"""What falls due once a day is asked for exactly once, whoever asks and however often."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from bureau.core import timetable
from bureau.core.jobs import dispatch
from bureau.core.models import DueRun, Job
from bureau.core.tests import toy_jobs  # noqa: F401 (registers the jobs)
from bureau.core.timetable import Entry, Missed

pytestmark = pytest.mark.django_db

KIND = "toy.count"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)


@pytest.fixture
def entry(monkeypatch, request):
    found = Entry(KIND, datetime.time(23, 30), getattr(request, "param", Missed.ONCE))
    monkeypatch.setattr(timetable, "_entries", {KIND: found})
    return found


def instant(text):
    return timezone.make_aware(datetime.datetime.fromisoformat(text))


def ask(text):
    return [job.key for job in timetable.ask_for_what_is_due(at=instant(text))]


def test_every_entry_is_a_kind_of_job_at_an_own_time():
    found = timetable.entries()
    assert {entry.kind for entry in found} >= {
        "core.purge_files",
        "core.purge_sign_ins",
        "core.check_invariants",
    }
    assert len({entry.time for entry in found}) == len(found)


def test_a_new_entry_counts_from_the_first_look_on(entry):
    assert ask("2016-12-31 12:00") == []
    assert ask("2016-12-31 23:29") == []
    assert ask("2016-12-31 23:31") == ["2016-12-31"]
    assert ask("2016-12-31 23:59:58") == []
    assert ask("2017-01-01 00:00:03") == []


def test_a_run_missed_over_midnight_is_made_up_for_once(entry):
    ask("2016-12-31 22:00")
    assert ask("2017-01-01 01:00") == ["2016-12-31"]
    assert ask("2017-01-01 01:01") == []


@pytest.mark.parametrize(
    ("entry", "made"),
    [
        (Missed.ONCE, ["2016-03-01"]),
        (Missed.ALL, ["2016-02-28", "2016-02-29", "2016-03-01"]),
        (Missed.SKIP, []),
    ],
    indirect=["entry"],
)
def test_runs_missed_for_days_follow_their_policy(entry, made):
    ask("2016-02-28 12:00")
    assert ask("2016-03-02 12:00") == made
    assert ask("2016-03-02 12:01") == [], "what was passed over stays passed over"
    assert ask("2016-03-02 23:30") == ["2016-03-02"]


def test_a_clock_set_back_asks_for_nothing_twice(entry):
    ask("2016-06-01 12:00")
    assert ask("2016-06-01 23:40") == ["2016-06-01"]
    assert ask("2016-05-31 23:40") == []
    assert ask("2016-06-01 23:50") == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("entry", [Missed.ALL], indirect=True)
def test_timetables_side_by_side_ask_for_each_run_once(entry):
    """Four, each minute for three days, with three hours without any across midnight."""
    start = instant("2016-12-30 12:00")
    moments = [start + datetime.timedelta(minutes=20 * n) for n in range(3 * 72)]
    hole = instant("2016-12-31 22:30"), instant("2017-01-01 01:30")
    moments = [at for at in moments if not hole[0] < at < hole[1]]
    barrier, asked = threading.Barrier(4), []

    def run(_number):
        for at in moments:
            barrier.wait(60)
            asked.extend(job.key for job in timetable.ask_for_what_is_due(at=at))
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    assert sorted(asked) == ["2016-12-30", "2016-12-31", "2017-01-01"]
    assert Job.objects.filter(kind=KIND).count() == 3
    assert DueRun.objects.exclude(job=None).count() == 3
