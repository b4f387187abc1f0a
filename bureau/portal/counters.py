"""Figures that every page shows: work that waits, jobs that run, what is unread; up to a cap."""

from django.http import HttpRequest

from bureau.core.models import Notification
from bureau.portal import selectors
from bureau.ui.navigation import actor_of_request

#: One more than the highest figure that is shown exactly.
CAP = 100


def todo_count(request: HttpRequest) -> int:
    """Requests that wait for this member of staff."""
    return selectors.waiting_for(actor_of_request(request)).order_by()[:CAP].count()


def running_count(request: HttpRequest) -> int:
    """Jobs, visible to this member of staff, that have not ended."""
    return selectors.running_jobs(actor_of_request(request)).order_by()[:CAP].count()


def unread_count(request: HttpRequest) -> int:
    """Notifications that this member of staff has not read."""
    unread = Notification.objects.filter(staff=actor_of_request(request).staff_id, read_at=None)
    return unread.order_by()[:CAP].count()
