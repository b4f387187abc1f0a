"""The thread that renews a run's lease, and ends a process whose run is stuck."""

import logging
import os
import signal
import threading
import time
from datetime import timedelta
from types import TracebackType

from django.db import Error, connection
from django.db.models.functions import Now

from bureau.core.choices import JobState
from bureau.core.jobs.context import JobContext
from bureau.core.models import Job

_logger = logging.getLogger("bureau.jobs")


class LeaseKeeper:
    """While entered, renews the lease every third of its time over a short connection of its own.

    A run without a sign of life for its kind's `stall_seconds` is stuck: the process is killed if
    `may_kill` (a worker, whose pool replaces it), else its lease is let go.
    """

    def __init__(self, context: JobContext, *, may_kill: bool) -> None:
        self._context = context
        self._may_kill = may_kill
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease keeper", daemon=True)

    def __enter__(self) -> "LeaseKeeper":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        context = self._context
        signs, since = context.signs_of_life, time.monotonic()
        while not self._ended.wait(context.lease_seconds / 3):
            if context.signs_of_life != signs:
                signs, since = context.signs_of_life, time.monotonic()
            elif time.monotonic() - since > context.kind.stall_seconds:
                self._give_up()
                return
            if not self._renew():
                context.lost = True
                return

    def _renew(self) -> bool:
        """False when the job is no longer this run's; a database that is away is asked again."""
        context = self._context
        try:
            return (
                Job.objects.filter(
                    pk=context.job.pk, fence=context.fence, state=JobState.RUNNING
                ).update(
                    heartbeat_at=Now(),
                    lease_until=Now() + timedelta(seconds=context.lease_seconds),
                )
                == 1
            )
        except Error as error:
            _logger.warning("job %s: lease not renewed: %s", context.job.pk, type(error))
            return True
        finally:
            connection.close()

    def _give_up(self) -> None:
        _logger.error(
            "job %s (%s) is stuck: no sign of life for %s s",
            self._context.job.pk,
            self._context.job.kind,
            self._context.kind.stall_seconds,
        )
        if self._may_kill:
            os.kill(os.getpid(), signal.SIGKILL)
