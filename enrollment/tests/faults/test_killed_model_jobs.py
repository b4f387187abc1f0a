"""A worker killed while it learns, tries or asks a linkage model: one result, as undisturbed."""

from typing import Any

import pytest

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.testing import faults
from enrollment.choices import ModelOrigin
from enrollment.models import CandidatePair, LinkageModelVersion, LinkageRun, LinkDoubt, RosterLink
from enrollment.services import linkage, linkage_versions
from enrollment.tests.faults import imports
from enrollment.tests.linkage_versions import village

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Where a job is killed, once after the other: before its one step is whole, and behind it. Killed
#: a third time without headway it is given up, as any job is.
BEFORE = ("model_compared", "step_before_commit")
BEHIND = ("step_after_commit", "job_before_end")
SERIES = pytest.mark.parametrize("points", [BEFORE, BEHIND], ids=["before", "behind"])


@pytest.fixture
def pairs(no_broker: None, order_afterwards: None) -> list[Any]:
    linkage.version_in_use()
    return village.settle()


def killed_at(job: Job, *points: str) -> None:
    for point in points:
        code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
        assert code == -9, f"nothing came by {point}"
        imports.release(job)


def finish(job: Job) -> Job:
    ended = jobs.run_until_done(job.pk, patience=30)
    assert ended.state == JobState.DONE, ended.last_error
    return ended


@SERIES
def test_killed_while_learning_makes_one_version_with_the_weights_of_an_undisturbed_run(
    pairs: list[Any], points: tuple[str, ...]
) -> None:
    by = village.someone("li")
    job = linkage_versions.ask_to_train(ModelOrigin.ROLLS, by=by, at=clock.now())
    killed_at(job, *points)
    learnt = LinkageModelVersion.objects.filter(number=2)
    assert learnt.exists() == (points == BEHIND), "nothing is half learnt, nor learnt twice"
    finish(job)
    assert LinkageModelVersion.objects.count() == 2
    finish(linkage_versions.ask_to_train(ModelOrigin.ROLLS, by=by, at=clock.now()))
    one, undisturbed = LinkageModelVersion.objects.filter(number__gt=1).order_by("number")
    assert one.weights == undisturbed.weights
    assert one.drafters == ["N-li"]


@SERIES
def test_killed_while_trying_puts_one_run_on_record_with_the_figures_of_an_undisturbed_one(
    pairs: list[Any], points: tuple[str, ...]
) -> None:
    village.decide(pairs[:6])
    version, by = village.stricter(), village.someone("li")
    job = linkage_versions.ask_to_try(version, by=by, at=clock.now())
    killed_at(job, *points)
    assert LinkageRun.objects.exists() == (points == BEHIND)
    finish(job)
    [run] = LinkageRun.objects.all()
    finish(linkage_versions.ask_to_try(version, by=by, at=clock.now()))
    undisturbed = LinkageRun.objects.exclude(pk=run.pk).get()
    assert run.figures == undisturbed.figures


@pytest.mark.parametrize(
    "points", [("model_rows_read", "model_pairs_asked"), BEHIND],
    ids=["before", "behind"],
)  # fmt: skip
def test_killed_while_linking_again_asks_each_pair_once_and_changes_no_link(
    pairs: list[Any], points: tuple[str, ...]
) -> None:
    for waiting, home in pairs[:5]:
        village.link(waiting, home)
    village.link(pairs[5][0], pairs[9][1])
    links = list(RosterLink.objects.order_by("pk").values_list("pk", "person_id", "tier"))
    job = linkage_versions.ask_to_relink(by=village.someone("li"), at=clock.now())
    killed_at(job, *points)
    is_whole = points == BEHIND
    assert (CandidatePair.objects.count(), LinkDoubt.objects.count()) == (
        (14, 1) if is_whole else (0, 0)
    ), "nothing is half asked"
    finish(job)
    [run] = LinkageRun.objects.all()
    assert (run.figures["pairs"], run.figures["doubts"]) == (14, 1)
    assert (CandidatePair.objects.count(), LinkDoubt.objects.count()) == (14, 1)
    assert list(RosterLink.objects.order_by("pk").values_list("pk", "person_id", "tier")) == links
    # Asked once more, nothing is asked twice.
    finish(linkage_versions.ask_to_relink(by=village.someone("li"), at=clock.now()))
    assert (CandidatePair.objects.count(), LinkDoubt.objects.count()) == (14, 1)
    # These links were written by hand, without the coverage that a roll has to have.
    RosterLink.objects.filter(tier="PROBABLE").delete()
