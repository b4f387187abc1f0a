"""The Celery application and the portal's own timetable (report schedules of staff are rows)."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
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


app.conf.beat_schedule = {
    # Re-sends jobs whose message was lost and takes over those whose worker died.
    "sweep-jobs": {
        "task": "bureau.core.tasks.sweep_jobs",
        "schedule": 15.0,
        "options": {"queue": "interactive", "expires": 15},
    },
    # Whoever takes these is alive; nobody needs an old one.
    **{
        f"life-{queue}": {
            "task": "bureau.core.tasks.note_life",
            "schedule": 60.0,
            "kwargs": {"name": f"queue:{queue}"},
            "options": {"queue": queue, "expires": 60},
        }
        for queue in ("interactive", "bulk", "reports")
    },
    "watch-health": {
        "task": "bureau.core.tasks.watch_health",
        "schedule": 300.0,
        "options": {"queue": "interactive", "expires": 300},
    },
    # Hands packets of pairs back whose clerk went away, and wakes the job that carries out.
    "tidy-review": {
        "task": "enrollment.tasks.tidy_review",
        "schedule": 60.0,
        "options": {"queue": "interactive", "expires": 60},
    },
    "purge-files": {
        "task": "bureau.core.tasks.purge_files",
        "schedule": crontab(hour=2, minute=10),
        "options": {"queue": "reports"},
    },
    "purge-sign-ins": {
        "task": "bureau.core.tasks.purge_sign_ins",
        "schedule": crontab(hour=2, minute=40),
        "options": {"queue": "reports"},
    },
    "check-invariants": {
        "task": "bureau.core.tasks.check_invariants",
        "schedule": crontab(hour=3, minute=10),
        "options": {"queue": "reports"},
    },
}
