"""What the review of pairs contributes to the shared registries."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest
from bureau.ui import navigation
from enrollment.models import CandidatePair
from enrollment.selectors import review_bundles as review_bundles_selectors
from enrollment.services import bundles, deciding, linkage_versions, review_terms, row_moves
from enrollment.tables import linkage_words, review_bundles, review_pair, review_words
from enrollment.views import linkage_doubts, review_numbers, review_queue

_DECIDE = (Role.REVIEWER, Role.DIRECTOR)


def register() -> None:
    """Approvals, words, tones, menu and open work of the review are known."""
    _register_approvals_of_pairs()
    _register_further_approvals()
    audit.say(review_words.ACTS)
    linkage_words.register()
    review_words.register_tones()
    review_bundles.register_tones()
    _register_menu()


def _what_differs(request: ApprovalRequest) -> list[tuple[str, Any]]:
    """What the two rows of the pair differ in, for who judges whether it is taken back."""
    pair = (
        CandidatePair.objects.select_related("row_a", "row_b", "area_a", "area_b")
        .filter(pk=request.target_id)
        .first()
    )
    return [(gettext("The two rows differ in"), review_pair.what_differs(pair))] if pair else []


def _register_approvals_of_pairs() -> None:
    approvals.register(
        bundles.KIND,
        label=_("Decisions on pairs, handed in together"),
        roles=_DECIDE,
        on_approved=bundles.on_approved,
        on_returned=bundles.on_returned,
        on_withdrawn=bundles.on_withdrawn,
        on_some_returned=bundles.on_some_returned,
        summary_labels=bundles.SUMMARY,
        target_route="enrollment:review-bundle",
        workers=bundles.workers_of,
        count_returned=review_bundles_selectors.returned_of,
        say_title=bundles.say_title,
    )
    approvals.register(
        bundles.SINGLE_KIND,
        label=_("Two files or rows are the same person"),
        roles=_DECIDE,
        on_approved=bundles.on_approved,
        on_returned=bundles.on_returned,
        on_withdrawn=bundles.on_withdrawn,
        summary_labels=bundles.SINGLE_SUMMARY,
        target_route="enrollment:review-pair",
    )
    approvals.register(
        deciding.UNDO_KIND,
        label=_("A decision on the roll is to be taken back"),
        roles=_DECIDE,
        on_approved=deciding.on_undo_approved,
        summary_labels=deciding.UNDO_SUMMARY,
        target_route="enrollment:review-pair",
        details=_what_differs,
        say_title=deciding.say_undo_title,
    )


def _register_further_approvals() -> None:
    approvals.register(
        row_moves.KIND,
        label=_("A row is to leave a person's file"),
        roles=_DECIDE,
        on_approved=row_moves.on_approved,
        on_returned=row_moves.on_returned,
        on_withdrawn=row_moves.on_returned,
        summary_labels=row_moves.SUMMARY,
        say_title=row_moves.say_title,
        target_route="enrollment:row-move",
    )
    approvals.register(
        review_terms.KIND,
        label=_("Terms of review"),
        roles=_DECIDE,
        on_approved=review_terms.on_approved,
        summary_labels=review_terms.SUMMARY,
        say_title=lambda _request: gettext("Terms of review"),
    )
    approvals.register(
        linkage_versions.KIND,
        label=_("Version of the linkage model"),
        roles=_DECIDE,
        on_approved=linkage_versions.on_approved,
        on_returned=linkage_versions.on_returned,
        on_withdrawn=linkage_versions.on_returned,
        summary_labels=linkage_versions.SUMMARY,
        say_title=linkage_versions.say_title,
    )


def _register_menu() -> None:
    navigation.register(
        "people", _("Duplicate review"), "enrollment:review", order=20, icon="compare"
    )
    navigation.register(
        "people",
        _("Overview of duplicate review"),
        "enrollment:review-overview",
        order=21,
        icon="chart",
    )
    navigation.register(
        "people", _("Linkage model"), "enrollment:linkage-models", order=22, icon="settings"
    )
    navigation.register_work(review_queue.pairs_waiting, order=30)
    navigation.register_work(review_numbers.numbers_waiting, order=31)
    navigation.register_work(linkage_doubts.doubts_waiting, order=32)
