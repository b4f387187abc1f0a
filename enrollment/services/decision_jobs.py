"""The job that carries decisions out, by name; `enrollment.tasks` has its function."""

import datetime
from typing import Final

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState
from bureau.core.models import Job, Staff

CARRY_OUT: Final = "enrollment.carry_out_decisions"
#: What the database refused is tried again by itself after this time.
TRIED_AGAIN_AFTER: Final = datetime.timedelta(hours=1)


def enqueue(*, by: Actor | Staff | str, at: datetime.datetime) -> Job:
    """What is cleared is being carried out; the job that waits or runs already is the job."""
    return jobs.enqueue(CARRY_OUT, "all", by=by, at=at)


def refused_lately(*, at: datetime.datetime) -> list[int]:
    """Decisions that the last job could not carry out a short while ago."""
    last = (
        Job.objects.filter(kind=CARRY_OUT, state=JobState.FAILED)
        .filter(finished_at__gt=at - TRIED_AGAIN_AFTER)
        .order_by("-pk")
        .first()
    )
    return list(last.checkpoint.get("refused", [])) if last else []
