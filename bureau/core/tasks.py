"""The messages of the shared mechanisms: run one job, sweep for lost ones, tidy at night."""

import logging
import os
import socket

from celery import shared_task

from bureau.core import (
    clock,
    files,
    integrity,
    jobs,
    lockout,
    sessions,
    worker_watch,  # noqa: F401 (each worker is watched)
)

_logger = logging.getLogger("bureau.integrity")


@shared_task(name="bureau.core.tasks.run_job")  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_: object) -> None:
    """Runs one job once; a doubled or late message does nothing."""
    jobs.run(job_id, worker=f"{socket.gethostname()}:{os.getpid()}", may_kill=True)


@shared_task(name="bureau.core.tasks.sweep_jobs")  # type: ignore[untyped-decorator]
def sweep_jobs(**_: object) -> None:
    """Jobs whose message was lost or whose worker died are sent anew."""
    jobs.sweep()


@shared_task(name="bureau.core.tasks.purge_files")  # type: ignore[untyped-decorator]
def purge_files(**_: object) -> None:
    """Files whose time has come, and rests of uploads that were cut off, are gone."""
    files.purge_due(at=clock.now())
    files.purge_orphans(at=clock.now())


@shared_task(name="bureau.core.tasks.purge_sign_ins")  # type: ignore[untyped-decorator]
def purge_sign_ins(**_: object) -> None:
    """Sessions that are over and attempts at signing in of long ago are gone."""
    sessions.tidy(clock.now())
    lockout.purge(clock.now())


@shared_task(name="bureau.core.tasks.check_invariants")  # type: ignore[untyped-decorator]
def check_invariants(**_: object) -> None:
    """What must always hold is checked; what does not is an error in the log."""
    for broken in integrity.broken_invariants():
        _logger.error(
            "invariant %s is broken %s times: %s", broken.name, broken.offenders, broken.examples
        )
