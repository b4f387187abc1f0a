"""Closing an accounting period: asked for by one, done by another, and never undone."""

import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from fund.choices import PeriodState, VoucherState
from fund.models import Period, Voucher

KIND: Final = "fund.period_close"
SUMMARY: Final = {
    "book": _("Book"),
    "period": _("Accounting period"),
    "vouchers": _("Posted vouchers"),
}


def request_close(period: Period, *, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    """Closing the period waits for a second person. Raises DomainError while something blocks."""
    with transaction.atomic():
        found = Period.objects.select_for_update(no_key=True).get(pk=period.pk)
        _expect_nothing_left(found)
        return approvals.request(
            KIND,
            found,
            title=f"{found.book.fund.name} · {found}",
            area=found.book.fund.area,
            by=by,
            at=at,
            summary={
                "book": found.book.fund.name,
                "period": str(found),
                "vouchers": found.last_number,
            },
        )


def _expect_nothing_left(period: Period) -> None:
    if period.state != PeriodState.OPEN:
        raise DomainError("period_is_closed", _("The accounting period is closed already."))
    waiting = Voucher.objects.filter(period=period).exclude(state=VoucherState.POSTED).count()
    if waiting:
        raise DomainError(
            "period_has_vouchers_left",
            _("%(count)s vouchers of the period are not posted yet: post, move or discard them."),
            count=waiting,
        )
    before = Period.objects.filter(
        book=period.book_id, state=PeriodState.OPEN, last_day__lt=period.first_day
    ).order_by("first_day")
    earlier = before.first()
    if earlier is not None:
        raise DomainError(
            "period_before_is_open", _("Close %(period)s first."), period=str(earlier)
        )


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The period is closed. Raises DomainError when a voucher came into it meanwhile."""
    period = Period.objects.select_for_update(no_key=True).get(pk=request.target_id)
    _expect_nothing_left(period)
    with refusals():
        Period.objects.filter(pk=period.pk, state=PeriodState.OPEN).update(
            state=PeriodState.CLOSED, closed_by=by, closed_at=at
        )
    audit.record("period.closed", by=by, at=at, target=period, area=request.area)
