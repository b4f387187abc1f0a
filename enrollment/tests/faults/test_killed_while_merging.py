"""A worker killed in the middle of carrying decisions out, or taking them back: nothing is half."""

import pytest
from django.db import transaction

from bureau.core import clock, integrity, jobs
from bureau.core.choices import JobState
from bureau.core.models import Area
from bureau.testing import faults
from enrollment.models import (
    CoverageSpell,
    DecisionStep,
    HouseholdMember,
    MergeUndo,
    Person,
    PersonIdentifier,
    PersonMerge,
    RosterLink,
    RowMove,
)
from enrollment.services import decision_jobs
from enrollment.tests import decisions as made
from enrollment.tests.faults import imports, small_steps

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Decisions that join two files, and those that bring a waiting row to one.
MERGES, PLACED = 8, 4
#: Where the worker is killed: in the first step of three, in a later one, between two, at the end.
POINTS = [
    "merge_before_moves",
    "merge_after_moves:2",
    "merge_after_precedence",
    "merge_before_commit:3",
    "step_before_commit:2",
    "step_after_commit",
    "step_after_commit:2",
    "job_before_end",
]
ROLL = (Person, PersonIdentifier, HouseholdMember, CoverageSpell, RosterLink)


@pytest.fixture
def decisions(no_broker):
    """Decisions that wait to be carried out; none of them touches another's people."""
    here, there = (made.roster(Area.objects.get(code=code)) for code in ("210281", "210283"))
    pairs = [made.pair(made.person_row(here), made.person_row(there)) for _pair in range(MERGES)]
    pairs += [made.pair(made.person_row(here), made.row(there)) for _pair in range(PLACED)]
    return [made.decided(asked) for asked in pairs]


def roll():
    return {model.__name__: sorted(map(str, model.objects.values_list())) for model in ROLL}


def killed_at(point):
    """The job, its worker killed at the point by signal 9."""
    job = decision_jobs.enqueue(by="test", at=clock.now())
    code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
    assert code == -9, f"nothing came by {point}"
    imports.release(job)
    return job


def finish(job):
    ended = jobs.run_until_done(job.pk, patience=30)
    assert ended.state == JobState.DONE, ended.last_error


def is_one(decision):
    return made.holder(decision.pair.row_a) == made.holder(decision.pair.row_b)


def steps(stage):
    return set(DecisionStep.objects.filter(stage=stage).values_list("decision", flat=True))


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_carrying_out(point, decisions):
    before = roll()
    job = killed_at(point)
    # What is carried out is so whole, by steps; of the rest nothing is.
    done = steps("CARRIED_OUT")
    assert len(done) % small_steps.DECISIONS_A_STEP == 0
    assert {one.pk for one in decisions if is_one(one)} == done
    assert PersonMerge.objects.count() + RowMove.objects.count() == len(done)
    assert (roll() == before) == (not done)
    assert integrity.broken_invariants() == []
    finish(job)
    assert steps("CARRIED_OUT") == {one.pk for one in decisions}
    assert all(is_one(one) for one in decisions)
    assert (PersonMerge.objects.count(), RowMove.objects.count()) == (MERGES, PLACED)


@pytest.mark.parametrize("point", ["merge_before_moves:2", "merge_before_commit", "job_before_end"])
def test_killed_while_taking_back(point, decisions):
    before = roll()
    with transaction.atomic():
        made.carry_out()
        for decision in decisions:
            made.undone(decision)
    job = killed_at(point)
    back = steps("REVERTED")
    assert {one.pk for one in decisions if not is_one(one)} == back
    assert integrity.broken_invariants() == []
    finish(job)
    assert steps("REVERTED") == {one.pk for one in decisions}
    assert MergeUndo.objects.count() == MERGES
    assert roll() == before


def test_killed_again_and_again(decisions):
    for point in ("merge_after_moves", "step_after_commit", "merge_before_commit:2"):
        job = killed_at(point)
    finish(job)
    assert all(is_one(one) for one in decisions)
    assert (PersonMerge.objects.count(), RowMove.objects.count()) == (MERGES, PLACED)
