"""The thread that renews a run's lease, and ends a process whose run is stuck."""

import logging
import os
import resource
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now

from bureau.core.choices import JobState
from bureau.core.jobs.context import JobContext
from bureau.core.models import Job

#: One job that eats memory must not take the machine from all others.
MEMORY_LOOK_SECONDS = 0.5

_logger = logging.getLogger("bureau.jobs")


class LeaseKeeper:
    """While entered, renews the lease every third of its time over a short connection of its own.

    A run without a sign of life for its kind's `stall_seconds` is stuck, and one that holds more
    memory than `JOB_MEMORY_BYTES` would take the machine from others: the process is killed if
    `may_kill` (a worker, whose pool replaces it); else a stuck run's lease is let go.
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
        pause = context.lease_seconds / 3
        renewed_at = time.monotonic()
        while not self._ended.wait(min(MEMORY_LOOK_SECONDS, pause)):
            if self._may_kill and memory_in_use() > settings.JOB_MEMORY_BYTES:
                self._give_up("took more memory than a job may")
            if time.monotonic() - renewed_at < pause:
                continue
            renewed_at = time.monotonic()
            if context.signs_of_life != signs:
                signs, since = context.signs_of_life, time.monotonic()
            elif time.monotonic() - since > context.kind.stall_seconds:
                self._give_up("gave no sign of life for too long")
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

    def _give_up(self, why: str) -> None:
        """The process ends, if it may; its pool starts a new one, and the attempt has counted."""
        _logger.error("job %s (%s) %s", self._context.job.pk, self._context.job.kind, why)
        if self._may_kill:
            os.kill(os.getpid(), signal.SIGKILL)


def memory_in_use() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
