"""The Celery application and the portal's own timetable (report schedules of staff are rows)."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

app = Celery("bureau")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["bureau.core"])


@celeryd_init.connect  # type: ignore[untyped-decorator]
def be_a_worker(**_sender: Any) -> None:
    """A process that takes jobs has the limits of one, before it parts into its pool."""
    from bureau import database

    database.become("worker")


# No message expires: that is judged by the worker's own clock, and one that goes ahead would throw
# everything away. A late one finds nothing to do.
app.conf.beat_schedule = {
    # Re-sends jobs whose message was lost and takes over those whose worker died.
    "sweep-jobs": {
        "task": "bureau.core.tasks.sweep_jobs",
        "schedule": 15.0,
        "options": {"queue": "interactive"},
    },
    # Asks for what falls due once a day (bureau.core.timetable), by the database's clock.
    "see-to-the-timetable": {
        "task": "bureau.core.tasks.see_to_the_timetable",
        "schedule": 30.0,
        "options": {"queue": "interactive"},
    },
    # Whoever takes these is alive.
    **{
        f"life-{queue}": {
            "task": "bureau.core.tasks.note_life",
            "schedule": 60.0,
            "kwargs": {"name": f"queue:{queue}"},
            "options": {"queue": queue},
        }
        for queue in ("interactive", "bulk", "reports")
    },
    "watch-health": {
        "task": "bureau.core.tasks.watch_health",
        "schedule": 300.0,
        "options": {"queue": "interactive"},
    },
    # Hands packets of pairs back whose clerk went away, and wakes the job that carries out.
    "tidy-review": {
        "task": "enrollment.tasks.tidy_review",
        "schedule": 60.0,
        "options": {"queue": "interactive"},
    },
    # Tells once whoever may decide a request beyond its deadline.
    "tell-overdue": {
        "task": "bureau.core.tasks.tell_overdue",
        "schedule": 900.0,
        "options": {"queue": "interactive"},
    },
}
