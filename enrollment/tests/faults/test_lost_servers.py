"""Killed workers, database, broker: the import goes on by itself and comes to the same."""

import json
import random
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from bureau.core import jobs
from bureau.core.choices import JobState
from bureau.core.jobs import sweeping
from bureau.core.models import Job
from bureau.database import WORKER_ROLE
from bureau.embedded import EmbeddedPostgres
from bureau.testing import faults, halts
from enrollment.services.roster_jobs import LOOK
from enrollment.tests import rosters
from enrollment.tests.faults import imports

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: A resumed import ends within this time, in seconds.
RESUMED_WITHIN = 90


@pytest.fixture(autouse=True)
def what_it_must_come_to(broker):
    imports.undisturbed()


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("--fault-seeds")))


def by_worker(kind, batch):
    """The job is done by whichever worker is there, sent anew as the timetable does."""
    ended = faults.wait_for_end(rosters.ask(kind, batch).pk, RESUMED_WITHIN)
    assert ended.state == JobState.DONE, ended.last_error
    return ended


def test_workers_killed_at_random_moments(new_worker, seed):
    """Each job loses its worker once, at a moment drawn from the seed; a new one takes over."""
    moments = random.Random(seed)
    hands = [new_worker()]

    def work(kind, batch):
        job = rosters.ask(kind, batch)
        faults.wait_until(
            lambda: (
                jobs.sweep() * 0 + Job.objects.exclude(started_at=None).filter(pk=job.pk).count()
            ),
            60,
            "start of the job",
        )
        time.sleep(moments.uniform(0, 1.5))
        hands.pop().kill()
        hands.append(new_worker())
        began = time.monotonic()
        ended = by_worker(kind, batch) if Job.objects.get(pk=job.pk).finished_at is None else job
        assert time.monotonic() - began < RESUMED_WITHIN
        return ended

    imports.assert_as_undisturbed(imports.run(work), told=f"seed {seed}")


def test_a_broker_killed_in_the_middle(new_worker, broker, monkeypatch):
    # A message that died with the broker is sent anew sooner than in an installation.
    monkeypatch.setattr(sweeping, "RESEND_SECONDS", 5)
    new_worker()

    def work(kind, batch):
        if kind == LOOK:
            return by_worker(kind, batch)
        job = rosters.ask(kind, batch)
        broker.child.kill()
        broker.child.wait()
        broker.start()
        ended = faults.wait_for_end(job.pk, 2 * RESUMED_WITHIN)
        assert ended.state == JobState.DONE, ended.last_error
        return ended

    imports.assert_as_undisturbed(imports.run(work))


@pytest.fixture
def database_server():
    """A PostgreSQL of its own that the test may kill, as careful with its disk as a real one."""
    folder = Path(tempfile.mkdtemp(prefix="bureau-test-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


PREPARE = """
from enrollment.services import roster_jobs
from enrollment.tests import rosters
from enrollment.tests.faults import imports
"""
#: Each ends with a job for the worker.
CHECK_IT = (
    PREPARE
    + """
batch = imports.received()
rosters.work(roster_jobs.LOOK, batch)
imports.lay_out(batch)
rosters.ask(roster_jobs.CHECK, batch)
"""
)
APPLY_IT = (
    PREPARE
    + """
from enrollment.models import RosterBatch
batch = RosterBatch.objects.get()
imports.approve_behind_another(batch)
rosters.ask(roster_jobs.APPLY, batch)
"""
)
MAKE_READY = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_reference", verbosity=0)
"""
#: What the timetable does while jobs are under way.
SWEEP = """
import time
from bureau.core import jobs
from bureau.core.models import Job
while Job.objects.filter(finished_at=None).exists():
    jobs.sweep()
    time.sleep(0.5)
"""
TELL = """
import json
from bureau.core import integrity
from enrollment.tests.fingerprint import content
assert integrity.broken_invariants() == []
print(json.dumps(content()))
"""


def test_a_database_killed_in_the_middle(tmp_path, broker, database_server):
    """The server dies while rows are read, and again while the roll is written."""
    server = database_server
    server.make_role(WORKER_ROLE)
    url = server.create_database("bureau")
    house = {"BUREAU_DATABASE_URL": url, "BUREAU_VAR": str(tmp_path / "var")}
    faults.run_python(MAKE_READY, variables=house)
    middles = {CHECK_IT: "load_after_copy:2", APPLY_IT: "apply_spells:2"}
    waits = halts.Halts(tmp_path / "halts", *middles.values())
    of_worker = {**house, "BUREAU_DATABASE_URL": server.url("bureau", WORKER_ROLE)}
    with faults.Worker(
        tmp_path / "w.log", include=imports.SMALL_STEPS, variables=of_worker | waits.variables
    ):
        for asked_for, middle in middles.items():
            faults.run_python(asked_for, variables=house)
            faults.wait_until(lambda at=middle: waits.is_reached(at), 120, f"{middle} is reached")
            faults.kill_all_of(server)
            server.start()
            waits.release(middle)
            began = time.monotonic()
            faults.run_python(SWEEP, variables=house)
            assert time.monotonic() - began < RESUMED_WITHIN
    output = faults.run_python(TELL, variables=house)
    imports.assert_as_undisturbed(json.loads(output.splitlines()[-1]))


def test_the_same_message_many_times(no_broker):
    """Five deliveries at once of every job of the import, and later more: one effect."""

    def deliver(job_id):
        try:
            jobs.run(job_id, worker="thread")
        finally:
            connection.close()

    def work(kind, batch):
        job = rosters.ask(kind, batch)
        with ThreadPoolExecutor(5) as threads:
            list(threads.map(deliver, [job.pk] * 5))
        ended = jobs.run_until_done(job.pk)
        assert (ended.state, ended.fence) == (JobState.DONE, 1), ended.last_error
        for _later in range(2):
            assert jobs.run(job.pk, worker="late") is jobs.Outcome.NOTHING_TO_DO
        return ended

    imports.assert_as_undisturbed(imports.run(work))
