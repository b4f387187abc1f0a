"""The job that writes the integration proof to a workbook; `enrollment.tasks` has its function."""

import datetime
from typing import Final

from django.utils.translation import gettext as _

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Job

EXPORT: Final = "enrollment.export_proof"


def ask(*, year: int | None, language: str, at: datetime.datetime, by: Actor) -> Job:
    """The workbook is being made for the asker; asking twice while it is made is one job."""
    return jobs.enqueue(
        EXPORT,
        f"{by.staff_id}:{year or 'all'}:{language}",
        arguments={"staff": by.staff_id or 0, "year": year or 0, "language": language},
        label=str(year) if year else _("All years"),
        by=by,
        at=at,
    )
