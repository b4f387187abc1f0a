"""Posting rules on their way into force: where an event goes, approved by another person."""

import datetime
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from fund.choices import RuleState, Side
from fund.models import PostingRule, PostingRuleLine

KIND: Final = "fund.posting_rule"
SUMMARY: Final = {
    "book": _("Book"),
    "event": _("Event"),
    "in_force": _("In force from"),
    "lines": _("Lines"),
    "source": _("Source"),
    "certainty": _("How well it is known"),
}


@transaction.atomic
def submit(rule: PostingRule, *, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    """The rule waits for a second person.

    Raises MovedOn when it is no draft any more, DomainError when a part has no counterpart.
    """
    found = PostingRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    drafters = sorted({*found.drafters, by.staff_no})
    moved = PostingRule.objects.filter(pk=rule.pk, state=RuleState.DRAFT)
    if moved.update(state=RuleState.SUBMITTED, drafters=drafters) != 1:
        raise MovedOn("rule_moved_on", _("This posting rule is no draft any more."), target=rule)
    lines = list(PostingRuleLine.objects.filter(rule=rule).select_related("account"))
    _expect_both_sides(lines)
    return approvals.request(
        KIND,
        found,
        title=f"{found.book} · {found.title}",
        area=found.book.fund.area,
        by=by,
        at=at,
        summary={
            "book": found.book.fund.name,
            "event": found.event,
            "in_force": found.period.lower.isoformat(),
            "lines": "; ".join(
                f"{line.get_side_display()} {line.account.code} {line.account.name} ({line.part})"
                for line in lines
            ),
            "source": found.source,
            "certainty": found.certainty,
        },
    )


def _expect_both_sides(lines: list[PostingRuleLine]) -> None:
    """Each part is debited as often as credited: only then its vouchers balance."""
    sides: dict[str, int] = {}
    for line in lines:
        step = 1 if line.side == Side.DEBIT else -1
        sides[line.part] = sides.get(line.part, 0) + step
    uneven = sorted(part for part, difference in sides.items() if difference)
    if not lines or uneven:
        raise DomainError(
            "posting_rule_part_is_one_sided",
            _("Each part of a posting rule needs as many debits as credits (%(parts)s)."),
            parts=", ".join(uneven) or "–",
        )


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The rule is in force from its day on, and the one before it up to that day."""
    rule = PostingRule.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    if by.staff_no in rule.drafters:
        raise OwnWork(
            "own_posting_rule",
            _("Who worked on a posting rule does not approve it; another member of staff does."),
        )
    first = rule.period.lower
    earlier: Any = PostingRule.objects.filter(
        book=rule.book, event=rule.event, state=RuleState.APPROVED, period__contains=first
    ).first()
    if earlier is not None and earlier.period.lower < first:
        earlier.period = DateRange(earlier.period.lower, first)
        earlier.save(update_fields=["period"])
    with refusals():
        PostingRule.objects.filter(pk=rule.pk).update(
            state=RuleState.APPROVED,
            approved_by=by,
            approved_by_no=by.staff_no,
            approved_at=at,
        )
    audit.record(
        "posting_rule.approved", by=by, at=at, target=rule, area=request.area, event=rule.event
    )


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The rule is a draft again."""
    PostingRule.objects.filter(pk=request.target_id, state=RuleState.SUBMITTED).update(
        state=RuleState.DRAFT
    )
    audit.record("posting_rule.returned", by=by, at=at, area=request.area, note=request.note)
