"""The Celery application and the portal's own timetable; staff's report schedules are rows, not here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

app = Celery("bureau")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["bureau.core"])
app.conf.beat_schedule = {
    # Re-sends jobs whose message was lost and takes over those whose worker died.
    "sweep-jobs": {
        "task": "bureau.core.tasks.sweep_jobs",
        "schedule": 15.0,
        "options": {"queue": "interactive", "expires": 15},
    },
}
