"""How far a job is, in words for pages."""

from dataclasses import dataclass

from django.utils.translation import gettext

from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.errors import fill
from bureau.core.models import Job, JobLog


@dataclass(frozen=True)
class Progress:
    """How far a job is: percent of the phase, units a second, seconds left; None = not known."""

    phase: str
    done: int
    total: int | None
    percent: int | None
    rate: float | None
    seconds_left: int | None
    is_over: bool


def progress_of(job: Job) -> Progress:
    """The progress as of the job's last sign of life; rate and time left of the present phase."""
    percent = rate = seconds_left = None
    if job.units_total:
        percent = min(100, job.units_done * 100 // job.units_total)
    if job.state == JobState.DONE:
        percent = 100
    if job.state == JobState.RUNNING and job.phase_started_at and job.heartbeat_at:
        seconds = (job.heartbeat_at - job.phase_started_at).total_seconds()
        units = job.units_done - job.phase_units_at_start
        if seconds > 0 and units > 0:
            rate = units / seconds
            if job.units_total is not None:
                seconds_left = round((job.units_total - job.units_done) / rate)
    return Progress(
        phase=gettext(job.phase) if job.phase else "",
        done=job.units_done,
        total=job.units_total,
        percent=percent,
        rate=rate,
        seconds_left=seconds_left,
        is_over=job.state not in UNFINISHED_JOB_STATES,
    )


def log_text(line: JobLog) -> str:
    """The log line in the reader's language."""
    return fill(gettext(line.message), line.facts) if line.message else ""
