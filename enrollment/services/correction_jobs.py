"""The long work on corrections, by name; the functions that do it are in `enrollment.tasks`."""

import datetime
from typing import Final

from django.db.models import Max

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState
from bureau.core.models import Job
from enrollment.choices import CorrectionState
from enrollment.models import RosterCorrection
from enrollment.services import roster_jobs

READ: Final = "enrollment.read_corrections"
TAKE: Final = "enrollment.apply_corrections"
#: The work that corrections in this state are waiting for.
WORK_OF_STATE: Final = {CorrectionState.READING: READ, CorrectionState.APPLYING: TAKE}


def enqueue(
    kind: str, correction: RosterCorrection, *, by: Actor | str, at: datetime.datetime
) -> Job:
    """The job of this kind for the corrections waits or runs; the unfinished one is returned."""
    # Each has a job of its own: that of another, whose last step is done, would end without a look
    # at this one.
    return jobs.enqueue(
        kind,
        f"{correction.batch_id}:{correction.pk}:{_round(correction)}",
        arguments={"batch_id": correction.batch_id, "correction_id": correction.pk}
        | roster_jobs.named(correction.batch),
        label=f"{correction.batch.title} · {correction.pk}",
        area=correction.batch.area,
        by=by,
        at=at,
    )


def _round(correction: RosterCorrection) -> int:
    """Grows with each file: what is read anew has a job of its own, while that of the files before,
    whose last step is done, still ends."""
    return correction.files.aggregate(last=Max("pk"))["last"] or 0


def latest(correction: RosterCorrection) -> Job | None:
    """The newest job about the corrections."""
    return (
        Job.objects.filter(kind__in=[READ, TAKE], arguments__correction_id=correction.pk)
        .order_by("-pk")
        .first()
    )


def resume(correction: RosterCorrection, *, by: Actor, at: datetime.datetime) -> Job | None:
    """The work that the corrections wait for goes on from where it stopped, or begins.

    None when they wait for no work.
    """
    kind = WORK_OF_STATE.get(CorrectionState(correction.state))
    if kind is None:
        return None
    stopped = latest(correction)
    if stopped and stopped.kind == kind and stopped.state in (JobState.FAILED, JobState.CANCELLED):
        return jobs.retry(stopped, by=by, at=at)
    return enqueue(kind, correction, by=by, at=at)
