"""The start of the day: what waits, what runs, where to go."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bureau.core import clock
from bureau.portal import selectors
from bureau.ui import navigation
from bureau.ui.views import PortalPage

#: Latest jobs shown on the home page.
LATEST_JOBS = 6


class Home(PortalPage):
    """Cards of the apps, open work, and the latest jobs of the member of staff."""

    title = _("Home")
    template_name = "portal/home.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return []

    def context(self) -> dict[str, Any]:
        staff: Any = self.request.user
        return {
            "cards": navigation.cards(self.request),
            "work": navigation.open_work(self.request),
            "latest_jobs": list(
                selectors.jobs_visible_to(self.actor).order_by("-pk")[:LATEST_JOBS]
            ),
            "menu_lines": [line for group in navigation.menu(self.request) for line in group.lines],
            "staff": staff,
            "today": clock.today(),
        }
