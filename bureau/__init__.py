"""The portal itself: settings, the shared mechanisms (core), file intake, page frame and home."""

# Every process that sends a task must know the broker: without this import, tasks sent by commands
# and the web server would go to Celery's default address.
from bureau.celery import app as celery_app

__all__ = ["celery_app"]
