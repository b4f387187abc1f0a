"""How the installation is, for those who look after it; and the failed jobs that are their work."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bureau.core import clock, health
from bureau.core.choices import JobState, Role
from bureau.ui.navigation import Work, actor_of_request
from bureau.ui.statuses import Status
from bureau.ui.views import PortalPage

WORDS = {"good": _("In order"), "caution": _("Look after it"), "bad": _("Alarm")}


class SystemStatus(PortalPage):
    """Everything that is watched, what is not well first seen by its sign, and the remedy."""

    title = _("System status")
    lead = _("As of this moment; monitors ask /live and /ready.")
    template_name = "portal/status.html"

    def context(self) -> dict[str, Any]:
        found = [
            (finding, Status(WORDS[finding.tone], finding.tone)) for finding in health.findings()
        ]
        return {"findings": found, "at": clock.now()}


def failed_jobs(request: HttpRequest) -> Iterable[Work]:
    """Failed jobs nobody has taken note of are open work of the system administrator."""
    if not actor_of_request(request).has(Role.SYSTEM_ADMINISTRATOR):
        return []
    failed = health.failed_jobs()
    url = f"{reverse('portal:jobs')}?state={JobState.FAILED}"
    oldest = failed.aggregate(at=Min("finished_at"))["at"]
    return [Work(_("Failed jobs nobody has taken note of"), failed.count(), url, oldest)]
