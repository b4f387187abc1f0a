"""What notifications of the portal's own kinds lead to, and the areas that a reader may follow."""

from collections.abc import Iterable

from django.urls import reverse

from bureau.core import access
from bureau.core.actors import Actor
from bureau.core.choices import AreaLevel, NotificationKind
from bureau.core.models import Area
from bureau.portal import selectors
from bureau.ui import notices


def jobs_seen(actor: Actor, numbers: Iterable[int]) -> dict[int, str]:
    found = selectors.jobs_visible_to(actor).filter(pk__in=numbers).values_list("pk", flat=True)
    return {number: reverse("portal:job-detail", args=[number]) for number in found}


def requests_seen(actor: Actor, numbers: Iterable[int]) -> dict[int, str]:
    visible = selectors.approvals_visible_to(actor)
    found = visible.filter(pk__in=numbers).values_list("pk", flat=True)
    return {number: reverse("portal:approval-detail", args=[number]) for number in found}


def delegations_seen(actor: Actor, numbers: Iterable[int]) -> dict[int, str]:
    return dict.fromkeys(numbers, reverse("portal:delegations"))


def areas_to_follow(actor: Actor) -> list[Area]:
    """The city and county-level areas in which the actor may open rosters."""
    if not access.may(actor, "enrollment:roster-list"):
        return []
    roles = access.roles_for("enrollment:roster-list")
    areas = actor.scope(*roles).filter(Area.objects.all(), "path")
    return list(areas.filter(level__in=[AreaLevel.CITY, AreaLevel.COUNTY]).order_by("path"))


def register_own() -> None:
    """The kinds of the portal itself."""
    for kind in (NotificationKind.JOB_DONE, NotificationKind.JOB_FAILED):
        notices.register(kind, jobs_seen)
    for kind in (NotificationKind.APPROVED, NotificationKind.RETURNED, NotificationKind.OVERDUE):
        notices.register(kind, requests_seen)
    notices.register(NotificationKind.DELEGATED, delegations_seen)
