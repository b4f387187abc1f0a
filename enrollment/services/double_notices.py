"""Notices of ended coverage: asked to be printed, printed, delivered."""

import datetime
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import audit, digests, jobs
from bureau.core.actors import Actor, Scope
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import Job, Staff
from enrollment.choices.double import Delivery
from enrollment.models import DoubleNotice
from enrollment.selectors import double_enrollment as selectors
from enrollment.services.double_jobs import NOTICES

#: Letters of one print: a morning's work for those who fold them.
MOST: Final = 2_000


def ask_to_print(
    kind: str, numbers: Sequence[int], *, language: str, by: Actor, at: datetime.datetime
) -> Job:
    """The letters, or the list by town, are being printed for the asker."""
    if not numbers:
        raise DomainError("NO_NOTICE", gettext_lazy("Choose at least one notice."))
    return jobs.enqueue(
        NOTICES,
        # The very notices: another choice is another print.
        f"{by.staff_id}:{kind}:{language}:{digests.of_numbers(numbers)[:32]}",
        arguments={
            "staff": by.staff_id or 0,
            "kind": kind,
            "notices": ",".join(map(str, numbers)),
            "language": language,
        },
        label=_("%(n)s notices") % {"n": len(numbers)},
        by=by,
        at=at,
    )


def note_printed(numbers: Sequence[int], *, by: Staff, at: datetime.datetime) -> int:
    """The notices are printed; one that was printed before keeps the first time."""
    return DoubleNotice.objects.filter(pk__in=numbers, printed_at=None).update(
        printed_at=at, printed_by=str(by)[:120]
    )


@transaction.atomic
def note_delivered(
    numbers: Sequence[int],
    *,
    delivery: Delivery,
    on: datetime.date,
    scope: Scope,
    by: Staff,
    at: datetime.datetime,
) -> int:
    """The notices reached the people on that day in this way; returns how many.

    Raises DomainError for a day to come or before one of them was issued, MovedOn when one of them
    is not printed, was withdrawn, or was delivered before.
    """
    if on > timezone.localdate(at):
        raise DomainError("DELIVERED_LATER", gettext_lazy("The day lies in the future."))
    notices = selectors.notices_in(scope).filter(pk__in=numbers)
    if notices.filter(issued_on__gt=on).exists():
        raise DomainError(
            "DELIVERED_BEFORE_ISSUED", gettext_lazy("A notice is delivered after it was issued.")
        )
    ready = DoubleNotice.objects.filter(
        pk__in=notices.values("pk"), printed_at__isnull=False, delivered_on=None, is_withdrawn=False
    )
    done = ready.update(delivered_on=on, delivery=delivery, delivery_noted_by=str(by)[:120])
    if done != len(set(numbers)):
        raise MovedOn(
            "NOTICES_MOVED_ON",
            gettext_lazy("Some of these notices have changed meanwhile; look at the list again."),
        )
    audit.record("double.notices_delivered", by=by, at=at, notices=done, way=delivery.value)
    return done
