"""The job that carries decisions out, by name; `enrollment.tasks` has its function."""

import datetime
from typing import Final

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Job, Staff

CARRY_OUT: Final = "enrollment.carry_out_decisions"


def enqueue(*, by: Actor | Staff | str, at: datetime.datetime) -> Job:
    """What is cleared is being carried out; the job that waits or runs already is the job."""
    return jobs.enqueue(CARRY_OUT, "all", by=by, at=at)
