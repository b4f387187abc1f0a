"""The start of the day: what waits, what runs, where to go."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, clock
from bureau.portal import selectors
from bureau.ui import formatting, navigation
from bureau.ui.views import PortalPage

#: Latest jobs shown on the home page.
LATEST_JOBS = 6
#: Requests that wait, shown on the home page: the oldest.
OLDEST_REQUESTS = 6


class Home(PortalPage):
    """Cards of the apps, open work, and the latest jobs of the member of staff."""

    title = _("Home")
    template_name = "portal/home.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return []

    def context(self) -> dict[str, Any]:
        staff: Any = self.request.user
        return {
            "starts": navigation.starts(self.request),
            "cards": navigation.cards(self.request),
            "work": navigation.open_work(self.request),
            "waiting": self.waiting(),
            "latest_jobs": list(
                selectors.jobs_visible_to(self.actor).order_by("-pk")[:LATEST_JOBS]
            ),
            "places": navigation.menu(self.request)[1:],
            "staff": staff,
            "today": clock.today(),
        }

    def waiting(self) -> list[tuple[Any, str, str, str]]:
        """The oldest requests that wait for the reader, with their title, kind and age."""
        now = clock.now()
        return [
            (
                found,
                approvals.title_of(found),
                approvals.label_of(found.kind),
                formatting.age(found.made_at, now),
            )
            for found in selectors.waiting_for(self.actor)[:OLDEST_REQUESTS]
        ]
