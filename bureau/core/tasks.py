"""The messages of the shared mechanisms: run one job, sweep for lost ones, tidy at night."""

import logging
import os
import socket

from celery import shared_task
from django.utils.translation import gettext_lazy

from bureau.core import (
    audit,
    clock,
    files,
    health,
    integrity,
    jobs,
    lockout,
    notifications,
    sessions,
    timetable,
    worker_watch,  # noqa: F401 (each worker is watched)
)

_logger = logging.getLogger("bureau.integrity")
_health = logging.getLogger("bureau.health")


@shared_task(name="bureau.core.tasks.run_job")  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_: object) -> None:
    """Runs one job once; a doubled or late message does nothing."""
    jobs.run(job_id, worker=f"{socket.gethostname()}:{os.getpid()}", may_kill=True)


@shared_task(name="bureau.core.tasks.sweep_jobs")  # type: ignore[untyped-decorator]
def sweep_jobs(**_: object) -> None:
    """Jobs whose message was lost or whose worker died are sent anew."""
    jobs.sweep()
    health.note_life(health.TIMETABLE)


@shared_task(name="bureau.core.tasks.note_life")  # type: ignore[untyped-decorator]
def note_life(*, name: str, **_: object) -> None:
    """A worker of this queue takes messages."""
    health.note_life(name)


@shared_task(name="bureau.core.tasks.watch_health")  # type: ignore[untyped-decorator]
def watch_health(**_: object) -> None:
    """What is not well stands in the log as an alarm, for whoever watches it."""
    for finding in health.findings():
        if finding.tone == "bad":
            _health.error("alarm %s: %s", finding.key, finding.figure)


@shared_task(name="bureau.core.tasks.see_to_the_timetable")  # type: ignore[untyped-decorator]
def see_to_the_timetable(**_: object) -> None:
    """What has fallen due is a job, once, however many timetables run."""
    timetable.ask_for_what_is_due(at=clock.now())


@jobs.register(
    "core.purge_files", queue="reports", label=gettext_lazy("Remove files past their time")
)
def purge_files(context: jobs.JobContext) -> None:
    """Files whose time has come, and rests of uploads that were cut off, are gone."""
    files.purge_due(at=clock.now())
    context.heartbeat()
    files.purge_orphans(at=clock.now())


@jobs.register(
    "core.purge_sign_ins",
    queue="reports",
    label=gettext_lazy("Remove ended sessions and old attempts to sign in"),
)
def purge_sign_ins(context: jobs.JobContext) -> None:
    """Sessions that are over and attempts at signing in of long ago are gone."""
    sessions.tidy(clock.now())
    context.heartbeat()
    lockout.purge(clock.now())


@shared_task(name="bureau.core.tasks.tell_overdue")  # type: ignore[untyped-decorator]
def tell_overdue(**_: object) -> None:
    """Whoever may decide a request beyond its deadline has been told of it."""
    notifications.tell_overdue(at=clock.now(), today=clock.today())


@jobs.register(
    "core.purge_notifications",
    queue="reports",
    label=gettext_lazy("Remove old notifications"),
)
def purge_notifications(context: jobs.JobContext) -> None:
    """Notifications older than the bureau keeps them are gone."""
    notifications.purge(at=clock.now(), today=clock.today())
    context.heartbeat()


@jobs.register(
    "core.check_invariants", queue="reports", label=gettext_lazy("Check what must always hold")
)
def check_invariants(context: jobs.JobContext) -> None:
    """What must always hold is checked; what does not is an error in the log."""
    found = integrity.broken_invariants()
    names = [broken.name for broken in found]
    with context.step(checked=True):
        audit.record("invariants.checked", by="check_invariants", at=clock.now(), broken=names)
    for broken in found:
        _logger.error(
            "invariant %s is broken %s times: %s", broken.name, broken.offenders, broken.examples
        )


timetable.daily("core.purge_files", hour=2, minute=10)
timetable.daily("core.purge_sign_ins", hour=2, minute=40)
timetable.daily("core.purge_notifications", hour=2, minute=50)
timetable.daily("core.check_invariants", hour=3, minute=10)
