"""Jobs in one process: leases, checkpoints, attempts, cancelling, sweeping."""

import datetime

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.core.errors import DomainError, MovedOn
from bureau.core.jobs import dispatch
from bureau.core.models import AuditEvent, Job, JobLog
from bureau.core.tests import toy_jobs  # noqa: F401 (registers the jobs)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The jobs whose messages were sent, instead of a broker."""
    numbers = []
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: not numbers.append(job_id))
    return numbers


def enqueue(kind="toy.count", key="k", **arguments):
    return jobs.enqueue(kind, key, arguments=arguments, by="test", at=clock.now())


def effects(job):
    events = AuditEvent.objects.filter(kind="toy.effect", target_id=str(job.pk)).order_by("id")
    return [event.facts["number"] for event in events]


def test_a_job_is_done_and_says_so():
    job = jobs.run_until_done(enqueue(to=3).pk)
    assert (job.state, job.units_done, job.units_total) == (JobState.DONE, 3, 3)
    assert job.finished_at
    assert job.lease_until is None
    assert effects(job) == [1, 2, 3]
    assert jobs.progress_of(job).percent == 100


def test_asking_twice_gives_the_same_unfinished_job():
    first = enqueue(to=1)
    assert enqueue(to=1) == first
    jobs.run(first.pk, worker="w")
    assert enqueue(to=1) != first


def test_the_message_goes_out_on_commit(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue(to=1)
        assert sent == []
    assert sent == [job.pk]


def test_a_finished_job_does_nothing_again():
    job = enqueue(to=2)
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.DONE
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.NOTHING_TO_DO
    assert effects(job) == [1, 2]


def test_a_job_sent_piece_by_piece_keeps_its_checkpoint():
    job = jobs.run_until_done(enqueue("toy.pieces", to=5).pk)
    assert job.state == JobState.DONE
    assert effects(job) == [1, 2, 3, 4, 5]
    assert job.fence == 5


def test_a_job_under_lease_is_left_alone():
    job = enqueue(to=1)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, lease_until=clock.now() + datetime.timedelta(seconds=30)
    )
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.BUSY


def test_a_job_that_is_not_due_waits():
    later = clock.now() + datetime.timedelta(hours=1)
    job = jobs.enqueue(
        "toy.count", "k", arguments={"to": 1}, by="test", at=clock.now(), due_at=later
    )
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.NOTHING_TO_DO
    assert jobs.sweep() == 0


def test_a_run_that_lost_its_lease_writes_nothing():
    job = enqueue(to=1)
    context = jobs.running._take(job.pk, "slow")
    Job.objects.filter(pk=job.pk).update(fence=context.fence + 1)
    with pytest.raises(jobs.LeaseLost), context.step(counted=1):
        pytest.fail("the step began")
    assert context.lost


def test_an_error_is_tried_three_times_then_the_job_has_failed():
    job = enqueue("toy.fail", good=0)
    outcomes = []
    for _attempt in range(3):
        Job.objects.filter(pk=job.pk).update(due_at=Now())
        outcomes.append(jobs.run(job.pk, worker="w"))
    assert outcomes == [jobs.Outcome.RETRY, jobs.Outcome.RETRY, jobs.Outcome.FAILED]
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert job.last_error == "RuntimeError: the toy is broken"
    assert effects(job) == []
    assert AuditEvent.objects.filter(kind="job.failed", target_id=str(job.pk)).count() == 1
    assert JobLog.objects.filter(job=job, level="ERROR").count() == 1


def test_steps_done_before_an_error_stay_and_are_not_repeated():
    job = jobs.run_until_done(enqueue("toy.fail", good=2).pk)
    assert effects(job) == [1, 2]
    # The first run made headway, so its error is the first attempt that counts.
    assert (job.state, job.attempts, job.fence) == (JobState.FAILED, 3, 3)


def test_a_refusal_fails_at_once_with_its_own_words():
    job = jobs.run_until_done(enqueue("toy.refuse").pk)
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert job.last_error == "No file a.csv."
    assert jobs.log_text(job.log_lines.get()) == "No file a.csv."


def test_a_worker_that_dies_three_times_without_headway_fails_the_job():
    job = enqueue(to=1)
    past = clock.now() - datetime.timedelta(seconds=1)
    for _death in range(3):
        assert isinstance(jobs.running._take(job.pk, "dies"), jobs.JobContext)
        Job.objects.filter(pk=job.pk).update(lease_until=past)
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.FAILED
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_a_death_after_headway_does_not_count():
    job = enqueue(to=9)
    past = clock.now() - datetime.timedelta(seconds=1)
    for number in range(1, 6):
        context = jobs.running._take(job.pk, "dies")
        with context.step(counted=number):
            pass
        Job.objects.filter(pk=job.pk).update(lease_until=past)
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.DONE
    assert effects(job) == [6, 7, 8, 9]


def test_a_kind_nobody_does_fails_the_job():
    job = enqueue(to=1)
    Job.objects.filter(pk=job.pk).update(kind="toy.gone")
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.FAILED


def test_a_waiting_job_is_cancelled_at_once_and_can_be_tried_again(
    sent, django_capture_on_commit_callbacks
):
    job = jobs.cancel(enqueue(to=2), by="someone", at=clock.now())
    assert job.state == JobState.CANCELLED
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.retry(job, by="someone", at=clock.now())
    assert sent == [job.pk]
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    with pytest.raises(MovedOn):
        jobs.retry(job, by="someone", at=clock.now())
    with pytest.raises(MovedOn):
        jobs.cancel(job, by="someone", at=clock.now())


def test_a_running_job_stops_before_its_next_step():
    job = enqueue(to=5)
    context = jobs.running._take(job.pk, "w")
    with context.step(counted=1):
        pass
    assert jobs.cancel(job, by="someone", at=clock.now()).state == JobState.RUNNING
    with pytest.raises(jobs.Cancelled), context.step(counted=2):
        pytest.fail("the step began")
    with pytest.raises(jobs.Cancelled):
        context.heartbeat()


def test_a_job_that_must_run_to_its_end_is_not_stopped():
    job = enqueue("toy.whole")
    context = jobs.running._take(job.pk, "w")
    jobs.cancel(job, by="someone", at=clock.now())
    with context.step(done=True):
        pass
    context.heartbeat()
    job.refresh_from_db()
    assert (job.state, job.checkpoint["done"]) == (JobState.RUNNING, True)


def test_no_second_job_for_a_thing_by_trying_again():
    old = jobs.cancel(enqueue(to=1), by="x", at=clock.now())
    enqueue(to=1)
    with pytest.raises(DomainError) as refused, transaction.atomic():
        jobs.retry(old, by="x", at=clock.now())
    assert refused.value.code == "job_under_way"


def test_the_sweeper_sends_what_was_lost(sent):
    unsent, old, fresh, dead, alive = (enqueue(key=str(n), to=1) for n in range(5))
    past = clock.now() - datetime.timedelta(seconds=90)
    coming = clock.now() + datetime.timedelta(seconds=30)
    Job.objects.filter(pk=unsent.pk).update(sent_at=None)
    Job.objects.filter(pk=old.pk).update(sent_at=past)
    Job.objects.filter(pk=dead.pk).update(state=JobState.RUNNING, lease_until=past)
    Job.objects.filter(pk=alive.pk).update(state=JobState.RUNNING, lease_until=coming)
    assert jobs.sweep() == 3
    assert sorted(sent) == [unsent.pk, old.pk, dead.pk]
    assert fresh.pk not in sent


def test_a_message_not_taken_is_noted_in_the_row(monkeypatch):
    job = enqueue(to=1)
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: False)
    assert dispatch.send(job.pk, job.queue) is False
    job.refresh_from_db()
    assert job.sent_at is None


def test_progress_gives_rate_and_time_left():
    began = clock.now()
    job = Job(
        state=JobState.RUNNING,
        units_done=300,
        units_total=1000,
        phase_started_at=began,
        phase_units_at_start=100,
        heartbeat_at=began + datetime.timedelta(seconds=10),
    )
    progress = jobs.progress_of(job)
    assert (progress.percent, progress.rate, progress.seconds_left) == (30, 20.0, 35)


def test_a_resumed_phase_keeps_what_was_done():
    job = enqueue(to=10)
    context = jobs.running._take(job.pk, "w")
    context.phase("counting", total=10)
    with context.step(counted=4):
        context.progress(4)
    Job.objects.filter(pk=job.pk).update(lease_until=Now())
    context = jobs.running._take(job.pk, "w2")
    context.phase("counting", total=10)
    job.refresh_from_db()
    assert (job.units_done, job.phase_units_at_start) == (4, 4)


def test_changes_of_a_step_are_the_jobs():
    job = enqueue(to=1)
    context = jobs.running._take(job.pk, "w")
    with context.step(counted=1), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_metadata')")
        assert "toy.count" in cursor.fetchone()[0]


def test_the_timetable_names_tasks_that_exist_and_work(caplog):
    from bureau.celery import app

    for entry in app.conf.beat_schedule.values():
        app.tasks[entry["task"]](**entry.get("kwargs", {}))
    assert caplog.records == []
    unlawful = enqueue(to=1)
    Job.objects.filter(pk=unlawful.pk).update(state=JobState.RUNNING)
    assert jobs.run_until_done(enqueue("core.check_invariants").pk).state == JobState.DONE
    assert "job_in_one_legal_state" in caplog.text
