"""Django configuration of the enrollment app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("Enrollment")

    def ready(self) -> None:
        """What this app contributes to the shared registries."""
        from bureau.core import approvals
        from enrollment.services import rosters

        approvals.register(
            rosters.KIND,
            label=_("Roster to be applied to the roll"),
            on_approved=rosters.on_approved,
            on_returned=rosters.on_returned,
            on_withdrawn=rosters.on_returned,
        )
