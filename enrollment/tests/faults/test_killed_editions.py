"""A process killed at any step of applying or undoing a newer edition: all comes to the same."""

import datetime

import pytest

from bureau.core import clock, integrity, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from bureau.testing import faults
from enrollment.models import RosterBatch
from enrollment.services import editions, roster_jobs
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.faults import imports
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.undoing import samples as undoes

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PEOPLE = range(90)
FAULTY = {7: {"身份证号": rosters.person(7)["身份证号"][:17] + "?"}}
CHANGES = {
    **FAULTY,
    **{index: {"电话": f"139000000{index:02}"} for index in range(10, 60)},
    3: {"户号": "900001", "与户主关系": "户主"},
    6: {"缴费金额": "300"},
}
#: Named points of applying an edition, and those between steps, in the order of the work. With
#: `:2` a range is done before the kill, so that the job makes headway.
APPLYING = (
    "apply_range", "edition_range:2", "edition_links", "left_release", "undo_openers",
    "correct_spells", "step_after_commit:2", "edition_end", "edition_waiting",
    "edition_settled", "apply_before_last_commit", "job_after_end",
)  # fmt: skip
UNDOING = (
    "edition_undo_begin", "edition_unfollow:2", "undo_links:2", "undo_homes:2",
    "edition_restore", "edition_undo_end", "undo_before_last_commit",
)  # fmt: skip


def approved() -> tuple[RosterBatch, dict[str, list[str]]]:
    """A newer edition that is to be applied, and what stood on the roll before it came."""
    first = rosters.bring_in(samples.content(PEOPLE, FAULTY))
    before = standing()
    batch = samples.edition(first, samples.content([*range(84), 100, 101], CHANGES))
    editions.end_left_out(
        batch=batch, ends_on=datetime.date(2019, 6, 30), reason="已迁出", at=clock.now(),
        by=rosters.BY,
    )  # fmt: skip
    return rosters.bring_to(batch, BatchState.APPLYING), before


#: So many editions, each killed at its share of the points, all shares together at every point: a
#: run that is killed three times without headway is given up.
APPLY_SHARES, UNDO_SHARES = 4, 3
_wanted: dict[str, list[str]] = {}


@pytest.fixture
def what_it_must_come_to(no_broker: None, reference: None) -> dict[str, list[str]]:
    if not _wanted:
        batch, _before = approved()
        rosters.work(roster_jobs.APPLY, batch)
        _wanted.update(standing())
        imports.start_anew()
        undoes.start_anew()
    return _wanted


def killed_at(points: tuple[str, ...], job: Job) -> None:
    """The job was killed at each of the points and came to its end."""
    for point in points:
        code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
        assert code == -9, f"nothing came by {point}"
        imports.release(job)
    ended = jobs.run_until_done(job.pk, patience=30)
    assert ended.state == JobState.DONE, ended.last_error


@pytest.mark.parametrize("share", range(APPLY_SHARES))
def test_killed_while_applied(share: int, what_it_must_come_to: dict[str, list[str]]) -> None:
    batch, _before = approved()
    killed_at(APPLYING[share::APPLY_SHARES], rosters.ask(roster_jobs.APPLY, batch))
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    assert differences(what_it_must_come_to, standing()) == []
    assert integrity.broken_invariants() == []


@pytest.mark.parametrize("share", range(UNDO_SHARES))
def test_killed_while_undone(share: int, no_broker: None, reference: None) -> None:
    batch, before = approved()
    rosters.work(roster_jobs.APPLY, batch)
    batch.refresh_from_db()
    undoes.approve(undoes.ask_for_undo(batch))
    job = roster_jobs.latest(batch)
    assert job is not None
    killed_at(UNDOING[share::UNDO_SHARES], job)
    told = differences(before, standing())
    assert told == [], "\n".join(told)
    assert integrity.broken_invariants() == []
