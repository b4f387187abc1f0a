"""How the installation is: answered soon whatever the database does, and each fault named."""

import datetime
import threading
import time

import pytest
from django.test import Client
from django.utils import timezone

from bureau.celery import app
from bureau.core import audit, health, jobs, tasks
from bureau.core.choices import JobState
from bureau.core.health import Question
from bureau.core.models import Job, SignOfLife

pytestmark = pytest.mark.django_db


def found(key):
    return {finding.key: finding for finding in health.findings()}[key]


def job(state=JobState.QUEUED, **fields):
    now = timezone.now()
    ended = now if state not in (JobState.QUEUED, JobState.RUNNING) else None
    values = {
        "kind": "k", "key": str(Job.objects.count()), "state": state, "due_at": now,
        "requested_at": now, "requested_by_text": "t", "finished_at": ended, "queue": "bulk",
    }  # fmt: skip
    return Job.objects.create(**(values | fields))


def test_a_question_that_hangs_is_answered_by_nothing_and_put_once():
    asked = []
    release = threading.Event()

    def ask():
        asked.append(1)
        release.wait(30)
        return "well"

    question = Question(ask)
    began = time.monotonic()
    assert [question.answer_within(0.05) for _ in range(5)] == [None] * 5
    assert time.monotonic() - began < 10
    assert len(asked) == 1
    release.set()
    assert question.answer_within(30) == "well"
    assert question.answer_within(30) == "well"
    assert len(asked) == 2


def test_a_question_that_fails_has_no_answer():
    def ask():
        raise OSError

    assert Question(ask).answer_within(30) is None


def test_ready_asks_nothing_of_the_pool_and_answers_without_a_database(
    monkeypatch, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = Client().get("/ready")
    assert answer.json() == {"database": True, "migrations": True, "disk": True}
    monkeypatch.setattr(health, "_migrations", Question(lambda: time.sleep(30)))
    began = time.monotonic()
    answer = Client().get("/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert time.monotonic() - began < 5


def test_a_database_behind_the_code_is_not_ready(monkeypatch):
    wanted = health.migrations_of_code() | {("core", "9999_to_come")}
    monkeypatch.setattr(health, "migrations_of_code", lambda: wanted)
    answer = Client().get("/ready")
    assert (answer.status_code, answer.json()["migrations"]) == (503, False)


def test_everything_is_in_order_while_all_show_themselves():
    tasks.sweep_jobs()
    for queue in health.QUEUES:
        tasks.note_life(name=f"queue:{queue}")
    tasks.note_life(name="queue:bulk")
    asked = jobs.enqueue("core.check_invariants", "k", by="t", at=timezone.now())
    jobs.run_until_done(asked.pk)
    assert [f.key for f in health.findings() if f.tone == "bad"] == []
    assert found("invariants").tone == "good"
    assert SignOfLife.objects.count() == 1 + len(health.QUEUES)


def test_what_shows_no_sign_of_life_is_an_alarm(caplog):
    tasks.sweep_jobs()
    tasks.note_life(name="queue:bulk")
    SignOfLife.objects.update(at=timezone.now() - datetime.timedelta(minutes=4))
    assert (found("timetable").tone, found("queue:bulk").tone) == ("bad", "bad")
    assert found("queue:reports").tone == "bad", "never seen"
    tasks.watch_health()
    assert "alarm timetable" in caplog.text


def test_a_queue_at_work_is_late_but_no_alarm():
    now = timezone.now()
    job(JobState.RUNNING, fence=1, lease_until=now + datetime.timedelta(minutes=1), started_at=now)
    assert found("queue:bulk").tone == "good"
    job(due_at=now - datetime.timedelta(minutes=6))
    assert found("queue:bulk").tone == "caution"


def test_failed_jobs_full_disks_and_broken_rules_are_named(monkeypatch):
    job(JobState.FAILED)
    assert (found("failed").figure, found("failed").tone) == ("1", "caution")
    monkeypatch.setattr(health, "DISK_CAUTION", 0)
    assert found("disk").tone == "caution"
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    assert found("disk").tone == "bad"
    assert found("invariants").tone == "caution", "never checked"
    audit.record("invariants.checked", by="t", at=timezone.now(), broken=["job_in_one_legal_state"])
    assert found("invariants").tone == "bad"


def test_a_broker_that_is_away_is_told_without_waiting(monkeypatch):
    assert found("broker").tone == "good"
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    began = time.monotonic()
    assert found("broker").tone == "bad"
    assert time.monotonic() - began < 5


def test_the_timetable_sends_a_sign_of_life_to_each_queue():
    sent = {
        entry["options"]["queue"]
        for entry in app.conf.beat_schedule.values()
        if entry["task"] == "bureau.core.tasks.note_life"
    }
    assert sent == set(health.QUEUES)
