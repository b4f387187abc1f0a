"""Taking a job's lease, running its handler once, and writing down how it went."""

import logging
import time
import uuid
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext, gettext_noop

from bureau.core import audit, clock, crash, history, notifications
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState, LogLevel, NotificationKind
from bureau.core.errors import DomainError, fill
from bureau.core.integrity import describe, is_connection_loss, is_no_room
from bureau.core.jobs import dispatch
from bureau.core.jobs.context import Again, Cancelled, JobContext, LeaseLost, try_hold
from bureau.core.jobs.keeper import LeaseKeeper
from bureau.core.jobs.registry import kind_of
from bureau.core.models import Job

#: Wait before the second attempt; each further one waits twice as long.
RETRY_SECONDS = 10
#: Wait for somebody to make room on a full disk.
NO_ROOM_SECONDS = 30

_logger = logging.getLogger("bureau.jobs")


class Outcome(StrEnum):
    """What came of one delivery of a job's message."""

    DONE = "DONE"
    AGAIN = "AGAIN"
    RETRY = "RETRY"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    BUSY = "BUSY"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    LEASE_LOST = "LEASE_LOST"


def run(job_id: int, *, worker: str, may_kill: bool = False) -> Outcome:
    """Runs the job's handler once, unless another run owns the job or there is nothing to do.

    Safe to call any number of times, in parallel and late: one call takes the lease.
    """
    with history.numbered(str(uuid.uuid4())):
        context = _take(job_id, worker)
        if isinstance(context, Outcome):
            return context
        crash.point("job_lease_taken")
        with LeaseKeeper(context, may_kill=may_kill):
            return _call(context)


def run_until_done(job_id: int, *, worker: str = "command", patience: float = 120.0) -> Job:
    """Runs the job here, step after step, until it has ended; returns the row.

    While another run owns it, waits for that run, or for its lease to end. Raises TimeoutError
    when nobody works on it for `patience` seconds and it cannot be taken.
    """
    given_up_at = time.monotonic() + patience
    while True:
        outcome = run(job_id, worker=worker)
        job = Job.objects.get(pk=job_id)
        if job.state not in UNFINISHED_JOB_STATES:
            return job
        if outcome is Outcome.AGAIN:
            continue
        if job.state == JobState.RUNNING and job.lease_until and job.lease_until > clock.now():
            given_up_at = time.monotonic() + patience
        if time.monotonic() > given_up_at:
            raise TimeoutError(f"job {job_id} is held by {job.worker or 'nobody'}")
        if outcome is Outcome.RETRY:
            Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(due_at=Now())
        else:
            time.sleep(0.5)


@transaction.atomic
def _take(job_id: int, worker: str) -> JobContext | Outcome:
    """The job is ours under a new fencing number, or the reason why not."""
    if not try_hold(job_id):
        return Outcome.BUSY
    job = (
        Job.objects.select_for_update(of=("self",))
        .annotate(asked_at=Now())
        .filter(pk=job_id, state__in=UNFINISHED_JOB_STATES)
        .first()
    )
    if job is None:
        return Outcome.NOTHING_TO_DO
    if job.state == JobState.RUNNING and job.lease_until and job.lease_until > job.asked_at:
        return Outcome.BUSY
    if job.state == JobState.QUEUED and job.due_at > job.asked_at:
        return Outcome.NOTHING_TO_DO
    try:
        kind = kind_of(job.kind)
    except LookupError:
        return _give_up(
            job, gettext_noop("This release does no jobs of kind %(kind)s."), kind=job.kind
        )
    if job.attempts >= settings.JOB_MAX_ATTEMPTS:
        return _give_up(job, gettext_noop("The worker ended without a word, several times."))
    lease = timedelta(seconds=settings.JOB_LEASE_SECONDS)
    job.state = JobState.RUNNING
    job.fence += 1
    job.attempts += 1
    job.worker = worker[:120]
    job.heartbeat_at = job.asked_at
    job.lease_until = job.asked_at + lease
    job.started_at = job.started_at or job.asked_at
    job.save(
        update_fields=[
            "state",
            "fence",
            "attempts",
            "worker",
            "heartbeat_at",
            "lease_until",
            "started_at",
        ]
    )
    return JobContext(job, kind, settings.JOB_LEASE_SECONDS)


def _call(context: JobContext) -> Outcome:
    """Runs the handler and writes its outcome; only an order to end the process passes on."""
    try:
        context.raise_if_cancelled()
        answer = context.kind.function(context)
        crash.point("job_before_end")
        outcome = (
            _go_on(context, answer) if isinstance(answer, Again) else _end(context, JobState.DONE)
        )
        crash.point("job_after_end")
    except LeaseLost:
        _logger.warning("job %s: another run owns it", context.job.pk)
        return Outcome.LEASE_LOST
    except Cancelled:
        outcome = _end(context, JobState.CANCELLED)
    except DomainError as refusal:
        # A refusal for a reason people understand does not turn into consent by repeating.
        outcome = _fail(context, refusal.source_text, refusal.facts)
    except Exception as error:  # noqa: BLE001 (a handler may raise anything; the job must say so)
        outcome = _after_error(context, error)
    except BaseException:
        _give_back(context)
        raise
    return outcome


def _go_on(context: JobContext, answer: Again) -> Outcome:
    """The rest is sent anew, now or by the sweeper; nothing counts against the job."""
    later = answer.after_seconds > 0
    with transaction.atomic():
        context.write(
            state=JobState.QUEUED,
            attempts=0,
            worker="",
            lease_until=None,
            due_at=Now() + timedelta(seconds=answer.after_seconds),
            sent_at=None if later else Now(),
        )
        if not later:
            dispatch.send_on_commit(context.job)
    return Outcome.AGAIN


def _end(context: JobContext, state: JobState, **fields: Any) -> Outcome:
    """The job has ended in this state, and who asked for it is told in the same transaction."""
    with transaction.atomic():
        context.write(state=state, finished_at=Now(), lease_until=None, worker="", **fields)
        _tell_asker(context.job, state)
    return Outcome(state.value)


def _tell_asker(job: Job, state: JobState) -> None:
    """Who stopped a job knows of it; of the other ends its asker is told."""
    kinds = {
        JobState.DONE: NotificationKind.JOB_DONE,
        JobState.FAILED: NotificationKind.JOB_FAILED,
    }
    if state in kinds:
        notifications.job_ended(job, kinds[state], at=clock.now())


def _fail(context: JobContext, error: str, facts: dict[str, Any]) -> Outcome:
    """The job has failed: row, log and audit trail say why."""
    text = fill(gettext(error), facts)
    try:
        with transaction.atomic():
            outcome = _end(context, JobState.FAILED, last_error=text[:2000])
            context.log(error, LogLevel.ERROR, **facts)
            _record_failure(context.job, text)
    except LeaseLost:
        return Outcome.LEASE_LOST
    return outcome


def _after_error(context: JobContext, error: Exception) -> Outcome:
    """After an error the job waits for its next attempt, or has failed if that was the last.

    A lost connection counts as no attempt, nor does a full disk: neither is the job's fault. When
    nothing can be written the lease ends by itself and the sweeper finds the job.
    """
    text = describe(error)
    _logger.error("job %s (%s): %s", context.job.pk, context.job.kind, text)
    try:
        if connection.connection is not None and not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        no_fault = is_connection_loss(error) or is_no_room(error)
        attempts = (
            max(1, Job.objects.values_list("attempts", flat=True).get(pk=context.job.pk)) - no_fault
        )
        wait = NO_ROOM_SECONDS if is_no_room(error) else RETRY_SECONDS * 2 ** max(0, attempts - 1)
        if attempts >= settings.JOB_MAX_ATTEMPTS:
            return _fail(context, text, {})
        with transaction.atomic():
            context.log(
                gettext_noop("Attempt %(attempt)s ended in an error: %(error)s"),
                LogLevel.WARNING,
                attempt=attempts,
                error=text,
            )
            context.write(
                state=JobState.QUEUED,
                attempts=attempts,
                worker="",
                lease_until=None,
                sent_at=None,
                due_at=Now() + timedelta(seconds=wait),
                last_error=text[:2000],
            )
    except LeaseLost:
        return Outcome.LEASE_LOST
    except Error as away:
        _logger.warning("job %s: the outcome could not be written: %s", context.job.pk, type(away))
    return Outcome.RETRY


def _give_up(job: Job, error: str, **facts: str) -> Outcome:
    """A job that cannot be run has failed."""
    job.state = JobState.FAILED
    job.last_error = fill(gettext(error), facts)
    job.finished_at = clock.now()
    job.lease_until = None
    job.worker = ""
    job.fence += 1
    job.save(update_fields=["state", "last_error", "finished_at", "lease_until", "worker", "fence"])
    job.log_lines.create(at=clock.now(), level=LogLevel.ERROR, message=error, facts=facts)
    _record_failure(job, job.last_error)
    _tell_asker(job, JobState.FAILED)
    return Outcome.FAILED


def _record_failure(job: Job, error: str) -> None:
    audit.record(
        "job.failed",
        by="jobs",
        at=clock.now(),
        target=job,
        area=job.area,
        job=job.kind,
        key=job.key,
        error=error[:500],
    )


def _give_back(context: JobContext) -> None:
    """The process was told to end: the job waits for another at once, and nothing counts."""
    try:
        attempts = Job.objects.values_list("attempts", flat=True).get(pk=context.job.pk)
        context.write(
            state=JobState.QUEUED,
            attempts=max(0, attempts - 1),
            worker="",
            lease_until=None,
            sent_at=None,
        )
    except (Error, LeaseLost) as error:
        _logger.warning("job %s: not given back: %s", context.job.pk, type(error))
