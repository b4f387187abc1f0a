"""The messages of the shared mechanisms: run one job, sweep for lost ones."""

import os
import socket

from celery import shared_task

from bureau.core import jobs, worker_watch  # noqa: F401 (each worker is watched)


@shared_task(name="bureau.core.tasks.run_job")  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_: object) -> None:
    """Runs one job once; a doubled or late message does nothing."""
    jobs.run(job_id, worker=f"{socket.gethostname()}:{os.getpid()}", may_kill=True)


@shared_task(name="bureau.core.tasks.sweep_jobs")  # type: ignore[untyped-decorator]
def sweep_jobs(**_: object) -> None:
    """Jobs whose message was lost or whose worker died are sent anew."""
    jobs.sweep()
