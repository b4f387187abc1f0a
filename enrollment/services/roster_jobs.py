"""The long work on rosters, by name; the functions that do it are in `enrollment.tasks`."""

import contextlib
import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch
from enrollment.models.rosters import roster_name

LOOK: Final = "enrollment.look_at_roster"
CHECK: Final = "enrollment.check_roster"
APPLY: Final = "enrollment.apply_roster"
UNDO: Final = "enrollment.undo_roster"
ERROR_FILE: Final = "enrollment.roster_error_file"
#: Work that writes to the roll; its key or its arguments name the roster that holds it.
ROLL_WORK: Final = (APPLY, "enrollment.apply_corrections", UNDO)
#: The work that a roster in this state is waiting for.
WORK_OF_STATE: Final = {
    BatchState.DRAFT: LOOK,
    BatchState.READING: CHECK,
    BatchState.APPLYING: APPLY,
    BatchState.UNDOING: UNDO,
}


def named(batch: RosterBatch) -> dict[str, int | str]:
    """What the arguments of a job say of its roster, for `title_of`."""
    return {"scheme": batch.scheme, "year": batch.year}


def title_of(job: Job) -> str:
    """The roster's name in the reader's language; nothing of a job that does not say it."""
    said = job.arguments
    if job.area is None or not {"batch_id", "scheme", "year"} <= said.keys():
        return ""
    name = roster_name(job.area, said["scheme"], said["year"], said["batch_id"])
    correction = said.get("correction_id")
    return f"{name} · {correction}" if correction else name


def enqueue(kind: str, batch: RosterBatch, *, by: Actor | str, at: datetime.datetime) -> Job:
    """The job of this kind for the roster waits or runs; the unfinished one is returned."""
    return jobs.enqueue(
        kind,
        str(batch.pk),
        arguments={"batch_id": batch.pk} | named(batch),
        label=batch.title,
        area=batch.area,
        by=by,
        at=at,
    )


def latest(batch: RosterBatch) -> Job | None:
    """The newest job about the roster, for its page."""
    return (
        Job.objects.filter(kind__in=[LOOK, CHECK, APPLY, UNDO], key=str(batch.pk))
        .order_by("-pk")
        .first()
    )


def resume(batch: RosterBatch, *, by: Actor, at: datetime.datetime) -> Job | None:
    """The work that the roster's state waits for goes on from where it stopped, or begins."""
    kind = WORK_OF_STATE.get(BatchState(batch.state))
    if kind is None:
        return None
    stopped = Job.objects.filter(kind=kind, key=str(batch.pk)).order_by("-pk").first()
    if stopped and stopped.state in (JobState.FAILED, JobState.CANCELLED):
        return jobs.retry(stopped, by=by, at=at)
    return enqueue(kind, batch, by=by, at=at)


def stop(batch: RosterBatch, *, by: Actor, at: datetime.datetime) -> None:
    """Reading and checking of the roster stops before its next step; what was read stays."""
    running = Job.objects.filter(
        kind__in=[LOOK, CHECK], key=str(batch.pk), state__in=UNFINISHED_JOB_STATES
    )
    for job in running:
        # A job that ended by itself meanwhile needs no stopping.
        with contextlib.suppress(MovedOn):
            jobs.cancel(job, by=by, at=at)


def ask_for_error_file(
    batch: RosterBatch,
    *,
    file_format: str,
    language: str,
    purpose: str,
    by: Actor,
    at: datetime.datetime,
) -> Job:
    """A file of the rows that wait or were rejected is made for the one who asks.

    As workbooks ("xlsx"), or with texts as they were sent ("sent"); `purpose` is for what the rows
    are needed in full. Raises `DomainError` for another format.
    """
    if file_format not in ("sent", "xlsx"):
        raise DomainError(
            "unknown_format", _("A problem file is a workbook, or a text as it was sent.")
        )
    about: dict[str, int | str] = {
        "batch_id": batch.pk,
        "staff": by.staff_id or 0,
        "format": file_format,
        "language": language,
        "purpose": purpose,
    }
    return jobs.enqueue(
        ERROR_FILE,
        f"{batch.pk}:{by.staff_id}:{file_format}:{language}",
        arguments=about | named(batch),
        label=batch.title,
        area=batch.area,
        by=by,
        at=at,
    )
