"""Django configuration of the enrollment app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("Enrollment")

    def ready(self) -> None:
        """What this app contributes to the shared registries."""
        from bureau.core import approvals, audit
        from bureau.core.choices import Role
        from bureau.ui import navigation
        from enrollment.selectors import invariants  # noqa: F401 (registers them)
        from enrollment.services import rosters
        from enrollment.tables import people_tones, roster_tones
        from enrollment.tables import rosters as roster_words
        from enrollment.views import double_registry, roster_work

        approvals.register(
            rosters.KIND,
            label=_("Roster to be applied to the roll"),
            roles=(Role.REVIEWER, Role.DIRECTOR),
            on_approved=rosters.on_approved,
            on_returned=rosters.on_returned,
            on_withdrawn=rosters.on_returned,
            summary_labels=rosters.SUMMARY | rosters.DECLARED,
            target_route="enrollment:roster-detail",
        )
        audit.say(roster_words.ACTS)
        double_registry.register()
        roster_tones.register()
        people_tones.register()
        navigation.register(
            "rosters", _("Rosters"), "enrollment:roster-list", order=10, icon="upload"
        )
        navigation.register(
            "rosters", _("Integration proof"), "enrollment:proof", order=30, icon="check"
        )
        navigation.register(
            "people", _("People"), "enrollment:person-list", order=10, icon="people"
        )
        navigation.register_work(roster_work.rosters_waiting, order=20)
