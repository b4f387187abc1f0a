"""Django configuration of the enrollment app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("Enrollment")

    def ready(self) -> None:
        """What this app contributes to the shared registries."""
        from bureau.core import audit
        from bureau.core.choices import NotificationKind
        from bureau.ui import navigation, notices, search
        from enrollment.selectors import (  # noqa: F401 (register them)
            decision_invariants,
            invariants,
        )
        from enrollment.tables import edition_words, people_tones, roster_tones
        from enrollment.tables import rosters as roster_words
        from enrollment.views import (
            double_registry,
            finding,
            home_cards,
            review_registry,
            roster_work,
        )

        _register_approvals()
        audit.say(roster_words.ACTS)
        double_registry.register()
        review_registry.register()
        roster_tones.register()
        edition_words.register()
        people_tones.register()
        navigation.register(
            "rosters", _("Rosters"), "enrollment:roster-list", order=10, icon="upload"
        )
        navigation.register(
            "rosters", _("Integration proof"), "enrollment:proof", order=30, icon="check"
        )
        navigation.register(
            "rosters", _("Who fell out"), "enrollment:fallen", order=29, icon="people"
        )
        navigation.register(
            "people", _("People"), "enrollment:person-list", order=10, icon="people"
        )
        notices.register(NotificationKind.ROSTER, finding.rosters_seen)
        navigation.register_work(roster_work.rosters_waiting, order=20)
        search.register(_("People"), "enrollment:person-list", finding.find_people, order=10)
        search.register(_("Rosters"), "enrollment:roster-list", finding.find_rosters, order=20)
        navigation.register_cards(home_cards.rosters_at_a_glance, order=20)
        navigation.register_start(_("New roster"), "enrollment:roster-create", icon="upload")


def _register_approvals() -> None:
    """The acts of this app that need a second person."""
    from bureau.core import approvals
    from bureau.core.choices import Role
    from enrollment.services import corrections, editions, roster_summary, rosters, undoing

    approvals.register(
        rosters.KIND,
        label=_("Roster to be applied to the roll"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=rosters.on_approved,
        on_returned=rosters.on_returned,
        on_withdrawn=rosters.on_returned,
        summary_labels=roster_summary.LABELS | editions.SUMMARY,
        target_route="enrollment:roster-detail",
        say_title=rosters.say_title,
    )
    approvals.register(
        corrections.KIND,
        label=_("Corrections of a roster on the roll"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=corrections.on_approved,
        on_returned=corrections.on_returned,
        on_withdrawn=corrections.on_returned,
        summary_labels=corrections.SUMMARY,
        target_route="enrollment:correction-detail",
        say_title=rosters.say_title,
    )
    approvals.register(
        undoing.KIND,
        label=_("Roster to be taken from the roll"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=undoing.on_approved,
        on_returned=undoing.on_returned,
        on_withdrawn=undoing.on_returned,
        summary_labels=undoing.SUMMARY,
        target_route="enrollment:roster-detail",
        say_title=rosters.say_title,
    )
