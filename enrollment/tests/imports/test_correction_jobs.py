"""Every approved correction has work of its own, however close it comes to another."""

import pytest
from django.db.models import Count, Q, Sum

from bureau.core import clock, crash, integrity, jobs
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from enrollment.choices import CorrectionState
from enrollment.imports import correction_apply, reconcile
from enrollment.models import Roll, RosterBatch, RosterCorrection
from enrollment.services import correction_jobs, rosters
from enrollment.tests import corrections, problem_files
from enrollment.tests import rosters as made
from enrollment.tests.imports.test_corrections import bring, right

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def some_of(batch, wanted):
    """Corrections of every other row that waits."""

    def correct(line):
        if int(line[problem_files.ROW]) % 2 == wanted:
            right(line)

    return corrections.load_corrected(batch, correct)


@pytest.fixture
def two():
    """Two corrections of one roster on the roll, the first of them approved."""
    batch = bring(BatchState.APPLIED)
    first, second = some_of(batch, 0), some_of(batch, 1)
    corrections.approve(first)
    return first, second


def enqueue(correction):
    at = clock.now()
    return correction_jobs.enqueue(correction_jobs.TAKE, correction, by=made.BY, at=at)


def test_one_approved_as_the_job_of_another_ends_has_its_own_job(two, monkeypatch):
    first, second = two
    job = enqueue(first)

    def approve_the_second(name):
        # The first is taken; its job has not written down yet that it is done.
        if name == "job_before_end":
            corrections.approve(second)
            enqueue(second)

    monkeypatch.setattr(crash, "point", approve_the_second)
    jobs.run(job.pk, worker="test")
    monkeypatch.undo()
    [own] = Job.objects.filter(kind=correction_jobs.TAKE, state="QUEUED")
    assert own.arguments["correction_id"] == second.pk
    jobs.run_until_done(own.pk)
    states = RosterCorrection.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [CorrectionState.APPLIED] * 2
    assert integrity.broken_invariants() == []


def test_corrections_whose_job_was_lost_go_on_with_a_new_one(two):
    first, _second = two
    assert correction_jobs.latest(first).kind == correction_jobs.READ
    job = correction_jobs.resume(first, by=made.BY, at=clock.now())
    assert (job.kind, job.state) == (correction_jobs.TAKE, "QUEUED")
    jobs.run_until_done(job.pk)
    first.refresh_from_db()
    assert first.state == CorrectionState.APPLIED
    assert correction_jobs.resume(first, by=made.BY, at=clock.now()) is None


def test_the_roll_is_in_work_while_corrections_hold_it(two):
    first, _second = two
    enqueue(first)
    assert rosters.take_roll(first.batch)
    rosters.expect_roll_in_work()
    Job.objects.filter(kind=correction_jobs.TAKE).update(state="FAILED", finished_at=clock.now())
    with pytest.raises(rosters.DomainError) as refused:
        rosters.expect_roll_in_work()
    assert refused.value.code == "ROLL_HELD"
    assert Roll.objects.get().applying_batch_id == first.batch_id


COUNTED = {
    "rows_accepted": Count("pk", filter=Q(outcome="ACCEPTED")),
    "rows_fixed": Count("pk", filter=Q(outcome="FIXED")),
    "rows_review": Count("pk", filter=Q(outcome="REVIEW")),
    "rows_rejected": Count("pk", filter=Q(outcome="REJECTED")),
    "rows_not_record": Count("pk", filter=Q(outcome="NOT_RECORD")),
    "amount_read": Sum("amount", filter=Q(outcome__in=["ACCEPTED", "FIXED", "REVIEW"])),
}


@pytest.mark.parametrize("state", [BatchState.CHECKED, BatchState.APPLIED])
def test_the_roster_is_counted_as_a_whole_as_often_as_it_is_large(state, monkeypatch):
    """That is: not once more for each range; and yet its counts are right after each."""
    batch = bring(state)
    correction = corrections.load_corrected(batch, right)
    monkeypatch.setattr(correction_apply, "RANGE_LINES", 2)
    counted, steps = [], []
    count_rows = reconcile.count_rows
    monkeypatch.setattr(
        reconcile, "count_rows", lambda batch: (counted.append(1), count_rows(batch))
    )

    def compare(name):
        if name == "step_after_commit":
            steps.append(1)
            told = RosterBatch.objects.filter(pk=batch.pk).values(*COUNTED).get()
            assert told == batch.rows.aggregate(**COUNTED)

    monkeypatch.setattr(crash, "point", compare)
    corrections.take(correction)
    assert len(steps) > 4
    assert len(counted) == 2
