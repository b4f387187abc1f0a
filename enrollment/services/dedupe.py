"""Counting the way of rows to one roll, by a job; `enrollment.tasks` has its function."""

import datetime
from typing import Final

from bureau.core import jobs
from bureau.core.actors import Actor, Scope
from bureau.core.choices import AreaLevel
from bureau.core.models import Area, Job
from enrollment.services import proofs

COUNT: Final = "enrollment.count_duplicates"


def basis() -> str:
    """The state of the roll that figures are counted from: another text, other figures."""
    cities = Area.objects.filter(level=AreaLevel.CITY).values_list("path", flat=True)
    return proofs.basis_of(Scope.of(list(cities)), None)


def ask_to_count(*, by: Actor | str, at: datetime.datetime) -> Job:
    """The figures are being counted; asking twice for one state of the roll is one job."""
    return jobs.enqueue(
        COUNT,
        basis()[:100],
        area=Area.objects.filter(level=AreaLevel.CITY).first(),
        by=by,
        at=at,
    )
