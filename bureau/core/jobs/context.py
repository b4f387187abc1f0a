"""What a handler has in hand while it runs: arguments, checkpoint, fenced steps, progress."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.functional import Promise

from bureau.core import clock, crash, history
from bureau.core.actors import Actor
from bureau.core.choices import JobState, LogLevel
from bureau.core.jobs.registry import JobKind
from bureau.core.models import Job, JobLog

#: Progress outside a step is written at most this often.
PROGRESS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Again:
    """Answer of a handler: committed so far, more to do; the job is sent anew for the rest.

    `after_seconds`: not before this time, for a handler that waits for something else.
    """

    after_seconds: float = 0.0


class LeaseLost(Exception):
    """Another run owns the job now; this one must stop and has written nothing since."""


class Cancelled(Exception):
    """A member of staff asked for the job to stop."""


class JobContext:
    """One run of one job, owned by its lease.

    Writes belong into `step()`: they commit together with the checkpoint, and only while this run
    still owns the job.
    """

    def __init__(self, job: Job, kind: JobKind, lease_seconds: int) -> None:
        self.job = job
        self.kind = kind
        self.fence = job.fence
        self.lease_seconds = lease_seconds
        self.arguments: dict[str, Any] = dict(job.arguments)
        self.checkpoint: dict[str, Any] = dict(job.checkpoint)
        self.result: dict[str, Any] = dict(job.result)
        self.actor = Actor.job(job)
        self.signs_of_life = 0
        self.lost = False
        self._in_step = False
        self._units_done = job.units_done
        self._units_total = job.units_total
        self._unwritten: dict[str, Any] = {}
        self._written_at = 0.0

    @contextmanager
    def step(self, **checkpoint: Any) -> Iterator[dict[str, Any]]:
        """One transaction (up to 60 s) whose effects commit together with the checkpoint.

        Yields the checkpoint to be stored, which the body may still change. Raises LeaseLost when
        another run owns the job, Cancelled when it was asked to stop.
        """
        self.signs_of_life += 1
        with transaction.atomic(durable=True):
            self._hold()
            self._in_step = True
            coming = {**self.checkpoint, **checkpoint}
            before = (self._units_done, dict(self._unwritten))
            try:
                yield coming
            except BaseException:
                self._units_done, self._unwritten = before
                raise
            finally:
                self._in_step = False
            crash.point("step_before_commit")
            progressed = {"attempts": 0} if coming != self.checkpoint else {}
            self.write(checkpoint=coming, **progressed)
        self.checkpoint = coming
        self.signs_of_life += 1
        crash.point("step_after_commit")

    def phase(self, name: str | Promise, total: int | None = None) -> None:
        """A phase begins, of `total` units; resuming in the same phase keeps what was done."""
        text = _source_text(name)
        if text != self.job.phase:
            self._units_done = 0
        self.job.phase = text
        self._units_total = None if total is None else max(total, self._units_done)
        self._note(
            phase=text,
            units_done=self._units_done,
            units_total=self._units_total,
            phase_started_at=clock.now(),
            phase_units_at_start=self._units_done,
        )
        if not self._in_step:
            self.write()

    def progress(self, done: int) -> None:
        """So many units of the phase are done; inside a step it shows when the step commits."""
        self._units_done = done if self._units_total is None else min(done, self._units_total)
        self._note(units_done=self._units_done)
        if not self._in_step and time.monotonic() - self._written_at >= PROGRESS_SECONDS:
            self.write()

    def log(self, message: str | Promise, level: LogLevel = LogLevel.INFO, /, **facts: Any) -> None:
        """A line stands in the job's log; `message` is a translatable text with `%(fact)s` places.

        Inside a step it commits with the step.
        """
        JobLog.objects.create(
            job_id=self.job.pk,
            at=clock.now(),
            level=level,
            message=_source_text(message),
            facts=facts,
        )

    def heartbeat(self) -> None:
        """A sign of life between steps; raises LeaseLost or Cancelled like a step."""
        self.signs_of_life += 1
        if not self._in_step:
            self.write()
            self.raise_if_cancelled()

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled when someone asked the job to stop and its kind may be stopped."""
        asked = Job.objects.filter(pk=self.job.pk).values_list("cancel_requested", flat=True).get()
        if asked and self.kind.cancellable:
            raise Cancelled

    def write(self, **fields: Any) -> None:
        """The fields stand in the row and the lease is renewed; raises LeaseLost if not ours."""
        written = {
            "heartbeat_at": Now(),
            "lease_until": Now() + timedelta(seconds=self.lease_seconds),
            "result": self.result,
            **self._unwritten,
            **fields,
        }
        ours = Job.objects.filter(pk=self.job.pk, fence=self.fence, state=JobState.RUNNING)
        changed = ours.update(**written)
        if changed != 1:
            self.lost = True
            raise LeaseLost
        self._unwritten.clear()
        self._written_at = time.monotonic()

    def _note(self, **fields: Any) -> None:
        self.signs_of_life += 1
        self._unwritten |= fields

    def _hold(self) -> None:
        """Until the transaction ends nobody else can take this job; its changes are the job's.

        The lock is advisory, not the row's: cancelling and signs of life must not wait for a step.
        """
        take_hold(self.job.pk)
        fence, state, asked = Job.objects.values_list("fence", "state", "cancel_requested").get(
            pk=self.job.pk
        )
        if fence != self.fence or state != JobState.RUNNING:
            self.lost = True
            raise LeaseLost
        if asked and self.kind.cancellable:
            raise Cancelled
        history.attach(request=history.request_id(), actor=self.actor)


def take_hold(job_id: int) -> None:
    """Waits for the job's advisory lock and keeps it until the transaction ends.

    PostgreSQL looks every 3 s whether the worker still lives (bureau.database), so that the
    statement of a killed one ends and frees the lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"core.job {job_id}"]
        )


def try_hold(job_id: int) -> bool:
    """Whether the job's advisory lock was free; it is then kept until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"core.job {job_id}"]
        )
        return bool(cursor.fetchone()[0])


def _source_text(text: str | Promise) -> str:
    with translation.override(None):
        return str(text)
