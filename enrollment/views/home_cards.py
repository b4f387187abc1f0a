"""Figures of the rosters on the home page, for those who look on rather than bring them in."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from bureau.core.choices import Role
from bureau.intake.choices import BatchState
from bureau.ui import formatting
from bureau.ui.navigation import Card, actor_of_request
from enrollment.selectors import rosters as selectors

#: Whose start of the day is the figures; others have work that waits for them.
LOOKERS = (Role.DIRECTOR, Role.POLICY_OFFICER, Role.VIEWER, Role.AUDITOR)


def rosters_at_a_glance(request: HttpRequest) -> Iterable[Card]:
    """How far the rosters of the reader's areas are, from the counts that each keeps."""
    actor = actor_of_request(request)
    if not actor.has(*LOOKERS):
        return
    sums = selectors.sums_of(actor.scope(*LOOKERS))
    rosters = reverse("enrollment:roster-list")
    yield Card(
        _("Rosters applied"),
        f"{formatting.number(sums.applied)} / {formatting.number(sums.rosters)}",
        _("Of the rosters handed in, so many are on the roll."),
        f"{rosters}?state={BatchState.APPLIED}",
        _("Show them"),
        tone="good" if sums.rosters and sums.applied == sums.rosters else "plain",
        icon="upload",
    )
    yield Card(
        _("People on the roll"),
        formatting.number(sums.people),
        _("Each person once; files that were joined count as one."),
        reverse("enrollment:person-list"),
        _("Find a person"),
        icon="people",
    )
    yield Card(
        _("Rows that wait or went back"),
        formatting.number(sums.open_rows),
        _("Of %(n)s rows read.") % {"n": formatting.number(sums.rows)},
        reverse("enrollment:proof"),
        _("Open the integration proof"),
        tone="caution" if sums.open_rows else "good",
        icon="check",
    )
