"""Asking for a job, cancelling it, trying it again: what people and services do to job rows."""

import datetime
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor, actor_from
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import constraint_of
from bureau.core.jobs import dispatch
from bureau.core.jobs.registry import kind_of
from bureau.core.models import Area, Job, Staff


def enqueue(
    kind: str,
    key: str,
    *,
    by: Actor | Staff | str,
    at: datetime.datetime,
    arguments: Mapping[str, int | str] | None = None,
    label: str = "",
    area: Area | None = None,
    queue: str | None = None,
    due_at: datetime.datetime | None = None,
) -> Job:
    """A job of this kind and key is waiting or running; the one that already is, is returned.

    Its message goes out when the transaction commits. A broker that is away delays the job and
    nothing else. `arguments` hold identifiers only, no personal data.
    """
    queue = queue or kind_of(kind).queue
    actor = actor_from(by)
    while True:
        unfinished = Job.objects.filter(kind=kind, key=key, state__in=UNFINISHED_JOB_STATES).first()
        if unfinished is not None:
            return unfinished
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    kind=kind,
                    key=key,
                    queue=queue,
                    arguments=dict(arguments or {}),
                    label=label[:200],
                    area=area,
                    # The database's clock decides what is due, whatever the web server's says.
                    due_at=due_at or Now(),
                    sent_at=None if due_at else Now(),
                    requested_by_id=actor.id,
                    requested_by_text=actor.text[:120],
                    requested_at=at,
                )
        except IntegrityError as error:
            # Another request was faster: its job is the job. Anything else is a real refusal.
            if constraint_of(error) != "job_one_unfinished_per_key":
                raise
            continue
        if due_at is None:
            dispatch.send_on_commit(job)
        job.refresh_from_db()
        return job


def cancel(job: Job, *, by: Actor | Staff | str, at: datetime.datetime) -> Job:
    """A waiting job is cancelled; a running one stops before its next step.

    Raises MovedOn when the job has ended meanwhile.
    """
    actor = actor_from(by)
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
        running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING)
        asked = {"cancel_requested": True, "cancel_requested_by": actor.text[:120]}
        stopped = waiting.update(state=JobState.CANCELLED, finished_at=at, **asked)
        if not stopped and not running.update(**asked):
            raise MovedOn("job_has_ended", _("The job has already ended."), target=job)
        audit.record("job.cancel", by=actor, at=at, target=job, area=job.area, job=job.kind)
    job.refresh_from_db()
    return job


def retry(job: Job, *, by: Actor | Staff | str, at: datetime.datetime) -> Job:
    """A failed or cancelled job waits again and goes on from its checkpoint.

    Raises MovedOn when it is not failed or cancelled (any more), DomainError when another job for
    the same thing is under way.
    """
    actor = actor_from(by)
    ended = Job.objects.filter(pk=job.pk, state__in=[JobState.FAILED, JobState.CANCELLED])
    try:
        with transaction.atomic():
            changed = ended.update(
                state=JobState.QUEUED,
                attempts=0,
                cancel_requested=False,
                cancel_requested_by="",
                finished_at=None,
                noted_at=None,
                noted_by="",
                last_error="",
                due_at=Now(),
                sent_at=Now(),
            )
            if changed != 1:
                raise MovedOn(
                    "job_not_ended",
                    _("Only a failed or cancelled job is tried again."),
                    target=job,
                )
            audit.record("job.retry", by=actor, at=at, target=job, area=job.area, job=job.kind)
            dispatch.send_on_commit(job)
    except IntegrityError as error:
        raise DomainError(
            "job_under_way", _("Another job for the same thing is waiting or running.")
        ) from error
    job.refresh_from_db()
    return job


def take_note(job: Job, *, by: Actor | Staff | str, at: datetime.datetime) -> Job:
    """Somebody knows that the job failed and does what is needed; it is no open work any more.

    Raises MovedOn when it is not failed, or when another took note of it before.
    """
    actor = actor_from(by)
    failed = Job.objects.filter(pk=job.pk, state=JobState.FAILED, noted_at=None)
    with transaction.atomic():
        if failed.update(noted_at=at, noted_by=actor.text[:120]) != 1:
            raise MovedOn(
                "job_not_failed", _("There is nothing to take note of any more."), target=job
            )
        audit.record("job.noted", by=actor, at=at, target=job, area=job.area, job=job.kind)
    job.refresh_from_db()
    return job
