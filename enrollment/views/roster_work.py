"""Rosters on the home and to-do pages: what waits for a clerk's next step."""

from collections.abc import Iterable

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bureau.core import access
from bureau.intake.choices import BatchState
from bureau.ui.navigation import Work, actor_of_request
from enrollment.selectors import rosters as selectors

#: States in which a roster waits for its clerk, with the words for what is to be done.
WAITING = {
    BatchState.DRAFT: _("Rosters whose files and columns are to be confirmed"),
    BatchState.CHECKED: _("Checked rosters to be looked through and confirmed"),
}


def rosters_waiting(request: HttpRequest) -> Iterable[Work]:
    """Rosters of the reader's areas that wait for a clerk."""
    actor = actor_of_request(request)
    roles = access.roles_for("enrollment:roster-create", "POST")
    if not actor.has(*roles):
        return
    found = (
        selectors.rosters_in(actor.scope(*roles))
        .filter(state__in=list(WAITING))
        .order_by()
        .values("state")
        .annotate(count=Count("pk"), oldest=Min("received_at"))
    )
    for line in found:
        yield Work(
            WAITING[BatchState(line["state"])],
            line["count"],
            f"{reverse('enrollment:roster-list')}?state={line['state']}",
            line["oldest"],
        )
