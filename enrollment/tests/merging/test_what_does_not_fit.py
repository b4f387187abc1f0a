"""A decision that cannot be carried out, or must not be, stops none of the others."""

import pytest
from django.db import connection

from bureau.core import integrity, jobs
from bureau.core.models import Area, Job
from enrollment import tasks
from enrollment.choices import PairState, Verdict
from enrollment.imports import merge_work, merging
from enrollment.models import CoverageSpell, DecisionStep, DecisionUndo, RosterLink
from enrollment.services import decision_jobs
from enrollment.tests import decisions as made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def batch():
    return made.roster(Area.objects.get(code="210281"))


def remembered(batch):
    """Two rows that wait and are one person, by a decision that needed no approval."""
    first, second = made.row(batch), made.row(batch)
    decision = made.decided(made.pair(first, second), approve=False)
    made.carry_out()
    assert decision.steps.get(stage="CARRIED_OUT").facts == {"outcome": "REMEMBERED"}
    return first, second, decision


def repaired(row, other):
    """The row turned out to be whose the other row is: linked by its corrected number."""
    RosterLink.objects.create(
        row=row, batch=row.batch, person_id=made.holder(other), tier="NUMBER_AND_NAME"
    )
    CoverageSpell.objects.create(
        person_id=made.holder(other),
        scheme=row.batch.scheme,
        area=row.batch.area,
        period=other.spell.period,
        state="DOUBLE",
        source_row=row,
    )


def work():
    job = decision_jobs.enqueue(by="test", at=made.clock.now())
    jobs.run_until_done(job.pk)
    job.refresh_from_db()
    return job


def test_a_row_follows_no_repaired_one_before_somebody_approved(batch):
    first, second, decision = remembered(batch)
    known, more = made.person_row(batch), made.person_row(batch)
    repaired(second, known)
    # Something else is decided about the person meanwhile.
    made.decided(made.pair(known, more))
    made.carry_out()
    assert made.holder(more) == made.holder(known)
    assert made.holder(first) is None
    made.approved(decision)
    made.carry_out()
    assert made.holder(first) == made.holder(known)


def test_a_row_that_follows_against_another_decision_goes_to_a_reviewer(batch):
    first, second, decision = remembered(batch)
    known = made.person_row(batch)
    asked = made.pair(first, known)
    made.decided(asked, Verdict.DIFFERENT)
    made.carry_out()
    repaired(second, known)
    made.approved(decision)
    made.carry_out()
    assert DecisionUndo.objects.get(decision=decision).cause == "CONTRADICTION"
    decision.pair.refresh_from_db()
    assert decision.pair.state == PairState.DISPUTED
    assert made.holder(first) is None


def refuse(person):
    """The database lets nothing be merged into this file."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE enrollment_personmerge ADD CONSTRAINT test_not_this_file"
            f" CHECK (kept_id <> {person:d})"
        )


def test_one_that_the_database_refuses_is_named_and_the_others_are_carried_out(batch):
    pairs = [made.pair(made.person_row(batch), made.person_row(batch)) for _pair in range(4)]
    decisions = [made.decided(asked) for asked in pairs]
    refuse(made.holder(pairs[1].row_a))
    job = work()
    assert job.state == "FAILED"
    assert str(decisions[1].pk) in job.last_error
    one = [made.holder(asked.row_a) == made.holder(asked.row_b) for asked in pairs]
    assert one == [True, False, True, True]
    carried_out = DecisionStep.objects.filter(stage="CARRIED_OUT")
    assert set(carried_out.values_list("decision", flat=True)) == {
        decision.pk for decision in decisions if decision != decisions[1]
    }
    [line] = job.log_lines.filter(level="ERROR", facts__decision=decisions[1].pk)
    assert "test_not_this_file" in line.facts["why"]
    # It is not tried every minute, but when somebody asks, and what comes later goes on.
    tasks.tidy_review()
    assert not Job.objects.filter(kind=decision_jobs.CARRY_OUT, state="QUEUED").exists()
    late = made.decided(made.pair(made.person_row(batch), made.person_row(batch)))
    assert work().state == "FAILED"
    assert late.steps.filter(stage="CARRIED_OUT").exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE enrollment_personmerge DROP CONSTRAINT test_not_this_file")
    assert work().state == "DONE"
    assert made.holder(pairs[1].row_a) == made.holder(pairs[1].row_b)


def test_a_decision_taken_back_before_its_turn_is_not_carried_out(batch):
    asked = made.pair(made.person_row(batch), made.person_row(batch))
    decision = made.decided(asked)
    waiting = merge_work.work_waiting(10)
    made.undone(decision)
    assert merging.hold_roll()
    merging.settle(waiting, by=made.BY, at=made.clock.now())
    assert not decision.steps.filter(stage="CARRIED_OUT").exists()
    assert made.holder(asked.row_a) != made.holder(asked.row_b)
