"""Django configuration of the fund app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundConfig(AppConfig):
    name = "fund"
    verbose_name = _("Fund")

    def ready(self) -> None:
        """What this app contributes to the shared registries."""
        from bureau.core import audit
        from bureau.ui import navigation, statuses
        from fund.choices import PeriodState, RuleState, VoucherState
        from fund.selectors import invariants  # noqa: F401 (registers them)

        _register_approvals()
        navigation.register("fund", _("Books"), "fund:book-list", order=10, icon="book")
        navigation.register("fund", _("Vouchers"), "fund:voucher-list", order=20, icon="report")
        statuses.register(VoucherState, {"SUBMITTED": "active", "POSTED": "good"})
        statuses.register(RuleState, {"SUBMITTED": "active", "APPROVED": "good"})
        statuses.register(PeriodState, {"OPEN": "active", "CLOSED": "calm"})
        audit.say(
            {
                "book.opened": _("Book opened"),
                "voucher.drafted": _("Voucher drafted"),
                "voucher.changed": _("Voucher changed"),
                "voucher.discarded": _("Voucher discarded"),
                "voucher.posted": _("Voucher posted"),
                "voucher.returned": _("Voucher returned"),
                "voucher.reversal": _("Reversal asked for"),
                "voucher.events_posted": _("Business events posted"),
                "posting_rule.approved": _("Posting rule approved"),
                "posting_rule.returned": _("Posting rule returned"),
                "period.closed": _("Accounting period closed"),
            }
        )


def _register_approvals() -> None:
    """The acts of this app that need a second person."""
    from bureau.core import approvals
    from bureau.core.choices import Role
    from fund.services import periods, posting_rules, vouchers

    approvals.register(
        vouchers.KIND,
        label=_("Voucher to be posted"),
        roles=(Role.FUND_REVIEWER, Role.DIRECTOR),
        on_approved=vouchers.on_approved,
        on_returned=vouchers.on_returned,
        on_withdrawn=vouchers.on_returned,
        summary_labels=vouchers.SUMMARY,
        target_route="fund:voucher-detail",
        workers=vouchers.workers,
    )
    approvals.register(
        posting_rules.KIND,
        label=_("Posting rule to be put into force"),
        roles=(Role.FUND_REVIEWER, Role.DIRECTOR),
        on_approved=posting_rules.on_approved,
        on_returned=posting_rules.on_returned,
        on_withdrawn=posting_rules.on_returned,
        summary_labels=posting_rules.SUMMARY,
    )
    approvals.register(
        periods.KIND,
        label=_("Accounting period to be closed"),
        roles=(Role.FUND_REVIEWER, Role.DIRECTOR),
        on_approved=periods.on_approved,
        summary_labels=periods.SUMMARY,
    )
