"""Telling members of staff of events: in the transaction of the event, once, without a text.

What stands in the table are kinds and numbers; the page makes the words and applies the reader's
scope of the moment to every link.
"""

import datetime
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, parameters
from bureau.core.choices import ApprovalState, NotificationKind
from bureau.core.models import ApprovalRequest, Area, Job, Notification, Subscription
from bureau.core.parameters import Parameter

SQL: Final = Path(__file__).parent / "sql" / "notify_overdue.sql"
KEPT_DAYS = parameters.register(
    Parameter(
        "notifications.days",
        _("Days for which notifications are kept"),
        _("Older ones are removed at night, read or not."),
        _("days"),
        default=90,
        minimum=7,
        maximum=3650,
        source=_("Set with the portal; the bureau has not fixed a figure yet."),
    )
)
#: Jobs of this queue end within a moment while the asker looks on.
QUIET_QUEUE: Final = "interactive"
#: What nobody can be told of without having asked for it.
BY_AREA: Final = frozenset({NotificationKind.ROSTER})


def tell(
    kind: NotificationKind,
    staff: Collection[int],
    *,
    subject: str,
    target: int,
    event: str = "",
    area: Area | None = None,
    at: datetime.datetime,
) -> None:
    """These members of staff are told, unless they do not want to be; once per event."""
    unwanted = set(
        Subscription.objects.filter(staff__in=staff, kind=kind, is_on=False).values_list(
            "staff", flat=True
        )
    )
    Notification.objects.bulk_create(
        [
            Notification(
                staff_id=number,
                kind=kind,
                subject=subject[:60],
                target_id=target,
                event=event[:60] or str(target),
                area=area,
                at=at,
            )
            for number in sorted(set(staff) - unwanted)
        ],
        ignore_conflicts=True,
    )


def job_ended(job: Job, kind: NotificationKind, *, at: datetime.datetime) -> None:
    """Who asked for the job is told that it ended; call it in the transaction that says so."""
    if job.requested_by_id is None:
        return
    if kind == NotificationKind.JOB_DONE and job.queue == QUIET_QUEUE:
        return
    tell(
        kind,
        [job.requested_by_id],
        subject=job.kind,
        target=job.pk,
        event=f"{job.pk}:{job.fence}",
        area=job.area,
        at=at,
    )


def decided(request: ApprovalRequest, *, at: datetime.datetime) -> None:
    """Who made the request is told what was decided."""
    approved = request.state == ApprovalState.APPROVED
    tell(
        NotificationKind.APPROVED if approved else NotificationKind.RETURNED,
        [request.maker_id],
        subject=request.kind,
        target=request.pk,
        area=request.area,
        at=at,
    )


def tell_followers(
    kind: NotificationKind, *, target: int, area: Area, without: int | None, at: datetime.datetime
) -> None:
    """Who follows the area, or one above it, is told; not the one who did it."""
    parts = area.path.rstrip("/").split("/")
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    followers = Subscription.objects.filter(kind=kind, is_on=True, area__path__in=above)
    wanted = set(followers.values_list("staff", flat=True)) - {without}
    tell(kind, [n for n in wanted if n is not None], subject="", target=target, area=area, at=at)


def tell_overdue(*, at: datetime.datetime, today: datetime.date) -> int:
    """Whoever may decide a request beyond its deadline is told once; returns how many were."""
    pairs = [(kind.name, role.value) for kind in approvals.kinds() for role in kind.roles]
    with connection.cursor() as cursor:
        cursor.execute(
            SQL.read_text(encoding="utf-8"),
            {
                "kinds": [name for name, _role in pairs],
                "roles": [role for _name, role in pairs],
                "at": at,
                "today": today,
            },
        )
        return int(cursor.rowcount)


def mark_read(staff: int, numbers: Iterable[int] | None, *, at: datetime.datetime) -> int:
    """The member of staff has read these, or all; returns how many were unread."""
    unread = Notification.objects.filter(staff=staff, read_at=None)
    if numbers is not None:
        unread = unread.filter(pk__in=list(numbers))
    return unread.update(read_at=at)


def wishes_of(staff: int) -> dict[str, bool]:
    """For every kind but those by area, whether the member of staff is told."""
    kept = dict(Subscription.objects.filter(staff=staff, area=None).values_list("kind", "is_on"))
    return {kind: kept.get(kind, True) for kind in NotificationKind.values if kind not in BY_AREA}


def followed_by(staff: int) -> set[int]:
    """The areas the member of staff follows."""
    found = Subscription.objects.filter(staff=staff, kind=NotificationKind.ROSTER, is_on=True)
    return {number for number in found.values_list("area", flat=True) if number}


def wish(
    staff: int, *, wanted: Collection[str], followed: Collection[int], offered: Collection[int]
) -> None:
    """The member of staff is told of these kinds, and of rosters of these areas among those
    offered; what else is followed stays."""
    for kind in NotificationKind.values:
        if kind not in BY_AREA:
            Subscription.objects.update_or_create(
                staff_id=staff, kind=kind, area=None, defaults={"is_on": kind in wanted}
            )
    own = Subscription.objects.filter(staff=staff, kind=NotificationKind.ROSTER)
    own.filter(area__in=set(offered) - set(followed)).delete()
    Subscription.objects.bulk_create(
        [
            Subscription(staff_id=staff, kind=NotificationKind.ROSTER, area_id=number)
            for number in sorted(set(followed) & set(offered))
        ],
        ignore_conflicts=True,
    )


def purge(*, at: datetime.datetime, today: datetime.date) -> int:
    """Notifications older than the bureau keeps them are gone; returns how many."""
    days = parameters.value(KEPT_DAYS.key, today)
    gone, _by_model = Notification.objects.filter(
        at__lt=at - datetime.timedelta(days=days)
    ).delete()
    return gone
