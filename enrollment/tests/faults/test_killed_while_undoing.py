"""A process killed at any step of undoing a roster: the roll is as if nothing had happened."""

import random

import pytest

from bureau.core import jobs
from bureau.core.choices import JobState
from bureau.intake.choices import BatchState
from bureau.testing import faults
from enrollment.imports import undo
from enrollment.models import RosterBatch
from enrollment.services import roster_jobs
from enrollment.tests.faults import imports
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Every named point of the undoing, and those between steps, in the order of the work. With `:2` a
#: range is done before the kill, so that the job makes headway.
POINTS = (
    "undo_begin", "undo_linked:2", "undo_placed", "step_before_commit:3", "step_after_commit:3",
    "undo_range:2", "undo_rows:2", "undo_links:2", "undo_told_pairs:2", "left_release:2",
    "apply_identifiers:2", "undo_openers:2", "opener_values:2", "undo_homes:2",
    "correct_spells:2", "apply_precedence:2", "left_households:2", "undo_end",
    "undo_before_last_commit", "job_before_end", "job_after_end",
)  # fmt: skip
#: So many undoings, each killed at its share of the points, all shares together at every point.
SHARES = 4
_wanted: dict[str, list[str]] = {}


def bring_in() -> RosterBatch:
    """The second of four rosters, which two later ones were linked with."""
    return samples.bring_in(range(4))[1]


@pytest.fixture
def what_it_must_come_to(no_broker: None, reference: None) -> dict[str, list[str]]:
    if not _wanted:
        samples.undo(bring_in())
        _wanted.update(standing())
        imports.start_anew()
        samples.start_anew()
    return _wanted


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_again_and_again(share: int, what_it_must_come_to: dict[str, list[str]]) -> None:
    points = random.Random(20191231).sample(POINTS, len(POINTS))[share::SHARES]
    batch = bring_in()
    samples.approve(samples.ask_for_undo(batch))
    job = roster_jobs.latest(batch)
    assert job is not None
    # In the order of the work, so that each is passed after the one before.
    for point in sorted(points, key=POINTS.index):
        code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
        assert code == -9, f"nothing came by {point}"
        imports.release(job)
        batch.refresh_from_db()
        assert batch.state in (BatchState.UNDOING, BatchState.UNDONE)
    ended = jobs.run_until_done(job.pk, patience=30)
    assert ended.state == JobState.DONE, ended.last_error
    assert differences(what_it_must_come_to, standing()) == []


def test_killed_once_and_done_again(what_it_must_come_to: dict[str, list[str]]) -> None:
    point = "undo_links"
    batch = bring_in()
    samples.approve(samples.ask_for_undo(batch))
    job = roster_jobs.latest(batch)
    assert job is not None
    code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
    assert code == -9, f"nothing came by {point}"
    imports.release(job)
    ended = jobs.run_until_done(job.pk, patience=30)
    assert ended.state == JobState.DONE, ended.last_error
    assert differences(what_it_must_come_to, standing()) == []
    # Once more, and nothing changes.
    batch.refresh_from_db()
    undo.undo_roster(_Idle(), batch)  # type: ignore[arg-type]
    assert differences(what_it_must_come_to, standing()) == []


class _Idle:
    """A context that no step is asked of: the roster is undone already."""
