"""Rosters on the home and to-do pages: what waits for a clerk's next step."""

from collections.abc import Iterable

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bureau.core import access
from bureau.core.actors import Scope
from bureau.intake.choices import BatchState
from bureau.ui.navigation import Work, actor_of_request
from enrollment.choices import Outcome, Reason
from enrollment.choices.roster_work import RosterWait
from enrollment.selectors import roster_work as selectors
from enrollment.selectors.rosters import rosters_in

#: States in which a roster waits for its clerk, with the words for what is to be done.
WAITING = {
    BatchState.DRAFT: _("Rosters whose files and columns are to be confirmed"),
    BatchState.CHECKED: _("Checked rosters to be looked through and confirmed"),
}
#: By which question the rows of one roster show what waits in it.
ROWS = {
    RosterWait.REVIEW: f"outcome={Outcome.REVIEW}",
    RosterWait.REJECTED: f"outcome={Outcome.REJECTED}",
    RosterWait.NUMBER: f"reason={Reason.NEWBORN_WITHOUT_NUMBER}",
}


def rosters_waiting(request: HttpRequest) -> Iterable[Work]:
    """Rosters of the reader's areas that wait for a clerk, and what waits in those on the roll."""
    actor = actor_of_request(request)
    roles = access.roles_for("enrollment:roster-create", "POST")
    if not actor.has(*roles):
        return
    scope = actor.scope(*roles)
    found = (
        rosters_in(scope)
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
    yield from _corrections(scope)
    for wait, waiting in selectors.rows_waiting(scope).items():
        yield Work(wait.label, waiting.count, _url(wait, waiting), waiting.oldest_at)


def _corrections(scope: Scope) -> Iterable[Work]:
    waiting = selectors.corrections_waiting(scope)
    if waiting.count:
        wait = RosterWait.CORRECTIONS
        yield Work(wait.label, waiting.count, _url(wait, waiting), waiting.oldest_at)


def _url(wait: RosterWait, waiting: selectors.Waiting) -> str:
    """What waits in one roster is opened at once; else the rosters in which it waits."""
    if waiting.only is None:
        return f"{reverse('enrollment:roster-list')}?waits={wait.value}"
    if wait == RosterWait.CORRECTIONS:
        return reverse("enrollment:correction-detail", args=[waiting.only])
    return rows_url(waiting.only, wait)


def rows_url(roster: int, wait: RosterWait) -> str:
    """The rows of the roster that wait so."""
    return f"{reverse('enrollment:roster-rows', args=[roster])}?{ROWS[wait]}"
