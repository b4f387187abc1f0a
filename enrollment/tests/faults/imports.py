"""An import to interrupt: two rosters of overlapping people, and what they must come to."""

from collections.abc import Callable, Mapping, Sequence

from django.db import connection
from django.db.models.functions import Now

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from bureau.testing import faults
from enrollment.imports import directory
from enrollment.models import RosterBatch
from enrollment.services import roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.fingerprint import content, differences

#: Module that makes the steps of a process small.
SMALL_STEPS = "enrollment.tests.faults.small_worker"
#: Tables to empty between two imports in one test.
ROLL = (
    "enrollment_rosterbatch", "enrollment_rosterfile", "enrollment_rosterrow",
    "enrollment_rosterlink", "enrollment_candidatepair", "enrollment_roll", "enrollment_person",
    "enrollment_personidentifier", "enrollment_household", "enrollment_householdmember",
    "enrollment_coveragespell", "enrollment_coveragespellevent", "core_job", "core_joblog",
    "core_storedfile", "core_auditevent",
)  # fmt: skip

#: Does the job of this kind for the roster, to its end.
Worked = Callable[[str, RosterBatch], Job]
_undisturbed: dict[str, list[str]] = {}


def run(work: Worked) -> dict[str, list[str]]:
    """What stands on the roll after both rosters went in, the jobs of the second done by `work`."""
    batch = received()
    work(roster_jobs.LOOK, batch)
    lay_out(batch)
    work(roster_jobs.CHECK, batch)
    approve_behind_another(batch)
    work(roster_jobs.APPLY, batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    return content()


def received() -> RosterBatch:
    """A draft of two files, 150 people."""
    parts = (range(90), range(90, 150))
    contents = [rosters.csv_of(rosters.lines(people)) for people in parts]
    return rosters.receive(*contents, names=["1.csv", "2.csv"])


def lay_out(batch: RosterBatch) -> None:
    """The roster waits to be read."""
    directory.accept_layouts(batch, by=rosters.BY)
    services.begin_reading(batch=batch, at=clock.now(), by=rosters.BY)


def approve_behind_another(batch: RosterBatch) -> None:
    """The checked roster waits to be applied, and another has been applied since it was checked.

    So it has to be linked again; 50 of its people are known by then, and its precedence ends the
    other's coverage of them.
    """
    neighbour = rosters.lines(range(100, 220), county="210283")
    rosters.bring_in(rosters.csv_of(neighbour), area="210283")
    batch.refresh_from_db()
    rosters.bring_to(batch, BatchState.APPLYING)


def undisturbed() -> dict[str, list[str]]:
    """What the import comes to when nothing disturbs it; made once, then everything is emptied."""
    if not _undisturbed:
        _undisturbed.update(run(rosters.work))
        assert any("UPDATE" in line or "DOUBLE" in line for line in _undisturbed["changed spells"])
        start_anew()
    return _undisturbed


def start_anew() -> None:
    """No roster was ever handed in."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(ROLL)} CASCADE")


def assert_as_undisturbed(found: dict[str, list[str]], told: str = "") -> None:
    """Nothing is lost and nothing doubled, in any table."""
    assert differences(_undisturbed, found) == [], told


def killed_at(points: Mapping[str, Sequence[str]]) -> Worked:
    """Does a job in processes of its own, one after the other killed at the points of its kind,
    and then to its end here."""

    def work(kind: str, batch: RosterBatch) -> Job:
        job = rosters.ask(kind, batch)
        for point in points.get(kind, ()):
            code = faults.run_job_process(job.pk, include=SMALL_STEPS, crash_point=point)
            assert code == -9, f"{kind} did not come by {point}"
            release(job)
        ended = jobs.run_until_done(job.pk, patience=30)
        assert ended.state == JobState.DONE, ended.last_error
        return ended

    return work


def release(job: Job) -> None:
    """The killed run's lease is over, without waiting for it; nothing else is changed."""
    faults.wait_until(lambda: not _is_locked(job), 30, "end of the killed session")
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(lease_until=Now())


def _is_locked(job: Job) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
