"""Vouchers by hand: drafted and submitted by one, posted by another, reversed in red."""

import datetime
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit, versions
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from bureau.core.transactions import whole
from fund.choices import PeriodState, VoucherKind, VoucherState
from fund.models import Account, Book, Period, Voucher, VoucherLine
from fund.rules import entries as entry_rules
from fund.rules.entries import Entry
from fund.services.sealing import seal

KIND: Final = "fund.voucher"
#: Highest total of a voucher, a hundredth of what a balance can hold.
MOST_TOTAL: Final = Decimal("99999999999999.99")
SUMMARY: Final = {
    "book": _("Book"),
    "voucher_on": _("Date"),
    "summary": _("Summary"),
    "lines": _("Lines"),
    "reverses": _("Reverses"),
}


def period_for(book: Book, on: datetime.date, kind: str = VoucherKind.MANUAL) -> Period:
    """The open period for a voucher of the day. Raises DomainError when there is none."""
    found = Period.objects.filter(book=book, first_day__lte=on, last_day__gte=on)
    is_opening = kind == VoucherKind.OPENING
    period = (found.filter(month=0) if is_opening else found.exclude(month=0)).first()
    if period is None:
        raise DomainError(
            "no_period", _("The book has no accounting period for %(day)s."), day=on.isoformat()
        )
    if period.state != PeriodState.OPEN:
        raise DomainError(
            "period_closed",
            _("The accounting period %(period)s is closed; choose a day of an open one."),
            period=str(period),
        )
    return period


def draft(
    book: Book,
    *,
    on: datetime.date,
    summary: str,
    entries: Sequence[Entry],
    attachments: int = 0,
    kind: str = VoucherKind.MANUAL,
    at: datetime.datetime,
    by: Staff,
) -> Voucher:
    """The voucher stands as a draft, balanced or not yet.

    Raises DomainError for a closed period, an account that takes no lines, a wrong line.
    """
    with refusals():
        return _draft(book, on, summary, entries, attachments, kind, at, by)


@whole
def _draft(
    book: Book,
    on: datetime.date,
    summary: str,
    entries: Sequence[Entry],
    attachments: int,
    kind: str,
    at: datetime.datetime,
    by: Staff,
) -> Voucher:
    _expect_entries(book, entries)
    made = Voucher.objects.create(
        book=book,
        period=period_for(book, on, kind),
        kind=kind,
        voucher_on=on,
        summary=summary.strip(),
        total=entry_rules.sums_of(entries).debit,
        attachments=attachments,
        maker=by,
        maker_no=by.staff_no,
        made_by=str(by)[:120],
        made_at=at,
        drafters=[by.staff_no],
    )
    _write_lines(made, entries)
    audit.record("voucher.drafted", by=by, at=at, target=made, area=book.fund.area)
    return made


def _expect_entries(book: Book, entries: Sequence[Entry]) -> None:
    """Each line is one-sided and goes to an account of the book that takes lines.

    Together they come to less than the ledger can write on one side.
    """
    sums = entry_rules.sums_of(entries)
    if max(sums.debit, sums.credit) > MOST_TOTAL:
        raise DomainError(
            "voucher_total_is_too_large",
            _("A voucher comes to %(most)s at most; enter it as several."),
            most=f"{MOST_TOTAL:,.2f}",
        )
    known = dict(
        Account.objects.filter(
            book=book, pk__in={entry.account_id for entry in entries}
        ).values_list("pk", "is_leaf")
    )
    for number, entry in enumerate(entries, start=1):
        if not known.get(entry.account_id):
            raise DomainError(
                "account_takes_no_lines",
                _("Line %(line)s: choose an account of this book that has no sub-accounts."),
                line=number,
            )
        if not entry_rules.is_one_sided(entry):
            raise DomainError(
                "line_is_one_sided",
                _("Line %(line)s: give an amount above zero in debit or in credit, not in both."),
                line=number,
            )


def _write_lines(voucher: Voucher, entries: Sequence[Entry]) -> None:
    VoucherLine.objects.bulk_create(
        VoucherLine(
            voucher=voucher,
            book_id=voucher.book_id,
            line_no=number,
            account_id=entry.account_id,
            debit=entry.debit,
            credit=entry.credit,
            summary=entry.summary.strip() or voucher.summary,
            origin_area_id=entry.origin_area_id,
        )
        for number, entry in enumerate(entries, start=1)
    )


def change(
    voucher: Voucher,
    *,
    on: datetime.date,
    summary: str,
    entries: Sequence[Entry],
    attachments: int = 0,
    seen: str | None = None,
    at: datetime.datetime,
    by: Staff,
) -> Voucher:
    """The draft says this now.

    Raises MovedOn when it is no draft any more, or not the version that was `seen`.
    """
    with refusals():
        return _change(voucher, on, summary, entries, attachments, seen, at, by)


@whole
def _change(
    voucher: Voucher,
    on: datetime.date,
    summary: str,
    entries: Sequence[Entry],
    attachments: int,
    seen: str | None,
    at: datetime.datetime,
    by: Staff,
) -> Voucher:
    found = _locked(voucher.pk, VoucherState.DRAFT)
    if seen is not None and seen != version_of(found):
        raise MovedOn(
            "voucher_changed_meanwhile",
            _("Someone else has changed this voucher meanwhile; look at it again."),
            target=found,
        )
    _expect_by_hand(found)
    _expect_entries(found.book, entries)
    found.period = period_for(found.book, on, found.kind)
    found.voucher_on, found.summary, found.attachments = on, summary.strip(), attachments
    found.total = entry_rules.sums_of(entries).debit
    found.drafters = _with(found.drafters, by)
    found.save(
        update_fields=["period", "voucher_on", "summary", "attachments", "total", "drafters"]
    )
    VoucherLine.objects.filter(voucher=found).delete()
    _write_lines(found, entries)
    audit.record("voucher.changed", by=by, at=at, target=found, area=found.book.fund.area)
    return found


def _with(drafters: Collection[str], by: Staff) -> list[str]:
    return [*drafters, *([] if by.staff_no in drafters else [by.staff_no])]


def _locked(number: int, expected: str) -> Voucher:
    """The voucher under its lock, in the state that is expected. Raises MovedOn otherwise."""
    found = (
        Voucher.objects.select_for_update(of=("self",))
        .select_related("book__fund__area", "period")
        .filter(pk=number)
        .first()
    )
    if found is None or found.state != expected:
        raise MovedOn(
            "voucher_moved_on",
            _("Someone else has taken this voucher further meanwhile; look at it again."),
            target=found,
        )
    return found


def _expect_by_hand(voucher: Voucher) -> None:
    if voucher.is_red:
        raise DomainError(
            "red_voucher_is_a_mirror",
            _("A voucher in red says what it reverses; discard it, or submit it as it is."),
        )


@whole
def discard(voucher: Voucher, *, at: datetime.datetime, by: Staff) -> None:
    """The draft is gone; that it was there stays in the audit trail. Raises MovedOn."""
    found = _locked(voucher.pk, VoucherState.DRAFT)
    VoucherLine.objects.filter(voucher=found).delete()
    audit.record(
        "voucher.discarded",
        by=by,
        at=at,
        target=found,
        area=found.book.fund.area,
        summary=found.summary,
        total=str(found.total),
    )
    found.delete()


def submit(voucher: Voucher, *, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    """The draft waits for a second person.

    Raises DomainError when it does not balance or has fewer than two lines, MovedOn when it is no
    draft any more.
    """
    with refusals():
        return _submit(voucher, at, by)


@whole
def _submit(voucher: Voucher, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    found = _locked(voucher.pk, VoucherState.DRAFT)
    lines = entries_of(found)
    sums = entry_rules.sums_of(lines)
    if len(lines) < 2 or sums.difference:
        raise DomainError(
            "voucher_balances",
            _(
                "The voucher does not balance: debit %(debit)s, credit %(credit)s, in %(lines)s "
                "lines. It needs two lines at least, and as much debit as credit."
            ),
            debit=f"{sums.debit:,.2f}",
            credit=f"{sums.credit:,.2f}",
            lines=len(lines),
        )
    found.state = VoucherState.SUBMITTED
    found.drafters = _with(found.drafters, by)
    found.save(update_fields=["state", "drafters"])
    summary = {
        "book": found.book.fund.name,
        "voucher_on": found.voucher_on.isoformat(),
        "summary": found.summary,
        "lines": len(lines),
    }
    if found.reverses is not None:
        summary["reverses"] = str(found.reverses)
    return approvals.request(
        KIND,
        found,
        title=f"{found.book.fund.name} · {found.summary}",
        area=found.book.fund.area,
        by=by,
        at=at,
        amount=found.total,
        summary=summary,
    )


def version_of(voucher: Voucher) -> str:
    """What the voucher says, as one short text: another as soon as anything of it is another."""
    lines = [(one.account_id, one.debit, one.credit, one.summary) for one in entries_of(voucher)]
    head = [voucher.voucher_on, voucher.summary, voucher.attachments, voucher.state]
    return versions.of_values([head, lines])


def entries_of(voucher: Voucher) -> list[Entry]:
    """The voucher's lines in their order."""
    rows = VoucherLine.objects.filter(voucher=voucher).order_by("line_no")
    return [
        Entry(row.account_id, row.debit, row.credit, row.summary, row.origin_area_id)
        for row in rows
    ]


def workers(request: ApprovalRequest) -> Collection[str]:
    """Staff numbers of those who worked on the voucher and do not post it."""
    found = Voucher.objects.filter(pk=request.target_id).values_list("drafters", flat=True).first()
    return found or ()


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The voucher is posted under the next number of its period, and sealed in the chain."""
    voucher = _locked(request.target_id, VoucherState.SUBMITTED)
    if by.staff_no in voucher.drafters or by.pk == voucher.maker_id:
        raise OwnWork(
            "own_voucher",
            _("You drafted, changed or submitted this voucher; another member of staff posts it."),
        )
    if request.amount != voucher.total:
        raise DomainError(
            "voucher_is_not_what_was_asked",
            _("The voucher is not of the amount that was submitted; return it."),
        )
    period = Period.objects.select_for_update(no_key=True).get(pk=voucher.period_id)
    if period.state != PeriodState.OPEN:
        raise DomainError(
            "period_closed",
            _("The accounting period %(period)s is closed; choose a day of an open one."),
            period=str(period),
        )
    Voucher.objects.filter(pk=voucher.pk).update(
        state=VoucherState.POSTED,
        number=period.last_number + 1,
        checker=by,
        checker_no=by.staff_no,
        posted_at=at,
    )
    seal()
    audit.record(
        "voucher.posted",
        by=by,
        at=at,
        target=voucher,
        area=request.area,
        number=period.last_number + 1,
        total=str(voucher.total),
    )


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The voucher is a draft again."""
    Voucher.objects.filter(pk=request.target_id, state=VoucherState.SUBMITTED).update(
        state=VoucherState.DRAFT
    )
    audit.record("voucher.returned", by=by, at=at, area=request.area, note=request.note)


def reverse(
    voucher: Voucher, *, on: datetime.date, reason: str, at: datetime.datetime, by: Staff
) -> ApprovalRequest:
    """A voucher in red that takes this one back, line by line, waits for a second person.

    Raises DomainError when it is not posted, is in red itself, or was reversed already.
    """
    with refusals():
        return _reverse(voucher, on, reason, at, by)


@whole
def _reverse(
    voucher: Voucher, on: datetime.date, reason: str, at: datetime.datetime, by: Staff
) -> ApprovalRequest:
    found = _locked(voucher.pk, VoucherState.POSTED)
    if found.is_red:
        raise DomainError(
            "red_is_not_reversed",
            _("A voucher in red is not reversed; enter what is right as a new voucher."),
        )
    if on < found.voucher_on:
        raise DomainError(
            "reversed_before_it_was",
            _("A voucher is reversed on its own day (%(day)s) or later."),
            day=found.voucher_on.isoformat(),
        )
    kind = (
        VoucherKind.OPENING
        if found.kind == VoucherKind.OPENING and on == found.voucher_on
        else VoucherKind.MANUAL
    )
    red = Voucher.objects.create(
        book=found.book,
        period=period_for(found.book, on, kind),
        kind=kind,
        voucher_on=on,
        summary=reason.strip()[:120],
        total=-found.total,
        is_red=True,
        reverses=found,
        maker=by,
        maker_no=by.staff_no,
        made_by=str(by)[:120],
        made_at=at,
        drafters=[by.staff_no],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO fund_voucherline (voucher_id, book_id, is_red, line_no, account_id, debit,
                credit, summary, origin_area_id)
            SELECT %s, book_id, true, line_no, account_id, -debit, -credit, summary, origin_area_id
            FROM fund_voucherline WHERE voucher_id = %s
            """,
            [red.pk, found.pk],
        )
    audit.record(
        "voucher.reversal", by=by, at=at, target=found, area=found.book.fund.area, reason=reason
    )
    return _submit(red, at, by)
