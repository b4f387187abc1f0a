"""Leaving one's approvals to a colleague for a time, without giving anybody a new power.

The colleague holds the same role in the same area, so what is left is work and not power. What the
one who gave it has made stays refused for the colleague while it lasts: nobody approves the own
work by the hand of a stand-in.
"""

import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit, notifications
from bureau.core.choices import NotificationKind, Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import Delegation, RoleGrant, Staff

#: The longest time for which approvals are left to somebody.
MOST_DAYS = 180


def deciding_roles() -> frozenset[Role]:
    """Roles that decide requests of some kind."""
    return frozenset(role for kind in approvals.kinds() for role in kind.roles)


def own_grants(staff: Staff, *, on: datetime.date) -> QuerySet[RoleGrant]:
    """What the member of staff could leave to somebody on the day."""
    found = RoleGrant.objects.filter(staff=staff, period__contains=on, role__in=deciding_roles())
    return found.select_related("area").order_by("role", "area__path")


def colleagues(grant: RoleGrant, *, on: datetime.date) -> QuerySet[Staff]:
    """Others who hold the role in the same area on the day."""
    holders = RoleGrant.objects.filter(role=grant.role, area=grant.area_id, period__contains=on)
    found = Staff.objects.filter(is_active=True, pk__in=holders.values("staff"))
    return found.exclude(staff_no=grant.staff.staff_no).order_by("full_name", "pk")


def delegate(
    grant: RoleGrant,
    taker: Staff,
    *,
    until: datetime.date,
    reason: str,
    by: Staff,
    at: datetime.datetime,
    today: datetime.date,
) -> Delegation:
    """The colleague looks after the approvals up to that day. Raises DomainError."""
    if grant.staff_id != by.pk:
        raise DomainError("NOT_OWN_ROLE", _("You can leave only your own approvals to somebody."))
    if not today <= until <= today + datetime.timedelta(days=MOST_DAYS):
        raise DomainError(
            "DELEGATION_PERIOD",
            _("The last day lies between today and %(days)s days from now."),
            days=MOST_DAYS,
        )
    if not reason.strip():
        raise DomainError("REASON_MISSING", _("Say why you decide so."))
    if not colleagues(grant, on=today).filter(pk=taker.pk).exists():
        raise DomainError(
            "NO_SUCH_COLLEAGUE", _("Only a colleague of the same role and area looks after them.")
        )
    with refusals(), transaction.atomic():
        made = Delegation.objects.create(
            giver=by,
            giver_no=by.staff_no,
            taker=taker,
            taker_no=taker.staff_no,
            role=grant.role,
            area=grant.area,
            period=DateRange(today, until + datetime.timedelta(days=1)),
            reason=reason.strip()[:500],
            made_at=at,
        )
        audit.record(
            "delegation.made", by=by, at=at, target=made, area=grant.area, taker=taker.staff_no
        )
        _tell(made, [taker.pk], event="made", at=at)
    return made


def end(number: int, *, by: Staff, at: datetime.datetime) -> Delegation:
    """The delegation ends now; whoever gave or has it may end it. Raises MovedOn."""
    with transaction.atomic():
        found = Delegation.objects.select_for_update(of=("self",)).filter(of(by), pk=number).first()
        if found is None or found.ended_at is not None:
            raise MovedOn("DELEGATION_ENDED", _("This delegation has ended already."))
        found.ended_at, found.ended_by = at, str(by)[:120]
        found.save(update_fields=["ended_at", "ended_by"])
        audit.record("delegation.ended", by=by, at=at, target=found, area=found.area)
        other = found.taker_id if by.pk == found.giver_id else found.giver_id
        _tell(found, [other], event="ended", at=at)
    return found


def _tell(found: Delegation, staff: list[int], *, event: str, at: datetime.datetime) -> None:
    notifications.tell(
        NotificationKind.DELEGATED,
        staff,
        subject=event,
        target=found.pk,
        event=event,
        area=found.area,
        at=at,
    )


def of(staff: Staff) -> Q:
    """The condition that the member of staff gave or has a delegation."""
    return Q(giver=staff) | Q(taker=staff)


def in_force(*, on: datetime.date) -> QuerySet[Delegation]:
    """Delegations in force on the day."""
    return Delegation.objects.filter(ended_at=None, period__contains=on)


def concerning(staff: Staff, *, on: datetime.date) -> list[Delegation]:
    """Delegations in force that the member of staff gave or has."""
    found = in_force(on=on).filter(of(staff)).select_related("giver", "taker", "area")
    return list(found)
