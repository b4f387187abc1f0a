"""The job that writes the proof to a workbook or a print; `enrollment.tasks` has its function."""

import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Job

EXPORT: Final = "enrollment.export_proof"


FORMATS: Final = ("xlsx", "pdf")


def ask(
    *,
    year: int | None,
    language: str,
    at: datetime.datetime,
    by: Actor,
    file_format: str = "xlsx",
    signed: int = 0,
) -> Job:
    """The file is being made for the asker; asking twice while it is made is one job.

    `signed` is the number of a proof that was laid down, 0 for the figures of now. Raises
    DomainError for a format that is neither workbook nor print.
    """
    if file_format not in FORMATS:
        raise DomainError("unknown_format", gettext_lazy("A proof is a workbook or a PDF."))
    return jobs.enqueue(
        EXPORT,
        f"{by.staff_id}:{year or 'all'}:{language}:{file_format}:{signed}",
        arguments={
            "staff": by.staff_id or 0,
            "year": year or 0,
            "language": language,
            "format": file_format,
            "signed": signed,
        },
        label=str(year) if year else _("All years"),
        by=by,
        at=at,
    )
