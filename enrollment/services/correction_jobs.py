"""The long work on corrections, by name; the functions that do it are in `enrollment.tasks`."""

import datetime
from typing import Final

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Job
from enrollment.models import RosterCorrection

READ: Final = "enrollment.read_corrections"
TAKE: Final = "enrollment.apply_corrections"


def enqueue(
    kind: str, correction: RosterCorrection, *, by: Actor | str, at: datetime.datetime
) -> Job:
    """The job of this kind for the corrections waits or runs; the unfinished one is returned."""
    # One at a time is taken into a roster, so that its number names the work.
    key = str(correction.batch_id if kind == TAKE else correction.pk)
    return jobs.enqueue(
        kind,
        key,
        arguments={"batch_id": correction.batch_id, "correction_id": correction.pk},
        label=f"{correction.batch.title} · {correction.pk}",
        area=correction.batch.area,
        by=by,
        at=at,
    )


def latest(correction: RosterCorrection) -> Job | None:
    """The newest job about the corrections."""
    return (
        Job.objects.filter(kind__in=[READ, TAKE], arguments__correction_id=correction.pk)
        .order_by("-pk")
        .first()
    )


def resume(correction: RosterCorrection, *, by: Actor, at: datetime.datetime) -> Job | None:
    """Work on the corrections that stopped goes on from where it stopped."""
    stopped = latest(correction)
    if stopped is None or stopped.state not in ("FAILED", "CANCELLED"):
        return None
    return jobs.retry(stopped, by=by, at=at)
