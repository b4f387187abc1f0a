"""What double enrollment contributes to the shared registries: approvals, reference."""

from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, reference
from bureau.core.choices import Role
from bureau.ui import navigation
from enrollment.services import double_enrollment, double_rules, proof_aside, proofs
from enrollment.tables import double_words, term_texts


def register() -> None:
    """Kinds of approval and shipped reference are known; called once, when the app is ready."""
    approvals.register(
        double_rules.RULES_KIND,
        label=_("Rules of double enrollment"),
        roles=(Role.DIRECTOR,),
        on_approved=double_rules.on_rules_approved,
        on_returned=double_rules.on_rules_returned,
        on_withdrawn=double_rules.on_rules_returned,
        summary_labels=double_rules.RULES_SUMMARY,
    )
    approvals.register(
        double_rules.SUBSIDY_KIND,
        label=_("Subsidy per head"),
        roles=(Role.DIRECTOR, Role.FUND_REVIEWER),
        on_approved=double_rules.on_subsidy_approved,
        on_returned=double_rules.on_subsidy_returned,
        on_withdrawn=double_rules.on_subsidy_returned,
        summary_labels=double_rules.SUBSIDY_SUMMARY,
        say_title=double_rules.say_subsidy_title,
    )
    approvals.register(
        double_enrollment.KIND,
        label=_("Decision on double enrollments"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=double_enrollment.on_approved,
        on_returned=double_enrollment.on_returned,
        on_withdrawn=double_enrollment.on_withdrawn,
        summary_labels=double_enrollment.SUMMARY,
        bound_key="recover",
        say_title=double_enrollment.say_title,
        target_route="enrollment:double-decision",
    )
    double_words.register()
    term_texts.register_terms()
    navigation.register(
        "rosters", _("Double enrollments"), "enrollment:double-list", order=24, icon="compare"
    )
    navigation.register(
        "rosters",
        _("Overlaps and subsidy saved"),
        "enrollment:double-overlaps",
        order=26,
        icon="chart",
    )
    navigation.register(
        "rosters", _("De-duplication overview"), "enrollment:dedupe", order=28, icon="chart"
    )
    _register_proofs()
    reference.register("rules of double enrollment", double_rules.load_rules)
    reference.register("subsidies", double_rules.load_subsidies)


def _register_proofs() -> None:
    approvals.register(
        proofs.KIND,
        label=_("Integration proof to be signed"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=proofs.on_approved,
        on_returned=proofs.on_returned,
        on_withdrawn=proofs.on_withdrawn,
        summary_labels=proofs.SUMMARY,
        target_route="enrollment:proof-signed",
        workers=proofs.workers_of,
        say_title=proofs.say_title,
    )
    approvals.register(
        proof_aside.KIND,
        label=_("Integration proof to be set aside"),
        roles=(Role.REVIEWER, Role.DIRECTOR),
        on_approved=proof_aside.on_approved,
        on_returned=proof_aside.on_returned,
        on_withdrawn=proof_aside.on_returned,
        summary_labels=proof_aside.SUMMARY,
        say_title=proof_aside.say_title,
        target_route="enrollment:proof-signed",
    )
