"""The one place that reads the clock; below the edge, instants are passed in."""

import datetime

from django.utils import timezone


def now() -> datetime.datetime:
    """The present instant, with time zone."""
    return timezone.now()


def today() -> datetime.date:
    """The present date in the bureau's time zone (Asia/Shanghai)."""
    return timezone.localdate()
