"""A city's resident fund with its book, people who keep it, and short ways to vouchers."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.core.tests.factories import city, staff
from fund.choices import FundKind
from fund.models import Account, Book, Period, PostingRule, Voucher
from fund.rules.entries import Entry
from fund.services import books, posting_rules, vouchers

FIRST_DAY = datetime.date(2020, 1, 1)
DAY = datetime.date(2020, 3, 9)
ZERO = Decimal("0.00")


def yuan(amount: str | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def debit(account: Account, amount: str | int, summary: str = "收款") -> Entry:
    return Entry(account.pk, yuan(amount), ZERO, summary)


def credit(account: Account, amount: str | int, summary: str = "收款") -> Entry:
    return Entry(account.pk, ZERO, yuan(amount), summary)


@dataclass
class Ledger:
    """One book with its accountant and its reviewer."""

    book: Book
    maker: Staff
    checker: Staff
    accounts: dict[str, Account] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Account:
        return self.accounts[code]

    def period(self, month: int = 3) -> Period:
        return Period.objects.get(book=self.book, month=month)

    def lines(self, amount: str | int = "100.00") -> list[Entry]:
        return [debit(self["1003"], amount), credit(self["400101"], amount)]

    def draft(self, amount: str | int = "100.00", **options: Any) -> Voucher:
        values: dict[str, Any] = {
            "on": DAY, "summary": "收到个人缴费", "entries": self.lines(amount),
            "at": clock.now(), "by": self.maker,
        }  # fmt: skip
        return vouchers.draft(self.book, **values | options)

    def submitted(self, amount: str | int = "100.00", **options: Any) -> Voucher:
        made = self.draft(amount, **options)
        vouchers.submit(made, at=clock.now(), by=self.maker)
        made.refresh_from_db()
        return made

    def decide(self, voucher: Voucher, *, approve: bool = True, by: Staff | None = None) -> Voucher:
        waiting = ApprovalRequest.objects.get(
            kind=vouchers.KIND, target_id=voucher.pk, state="PENDING"
        )
        approvals.decide(
            waiting.pk, approve=approve, by=by or self.checker, at=clock.now(), note="看过"
        )
        voucher.refresh_from_db()
        return voucher

    def posted(self, amount: str | int = "100.00", **options: Any) -> Voucher:
        return self.decide(self.submitted(amount, **options))

    def approve_rules(self, events: Sequence[str] = ()) -> None:
        """The rules of these events, or all, are in force."""
        found = PostingRule.objects.filter(book=self.book, state="DRAFT")
        for rule in found.filter(event__in=events) if events else found:
            made = posting_rules.submit(rule, at=clock.now(), by=self.maker)
            approvals.decide(made.pk, approve=True, by=self.checker, at=clock.now())


def open_book(
    code: str = "RESIDENT-210200",
    kind: str = FundKind.RESIDENT,
    area: Area | None = None,
    first_day: datetime.date = FIRST_DAY,
) -> Book:
    return books.open_fund(
        code=code,
        name="城乡居民基本医疗保险基金",
        name_en="Resident fund",
        kind=kind,
        area=area or city(),
        first_day=first_day,
        at=clock.now(),
        by=Actor.for_job("test"),
    )


def ledger(code: str = "RESIDENT-210200", **options: Any) -> Ledger:
    book = open_book(code, **options)
    made = Ledger(
        book,
        staff(f"maker-{code}"[:20], (Role.ACCOUNTANT, city()), password=None),
        staff(f"check-{code}"[:20], (Role.FUND_REVIEWER, city()), password=None),
    )
    made.accounts = {account.code: account for account in Account.objects.filter(book=book)}
    return made
