"""Finding jobs whose message was lost or whose worker died, and sending them anew."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from bureau.core.choices import JobState
from bureau.core.jobs import dispatch
from bureau.core.models import Job

#: A message that was taken by the broker but led to no run within this time is held to be lost.
RESEND_SECONDS = 60
SWEEP_LIMIT = 500


def sweep() -> int:
    """Every job that is due and that nobody works on has a message under way; returns how many.

    Runs side by side without doubling, and a doubled message would do no harm.
    """
    lost = Q(sent_at=None) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_SECONDS))
    waiting = Q(state=JobState.QUEUED, due_at__lte=Now()) & lost
    abandoned = Q(state=JobState.RUNNING, lease_until__lt=Now())
    with transaction.atomic():
        found = list(
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(waiting | abandoned)
            .order_by("due_at", "pk")[:SWEEP_LIMIT]
        )
        Job.objects.filter(pk__in=[job.pk for job in found]).update(sent_at=Now())
    return sum(dispatch.send(job.pk, job.queue) for job in found)
