"""Real workers, real broker, real kills: every job has exactly its effects, and ends."""

import random
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection
from django.db.models.functions import Now

from bureau.core import clock, health, integrity, jobs
from bureau.core.choices import JobState
from bureau.core.jobs import dispatch, kind_of
from bureau.core.models import AuditEvent, Job
from bureau.core.tests import toy_jobs  # noqa: F401 (registers the jobs)
from bureau.embedded import EmbeddedPostgres, EmbeddedValkey
from bureau.testing import faults

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

TOYS = "bureau.core.tests.toy_jobs"


@pytest.fixture(autouse=True)
def short_lease(settings):
    settings.JOB_LEASE_SECONDS = faults.LEASE_SECONDS


@pytest.fixture(autouse=True)
def order_afterwards():
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def broker(tmp_path, settings, monkeypatch):
    """A broker of its own that the test may kill, known to this process and to workers."""
    valkey = EmbeddedValkey(tmp_path / "valkey", durable=False)
    valkey.start()
    monkeypatch.setenv("BUREAU_REDIS_URL", valkey.url)
    from bureau.celery import app

    monkeypatch.setattr(app.conf, "broker_url", f"{valkey.url}/0")
    monkeypatch.setattr(dispatch, "_resting_until", 0.0)
    yield valkey
    valkey.stop()


@pytest.fixture
def worker(tmp_path, broker):
    """Starts workers; all are gone after the test."""
    started = []

    def start(**options):
        log = tmp_path / f"worker{len(started)}.log"
        started.append(faults.Worker(log, include=TOYS, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def enqueue(kind="toy.count", key="k", **arguments):
    return jobs.enqueue(kind, key, arguments=arguments, by="test", at=clock.now())


def effects(job):
    events = AuditEvent.objects.filter(kind="toy.effect", target_id=str(job.pk)).order_by("id")
    return [event.facts["number"] for event in events]


POINTS = [
    "job_lease_taken",
    "step_before_commit",
    "step_before_commit:3",
    "step_after_commit",
    "step_after_commit:3",
    "job_before_end",
    "job_after_end",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_anywhere_goes_on_with_nothing_lost_or_doubled(point, monkeypatch):
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    job = enqueue(to=4)
    assert faults.run_job_process(job.pk, include=TOYS, crash_point=point) == -9
    done = jobs.run_until_done(job.pk, patience=30)
    assert done.state == JobState.DONE
    assert effects(job) == [1, 2, 3, 4]


def test_parallel_deliveries_have_one_effect_each(monkeypatch):
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    many = [enqueue(key=str(number), to=3) for number in range(60)]
    faults.run_in_parallel([job.pk for job in many], 5, include=TOYS)
    assert [effects(job) for job in many] == [[1, 2, 3]] * 60
    ended = Job.objects.filter(state=JobState.DONE, fence=1)
    assert ended.count() == 60


def test_a_killed_worker_is_replaced_and_its_job_goes_on(worker):
    job = enqueue(to=12, pause=0.25)
    first = worker()
    faults.wait_until(lambda: len(effects(job)) >= 3, 60, "some effects")
    first.kill()
    worker()
    done = faults.wait_for_end(job.pk, 60)
    assert done.state == JobState.DONE
    assert effects(job) == list(range(1, 13))
    assert done.fence >= 2


def test_a_worker_killed_at_random_moments_loses_and_doubles_nothing(worker):
    seed = 20251122
    moments = random.Random(seed)
    job = enqueue(to=60, pause=0.05)
    for _kill in range(4):
        hand = worker()
        done_before = len(effects(job))
        faults.wait_until(
            lambda seen=done_before: jobs.sweep() * 0 + len(effects(job)) > seen, 60, "headway"
        )
        time.sleep(moments.uniform(0, 0.4))
        hand.kill()
    worker()
    assert faults.wait_for_end(job.pk, 60).state == JobState.DONE, f"seed {seed}"
    assert effects(job) == list(range(1, 61)), f"seed {seed}"


def test_the_same_message_many_times_and_at_once(worker):
    many = [enqueue(key=str(n), to=2) for n in range(20)]
    for _time in range(4):
        for job in many:
            assert dispatch.send(job.pk, job.queue)
    worker(concurrency=3)
    for job in many:
        assert faults.wait_for_end(job.pk, 90, sweeping=False).state == JobState.DONE
    for job in many:
        assert dispatch.send(job.pk, job.queue)
    time.sleep(2)
    assert [effects(job) for job in many] == [[1, 2]] * 20


def test_lost_messages_are_sent_anew(worker, monkeypatch):
    publish = dispatch._publish
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: job_id % 5 != 0)
    lost = [enqueue(key=str(n), to=1) for n in range(25)]
    monkeypatch.setattr(dispatch, "_publish", publish)
    Job.objects.exclude(sent_at=None).update(sent_at="2020-01-01T00:00:00Z")
    worker(concurrency=2)
    for job in lost:
        assert faults.wait_for_end(job.pk, 60).state == JobState.DONE
    assert [effects(job) for job in lost] == [[1]] * 25


def test_poison_fails_after_three_attempts_and_others_go_on(worker):
    """Jobs that end, crash, exhaust or block their process; a good one comes through beside."""
    kinds = ("toy.die", "toy.segfault", "toy.eat", "toy.hang")
    poison = [enqueue(kind, key=kind) for kind in kinds]
    good = enqueue(key="good", to=3)
    worker(concurrency=2, variables={"BUREAU_JOB_MEMORY_BYTES": str(400 * 1024 * 1024)})
    assert faults.wait_for_end(good.pk, 120).state == JobState.DONE
    for bad in poison:
        ended = faults.wait_for_end(bad.pk, 180)
        assert (ended.state, ended.attempts) == (JobState.FAILED, 3), bad.kind
        assert ended.last_error
        assert ended.log_lines.filter(level="ERROR").exists()
        assert AuditEvent.objects.filter(kind="job.failed", target_id=str(bad.pk)).count() == 1
    assert set(health.failed_jobs()) == set(poison), "they are the administrator's work"
    after = enqueue(key="after", to=2)
    assert faults.wait_for_end(after.pk, 120).state == JobState.DONE


def test_another_queue_is_served_while_one_is_poisoned(worker):
    for number in range(3):
        enqueue("toy.hang", key=f"hang {number}")
    worker(queues="bulk")
    worker(queues="interactive")
    waited_for = jobs.enqueue(
        "toy.count", "page", arguments={"to": 1}, by="t", at=clock.now(), queue="interactive"
    )
    assert faults.wait_for_end(waited_for.pk, 60).state == JobState.DONE


def test_a_full_broker_refuses_messages_and_loses_no_job(worker, broker):
    with redis.Redis.from_url(broker.url) as client:
        client.config_set("maxmemory", "1")
        began = time.monotonic()
        waiting = [enqueue(key=str(number), to=1) for number in range(10)]
        assert time.monotonic() - began < 10
        assert {job.state for job in waiting} == {JobState.QUEUED}
        client.config_set("maxmemory", "0")
    worker()
    for job in waiting:
        assert faults.wait_for_end(job.pk, 90).state == JobState.DONE
    assert [effects(job) for job in waiting] == [[1]] * 10


def test_a_full_disk_costs_no_attempt_and_the_job_goes_on_when_there_is_room(monkeypatch):
    """The database says that it has no room, as often as the job is tried."""
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    job = enqueue(to=2)
    function = kind_of("toy.count").function

    def full(context):
        with context.step(counted=1), connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '53100'; END $$")

    for _attempt in range(5):
        Job.objects.filter(pk=job.pk).update(due_at=Now())
        context = jobs.running._take(job.pk, "w")
        context.kind = replace(context.kind, function=full)
        assert jobs.running._call(context) is jobs.Outcome.RETRY
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)
        assert job.due_at > clock.now()
    assert kind_of("toy.count").function is function
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    assert effects(job) == [1, 2]


def test_without_a_broker_jobs_are_accepted_at_once_and_done_after_its_return(worker, broker):
    running = enqueue(key="running", to=20, pause=0.2)
    worker(concurrency=2)
    faults.wait_until(lambda: len(effects(running)) >= 2, 60, "some effects")
    broker.child.kill()
    broker.child.wait()
    began = time.monotonic()
    first = enqueue(key="first", to=2)
    assert time.monotonic() - began < 1
    waiting = [first] + [enqueue(key=str(n), to=2) for n in range(10)]
    assert time.monotonic() - began < 2
    assert first.state == JobState.QUEUED
    broker.start()
    for job in [*waiting, running]:
        assert faults.wait_for_end(job.pk, 180).state == JobState.DONE
    assert effects(running) == list(range(1, 21))
    assert [effects(job) for job in waiting] == [[1, 2]] * 11


def test_a_broker_that_stays_silent_delays_nobody(broker, monkeypatch):
    with redis.Redis.from_url(broker.url) as client:
        client.execute_command("CLIENT", "PAUSE", "4000", "ALL")
    began = time.monotonic()
    enqueue(key="silent", to=1)
    assert time.monotonic() - began < 1.5


def test_a_killed_session_of_the_database_costs_no_attempt(monkeypatch):
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    job = enqueue(to=2)
    context = jobs.running._take(job.pk, "w")

    def cut(context):
        with context.step(counted=1), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    context.kind = replace(context.kind, function=cut)
    assert jobs.running._call(context) is jobs.Outcome.RETRY
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    assert effects(job) == [1, 2]


@pytest.mark.parametrize("order", [["FLUSHALL"], ["CLIENT", "PAUSE", "15000", "ALL"]])
def test_a_broker_that_forgets_or_falls_silent_holds_nothing_up_for_long(worker, broker, order):
    first = enqueue(key="first", to=1)
    worker()
    assert faults.wait_for_end(first.pk, 60).state == JobState.DONE
    with redis.Redis.from_url(broker.url) as client:
        client.execute_command(*order)
    waiting = [enqueue(key=str(n), to=2) for n in range(5)]
    for job in waiting:
        assert faults.wait_for_end(job.pk, 90).state == JobState.DONE
    assert [effects(job) for job in waiting] == [[1, 2]] * 5


@pytest.fixture
def database_server():
    """A PostgreSQL of its own that the test may kill, as careful with its disk as a real one."""
    # Not under tmp_path, which other accounts cannot reach: as root, PostgreSQL runs under one.
    folder = Path(tempfile.mkdtemp(prefix="bureau-test-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


def test_a_job_outlives_the_database_server(tmp_path, broker, database_server):
    server = database_server
    url = server.create_database("bureau")
    house = {"BUREAU_DATABASE_URL": url, "BUREAU_VAR": str(tmp_path / "var")}

    def count() -> list[int]:
        with psycopg.connect(url) as session:
            query = "SELECT (facts->>'number')::int FROM core_auditevent"
            return [n for (n,) in session.execute(f"{query} WHERE kind = 'toy.effect' ORDER BY id")]

    faults.manage("migrate", "-v", "0", variables=house)
    faults.run_python(
        f"from {TOYS} import *; from bureau.core import jobs, clock\n"
        "arguments = {'to': 12, 'pause': 0.25}\n"
        "jobs.enqueue('toy.count', 'k', arguments=arguments, by='t', at=clock.now())",
        variables=house,
    )
    with faults.Worker(tmp_path / "w.log", include=TOYS, variables=house):
        faults.manage("sweep_jobs", variables=house)
        faults.wait_until(lambda: len(count()) >= 3, 60, "some effects")
        server.child.kill()
        server.child.wait()
        server.start()
        began = time.monotonic()
        while len(count()) < 12 and time.monotonic() - began < 90:
            faults.manage("sweep_jobs", variables=house)
            time.sleep(1)
    assert count() == list(range(1, 13))
    faults.manage("check_invariants", variables=house)
