"""Messages that come too often, late, or not at all: each job has its effect once.

The gate takes hundreds; docs/operations.md names the command for thousands.
"""

import random
import time

import pytest
from django.db import connection
from django.db.models import Count

from bureau.core import clock, integrity, jobs
from bureau.core.choices import JobState
from bureau.core.jobs import dispatch, sweeping
from bureau.core.models import AuditEvent, Job
from bureau.core.tests import toy_jobs  # noqa: F401 (registers the jobs)
from bureau.embedded import EmbeddedValkey
from bureau.testing import faults

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

SEED = 20_261_128
INCLUDE = "bureau.core.tests.toy_jobs,bureau.core.tests.hasty_broker"
#: A job whose message was lost is done within this time after it was due.
DONE_WITHIN = 120
LOST_SHARE = 0.2
#: As often as the timetable sweeps.
SWEEP_SECONDS = 15


@pytest.fixture(autouse=True)
def order_afterwards(settings):
    settings.JOB_LEASE_SECONDS = faults.LEASE_SECONDS
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def broker(tmp_path, monkeypatch):
    from bureau.celery import app

    valkey = EmbeddedValkey(tmp_path / "valkey", durable=False)
    valkey.start()
    monkeypatch.setenv("BUREAU_REDIS_URL", valkey.url)
    monkeypatch.setattr(app.conf, "broker_url", f"{valkey.url}/0")
    monkeypatch.setattr(dispatch, "_resting_until", 0.0)
    yield valkey
    valkey.stop()


def enqueue(number, **arguments):
    return jobs.enqueue(
        "toy.count", str(number), arguments={"to": 1, **arguments}, by="t", at=clock.now()
    )


def unfinished():
    connection.close()
    return Job.objects.exclude(state=JobState.DONE).count()


def assert_one_effect_each(numbers, told):
    effects = dict(
        AuditEvent.objects.filter(kind="toy.effect").values_list("target_id").annotate(Count("id"))
    )
    assert len(effects) == numbers, told
    assert {n for n in effects.values() if n != 1} == set(), told


def test_messages_sent_two_to_five_times_have_one_effect(tmp_path, broker, pytestconfig):
    wanted, drawn = pytestconfig.getoption("--deliveries"), random.Random(SEED)
    sent, made = 0, []
    with (
        faults.Worker(tmp_path / "one.log", include=INCLUDE, concurrency=2),
        faults.Worker(tmp_path / "two.log", include=INCLUDE),
    ):
        while sent < wanted:
            # Some outlast the time after which the broker gives a message out again.
            slow = {"to": 1, "pause": 6} if len(made) % 100 == 50 else {}
            job = enqueue(len(made), **slow)
            made.append(job)
            times = drawn.randint(2, 5)
            for again in range(times - 1):
                # Now, or when the job has been done or is under way.
                late = made[max(0, len(made) - drawn.randint(1, 40))] if again else job
                assert dispatch.send(late.pk, late.queue)
            sent += times
        faults.wait_until(lambda: unfinished() == 0, 120 + wanted / 20, "all jobs are done")
        for job in drawn.sample(made, min(50, len(made))):
            assert dispatch.send(job.pk, job.queue), "long after"
        time.sleep(3)
    told = f"seed {SEED}, {sent} deliveries of {len(made)} jobs"
    assert_one_effect_each(len(made), told)
    assert not Job.objects.exclude(fence=1).exists(), told


def test_lost_messages_cost_two_minutes_and_nothing_else(
    tmp_path, broker, pytestconfig, monkeypatch
):
    """A fifth of all messages vanish, those of the sweeper too."""
    wanted, drawn = pytestconfig.getoption("--deliveries"), random.Random(SEED)
    publish, lost = dispatch._publish, []

    def leaky(job_id, queue):
        if drawn.random() < LOST_SHARE:
            lost.append(job_id)
            return True  # Whoever sends believes that the broker has it.
        return publish(job_id, queue)

    monkeypatch.setattr(dispatch, "_publish", leaky)
    if wanted < 1000:
        # Whoever counts only hundreds has no minute to wait for each loss.
        monkeypatch.setattr(sweeping, "RESEND_SECONDS", 5)
    with faults.Worker(tmp_path / "one.log", include=INCLUDE, concurrency=2):
        for number in range(wanted):
            enqueue(number)
        swept = 0.0
        deadline = time.monotonic() + DONE_WITHIN + wanted / 20
        while unfinished():
            assert time.monotonic() < deadline, f"seed {SEED}: {unfinished()} jobs are not done"
            if time.monotonic() - swept > min(SWEEP_SECONDS, sweeping.RESEND_SECONDS):
                jobs.sweep()
                swept = time.monotonic()
            time.sleep(0.5)
    told = f"seed {SEED}, {len(lost)} of the messages of {wanted} jobs lost"
    assert len(lost) > wanted * LOST_SHARE / 2, told
    assert_one_effect_each(wanted, told)
    late = [
        job.pk
        for job in Job.objects.all()
        if (job.finished_at - job.due_at).total_seconds() > DONE_WITHIN + wanted / 20
    ]
    assert late == [], told
