"""The clock is the database's: what this machine's own says dates nothing."""

import datetime

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from bureau.core import clock, jobs
from bureau.core.jobs import dispatch
from bureau.core.tests import toy_jobs  # noqa: F401 (registers the jobs)

pytestmark = pytest.mark.django_db

HOURS = datetime.timedelta(hours=1)
#: How a machine's clock may be wrong: by so much, or at another day's end.
WRONG = [
    2 * HOURS, -2 * HOURS, 24 * HOURS, -24 * HOURS,
    datetime.datetime.fromisoformat("2016-11-30 23:59:59+08:00"),
    datetime.datetime.fromisoformat("2016-12-31 23:59:58+08:00"),
]  # fmt: skip


@pytest.fixture(params=WRONG, ids=str)
def wrong_clock(request, monkeypatch):
    """This process's clock is wrong, and goes on; nothing of it was known before."""
    monkeypatch.setattr(clock, "_last", None)
    wrong = request.param
    start = timezone.now() + wrong if isinstance(wrong, datetime.timedelta) else wrong
    with time_machine.travel(start, tick=True):
        yield


def database_says():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date"
        )
        return cursor.fetchone()


def test_instant_and_day_are_the_databases(wrong_clock):
    instant, day = database_says()
    assert abs(clock.now() - instant) < datetime.timedelta(seconds=1)
    assert clock.today() in (day, database_says()[1])


def test_a_job_asked_for_under_a_wrong_clock_is_due_and_done_at_once(wrong_clock, monkeypatch):
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    job = jobs.enqueue("toy.count", "k", arguments={"to": 2}, by="t", at=clock.now())
    done = jobs.run_until_done(job.pk, patience=5)
    instant, _day = database_says()
    for written in (done.requested_at, done.started_at, done.finished_at, done.due_at):
        assert abs(written - instant) < datetime.timedelta(seconds=10)


def test_a_clock_that_jumps_between_two_questions_moves_nothing(monkeypatch):
    before = clock.now()
    with time_machine.travel(timezone.now() + 48 * HOURS, tick=True):
        assert clock.now() - before < datetime.timedelta(seconds=5)


def test_the_days_border_is_the_bureaus(monkeypatch):
    """A second before midnight in Dalian it is still afternoon in Greenwich."""

    def at(text):
        instant = datetime.datetime.fromisoformat(text)
        monkeypatch.setattr(clock, "_last", clock._Reading(instant, clock._running()))
        return clock.today().isoformat()

    assert at("2016-12-31 23:59:50+08:00") == "2016-12-31"
    assert at("2016-12-31 16:00:01+00:00") == "2017-01-01"


def test_a_database_that_cannot_be_asked_now_stops_no_clock(monkeypatch):
    known = clock.now()
    monkeypatch.setattr(clock, "ASK_AGAIN_SECONDS", -1)
    with transaction.atomic():
        with pytest.raises(Exception, match="nonsense"), connection.cursor() as cursor:
            cursor.execute("SELECT nonsense")
        assert clock.now() - known < datetime.timedelta(seconds=5)
        connection.set_rollback(True)


def test_asking_the_clock_is_no_query_of_the_page(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(clock, "_last", None)
    with django_assert_num_queries(0):
        clock.now()
