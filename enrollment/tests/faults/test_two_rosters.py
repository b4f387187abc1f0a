"""Two rosters at once: one waits for the roll, and the roll is the same whichever came first."""

import threading

import pytest
from django.db import connection
from django.db.models.functions import Now

from bureau.core import jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from bureau.testing import faults
from enrollment.models import Roll, RosterRow
from enrollment.services.roster_jobs import APPLY
from enrollment.tests import rosters
from enrollment.tests.faults import imports
from enrollment.tests.fingerprint import content

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PEOPLE = {"210281": range(60), "210283": range(30, 90)}


def roster(county):
    """A roster of one county, checked; half of its people stand in the other's too."""
    rows = rosters.lines(PEOPLE[county], county=county)
    return rosters.bring_to(rosters.receive(rosters.csv_of(rows), area=county), BatchState.CHECKED)


def coverage():
    """Who is covered where and how, by the rows that nobody disputes, without who came first."""
    unsure = set(
        RosterRow.objects.filter(outcome="REVIEW").values_list("file__sha256", "sheet", "row_no")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT file.sha256, staged.sheet, staged.row_no, spell.state, spell.period,
                   number.number
            FROM enrollment_coveragespell spell
            JOIN enrollment_rosterrow staged ON staged.id = spell.source_row_id
            JOIN enrollment_rosterfile file ON file.id = staged.file_id
            LEFT JOIN enrollment_personidentifier number
                   ON number.person_id = spell.person_id AND number.kind = 'RESIDENT_ID'
            """
        )
        return {line[:3]: line[3:] for line in cursor.fetchall() if line[:3] not in unsure}


def test_the_roll_does_not_depend_on_which_roster_came_first(no_broker):
    found = []
    for order in (("210281", "210283"), ("210283", "210281")):
        for batch in [roster(county) for county in order]:
            rosters.bring_to(batch, BatchState.APPLIED)
        found.append(coverage())
        imports.start_anew()
    assert found[0] == found[1]
    assert {state for state, _period, _number in found[0].values()} >= {"IN_FORCE", "DOUBLE"}


def test_two_workers_apply_one_after_the_other(no_broker):
    found = []
    for _race in range(2):
        batches = [rosters.bring_to(roster(county), BatchState.APPLYING) for county in PEOPLE]
        both = [rosters.ask(APPLY, batch) for batch in batches]
        start = threading.Barrier(2)

        def apply(job, start=start):
            start.wait(30)
            try:
                jobs.run(job.pk, worker="thread")
            finally:
                connection.close()

        workers = [threading.Thread(target=apply, args=[job]) for job in both]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        Job.objects.filter(state=JobState.QUEUED).update(due_at=Now())
        ended = [jobs.run_until_done(job.pk) for job in both]
        assert [job.state for job in ended] == [JobState.DONE] * 2, [j.last_error for j in ended]
        roll = Roll.objects.get()
        assert (roll.revision, roll.applying_batch_id) == (2, None)
        found.append(coverage())
        imports.start_anew()
    assert found[0] == found[1]


def test_who_waits_for_the_roll_says_so_and_costs_nothing(no_broker):
    first, second = (rosters.bring_to(roster(county), BatchState.APPLYING) for county in PEOPLE)
    working = rosters.ask(APPLY, first)
    assert faults.run_job_process(
        working.pk, include=imports.SMALL_STEPS, crash_point="step_after_commit:2"
    ) == -9  # fmt: skip
    before = content()
    waiting = rosters.ask(APPLY, second)
    for _delivery in range(4):
        Job.objects.filter(pk=waiting.pk).update(due_at=Now())
        assert jobs.run(waiting.pk, worker="w") is jobs.Outcome.AGAIN
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    assert "Waiting for another roster" in waiting.phase
    assert content() == before
    imports.release(working)
    assert jobs.run_until_done(working.pk).state == JobState.DONE
    Job.objects.filter(pk=waiting.pk).update(due_at=Now())
    assert jobs.run_until_done(waiting.pk).state == JobState.DONE


def test_applied_again_is_applied_once(no_broker):
    batch = rosters.bring_to(roster("210281"), BatchState.APPLIED)
    before = content()
    for _time in range(2):
        assert jobs.run_until_done(rosters.ask(APPLY, batch).pk).state == JobState.DONE
    assert content() == before
