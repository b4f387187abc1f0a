"""The long work on rosters, by name; the functions that do it are in `enrollment.tasks`."""

import datetime
from typing import Final

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Job
from enrollment.models import RosterBatch

LOOK: Final = "enrollment.look_at_roster"
CHECK: Final = "enrollment.check_roster"
APPLY: Final = "enrollment.apply_roster"


def enqueue(kind: str, batch: RosterBatch, *, by: Actor | str, at: datetime.datetime) -> Job:
    """The job of this kind for the roster waits or runs; the unfinished one is returned."""
    return jobs.enqueue(
        kind,
        str(batch.pk),
        arguments={"batch_id": batch.pk},
        label=f"{batch.area.name} {batch.scheme} {batch.year}",
        area=batch.area,
        by=by,
        at=at,
    )


def latest(batch: RosterBatch) -> Job | None:
    """The newest job about the roster, for its page."""
    return (
        Job.objects.filter(kind__in=[LOOK, CHECK, APPLY], key=str(batch.pk)).order_by("-pk").first()
    )
